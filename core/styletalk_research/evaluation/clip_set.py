# SPDX-License-Identifier: Apache-2.0
"""The pairs of sound and face that a report is about, read from a folder; whatever is missing is named."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from styletalk.errors import StyleTalkError
from styletalk.face.landmarks import face_tracks, tracks
from styletalk.face.model import FaceModel, open_face
from styletalk.phonemes import PhonemeTrack
from styletalk.speech.audio.sound_file import load_audio
from styletalk.speech.features.audio_features import SOUND_DIM
from styletalk.timeline import FRAME_RATE_HZ, LABEL_LEAD_ROWS

from ..datasets.clip import read_recording
from ..datasets.errors import ClipError
from ..datasets.manifest import Manifest, Split
from ..datasets.pairs import (
    clips_folder,
    landmark_jacobian,
    load_recordings,
    load_style_rows,
    named_speakers,
    shifted_labels,
)
from ..datasets.recordings import Recording

MIN_ROWS = 64
"""The correlation of a clip shorter than about two seconds means nothing."""
LENGTH_SLACK_S, LENGTH_SLACK = 1.1, 0.03
"""Published pairs hold whole seconds of faces, so a second more of sound is usual; 25 fps for 30 would be a sixth."""
GAP, WIDTH = 0, 1
"""Columns of the mouth readout."""
MAX_NAMED, MAX_REASONS = 10, 3
"""Clips that a scan left out are named up to this many, in an error up to so many; the manifest names them all."""


@dataclass(frozen=True, eq=False)
class ClipSet:
    """What a folder holds. pairs: recordings with labels. styles: silent style clips (N, 64) by name.

    readout: (64, 2), mouth gap and width. notes: what is missing or was left out, and what follows from it, one
    sentence each.
    """

    folder: Path
    pairs: tuple[Recording, ...]
    styles: dict[str, np.ndarray]
    readout: np.ndarray
    notes: tuple[str, ...] = ()
    known_speakers: Mapping[str, str] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        """Length of all pairs."""
        return sum(len(pair.expression) for pair in self.pairs) / FRAME_RATE_HZ

    @property
    def speakers(self) -> tuple[str, ...]:
        """Who speaks in the pairs, in alphabetical order."""
        return tuple(sorted({pair.speaker for pair in self.pairs}))

    def person(self, name: str) -> str:
        """Who is in a clip: by speakers.json, by the pair, or the part of a style clip's name before "_clip"."""
        pair = next((pair for pair in self.pairs if pair.name == name), None)
        return self.known_speakers.get(name) or (pair.speaker if pair else name.rsplit("_clip", 1)[0])

    def tracks(self, rows: np.ndarray) -> np.ndarray:
        """(T, 2): mouth gap and mouth width of (T, 64), in distances between the outer eye corners."""
        return rows @ self.readout


def read_clip_set(data: Path) -> ClipSet:
    """All usable pairs of speech/ and clips of style_clips/, as `load_recordings` finds them.

    Optional beside them: av_offsets.json, speakers.json ({NAME: speaker}) and ../calibration/J64_mediapipe478.npy.
    Raises StyleTalkError without any usable pair.
    """
    folder = clips_folder(data)
    if not (folder / "speech").is_dir():
        raise StyleTalkError(
            f"{data} holds no speech/ folder of pairs. For any other layout: styletalk manifest {data} -o pairs.json, "
            "then styletalk evaluate pairs.json."
        )
    notes: list[str] = []
    pairs = tuple(pair for pair in load_recordings(data, SOUND_DIM, notes) if _long_enough(pair, notes))
    if not pairs:
        raise StyleTalkError(f"{folder / 'speech'} holds no pair that can be used. {' '.join(notes)}")
    notes += [note for pair in pairs for note in _other_length(pair)]
    styles = load_style_rows(data, notes)
    if not styles:
        notes.append("No style_clips/ beside speech/: the style space holds the speech clips and the presets only.")
    return ClipSet(folder, pairs, styles, readout_of(data, notes), tuple(notes), named_speakers(data))


def face_readout(face: FaceModel) -> np.ndarray:
    """(64, 2): mouth gap and width of the open face per unit of each coefficient, in outer eye distances."""
    still = face_tracks(face, np.zeros((1, len(face.expression)), np.float32))
    return (face_tracks(face, np.eye(len(face.expression), dtype=np.float32)) - still)[:, :2].astype(np.float64)


def readout_of(data: Path, notes: list[str]) -> np.ndarray:
    """(64, 2) by the landmark Jacobian beside the clips, or by the open face and a note. Raises StyleTalkError."""
    jacobian = landmark_jacobian(data)
    if jacobian is not None:
        return tracks(jacobian)[:, :2]
    notes.append("No landmark Jacobian in calibration/: mouth gap and width are measured on the open face instead.")
    return face_readout(open_face())


def track_labels(track: PhonemeTrack, pair: Recording) -> np.ndarray:
    """(T,) int16: labels of a track of the pair's sound, moved to the convention as the pair's own labels are."""
    rows = len(pair.expression)
    return shifted_labels(track.labels(rows + max(0, pair.av_offset - LABEL_LEAD_ROWS)), pair.av_offset)[:rows]


def _long_enough(pair: Recording, notes: list[str]) -> bool:
    """Whether a pair can be correlated; where not, a note says so."""
    rows = len(pair.expression)
    if rows < MIN_ROWS:
        notes.append(f"{pair.name} was left out: {rows} rows with labels; at least {MIN_ROWS} are needed.")
    return rows >= MIN_ROWS


def _other_length(pair: Recording) -> list[str]:
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
