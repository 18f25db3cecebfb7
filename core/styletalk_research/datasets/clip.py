# SPDX-License-Identifier: Apache-2.0
"""One entry of a manifest, and how it is read from disk into a Recording."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from styletalk.errors import StyleTalkError
from styletalk.face.blendshapes import fit_coefficients
from styletalk.face.live_link import read_live_link
from styletalk.face.resampling import resampled, rows_at_30
from styletalk.files.reading import explaining, reason_of
from styletalk.phonemes import SILENCE_INDEX
from styletalk.timeline import FRAME_RATE_HZ

from .arrays import checked_expression, read_expression
from .errors import ClipError
from .facegood import is_facegood, read_facegood
from .films import tracked_motion
from .labels import aligned_labels, check_label_count, listed_labels
from .pairs import read_audio_features, shifted_labels
from .recordings import Recording


@dataclass(frozen=True)
class Clip:
    """A usable clip. Paths are relative to the manifest's root, but `labels` that were recognised: to the manifest.

    rate_hz: of the source. rows: at 30 fps. av_offset: row i of the face goes with label i + av_offset; 3 as published.
    explained: for blendshapes, the part of the movement's square that the coefficients reproduce. track: of a film, the
    file of its track, from the manifest.
    """

    name: str
    speaker: str
    style: str
    split: str
    source: str
    rate_hz: float
    rows: int
    av_offset: int
    labels: str | None = None
    recognised: bool = False
    sound: str | None = None
    explained: float | None = None
    track: str | None = None


@dataclass(frozen=True)
class Motion:
    """What a source file holds, at its own rate.

    values: (frames, 64) coefficients, or (frames, 52) blendshape weights, which are fitted after resampling. rate_hz:
    where the file itself says it, else None. notes: what was missing or filled, in words. mouth: of a tracked face, see
    Recording.
    """

    values: np.ndarray
    are_weights: bool
    rate_hz: float | None = None
    notes: tuple[str, ...] = ()
    mouth: np.ndarray | None = None

    def at_30(self, rate_hz: float) -> tuple[np.ndarray, float | None]:
        """(T, 64) float32 at 30 fps, and the explained part for blendshapes. Raises ClipError."""
        rows = resampled(self.values, rate_hz)
        if not self.are_weights:
            return rows, None
        fit = fit_coefficients(np.clip(rows, 0, 1))
        return checked_expression(fit.coefficients), fit.explained


def read_motion(path: Path) -> Motion:
    """The movement in a .mat, .npy or .csv. Raises ClipError with what is wrong."""
    if path.suffix.lower() == ".csv":
        with explaining(lambda reason: ClipError(f"{reason}.")):
            table = read_live_link(path)
        notes = (f"{table.filled} lost frames became straight lines",) if table.filled else ()
        if table.missing:
            notes += ("no column for " + ", ".join(table.missing),)
        return Motion(table.weights, True, table.rate_hz, notes)
    if is_facegood(path):
        weights, _ = read_facegood(path)
        return Motion(weights, True)
    return Motion(read_expression(path), False)


def read_track_motion(path: Path) -> Motion:
    """The movement of a tracked face, in the convention, and the mouth as it was seen. Raises ClipError."""
    expression, mouth = tracked_motion(path)
    return Motion(checked_expression(expression), False, FRAME_RATE_HZ, mouth=mouth)


def read_labels(path: Path, frames: int, rate_hz: float) -> np.ndarray:
    """(T,) int16 at 30 fps, T the rows of `frames` at `rate_hz`, silence at an end that is short by up to 0.2 s.

    A list of indices in JSON (at 30 fps, or one for each frame of the source), what `--recognise` kept, or a TextGrid.
    Raises ClipError.
    """
    rows = rows_at_30(frames, rate_hz)
    if path.suffix.lower() != ".json":
        return aligned_labels(path, rows)
    labels = listed_labels(path)
    if rate_hz != FRAME_RATE_HZ and abs(len(labels) - frames) < abs(len(labels) - rows):
        nearest = np.rint(np.arange(rows) * (rate_hz / FRAME_RATE_HZ)).astype(np.int64)
        labels = labels[np.minimum(nearest, len(labels) - 1)]
    check_label_count(labels, rows, path)
    return np.concatenate([labels, np.full(max(0, rows - len(labels)), SILENCE_INDEX, np.int16)])[:rows]


def read_recording(clip: Clip, root: Path, beside: Path, sound_columns: int = 0) -> Recording:
    """The clip as the training takes it. Raises ClipError.

    root: of the data; beside: the manifest's folder; sound_columns: how many of `speech.sound` are wanted.
    """
    try:
        motion = read_track_motion(beside / clip.track) if clip.track else read_motion(root / clip.source)
        expression, _ = motion.at_30(clip.rate_hz)
        labels = _moved_labels(clip, len(motion.values), beside if clip.recognised else root)
        sound = root / clip.sound if clip.sound else None
        audio_features = None
        if sound and sound_columns:
            audio_features = read_audio_features(sound, len(expression), clip.av_offset, sound_columns)
    except (StyleTalkError, OSError, ValueError) as error:
        why = str(error) if isinstance(error, StyleTalkError) else f"{reason_of(error)}."
        raise ClipError(f"The clip {clip.name} is no longer what the manifest says: {why}") from error
    return Recording(
        clip.name, clip.speaker, expression, labels, audio_features, sound, style=clip.style, av_offset=clip.av_offset,
        mouth=motion.mouth,
    )  # fmt: skip


def _moved_labels(clip: Clip, frames: int, folder: Path) -> np.ndarray | None:
    """(T,) labels of the clip, moved to the convention."""
    if clip.labels is None:
        return None
    return shifted_labels(read_labels(folder / clip.labels, frames, clip.rate_hz), clip.av_offset)
