# SPDX-License-Identifier: Apache-2.0
"""What DATA can be: a folder of pairs, or a manifest of any layout of folders, frame rates and blendshapes."""

import json
from dataclasses import replace
from pathlib import Path

from styletalk.errors import StyleTalkError
from styletalk.speech.audio.sound_file import load_audio
from styletalk.speech.features.audio_features import SOUND_DIM
from styletalk.timeline import FRAME_RATE_HZ

from ..datasets.clip import Clip, read_recording
from ..datasets.errors import ClipError
from ..datasets.manifest import Manifest, Split
from ..datasets.pairs import clips_folder
from ..datasets.recordings import Recording
from .clip_set import MIN_ROWS, ClipSet, EvaluationPair, read_clip_set, readout_of

LONGEST_LEAD = 30
"""Rows: no face is a second ahead of its labels."""
LENGTH_SLACK_S, LENGTH_SLACK = 1.1, 0.03
"""Published pairs hold whole seconds of faces, so a second is nothing; 25 frames a second are a sixth."""
NAMED, REASONS = 10, 3
"""Clips that a scan left out are named up to this many, in an error up to so many; the manifest names them all."""


def read_pairs(data: Path, split: Split = "all") -> ClipSet:
    """The pairs of a folder with speech/, or of one side of a manifest. Raises StyleTalkError without any."""
    if data.is_file():
        return read_manifest(data, split)
    folder = clips_folder(data)
    if data.is_dir() and not (folder / "speech").is_dir():
        raise StyleTalkError(
            f"{data} holds no speech/ folder of pairs. For any other layout: styletalk manifest {data} -o pairs.json, "
            "then styletalk evaluate pairs.json."
        )
    if data.is_dir() and not any((folder / "speech").glob("*.mat")):
        raise StyleTalkError(
            f"{folder / 'speech'} holds no .mat file. Give a folder of pairs: NAME.mat with its labels."
        )
    _check_offsets(folder / "av_offsets.json")
    clips = read_clip_set(data)
    return replace(clips, notes=(*clips.notes, *(note for pair in clips.pairs for note in _other_length(pair))))


def _check_offsets(path: Path) -> None:
    """Whether a file of offsets says by how many rows each clip leads. Raises StyleTalkError."""
    if not path.is_file():
        return
    try:
        leads = json.loads(path.read_text(encoding="utf-8")).get("lead", {})
        known = all(type(lead) is int and abs(lead) <= LONGEST_LEAD for lead in leads.values())
    except (OSError, ValueError, AttributeError):
        known = False
    if not known:
        raise StyleTalkError(
            f'{path} should say {{"lead": {{NAME: rows}}}}, whole rows up to {LONGEST_LEAD}. Mend it or move it away.'
        )


def _other_length(pair: EvaluationPair) -> list[str]:
    """A note where the sound is of another length than the face at 30 fps; one row of either more is usual."""
    if pair.audio is None:
        return []
    sound_s, rows_s = load_audio(pair.audio).duration_s, len(pair.expression) / FRAME_RATE_HZ
    if abs(sound_s - rows_s) <= max(LENGTH_SLACK_S, LENGTH_SLACK * rows_s):
        return []
    return [
        f"{pair.name}: its sound lasts {sound_s:.1f} s and its rows with labels {rows_s:.1f} s at 30 fps. If it has "
        "another frame rate, evaluate it through styletalk manifest."
    ]


def read_manifest(path: Path, split: Split = "all") -> ClipSet:
    """The clips of a manifest as pairs; those without labels are silent style clips.

    Raises ManifestError where it is none, StyleTalkError where no clip can be used.
    """
    manifest = Manifest.load(path)
    notes = _left_out(manifest)
    pairs, styles = [], {}
    chosen = [clip for clip in manifest.clips if split in (clip.split, "all")]
    for clip in chosen:
        try:
            recording = read_recording(clip, manifest.root, path.resolve().parent, SOUND_DIM)
        except ClipError as error:
            notes.append(f"{clip.name} was left out: {error}")
            continue
        if recording.labels is None:
            styles[clip.name] = recording.expression
        elif len(recording.labels) < MIN_ROWS:
            notes.append(f"{clip.name} was left out: {len(recording.labels)} rows; {MIN_ROWS} are the least.")
        else:
            pairs.append(_pair(clip, recording, manifest.root))
            notes += (
                []
                if recording.audio_features is not None
                else [f"{clip.name} has no sound: weights hear silence there."]
            )
    if not pairs:
        why = " ".join(notes[:REASONS]) or "Its clips have no labels: styletalk manifest --recognise makes them."
        raise StyleTalkError(f"{path} holds no pair that can be used ({split}). {why}")
    if own := sum(clip.recognised for clip in chosen):
        notes.append(f"The labels of {own} clips are what our own recogniser heard.")
    speakers = {clip.name: clip.speaker for clip in chosen}
    return ClipSet(manifest.root, tuple(pairs), styles, readout_of(manifest.root, notes), tuple(notes), speakers)


def _pair(clip: Clip, recording: Recording, root: Path) -> EvaluationPair:
    assert recording.labels is not None
    film = (root / clip.source).with_suffix(".mp4")
    return EvaluationPair(
        name=clip.name, speaker=clip.speaker, labels=recording.labels, expression=recording.expression,
        audio_features=recording.audio_features, audio=recording.audio,
        video=film if film.is_file() else None, lead=clip.av_offset,
    )  # fmt: skip


def _left_out(manifest: Manifest) -> list[str]:
    """What the scan left out, in sentences."""
    named = [f"{left.source} was left out of the manifest: {left.reason}" for left in manifest.left_out[:NAMED]]
    more = len(manifest.left_out) - len(named)
    return [*named, *([f"The manifest names {more} more clips that were left out."] if more else [])]
