# SPDX-License-Identifier: Apache-2.0
"""The matrix M (52×64) that gives ARKit shapes the published coefficients' meaning, fitted to the landmark Jacobian."""

from dataclasses import dataclass

import numpy as np

from styletalk.face.landmarks import EYE_DISTANCE, tracks
from styletalk.face.retarget import ARKIT_NAMES, NOT_FITTED

from .detect import LIDS, LIPS

BROWS = (70, 63, 105, 66, 107, 46, 53, 52, 65, 55, 300, 293, 334, 296, 336, 276, 283, 282, 295, 285)
CHIN = (152, 148, 176, 149, 150, 136, 172, 377, 400, 378, 379, 365, 397, 175, 199, 200, 18, 83, 313, 201, 421, 208,
        428, 32, 262)  # fmt: skip
NOSE = (1, 4, 48, 64, 98, 97, 2, 326, 327, 294, 278, 49, 279, 129, 358)
CHEEKS = (205, 425, 50, 280, 187, 411, 207, 427, 206, 426, 216, 436, 212, 432, 214, 434)
EYES = (*(i for lid in LIDS.values() for i in lid), 33, 133, 263, 362)
WEIGHTS = ((CHEEKS, 0.4), (NOSE, 0.4), (BROWS, 0.8), (CHIN, 1.0), (EYES, 0.2), (LIPS, 1.0))
"""Landmarks whose x and y carry information, and how much they count. Single lid points are noisy."""
TRACK_WEIGHTS = (10.0, 10.0, 40.0)
"""Mouth gap, mouth width and eye opening: what viewers judge speech by."""
BROW_WEIGHT = 12.0
BROW_POINTS = (105, 334)
RIDGE = 0.03
"""On the weights of M: coefficients with little evidence stay small."""
ASYMMETRY_RIDGE = 0.05
"""On the difference of a left and a right shape: the Jacobian of one side alone is mostly noise."""
RIGID_RIDGE = 5.0
"""On the movement of the whole face (shift, turn, size in the picture) that the Jacobian may still hold."""


@dataclass(frozen=True)
class Evidence:
    """Landmarks in the picture plane, y down, in units of the distance between the outer eye corners.

    rest (478, 2), shapes (52, 478, 2), jacobian (64, 478, 2).
    """

    rest: np.ndarray
    shapes: np.ndarray
    jacobian: np.ndarray

    @classmethod
    def of(cls, rest_m: np.ndarray, shapes_m: np.ndarray, jacobian: np.ndarray) -> "Evidence":
        """From positions (478, 3) and displacements (52, 478, 3) in metres, y up."""
        unit = np.linalg.norm(rest_m[EYE_DISTANCE[0]] - rest_m[EYE_DISTANCE[1]])
        return cls(rest_m[:, :2] * (1, -1) / unit, shapes_m[..., :2] * (1, -1) / unit, jacobian[..., :2].astype(float))


def fitted_matrix(evidence: Evidence) -> np.ndarray:
    """M (52, 64): min ‖W (D M + R ρ − J)‖² + λ‖M‖² + λ_a‖M_left − M_right‖² + λ_r‖ρ‖², D the shapes, R rigid motion."""
    free = [k for k, name in enumerate(ARKIT_NAMES) if name not in NOT_FITTED]
    indices = np.concatenate([points for points, _ in WEIGHTS])
    weights = np.concatenate([np.full(len(points), weight) for points, weight in WEIGHTS])

    def rows(moved: np.ndarray) -> np.ndarray:
        points = (moved[:, indices] * weights[:, None]).reshape(len(moved), -1)
        brows = moved[:, BROW_POINTS, 1].mean(1, keepdims=True) * BROW_WEIGHT
        return np.concatenate([points, tracks(moved) * TRACK_WEIGHTS, brows], 1).T

    rigid = _rigid_motion(evidence.rest, indices)
    system = np.concatenate([rows(evidence.shapes[free]), rigid_rows(rows(rigid))], 1)
    penalty = _penalty([ARKIT_NAMES[k] for k in free], len(rigid))
    solution = np.linalg.solve(system.T @ system + penalty, system.T @ rows(evidence.jacobian))
    matrix = np.zeros((len(ARKIT_NAMES), evidence.jacobian.shape[0]))
    matrix[free] = solution[: len(free)]
    return matrix


def rigid_rows(rows: np.ndarray) -> np.ndarray:
    """Rigid motion may not explain gap, width or eye opening: their rows (the last four) are zero."""
    kept = rows.copy()
    kept[-4:] = 0.0
    return kept


def _rigid_motion(rest: np.ndarray, indices: np.ndarray) -> np.ndarray:
    """(4, 478, 2): shift right, shift down, turn, size."""
    x, y = (rest - rest[indices].mean(0)).T
    zero, one = np.zeros_like(x), np.ones_like(x)
    return np.stack([np.stack(pair, 1) for pair in ((one, zero), (zero, one), (-y, x), (x, y))])


def _penalty(names: list[str], rigid: int) -> np.ndarray:
    penalty = np.diag(np.concatenate([np.full(len(names), RIDGE), np.full(rigid, RIGID_RIDGE)]))
    for a, name in enumerate(names):
        if name.endswith("Left"):
            b = names.index(name[: -len("Left")] + "Right")
            penalty[[a, b], [a, b]] += ASYMMETRY_RIDGE
            penalty[[a, b], [b, a]] -= ASYMMETRY_RIDGE
    return penalty
