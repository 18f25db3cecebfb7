# SPDX-License-Identifier: Apache-2.0
"""`finish`: from the networks' coefficients to a face that closes its lips, blinks, looks about and moves its head."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..animation import BLINK_DIM, GAZE_DIM, HEAD_POSE_DIM, FaceAnimation, track_of_labels
from ..emphasis import Emphasis
from ..errors import CoefficientShapeError
from ..face.landmarks import eye_openness
from ..phonemes import PhonemeTrack
from ..progress import Progress, part, silent
from ..styles.manner import Manner
from .blinks import blink_track, closing_once
from .chunks import chunks
from .closures import close_lips
from .gaze import gaze_track
from .head import auto_pose
from .lids import lowered_lids
from .pose import pose_from_file

if TYPE_CHECKING:
    from ..face.model import FaceModel

CLOSURES_SHARE = 0.8
"""How much of the time closing lips takes, about."""


@dataclass(frozen=True)
class MotionOptions:
    """What is added after the networks.

    pose: "auto" (moves with the speech), "none" (at rest) or a head pose file. blinks, gaze, closures: on or off.
    seed: the same seed makes the same blinks, looks and head motion.
    """

    pose: str = "auto"
    blinks: bool = True
    gaze: bool = True
    closures: bool = True
    seed: int = 0


def finish(
    coefficients: np.ndarray,
    phonemes: np.ndarray,
    face: "FaceModel",
    options: MotionOptions = MotionOptions(),
    metadata: Mapping[str, Any] | None = None,
    progress: Progress = silent,
    track: PhonemeTrack | None = None,
    emphasis: Emphasis | None = None,
    manner: Manner | None = None,
) -> FaceAnimation:
    """The finished animation of the networks' output.

    coefficients: (T, 64) float32. phonemes: (T,) int16, the labels they were made from. face: on whose lips closures
    are measured. progress: called for every minute of it, may raise Cancelled. track: what the labels were made from;
    None makes it from them. emphasis: how the line is said; None knows no more than the labels. manner: how
    head, lids and eyes move, None as a neutral speaker's. Memory beside the result is constant but for a few numbers a
    row.
    Raises PoseError for a pose file that cannot be used, CoefficientShapeError, FaceModelError.
    """
    coefficients, phonemes = _matching(coefficients, phonemes)
    track = track or track_of_labels(phonemes)
    emphasis = emphasis or Emphasis.none(len(phonemes))
    head_pose = _pose(phonemes, options, manner, emphasis)
    lips = partial(close_lips, progress=part(progress, 0.0, CLOSURES_SHARE), track=track)
    moved = lips(coefficients, phonemes, face) if options.closures else coefficients.copy()
    blinks = _blinking(moved, phonemes, face, options, manner, part(progress, CLOSURES_SHARE, 1.0))
    gaze = np.zeros((len(moved), GAZE_DIM), np.float32)
    if options.gaze:
        gaze = gaze_track(blinks, options.seed, manner, head_pose if options.pose == "auto" else None)
    return FaceAnimation(
        coefficients=moved, head_pose=head_pose, blinks=blinks, gaze=gaze, phonemes=phonemes,
        track=track,
        metadata=dict(metadata or {}),
    )  # fmt: skip


def _matching(coefficients: np.ndarray, phonemes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both as float32 and int16. Raises CoefficientShapeError where they differ in length."""
    coefficients, phonemes = np.asarray(coefficients, np.float32), np.asarray(phonemes, np.int16)
    rows = len(coefficients)
    if phonemes.shape != (rows,):
        raise CoefficientShapeError(f"{rows} rows of coefficients need as many phoneme labels, not {phonemes.shape}.")
    return coefficients, phonemes


def _blinking(
    coefficients: np.ndarray,
    phonemes: np.ndarray,
    face: "FaceModel",
    options: MotionOptions,
    manner: Manner | None,
    progress: Progress,
) -> np.ndarray:
    """Blinks (T, 2) that close the eyes once, whatever the expression does, with lids lowered in coefficients (T, 64).

    The coefficients are changed in place.
    """
    if not options.blinks or len(coefficients) == 0:
        return np.zeros((len(coefficients), BLINK_DIM), np.float32)
    blinks = blink_track(phonemes, options.seed, manner)
    line = chunks(len(coefficients))
    for number, rows in enumerate(line):
        progress(number / len(line), "blinking")
        face_rows, lid_rows = coefficients[rows], blinks[rows]  # views: what is written stays
        face_rows[:] = lowered_lids(face_rows, lid_rows, eye_openness(face, face_rows), face)
        lid_rows[:] = closing_once(lid_rows, eye_openness(face, face_rows))
    return blinks


def _pose(phonemes: np.ndarray, options: MotionOptions, manner: Manner | None, emphasis: Emphasis) -> np.ndarray:
    """head_pose (T, 6) as the options say."""
    if options.pose == "auto":
        return auto_pose(phonemes, options.seed, manner, emphasis)
    if options.pose == "none":
        return np.zeros((len(phonemes), HEAD_POSE_DIM), np.float32)
    return pose_from_file(Path(options.pose), len(phonemes))
