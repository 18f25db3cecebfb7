# SPDX-License-Identifier: Apache-2.0
"""Which coefficients to move, and how far, so that the lips are as near or as far apart as they should be."""

import numpy as np

from ..animation import LOWER_FACE
from .lips import LipGap

RIDGE = 0.02
"""How much of the gap's variance across the mouth counts as noise: opening and slanting are corrected, ripples not."""
FINE_RIDGE = 0.004
"""For the last tenths of a millimetre, where only ripples are left."""
WIDTH_FIRMNESS = 10.0
"""How much dearer than anything else it is to widen or narrow the mouth: a rounded P stays rounded. Without this,
closing lips costs .05 of the mouth width's correlation with real clips."""
LIMIT_STD = 12.0
"""No correction is longer than this, in standard deviations: a few times what closing a shouting mouth takes."""
STRIDES = (1.0, 1.0, 0.7, 0.5, 0.5, 0.5)
"""Newton-like steps and how much of the way each goes: the mesh is not quite linear, and a range is not at all.

They are fixed, and so is what a step aims at, because engines whose coefficients differ in the last digits must not
decide differently: their animations would part by as much as a step moves.
"""
ENOUGH_MM = 0.02
"""A step aims to leave this much of the gap's error, so that it is small where little is wrong."""
NO_URGE = 1e-3
"""Rows that would go less than this share of the way are done."""


class LipSolver:
    """Turns wanted gaps (millimetres) into the smallest change of lower-face coefficients."""

    def __init__(self, lips: LipGap, coefficient_std: np.ndarray, ridge: float = RIDGE) -> None:
        """lips: the gap; coefficient_std: (64,), how far each coefficient strays in published clips."""
        self.lips, self.coefficient_std = lips, coefficient_std
        self._variance = np.zeros(lips.jacobian.shape[1])
        self._variance[list(LOWER_FACE)] = np.asarray(coefficient_std, np.float64)[list(LOWER_FACE)] ** 2
        reach = self._metric() @ lips.jacobian.T  # (64, P): W Jᵀ
        spread = lips.jacobian @ reach  # (P, P): J W Jᵀ
        noise = ridge * np.trace(spread) / len(spread) * np.eye(len(spread))
        self._gain = reach @ np.linalg.inv(spread + noise)

    def _metric(self) -> np.ndarray:
        """(64, 64) W, how gladly coefficients move: W⁻¹ = 1 / variance + μ v vᵀ with the width v (Sherman-Morrison)."""
        metric = np.diag(self._variance)
        pull = metric @ self.lips.widening
        ease = float(self.lips.widening @ pull)  # the width's own variance
        return metric - np.outer(pull, pull) / (ease * (1.0 + 1.0 / WIDTH_FIRMNESS)) if ease > 0 else metric

    def towards(
        self, coefficients: np.ndarray, gap_mm: np.ndarray, low_mm: np.ndarray | float, high_mm: np.ndarray | float
    ) -> np.ndarray:
        """(T, 64) change that brings the gap at every place into low..high: Δ = W Jᵀ (J W Jᵀ + λ)⁻¹ (wanted − gap).

        coefficients: (T, 64) float64. gap_mm: (T, P), what the lips measure with them. low_mm, high_mm: one number,
        (T, 1) or (T, P).
        """
        change = np.zeros_like(coefficients)
        low, high = np.broadcast_to(low_mm, gap_mm.shape), np.broadcast_to(high_mm, gap_mm.shape)
        missing = np.clip(gap_mm, low, high) - gap_mm
        for number, stride in enumerate(STRIDES, start=1):
            urge = 1 - ENOUGH_MM / np.maximum(np.abs(missing).max(axis=1, initial=0.0), ENOUGH_MM)
            rows = np.flatnonzero(urge > NO_URGE)
            if len(rows) == 0:
                break
            step = stride * urge[rows, None] * (missing[rows] @ self._gain.T)
            change[rows] = self._bounded(change[rows] + step)
            if number < len(STRIDES):
                missing[rows] = self._missing(coefficients[rows] + change[rows], low[rows], high[rows])
        return change

    def _missing(self, coefficients: np.ndarray, low_mm: np.ndarray, high_mm: np.ndarray) -> np.ndarray:
        """(T, P) millimetres by which the gap misses its range."""
        gap = self.lips.places_mm(coefficients)
        return np.clip(gap, low_mm, high_mm) - gap

    def _bounded(self, change: np.ndarray) -> np.ndarray:
        """The change, shortened where it is further than LIMIT_STD."""
        used = self._variance > 0
        length = np.sqrt((change[:, used] ** 2 / self._variance[used]).sum(axis=1, keepdims=True))
        return change * np.minimum(1.0, LIMIT_STD / np.maximum(length, 1e-9))
