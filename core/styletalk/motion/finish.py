# SPDX-License-Identifier: Apache-2.0
"""`finish`: from the networks' coefficients to a face that closes its lips, blinks, looks about and moves its head."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..animation import (
    BLINK_DIM,
    GAZE_DIM,
    HEAD_POSE_DIM,
    LIP_SHAPES,
    TONGUE_DIM,
    UPPER_DIM,
    FaceAnimation,
    later_track,
    track_of_labels,
)
from ..emphasis import Emphasis
from ..errors import CoefficientShapeError
from ..face.landmarks import eye_openness
from ..phonemes import PhonemeTrack
from ..progress import Progress, part, silent
from ..styles.manner import Manner
from .accents import accent_moves, brows_and_lids, micro_movement
from .blinks import blink_track, closing_once
from .chunks import chunks
from .closures import close_lips
from .gaze import gaze_track
from .head import auto_pose
from .lids import lowered_lids, parted_lids
from .pose import pose_from_file
from .pressed import pressed_lips
from .tongue import tongue_track

if TYPE_CHECKING:
    from ..face.model import FaceModel

CLOSURES_SHARE = 0.8
"""How much of the time closing lips takes, about."""


@dataclass(frozen=True)
class MotionOptions:
    """What is added after the networks.

    pose: "auto" (moves with the speech), "none" (at rest) or a head pose file. blinks, gaze, closures, tongue: on or
    off. lids: those that cross are parted. accent_mm: how far the brows go on a stressed syllable, a number or (T,),
    see `accents.accent_track`. micro_movement: brows and lids are never quite still. seed: the same seed makes the same
    blinks, looks, head motion and micro-movement.
    """

    pose: str = "auto"
    blinks: bool = True
    gaze: bool = True
    closures: bool = True
    tongue: bool = True
    lids: bool = True
    accent_mm: float | np.ndarray = 0.0
    micro_movement: bool = False
    seed: int = 0


@dataclass(frozen=True)
class Performance:
    """What is known of a line beside its labels; all of it may be left out.

    track: what the labels were made from, in the sound's own times; None makes it from them. emphasis: how the line is
    said; None knows no more than the labels. first_row: the number of the first row, below 0 where rows lie before the
    sound. intensity: (T,) how strong the style is, which is kept as it is; the head's level goes with it. upper:
    (T, 15), what the style shows beside the coefficients; None is nothing. manner: how head, lids and eyes move, None
    as a neutral speaker's. head_pose: (T, 6) of a line whose styles hold the head differently, in place of what the
    manner makes.
    """

    track: PhonemeTrack | None = None
    emphasis: Emphasis | None = None
    first_row: int = 0
    intensity: np.ndarray | None = None
    upper: np.ndarray | None = None
    manner: Manner | None = None
    head_pose: np.ndarray | None = None

    def of(self, labels: np.ndarray) -> "_Known":
        """All that of labels (T,), nothing left out."""
        track = self.track or later_track(track_of_labels(labels), self.first_row)
        upper = _rest(len(labels), UPPER_DIM) if self.upper is None else self.upper
        return _Known(
            labels, track, self.emphasis or Emphasis.none(len(labels)), self.first_row, self.intensity, upper,
            self.manner, self.head_pose,
        )  # fmt: skip


@dataclass(frozen=True)
class _Known:
    """A line's labels (T,) and its performance."""

    labels: np.ndarray
    track: PhonemeTrack
    emphasis: Emphasis
    first_row: int
    intensity: np.ndarray | None
    upper: np.ndarray
    manner: Manner | None
    head_pose: np.ndarray | None

    @property
    def row_track(self) -> PhonemeTrack:
        """The track as if the first row were row 0."""
        return later_track(self.track, -self.first_row)


