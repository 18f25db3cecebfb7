# SPDX-License-Identifier: Apache-2.0
"""`animate`: from a line of speech to a FaceAnimation. The command line, the worker and the tests all call it."""

import os
from dataclasses import fields, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from . import __version__
from .animation import FaceAnimation
from .background import Background
from .progress import Progress, part, silent
from .request import STANDARD_POSES, AnimationRequest, may_be_file
from .timeline import MAX_DURATION_S, row_count
from .timings import Timings

if TYPE_CHECKING:
    from .emphasis import Emphasis
    from .kept_hearing import KeptSound
    from .motion.finish import Performance
    from .motion.line import SpokenLine
    from .motion.style_plan import StylePlan
    from .networks.engine.inference import Engine
    from .phonemes import PhonemeTrack
    from .speech.audio.sound_file import Audio


def animate(request: AnimationRequest, progress: Progress = silent, timings: Timings | None = None) -> FaceAnimation:
    """Sound → phonemes → coefficients → finished face animation.

    The networks load, and the audio features are computed, while the words are recognised.
    timings: is told how long each stage takes.
    Raises the errors of `errors`; a `progress` callback that raises Cancelled stops the work between stages and inside
    the long ones.
    """
    from .motion.style_performance import accents_of, performance_of
    from .speech.features.emphasis import emphasis_of
    from .styles.mixture import mixed_coefficients

    timings = timings or Timings()
    progress(0.0, "reading the sound")
    plan = prepare(request)
    with timings.stage("decode the sound"):
        sound = _sound(request)
    track, (engine, audio_features, measures) = _heard(request, sound, progress, timings)
    labels = track.labels()
    line = spoken_line(request, track, labels, emphasis_of(sound.audio, track, len(labels), measures), plan)
    shares = plan.shares(line.times_s)
    metadata = _provenance(request, track, plan, engine, sound)
    with timings.stage("networks"):
        del sound  # an hour of it is 230 MB, and the face is made without it
        features = None if audio_features is None else line.padded(audio_features)
        coefficients = mixed_coefficients(
            engine, line.labels, (plan.styles, shares), line.intensity, part(progress, 0.7, 0.9), features
        )
    with timings.stage("motion"):
        performed = performance_of(line, plan, shares, request), accents_of(line, plan, shares, request)
        animation = _finished(coefficients, line, performed, request, metadata, part(progress, 0.9, 1.0))
        animation = _checked_closures(_with_former(animation, request))
    progress(1.0, "done")
    return animation


def _heard(
    request: AnimationRequest, sound: "KeptSound", progress: Progress, timings: Timings
) -> "tuple[PhonemeTrack, tuple[Engine, np.ndarray | None, np.ndarray]]":
    """What is said when, and what was loaded meanwhile."""
    with Background(partial(_load, request, sound, timings)) as loading:
        raising = loading.raising_with(part(progress, 0.05, 0.65))
        with timings.stage("recognise or align"):
            track = _track(request, sound, raising)
        progress(0.65, "loading the networks")
        with timings.stage("wait for the networks"):
            loaded = loading.result(part(progress, 0.65, 0.7))
    return _with_confidences(track, sound), loaded


def _sound(request: AnimationRequest) -> "KeptSound":
    """The sound; with phonemes given a long one stays in its file, for all its samples are never needed at once."""
    from .kept_hearing import KEPT_HEARING

    return KEPT_HEARING.sound(request.audio, in_file=request.phonemes is not None)


def _track(request: AnimationRequest, sound: "KeptSound", progress: Progress) -> "PhonemeTrack":
    """The phonemes, kept with the sound unless a file says them, or another program hears them."""
    from .speech.track import phoneme_track

    words = request.transcript, request.phonemes, request.recogniser, request.language
    find = partial(phoneme_track, sound.audio, *words, progress=progress)
    if request.phonemes is not None or os.sep in request.recogniser:
        return find()
    return sound.track(words, find)


def _with_confidences(track: "PhonemeTrack", sound: "KeptSound") -> "PhonemeTrack":
    """The track with how surely its words are heard, where somebody has listened."""
    from .speech.hearing.confidence import with_confidences
    from .speech.hearing.listening import heard_before

    heard = heard_before(sound.audio)
    return track if heard is None else with_confidences(track, heard)


def _with_former(animation: FaceAnimation, request: AnimationRequest) -> FaceAnimation:
    """The animation with what the request's former one says where nothing has changed since."""
    from .motion.splice import are_of_one_line, spliced
    from .track_edits import changed_span, with_times_of

    if request.former is None:
        return animation
    former = FaceAnimation.load(request.former)
    if not are_of_one_line(former, animation.metadata):
        return animation
    joined, kept = spliced(former, animation, changed_span(former.track, animation.track))
    track = with_times_of(former.track, joined.track)
    return replace(joined, track=track, metadata={**joined.metadata, "kept_rows": kept})


def _checked_closures(animation: FaceAnimation) -> FaceAnimation:
    """The animation, whose metadata name each P, B or M that is seen with open lips: [start_s, gap_mm]."""
    from .face.model import open_face
    from .motion.missed_closures import missed_closures

    if animation.metadata["raw"]:
        return animation
    missed = [[round(start_s, 6), round(gap_mm, 3)] for start_s, gap_mm in missed_closures(animation, open_face())]
    return replace(animation, metadata={**animation.metadata, "missed_closures": missed})


