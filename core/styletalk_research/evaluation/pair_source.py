# SPDX-License-Identifier: Apache-2.0
"""What DATA can be: a folder of pairs, or a manifest of any layout of folders, frame rates and blendshapes."""

from dataclasses import replace
from pathlib import Path

from styletalk.errors import StyleTalkError
from styletalk.speech.features.audio_features import SOUND_DIM

from ..datasets.clip import read_recording
from ..datasets.errors import ClipError
from ..datasets.manifest import Manifest, Split
from .clip_set import MIN_ROWS, ClipSet, read_clip_set, readout_of

MAX_NAMED, MAX_REASONS = 10, 3
"""Clips that a scan left out are named up to this many, in an error up to so many; the manifest names them all."""


def read_pairs(data: Path, split: Split = "all") -> ClipSet:
    """The pairs of a folder with speech/, or of one side of a manifest. Raises StyleTalkError without any."""
    return read_manifest(data, split) if data.is_file() else read_clip_set(data)


def read_manifest(path: Path, split: Split = "all") -> ClipSet:
    """The clips of a manifest as pairs; those without labels are silent style clips.

    Raises ManifestError where it is none, StyleTalkError where no clip can be used.
    """
    manifest = Manifest.load(path)
    notes, pairs, styles = _left_out(manifest), [], {}
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
            notes.append(f"{clip.name} was left out: {len(recording.labels)} rows; at least {MIN_ROWS} are needed.")
        else:
            film = (manifest.root / clip.source).with_suffix(".mp4")
            pairs.append(replace(recording, video=film if film.is_file() else None, av_offset=clip.av_offset))
            if recording.audio_features is None:
                notes.append(f"{clip.name} has no sound: weights that take sound get silence there.")
    if not pairs:
        why = " ".join(notes[:MAX_REASONS]) or "Its clips have no labels: styletalk manifest --recognise makes them."
        raise StyleTalkError(f"{path} holds no pair that can be used ({split}). {why}")
    if recognised := sum(clip.recognised for clip in chosen):
        notes.append(f"The labels of {recognised} clips come from our own recogniser.")
    speakers = {clip.name: clip.speaker for clip in chosen}
    return ClipSet(manifest.root, tuple(pairs), styles, readout_of(manifest.root, notes), tuple(notes), speakers)


def _left_out(manifest: Manifest) -> list[str]:
    """What the scan left out, in sentences."""
    named = [f"{left.source} was left out of the manifest: {left.reason}" for left in manifest.left_out[:MAX_NAMED]]
    more = len(manifest.left_out) - len(named)
    return [*named, *([f"The manifest names {more} more clips that were left out."] if more else [])]