def finish(
    coefficients: np.ndarray,
    phonemes: np.ndarray,
    face: "FaceModel",
    options: MotionOptions = MotionOptions(),
    metadata: Mapping[str, Any] | None = None,
    progress: Progress = silent,
    performance: Performance = Performance(),
) -> FaceAnimation:
    """The finished animation of the networks' output.

    coefficients: (T, 64) float32. phonemes: (T,) int16, the labels they were made from. face: on whose lips closures
    are measured. progress: called for every minute of it, may raise Cancelled. performance: what else is known of the
    line. Memory beside the result is constant but for a few numbers a row.
    Raises PoseError for a pose file that cannot be used, CoefficientShapeError, FaceModelError.
    """
    coefficients, labels = _matching(coefficients, phonemes)
    line = performance.of(labels)
    head_pose = _pose(line, options)
    moved, upper = _closed(_lively(coefficients, line.emphasis, face, options), line, face, options, progress)
    blinks = _blinking(moved, replace(line, upper=upper), face, options, part(progress, CLOSURES_SHARE, 1.0))
    led = head_pose if options.pose == "auto" else None
    gaze = gaze_track(blinks, options.seed, line.manner, led) if options.gaze else _rest(len(moved), GAZE_DIM)
    tongue = tongue_track(line.track, moved, face, line.first_row) if options.tongue else _rest(len(moved), TONGUE_DIM)
    return FaceAnimation(
        coefficients=moved, head_pose=head_pose, blinks=blinks, gaze=gaze, tongue=tongue, upper=upper,
        phonemes=labels, track=line.track, metadata=dict(metadata or {}), first_row=line.first_row,
        intensity=line.intensity,
    )  # fmt: skip


def _closed(
    coefficients: np.ndarray, line: _Known, face: "FaceModel", options: MotionOptions, progress: Progress
) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients (T, 64) with lips that close, and the shapes beside them (T, 15) with lips that press and roll."""
    if not options.closures:
        return coefficients, line.upper
    moved = close_lips(coefficients, line.labels, face, part(progress, 0.0, CLOSURES_SHARE), line.row_track)
    upper = np.array(line.upper, np.float32)
    lips = upper[:, -len(LIP_SHAPES) :]
    np.maximum(lips, pressed_lips(line.row_track, moved, face), out=lips)
    return moved, upper


def _rest(rows: int, width: int) -> np.ndarray:
    return np.zeros((rows, width), np.float32)


def _lively(coefficients: np.ndarray, emphasis: Emphasis, face: "FaceModel", options: MotionOptions) -> np.ndarray:
    """Coefficients (T, 64), a new array, with accents of the brows and lids and with micro-movement."""
    moves = np.zeros((len(coefficients), 2))
    if np.any(options.accent_mm):
        moves += accent_moves(emphasis, options.accent_mm)
    if options.micro_movement:
        moves += micro_movement(len(coefficients), options.seed)
    return coefficients + brows_and_lids(moves, face) if moves.any() else coefficients.copy()


def _matching(coefficients: np.ndarray, phonemes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both as float32 and int16. Raises CoefficientShapeError where they differ in length."""
    coefficients, phonemes = np.asarray(coefficients, np.float32), np.asarray(phonemes, np.int16)
    rows = len(coefficients)
    if phonemes.shape != (rows,):
        raise CoefficientShapeError(f"{rows} rows of coefficients need as many phoneme labels, not {phonemes.shape}.")
    return coefficients, phonemes


def _blinking(
    coefficients: np.ndarray, line: _Known, face: "FaceModel", options: MotionOptions, progress: Progress
) -> np.ndarray:
    """Blinks (T, 2) that close the eyes once, whatever the expression does, with lids parted and lowered in
    coefficients (T, 64), which are changed in place."""
    rows_of_line = len(coefficients)
    if rows_of_line == 0 or not (options.blinks or options.lids):
        return _rest(rows_of_line, BLINK_DIM)
    made = blink_track(line.labels, options.seed, line.manner) if options.blinks else _rest(rows_of_line, BLINK_DIM)
    parts = chunks(rows_of_line)
    for number, rows in enumerate(parts):
        progress(number / len(parts), "blinking")
        face_rows, lid_rows = coefficients[rows], made[rows]  # views: what is written stays
        opening = partial(eye_openness, face, upper=line.upper[rows])
        if options.lids:
            face_rows[:] = parted_lids(face_rows, opening(face_rows), face)
        face_rows[:] = lowered_lids(face_rows, lid_rows, opening(face_rows), face)
        lid_rows[:] = closing_once(lid_rows, opening(face_rows))
    return made


def _pose(line: _Known, options: MotionOptions) -> np.ndarray:
    """head_pose (T, 6) as the options say. A file's first pose is that of row 0; rows before it hold it."""
    rows = len(line.labels)
    if line.head_pose is not None:
        return line.head_pose
    if options.pose == "auto":
        return auto_pose(line.labels, options.seed, line.manner, line.emphasis, line.intensity)
    if options.pose == "none":
        return np.zeros((rows, HEAD_POSE_DIM), np.float32)
    before = min(max(0, -line.first_row), max(0, rows - 1))
    return np.pad(pose_from_file(Path(options.pose), rows - before), ((before, 0), (0, 0)), mode="edge")
