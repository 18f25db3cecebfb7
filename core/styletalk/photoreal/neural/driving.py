# SPDX-License-Identifier: Apache-2.0
"""An animation as the windows that move a portrait: coefficients with lids and brows, and its head's published pose."""

import functools

import numpy as np

from ...animation import EXPRESSION_DIM, LOWER_FACE, FaceAnimation, between_rows
from ...face.arkit_names import ARKIT_NAMES, UPPER_ROWS
from ...face.blendshapes import fit_coefficients
from ...face.landmarks import lip_gap_rows
from ...face.model import open_face
from ...face.published_pose import head_pose_from_pose9
from ...timeline import FRAME_RATE_HZ
from ..portrait import Portrait
from ..renderers import PassOptions
from .alignment import Square, crop_numbers
from .networks.config import WINDOW_RADIUS
from .pose import CROP_TRANSLATION_DM, pose9_from_head_pose

BLINK_ROWS = (ARKIT_NAMES.index("eyeBlinkLeft"), ARKIT_NAMES.index("eyeBlinkRight"))
JAW = 0
"""The coefficient that opens the jaw."""


def driven_rows(
    motion: FaceAnimation, portrait: Portrait, square: Square, options: PassOptions, reference: np.ndarray | None
) -> np.ndarray:
    """(T, 73) float32: coefficients and published pose of each row of a motion, for the portrait in its square.

    reference: (6,) the head_pose that the photo shows; None: the median of the motion's.
    """
    pose = portrait_pose(portrait, square) + motion.head_pose - _reference(motion, reference)
    return np.concatenate([driven_coefficients(motion, portrait, options), pose9_from_head_pose(pose)], axis=1)


def driven_coefficients(motion: FaceAnimation, portrait: Portrait, options: PassOptions) -> np.ndarray:
    """(T, 64) float32: the motion's, and its lids, brows and lips as far as coefficients can; the mouth as asked."""
    beside = np.concatenate([motion.upper, motion.blinks], axis=1)
    coefficients = motion.coefficients + beside @ _beside_columns()
    lower, own = list(LOWER_FACE), portrait.expression
    coefficients[:, lower] = own[lower] + options.mouth_amount * (coefficients[:, lower] - own[lower])
    _, gap_rows = lip_gap_rows(open_face())
    coefficients[:, JAW] += options.mouth_offset_mm / float(gap_rows[:, JAW].mean())
    return coefficients.astype(np.float32)


def portrait_pose(portrait: Portrait, square: Square) -> np.ndarray:
    """(6,) the head pose that the photo itself shows within the square, in our numbers."""
    numbers = [portrait.rotation, CROP_TRANSLATION_DM, crop_numbers(portrait.landmarks, square)]
    return head_pose_from_pose9(np.concatenate(numbers)[None])[0]


def windows_at(rows: np.ndarray, at: range, fps: float) -> np.ndarray:
    """(N, 73, 27) float32 about these rows of (T, 73): 30 rows a second, whatever the rate of the film; edges held."""
    around = np.arange(-WINDOW_RADIUS, WINDOW_RADIUS + 1) * (fps / FRAME_RATE_HZ)
    wanted = np.asarray(at, np.float64)[:, None] + around  # (N, 27)
    return between_rows(rows, wanted.ravel()).reshape(len(at), len(around), -1).transpose(0, 2, 1)


def _reference(motion: FaceAnimation, given: np.ndarray | None) -> np.ndarray:
    return np.median(motion.head_pose, axis=0) if given is None else np.asarray(given)


@functools.lru_cache(maxsize=1)
def _beside_columns() -> np.ndarray:
    """(17, 64): the shapes of `upper` and the two blinks as coefficients, the nearest that there are."""
    weights = np.zeros((len(UPPER_ROWS) + len(BLINK_ROWS), len(ARKIT_NAMES)))
    weights[np.arange(len(weights)), [*UPPER_ROWS, *BLINK_ROWS]] = 1
    columns = fit_coefficients(weights).coefficients
    assert columns.shape[1] == EXPRESSION_DIM
    return columns
