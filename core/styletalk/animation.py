# SPDX-License-Identifier: Apache-2.0
"""FaceAnimation: what the whole program makes, as arrays."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from .errors import AnimationFileError, CoefficientShapeError, PhonemeFileError
from .files.json_text import parse_json
from .files.npy import text_of
from .files.npz import read_npz, write_npz
from .files.reading import UnusableContent, existing_file
from .phonemes import PHONEMES, PhonemeSegment, PhonemeTrack
from .request import MAX_SYNC_OFFSET_MS
from .timeline import (
    FILM_LEAD_ROWS,
    FRAME_RATE_HZ,
    MAX_DURATION_S,
    MAX_ROWS,
    ROW_DELAY_ROWS,
    row_count,
    row_time_s,
)

EXPRESSION_DIM = 64
HEAD_POSE_DIM = 6
BLINK_DIM = 2
GAZE_DIM = 4
TONGUE_DIM = 4
LIP_SHAPES = ("mouthRollLower", "mouthRollUpper", "mouthPressLeft", "mouthPressRight")
"""ARKit shapes of lips that press and roll at P, B and M: in the coefficients they meet, and no more."""
UPPER_SHAPES = (
    "browDownLeft", "browDownRight", "browInnerUp", "browOuterUpLeft", "browOuterUpRight", "cheekSquintLeft",
    "cheekSquintRight", "eyeSquintLeft", "eyeSquintRight", "noseSneerLeft", "noseSneerRight", *LIP_SHAPES,
)  # fmt: skip
"""ARKit shapes beside the coefficients. First those of the upper face, which a style adds: in the coefficients both
ends of a brow move together and lower lids stay still. Then LIP_SHAPES."""
UPPER_DIM = len(UPPER_SHAPES)
MAX_ABS_COEFFICIENT = 100.0
"""Published ones stay below 4, and intensities double them: beyond, a file holds something else."""
MAX_ABS_POSE = 100.0
"""Radians and metres; a head goes nowhere near."""
MAX_INTENSITY_IN_ROW = 4.0
"""The greatest that can be asked for, and what emphasis adds."""
MIN_FPS, MAX_FPS = 1.0, 1000.0
"""Rates that an animation file may have; in memory there is one."""

LOWER_FACE = (0, 1, 2, 3, 4, 5, 7, 9, 10, 11, 12, 13, 14)
"""Expression coefficients that the lower-face decoder makes (published model)."""
UPPER_FACE = tuple(k for k in range(EXPRESSION_DIM) if k not in LOWER_FACE)


@dataclass(frozen=True, eq=False)
class ArkitTrack:
    """A recorded face as it came: weights (M, 52) float32 in 0..1, columns as ARKIT_NAMES, row i at i / rate_hz s."""

    weights: np.ndarray
    rate_hz: float

    def at(self, times_s: np.ndarray) -> np.ndarray:
        """(N, 52) float32 at (N,) seconds, first and last row held."""
        return between_rows(self.weights, np.asarray(times_s) * self.rate_hz)


@dataclass(frozen=True)
class FaceAnimation:
    """A face over time at 30 rows a second, in the published 64-d expression space.

    coefficients: (T, 64) float32, 3DMM expression, signed, about |x| < 4.
    head_pose: (T, 6) float32, rotation x, y, z (radians) and translation x, y, z (metres, open face's scale).
    blinks: (T, 2) float32 in 0..1, left and right eye of the person.
    gaze: (T, 4) float32 in 0..1, look left, right, up, down (the person's left).
    tongue: (T, 4) float32 in 0..1, out, up, back, wide; zeros at rest.
    upper: (T, 15) float32 in 0..1, the shapes UPPER_SHAPES beside the coefficients: of the upper face and the lips.
    phonemes: (T,) int16, the labels the networks saw (one frame late by convention); see styletalk.phonemes.
    track: the phonemes and words in seconds, from which the labels were made.
    metadata: JSON-like provenance.
    first_row: the number of the first row, below 0 where the face moves before the sound begins.
    intensity: (T,) float32, how strong the style is in each row, 0 neutral; None where it is not known.
    recorded: of a take, what it was made of: characters with ARKit shapes get that. Files do not hold it.
    """

    coefficients: np.ndarray
    head_pose: np.ndarray
    blinks: np.ndarray
    gaze: np.ndarray
    tongue: np.ndarray
    upper: np.ndarray
    phonemes: np.ndarray
    track: PhonemeTrack
    metadata: Mapping[str, Any] = field(default_factory=dict)
    first_row: int = 0
    intensity: np.ndarray | None = None
    recorded: ArkitTrack | None = None

    def __post_init__(self) -> None:
        rows = len(self.coefficients)
        for name, width in _WIDTHS.items():
            found = getattr(self, name).shape
            if found != (rows, width):
                raise CoefficientShapeError(
                    f"{name} has shape {found}; an animation of {rows} rows needs ({rows}, {width})."
                )
        for name in ("phonemes", "intensity"):
            track = getattr(self, name)
            if track is not None and track.shape != (rows,):
                raise CoefficientShapeError(f"{name} has shape {track.shape}; expected ({rows},).")

    @classmethod
    def still(
        cls, coefficients: np.ndarray, phonemes: np.ndarray, metadata: Mapping[str, Any] | None = None
    ) -> "FaceAnimation":
        """An animation of expression alone: all else at rest, eyes open; its track is made from the labels."""
        rows, labels = len(coefficients), np.asarray(phonemes, np.int16)

        def zeros(width: int) -> np.ndarray:
            return np.zeros((rows, width), np.float32)

        return cls(
            coefficients=np.asarray(coefficients, np.float32),
            head_pose=zeros(HEAD_POSE_DIM), blinks=zeros(BLINK_DIM), gaze=zeros(GAZE_DIM), tongue=zeros(TONGUE_DIM),
            upper=zeros(UPPER_DIM),
            phonemes=labels, track=track_of_labels(labels), metadata=dict(metadata or {}),
        )  # fmt: skip

    def __len__(self) -> int:
        return len(self.coefficients)

    @property
    def sync_offset_s(self) -> float:
        """The user's own shift on top of the convention; positive makes the face later."""
        return float(self.metadata.get("sync_offset_ms", 0.0)) / 1000.0

    @property
    def times_s(self) -> np.ndarray:
        """(T,) float64: when each row happens in the sound, the user's sync offset included."""
        return row_time_s(self.first_row + np.arange(len(self))) + self.sync_offset_s

    @property
    def row_track(self) -> PhonemeTrack:
        """What is said as if the first row were row 0."""
        return later_track(self.track, -self.first_row)

    def from_sound_on(self) -> "FaceAnimation":
        """Without the rows before row 0, as if nothing happened before the sound; the last row stays at least."""
        if self.first_row >= 0:
            return self
        kept = slice(min(-self.first_row, len(self) - 1), None)
        names = [*_NEEDED, *(["intensity"] if self.intensity is not None else [])]
        return replace(self, first_row=0, **{name: getattr(self, name)[kept] for name in names})

    def checked(self) -> "FaceAnimation":
        """The same in the types that are promised above, once it is known that it can be shown: what every animation
        passes that comes from a file or goes onto a face.

        Raises UnusableContent where it has no rows or too many, or where a number is missing, infinite or out of range,
        the sync offset included.
        """
        if not 0 < len(self) <= MAX_ROWS:
            raise UnusableContent("it has no rows" if not len(self) else f"it has more than {MAX_ROWS:,} rows")
        offset_ms = self.metadata.get("sync_offset_ms", 0.0)
        if type(offset_ms) not in (int, float) or not abs(offset_ms) <= MAX_SYNC_OFFSET_MS:
            raise UnusableContent(f"its sync offset is not a number of milliseconds up to {MAX_SYNC_OFFSET_MS:,.0f}")
        earliest = -len(self) - ROW_DELAY_ROWS + 1  # the last row is seen after the sound has begun
        if type(self.first_row) is not int or not earliest <= self.first_row <= 0:
            raise UnusableContent(f"its first row is no whole number from {earliest:,} to 0")
        known = [name for name in _CONTENTS if getattr(self, name) is not None]
        return replace(self, **{name: _in_range(name, getattr(self, name)) for name in known})

    def save(self, path: Path) -> None:
        """Write `OUT.npz`, whole or not at all. Raises OutputError."""
        arrays = {name: getattr(self, name) for name in _NEEDED} | self.track.as_arrays()
        arrays["first_row"] = np.array(self.first_row, np.int64)
        if self.intensity is not None:
            arrays["intensity"] = self.intensity
        about = {"fps": np.array(FRAME_RATE_HZ, np.float64), "metadata": np.array(json.dumps(dict(self.metadata)))}
        write_npz(path, about | arrays)

    @classmethod
    def load(cls, path: Path) -> "FaceAnimation":
        """Read `OUT.npz`, also as the first release wrote it, at 30 rows a second whatever rate it has.

        Raises AnimationFileError for anything else.
        """
        existing_file(path, "animation", AnimationFileError)
        try:
            with read_npz(path, partial(_no_animation, path)) as data:
                return cls._of_arrays(data)
        except (CoefficientShapeError, PhonemeFileError) as error:
            raise _no_animation(path, str(error).rstrip(".")) from error

    @classmethod
    def _of_arrays(cls, data: Mapping[str, np.ndarray]) -> "FaceAnimation":
        """From the arrays of a file. Earlier releases wrote no tongue and no upper: both rest; or in upper no lips. The
        first wrote no track: it is made from the labels. None wrote a first row: their rows are seen when a film's
        are."""
        rows = len(data["coefficients"])
        rest = {name: np.zeros((rows, _WIDTHS[name]), np.float32) for name in ("tongue", "upper")}
        found = {**rest, **data, "upper": _with_lips(data.get("upper", rest["upper"]))}
        given = {name: found[name] for name in (*_NEEDED, "intensity") if name in found or name in _NEEDED}
        arrays: dict[str, Any] = at_our_rate(given, float(data["fps"]))
        track = PhonemeTrack.from_arrays(data) if "track_segments" in data else track_of_labels(arrays["phonemes"])
        metadata = parse_json(text_of(data["metadata"]))
        if not isinstance(metadata, dict):
            raise UnusableContent("its metadata are no JSON object")
        first_row = data.get("first_row", np.array(-FILM_LEAD_ROWS))
        if first_row.dtype.kind not in "iu" or first_row.shape:
            raise UnusableContent("its first row is no whole number")
        return cls(**arrays, track=track, metadata=metadata, first_row=int(first_row), recorded=None).checked()


def _with_lips(upper: np.ndarray) -> np.ndarray:
    """Shapes (T, 15) of a file that may have (T, 11), those of the upper face alone: the lips rest."""
    lacks_lips = upper.ndim == 2 and upper.shape[1] == UPPER_DIM - len(LIP_SHAPES)
    return np.pad(upper, ((0, 0), (0, len(LIP_SHAPES)))) if lacks_lips else upper


def _in_range(name: str, array: np.ndarray) -> np.ndarray:
    """An array of an animation in the type that is promised. Raises UnusableContent where it holds something else."""
    kinds, dtype, low, high, contents = _CONTENTS[name]
    if array.dtype.kind not in kinds or not (array.min() >= low and array.max() <= high):  # so where one is missing
        raise UnusableContent(f"its {name} are not what they must be: {contents}")
    return array.astype(dtype, copy=False)


def at_our_rate(arrays: Mapping[str, np.ndarray], fps: float) -> dict[str, np.ndarray]:
    """Arrays of an animation file, by name, from `fps` rows a second at 30: the first row stays, the last is held.

    Numbers are interpolated, labels those of the nearest row. Raises UnusableContent for a rate that is none, or for
    arrays of different length.
    """
    if not MIN_FPS <= fps <= MAX_FPS:
        raise UnusableContent(f"its fps is {fps:g}, and must be {MIN_FPS:g} to {MAX_FPS:g}")
    rows = len(next(iter(arrays.values())))
    if fps == FRAME_RATE_HZ or not rows:
        return dict(arrays)
    if any(len(array) != rows for array in arrays.values()):
        raise UnusableContent("its arrays have different lengths")
    if row_count(rows / fps) > MAX_ROWS:
        raise UnusableContent(f"it lasts longer than {MAX_DURATION_S / 3600:g} hours")
    step = fps / FRAME_RATE_HZ
    at = np.minimum(np.arange(row_count(rows / fps)) * step, rows - 1)
    nearest = np.rint(at).astype(int)
    return {name: between_rows(array, at) if name in _WIDTHS else array[nearest] for name, array in arrays.items()}


def between_rows(track: np.ndarray, at: np.ndarray) -> np.ndarray:
    """(N, C) float32: a track (T, C), T at least 1, at fractional rows (N,), linearly, its first and last row held."""
    at = np.clip(at, 0, len(track) - 1)
    # a row that is hit up to rounding is that row to the last bit
    at = np.where(np.abs(at - np.rint(at)) < 1e-6, np.rint(at), at)
    lower = np.floor(at).astype(np.int64)
    upper = np.minimum(lower + 1, len(track) - 1)
    weight = (at - lower)[:, None].astype(np.float32)
    return (track[lower] * (1 - weight) + track[upper] * weight).astype(np.float32)


def track_of_labels(labels: np.ndarray) -> PhonemeTrack:
    """The track of (T,) labels, also of none. Raises PhonemeFileError where they are no labels."""
    return PhonemeTrack.from_labels(labels) if len(labels) else PhonemeTrack((), 0.0)


def later_track(track: PhonemeTrack, rows: int) -> PhonemeTrack:
    """The track of a sound that has so many rows of silence more before it."""
    if rows == 0:
        return track
    by_s = rows / FRAME_RATE_HZ
    return replace(
        track,
        segments=tuple(PhonemeSegment(each.phoneme, each.start_s + by_s, each.end_s + by_s) for each in track.segments),
        words=tuple(replace(each, start_s=each.start_s + by_s, end_s=each.end_s + by_s) for each in track.words),
        duration_s=min(track.duration_s + by_s, MAX_DURATION_S),
    )


def _no_animation(path: Path, reason: str) -> AnimationFileError:
    return AnimationFileError(f"{path} is not a StyleTalk animation ({reason}). Make one with `styletalk animate`.")


_WIDTHS = {
    "coefficients": EXPRESSION_DIM, "head_pose": HEAD_POSE_DIM, "blinks": BLINK_DIM, "gaze": GAZE_DIM,
    "tongue": TONGUE_DIM, "upper": UPPER_DIM,
}  # fmt: skip
_NEEDED = (*_WIDTHS, "phonemes")
_UNIT_SLACK = 1e-3
_CONTENTS = {
    "coefficients": ("fiu", np.float32, -MAX_ABS_COEFFICIENT, MAX_ABS_COEFFICIENT, "numbers of less than 100"),
    "head_pose": ("fiu", np.float32, -MAX_ABS_POSE, MAX_ABS_POSE, "radians and metres below 100"),
    "blinks": ("fiu", np.float32, -_UNIT_SLACK, 1.0 + _UNIT_SLACK, "numbers from 0 to 1"),
    "gaze": ("fiu", np.float32, -_UNIT_SLACK, 1.0 + _UNIT_SLACK, "numbers from 0 to 1"),
    "tongue": ("fiu", np.float32, -_UNIT_SLACK, 1.0 + _UNIT_SLACK, "numbers from 0 to 1"),
    "upper": ("fiu", np.float32, -_UNIT_SLACK, 1.0 + _UNIT_SLACK, "numbers from 0 to 1"),
    "intensity": ("fiu", np.float32, 0.0, MAX_INTENSITY_IN_ROW, f"numbers from 0 to {MAX_INTENSITY_IN_ROW:g}"),
    "phonemes": ("iu", np.int16, 0, len(PHONEMES) - 1, f"whole numbers from 0 to {len(PHONEMES) - 1}"),
}  # fmt: skip
"""Kinds of numbers that are taken, the type they get, the lowest and the highest, and the same in words."""
