# SPDX-License-Identifier: Apache-2.0
"""Which coefficients to move, and how far, so that the lips are as near or as far apart as they should be."""

import numpy as np

from ..animation import LOWER_FACE
from .lips import LipGap

RIDGE = 0.02
"""How much of the gap's variance across the mouth counts as noise: opening and slanting are corrected, ripples not."""
FINE_RIDGE = 0.002
"""For the last tenths of a millimetre, where only ripples are left."""
LIMIT_STD = 12.0
"""No correction is longer than this, in standard deviations: a few times what closing a shouting mouth takes."""
STEPS = 6
"""Newton-like steps at most: the distance on the mesh is not quite linear, and a range is not at all."""
ENOUGH_MM = 0.02
"""Rows whose gap is within its range but for this are done."""


class LipSolver:
    """Turns wanted gaps (millimetres) into the smallest change of lower-face coefficients."""

    def __init__(self, lips: LipGap, coefficient_std: np.ndarray, ridge: float = RIDGE) -> None:
        """lips: the gap; coefficient_std: (64,), how far each coefficient strays in published clips."""
        self.lips, self.coefficient_std = lips, coefficient_std
        self._variance = np.zeros(lips.jacobian.shape[1])
        self._variance[list(LOWER_FACE)] = np.asarray(coefficient_std, np.float64)[list(LOWER_FACE)] ** 2
        reach = self._variance[:, None] * lips.jacobian.T  # (64, P): W Jᵀ
        spread = lips.jacobian @ reach  # (P, P): J W Jᵀ
        noise = ridge * np.trace(spread) / len(spread) * np.eye(len(spread))
        self._gain = reach @ np.linalg.inv(spread + noise)

    def towards(
        self,
        coefficients: np.ndarray,
        gap_mm: np.ndarray,
        low_mm: np.ndarray | float,
        high_mm: np.ndarray | float,
    ) -> np.ndarray:
        """(T, 64) change that brings the gap at every place into low..high: Δ = W Jᵀ (J W Jᵀ + λ)⁻¹ (wanted − gap).

        coefficients: (T, 64) float64. gap_mm: (T, P), what the lips measure with them. low_mm, high_mm: one number,
        (T, 1) or (T, P).
        """
        change = np.zeros_like(coefficients)
        gap = gap_mm
        low, high = np.broadcast_to(low_mm, gap.shape), np.broadcast_to(high_mm, gap.shape)
        missing = np.clip(gap, low, high) - gap
        stride = np.ones((len(coefficients), 1))
        for _ in range(STEPS):
            rows = np.flatnonzero(np.abs(missing).max(axis=1, initial=0.0) > ENOUGH_MM)
            if len(rows) == 0:
                break
            tried = self._bounded(change[rows] + stride[rows] * (missing[rows] @ self._gain.T))
            gap = self.lips.places_mm(coefficients[rows] + tried)
            still = np.clip(gap, low[rows], high[rows]) - gap
            better = (still**2).sum(axis=1) < (missing[rows] ** 2).sum(axis=1)
            change[rows[better]], missing[rows[better]] = tried[better], still[better]
            stride[rows[~better]] /= 2  # the mesh bends away from the straight line: go a shorter way
        return change

    def _bounded(self, change: np.ndarray) -> np.ndarray:
        """The change, shortened where it is further than LIMIT_STD."""
        used = self._variance > 0
        length = np.sqrt((change[:, used] ** 2 / self._variance[used]).sum(axis=1, keepdims=True))
        return change * np.minimum(1.0, LIMIT_STD / np.maximum(length, 1e-9))