def prepare(request: AnimationRequest) -> "StylePlan":
    """Check all that can be checked before the sound is decoded and networks are loaded; return the styles.

    Raises StyleError, PoseError, PhonemeFileError, TranscriptError, WeightsError, MissingPackageError,
    IntensityCurveError.
    """
    from .motion.style_plan import style_plan

    if request.intensity_curve is not None:
        from .motion.intensity_curve import read_curve

        read_curve(request.intensity_curve)
    if request.pose not in STANDARD_POSES:
        from .motion.pose import read_pose

        read_pose(Path(request.pose))
    if request.former is not None:
        FaceAnimation.load(request.former)
    if request.phonemes is not None:
        from .speech.formats.alignment_files import read_alignment

        read_alignment(request.phonemes, MAX_DURATION_S)  # the sound has not been measured yet
    elif request.transcript is not None:
        from .speech.text.transcript import parse_transcript

        parse_transcript(request.transcript, request.language)
    if request.checkpoint is not None:
        _check_weights(Path(request.checkpoint))
    return style_plan(request)


def _check_weights(path: Path) -> None:
    """Raises WeightsError where no engine will load the file. A file that has not changed is read once."""
    found = path.stat() if os.path.isfile(path) else None
    _read_once(path, (found.st_mtime_ns, found.st_size) if found else None)


@lru_cache(maxsize=4)
def _read_once(path: Path, stamp: tuple[int, int] | None) -> None:
    from .networks.checkpoints.generator import read_weights

    read_weights(path)


def _load(
    request: AnimationRequest, sound: "KeptSound", timings: Timings, progress: Progress
) -> tuple["Engine", np.ndarray | None, np.ndarray]:
    """The networks, `audio_features_of` the line, what prosody measures of it for `emphasis_of`, and the face into
    memory: all that can do without the phonemes."""
    from .face.model import open_face
    from .networks.engine.cache import KEPT_ENGINES
    from .speech.features.emphasis import emphasis_rows
    from .speech.features.prosody import measured

    rows = row_count(sound.audio.duration_s)
    with timings.stage("load the networks, in the background"):
        engine = KEPT_ENGINES.engine(request.checkpoint, request.engine, request.device, rows, request.precision)
        if not request.raw:
            open_face()  # is kept
    with timings.stage("audio features, in the background"):
        if rows not in sound.measures:
            sound.measures[rows] = measured(sound.audio, emphasis_rows(rows))
        measures = sound.measures[rows]
        return engine, audio_features_of(engine, sound.audio, rows, progress, measures), measures


def audio_features_of(
    engine: "Engine", audio: "Audio", rows: int, progress: Progress = silent, measures: np.ndarray | None = None
) -> np.ndarray | None:
    """(rows, F) float32: how the line sounds, None for weights that do not listen. See `audio_feature_rows`."""
    if not engine.config.audio_dim:
        return None
    from .speech.features.audio_features import audio_feature_rows

    return audio_feature_rows(audio, rows, engine.config.audio_dim, progress, measures)


def spoken_line(
    request: AnimationRequest, track: "PhonemeTrack", labels: np.ndarray, emphasis: "Emphasis", plan: "StylePlan"
) -> "SpokenLine":  # fmt: skip
    """The line of a sound's labels (T,) as the request wants it, with the rows that it needs before and after them."""
    from .motion.envelope import EnvelopeOptions
    from .motion.line import SpokenLine

    intensity = request.intensity if plan.is_plain else plan.intensities
    if request.raw:
        return SpokenLine.plain(track, labels, emphasis, intensity)
    same = {each.name for each in fields(EnvelopeOptions)}
    options = EnvelopeOptions(**{name: getattr(request, name) for name in same})
    return SpokenLine.of(track, labels, emphasis, options, intensity, request.intensity_curve)


def _finished(
    coefficients: np.ndarray,
    line: "SpokenLine",
    performed: "tuple[Performance, float | np.ndarray]",
    request: AnimationRequest,
    metadata: dict[str, Any],
    progress: Progress,
) -> FaceAnimation:
    from .face.model import open_face
    from .motion.finish import MotionOptions, finish

    if request.raw:
        options = MotionOptions(pose="none", blinks=False, gaze=False, closures=False, tongue=False, lids=False)
    else:
        options = MotionOptions(
            pose=request.pose, blinks=request.blinks, gaze=request.gaze, accent_mm=performed[1],
            micro_movement=request.micro_movement, seed=request.seed,
        )  # fmt: skip
    return finish(coefficients, line.labels, open_face(), options, metadata, progress, performed[0])


def _provenance(
    request: AnimationRequest, track: "PhonemeTrack", plan: "StylePlan", engine: "Engine", sound: "KeptSound"
) -> dict[str, Any]:
    """What a colleague needs to make the same animation again: the request's fields, and what they came to.

    Of files their names; of the transcript nothing, for the track has its words.
    """
    asked = {field.name: getattr(request, field.name) for field in fields(request) if field.name != "transcript"}
    files = {field.name for field in fields(request) if may_be_file(field)}
    return {
        **{name: Path(value).name if name in files and value else value for name, value in asked.items()},
        "audio_sha256": sound.sha256,
        "duration_s": track.duration_s,
        "phoneme_method": track.method,
        "note": " ".join(note for note in (track.note, sound.audio.note, engine.note) if note),
        "style": plan.styles[0].name,
        **_said_over_time(request, plan),
        "weights": engine.weights_hash,
        "engine": engine.name,
        "precision": engine.precision,
        "versions": {"styletalk": __version__, "numpy": np.__version__},
    }


def _said_over_time(request: AnimationRequest, plan: "StylePlan") -> dict[str, Any]:
    """The names of all styles of a line that has several, and the hash of files that say how it changes."""
    from .motion.style_plan import over_time_sha256

    names = {"styles": [style.name for style in plan.styles]} if len(plan.styles) > 1 else {}
    digest = over_time_sha256(request)
    return {**names, "over_time_sha256": digest} if digest else names
