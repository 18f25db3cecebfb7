# SPDX-License-Identifier: Apache-2.0
"""Eyes that a style opens wider than at rest still shut in a blink, and lids that it lowers far do not cross.

A blink of 1 takes a lid the way that it has at rest, and there is no blink of more. So in a blink the expression gives
back what it has opened beyond that, by the smallest change of the upper-face coefficients that moves lids and not brows
or lips.
"""

import functools
from typing import TYPE_CHECKING

import numpy as np

from ..animation import EXPRESSION_DIM, UPPER_FACE

if TYPE_CHECKING:
    from ..face.model import FaceModel

STILLNESS = 30.0
"""How much a millimetre of other landmarks counts against a standard deviation of a coefficient, squared: the more, the
stiller brows and lips, and the longer the change."""
LIP_STILLNESS = 100.0
"""The same for the lips, which have just been closed."""
SOFT = 0.05
"""Openings nearer to shut than this part of that at rest are held off gradually, so that no lid stops at once."""
EYE_RADIUS_M = 0.022
"""Landmarks this near to the middle of an eye belong to it: lids and corners, not brows."""


def parted_lids(coefficients: np.ndarray, eye_opening: np.ndarray, face: "FaceModel") -> np.ndarray:
    """(T, 64) float32: the coefficients with lids that have passed each other brought back to where they meet.

    eye_opening: (T, 2), 1 as at rest, below 0 crossed, person's left and right eye.
    """
    lowest = eye_opening.min(axis=1)  # both eyes by the same, as in `lowered_lids`
    near = np.clip((SOFT - lowest) / (2 * SOFT), 0.0, 1.0)
    missing = np.maximum(-lowest, SOFT * near**2)  # (T,)
    if not missing.any():
        return coefficients
    return (coefficients + missing[:, None] * lid_move(face)).astype(np.float32)


def lowered_lids(
    coefficients: np.ndarray, blinks: np.ndarray, eye_opening: np.ndarray, face: "FaceModel"
) -> np.ndarray:
    """(T, 64) float32: the coefficients with wide eyes brought to their opening at rest as far as a blink has gone.

    blinks: (T, 2) in 0..1. eye_opening: (T, 2), 1 as at rest, person's left and right eye.
    """
    # both eyes by the same: people in published clips never widen one alone, so that coefficients for it are wild
    excess = np.maximum(eye_opening - 1.0, 0.0).max(axis=1) * blinks.max(axis=1)  # (T,)
    if not excess.any():
        return coefficients
    return (coefficients - excess[:, None] * lid_move(face)).astype(np.float32)


@functools.lru_cache(maxsize=2)
def lid_move(face: "FaceModel") -> np.ndarray:
    """(64,) change of the upper-face coefficients that opens both eyes by as much as they are open at rest.

    δ = argmin δᵀ H δ with j·δ = 1, H = κ Eᵀ E + diag(1 / std²): E moves all landmarks but those round the eyes.
    """
    columns = list(UPPER_FACE)
    opens, others, lips = _effects(face)
    deviation = np.asarray(face.coefficient_std, np.float64)[columns]
    stiff = STILLNESS * others[columns] @ others[columns].T + LIP_STILLNESS * lips[columns] @ lips[columns].T
    reach = np.linalg.solve(stiff + np.diag(deviation**-2), opens[columns])  # (51,)
    move = np.zeros(EXPRESSION_DIM)
    move[columns] = reach / (opens[columns] @ reach)
    return move


def _effects(face: "FaceModel") -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What one of each coefficient does: to the eyes' opening (64,), to landmarks elsewhere and to lips (64, L), mm."""
    from ..face.landmarks import EYE_OPENINGS, eye_openness, landmark_positions

    opens = eye_openness(face, np.eye(EXPRESSION_DIM, dtype=np.float32)).mean(1) - 1.0
    rest = landmark_positions(face.mean, face.triangles, face.landmarks_mediapipe)
    moved = landmark_positions(face.expression, face.triangles, face.landmarks_mediapipe)  # (64, 478, 3)
    eyes = rest[[*EYE_OPENINGS[0], *EYE_OPENINGS[1]]].reshape(2, 2, 3).mean(1)
    away = np.linalg.norm(rest[:, None] - eyes, axis=-1).min(1) > EYE_RADIUS_M
    lips = np.concatenate(
        [landmark_positions(face.expression, face.triangles, line) for line in (face.lip_upper, face.lip_lower)], axis=1
    )
    return (
        opens.astype(np.float64),
        1000.0 * moved[:, away].reshape(len(moved), -1).astype(np.float64) / np.sqrt(away.sum()),
        1000.0 * lips.reshape(len(lips), -1).astype(np.float64) / np.sqrt(lips.shape[1]),
    )
