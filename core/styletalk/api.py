# SPDX-License-Identifier: Apache-2.0
"""`animate`: from a line of speech to a FaceAnimation. The command line, the worker and the tests all call it."""

import hashlib
import os
from dataclasses import fields
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from . import __version__
from .animation import FaceAnimation
from .background import Background
from .progress import Progress, part, silent
from .request import NEUTRAL_STYLE, STANDARD_POSES, AnimationRequest, may_be_file
from .timeline import MAX_DURATION_S, row_count
from .timings import Timings

if TYPE_CHECKING:
    from .networks.engine.inference import Engine
    from .phonemes import PhonemeTrack
    from .speech.audio.sound_file import Audio
    from .styles.clip import StyleClip

HASH_BLOCK_BYTES = 1 << 20


def animate(request: AnimationRequest, progress: Progress = silent, timings: Timings | None = None) -> FaceAnimation:
    """Sound → phonemes → coefficients → finished face animation.

    The networks load, and the audio features are computed, while the words are recognised.
    timings: is told how long each stage takes.
    Raises the errors of `errors`; a `progress` callback that raises Cancelled stops the work between stages and inside
    the long ones.
    """
    from .speech.track import phoneme_track

    timings = timings or Timings()
    progress(0.0, "reading the sound")
    style = prepare(request)
    with timings.stage("decode the sound"):
        audio = _sound(request)
    with Background(partial(_load, request, audio, timings)) as loading:
        raising = loading.raising_with(part(progress, 0.05, 0.65))
        with timings.stage("recognise or align"):
            track = phoneme_track(
                audio, request.transcript, request.phonemes, request.recogniser, request.language, progress=raising
            )
        progress(0.65, "loading the networks")
        with timings.stage("wait for the networks"):
            engine, audio_features = loading.result(part(progress, 0.65, 0.7))
    labels, sound_note = track.labels(), audio.note
    with timings.stage("networks"):
        del audio  # an hour of it is 230 MB, and the face is made without it
        coefficients = styled_coefficients(
            engine, labels, style, request.intensity, part(progress, 0.7, 0.9), audio_features
        )
    with timings.stage("motion"):
        metadata = _provenance(request, track, style, engine, sound_note)
        animation = _finished(coefficients, labels, track, style, request, metadata, part(progress, 0.9, 1.0))
    progress(1.0, "done")
    return animation


def _sound(request: AnimationRequest) -> "Audio":
    """The sound; with phonemes given it stays in its file, for all its samples are never needed at once."""
    from .speech.audio.sound_file import load_audio, measure_audio

    return load_audio(request.audio) if request.phonemes is None else measure_audio(request.audio)


def prepare(request: AnimationRequest) -> "StyleClip":
    """Check all that can be checked before the sound is decoded and networks are loaded; return the style.

    Raises StyleError, PoseError, PhonemeFileError, TranscriptError, WeightsError, MissingPackageError.
    """
    from .styles.library import read_style

    if request.pose not in STANDARD_POSES:
        from .motion.pose import read_pose

        read_pose(Path(request.pose))
    if request.phonemes is not None:
        from .speech.formats.alignment_files import read_alignment

        read_alignment(request.phonemes, MAX_DURATION_S)  # the sound has not been measured yet
    elif request.transcript is not None:
        from .speech.text.transcript import parse_transcript

        parse_transcript(request.transcript, request.language)
    if request.checkpoint is not None:
        _check_weights(Path(request.checkpoint))
    return read_style(request.style)


def _check_weights(path: Path) -> None:
    """Raises WeightsError where no engine will load the file. A file that has not changed is read once."""
    found = path.stat() if os.path.isfile(path) else None
    _read_once(path, (found.st_mtime_ns, found.st_size) if found else None)


@lru_cache(maxsize=4)
def _read_once(path: Path, stamp: tuple[int, int] | None) -> None:
    from .networks.checkpoints.generator import read_weights

    read_weights(path)


def _load(
    request: AnimationRequest, audio: "Audio", timings: Timings, progress: Progress
) -> tuple["Engine", np.ndarray | None]:  # fmt: skip
    """The networks, `audio_features_of` the line, and the face into memory: all that can do without the phonemes."""
    from .face.model import open_face
    from .networks.engine.cache import KEPT_ENGINES

    rows = row_count(audio.duration_s)
    with timings.stage("load the networks, in the background"):
        engine = KEPT_ENGINES.engine(request.checkpoint, request.engine, request.device, rows, request.precision)
        if not request.raw:
            open_face()  # is kept
    with timings.stage("audio features, in the background"):
        return engine, audio_features_of(engine, audio, rows, progress)


def audio_features_of(
    engine: "Engine", audio: "Audio", rows: int, progress: Progress = silent
) -> np.ndarray | None:  # fmt: skip
    """(rows, F) float32: how the line sounds, None for weights that do not listen."""
    if not engine.config.audio_dim:
        return None
    from .speech.features.audio_features import audio_feature_rows

    return audio_feature_rows(audio, rows, engine.config.audio_dim, progress)


def styled_coefficients(
    engine: "Engine",
    labels: np.ndarray,
    style: "StyleClip",
    intensity: float,
    progress: Progress = silent,
    audio_features: np.ndarray | None = None,
) -> np.ndarray:
    """δ = δ_neutral + k (δ_style − δ_neutral) on the same phonemes, (T,) int16 → (T, 64) float32.

    Intensity 1 is the style as it is and needs no neutral pass. audio_features: (T, F), see `audio_features_of`.
    """
    from .styles.code import style_code
    from .styles.library import read_style

    if intensity == 1.0:
        return engine.coefficients(labels, style_code(style, engine), progress, audio_features)
    codes = [style_code(clip, engine) for clip in (read_style(NEUTRAL_STYLE), style)]
    neutral, styled = engine.coefficients_of_styles(labels, np.stack(codes), progress, audio_features)
    return neutral + np.float32(intensity) * (styled - neutral)


def _finished(
    coefficients: np.ndarray,
    labels: np.ndarray,
    track: "PhonemeTrack",
    style: "StyleClip",
    request: AnimationRequest,
    metadata: dict[str, Any],
    progress: Progress,
) -> FaceAnimation:
    from .face.model import open_face
    from .motion.finish import MotionOptions, finish

    options = MotionOptions(pose=request.pose, blinks=request.blinks, gaze=request.gaze, seed=request.seed)
    upper = np.tile(style.upper(request.intensity), (len(labels), 1))
    if request.raw:
        options = MotionOptions(pose="none", blinks=False, gaze=False, closures=False, tongue=False)
        upper = None
    return finish(coefficients, labels, open_face(), options, metadata, progress, track, upper=upper)


def _provenance(
    request: AnimationRequest, track: "PhonemeTrack", style: "StyleClip", engine: "Engine", sound_note: str
) -> dict[str, Any]:
    """What a colleague needs to make the same animation again: the request's fields, and what they came to.

    Of files their names; of the transcript nothing, for the track has its words.
    """
    asked = {field.name: getattr(request, field.name) for field in fields(request) if field.name != "transcript"}
    files = {field.name for field in fields(request) if may_be_file(field)}
    return {
        **{name: Path(value).name if name in files and value else value for name, value in asked.items()},
        "audio_sha256": _sha256(Path(request.audio)),
        "duration_s": track.duration_s,
        "phoneme_method": track.method,
        "note": " ".join(note for note in (track.note, sound_note, engine.note) if note),
        "style": style.name,
        "weights": engine.weights_hash,
        "engine": engine.name,
        "precision": engine.precision,
        "versions": {"styletalk": __version__, "numpy": np.__version__},
    }


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(HASH_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()
