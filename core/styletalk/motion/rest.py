# SPDX-License-Identifier: Apache-2.0
"""A mouth at rest in silence: closed, or slightly parted where the style talks with an open mouth.

The networks have seen too little silence to shut the mouth in it; they leave it half open, as it is on average.
"""

from dataclasses import dataclass

import numpy as np

from .blinks import silences
from .solver import LipSolver

PARTED_SHARE = 0.12
"""At rest the lips are this share of the mean opening in speech apart, so that a style keeps its look."""
PARTED_MM = 1.5
"""And no further than this."""
HOLD_ROWS = 12
"""In a pause no longer than this (0.4 s) people keep their mouths as they are, to breathe and to go on. Closing it at
once costs .05 of the mouth gap's correlation with real clips."""
SETTLE_ROWS = 15
"""Then the mouth takes this long to come to rest (0.5 s)."""
PREPARE_ROWS = 6
"""Before a phrase it begins to leave rest this early (0.2 s)."""


@dataclass(frozen=True)
class Rest:
    """weight: (T,), see `rest_weight`. high_mm: how far the lips are apart at rest, which the whole line decides."""

    weight: np.ndarray
    high_mm: float

    @classmethod
    def of(cls, labels: np.ndarray, opening_mm: np.ndarray) -> "Rest":
        """The rest of a line: (T,) int16 labels as the networks saw them, (T,) millimetres between the lips."""
        weight = rest_weight(labels)
        speech = weight == 0
        usual_mm = float(np.mean(opening_mm[speech])) if speech.any() else 0.0
        return cls(weight, float(np.clip(PARTED_SHARE * usual_mm, 0.0, PARTED_MM)))

    def within(self, rows: slice) -> "Rest":
        """The same for some rows of the line."""
        return Rest(self.weight[rows], self.high_mm)


def resting(coefficients: np.ndarray, gap_mm: np.ndarray, rest: Rest, solver: LipSolver) -> np.ndarray:
    """(T, 64) change that brings the mouth to rest in silence, nothing elsewhere.

    coefficients: (T, 64) float64. gap_mm: (T, P), what the lips measure with them.
    """
    change = np.zeros_like(coefficients)
    rows = np.flatnonzero(rest.weight > 0)
    if len(rows):
        low_mm = np.minimum(gap_mm[rows], 0.0)
        weight = rest.weight[rows, None]
        change[rows] = weight * solver.towards(coefficients[rows], gap_mm[rows], low_mm, rest.high_mm)
    return change


def rest_weight(labels: np.ndarray) -> np.ndarray:
    """(T,) how much of rest each row has: 1 deep in a silence, 0 in speech and in short pauses, smooth.

    A silence that begins the line is at rest from its first row; one that ends it comes to rest at once, and stays so.
    """
    weight = np.zeros(len(labels))
    for start, end in silences(labels):
        row, ends = np.arange(start, end), end == len(labels)
        hold = 0 if ends else HOLD_ROWS  # at the end the mouth need not stay ready
        settled = np.ones(len(row)) if start == 0 else _ramp((row - start + 1 - hold) / SETTLE_ROWS)
        still = np.ones(len(row)) if ends else _ramp((end - row) / PREPARE_ROWS)
        weight[start:end] = settled * still
    return weight


def _ramp(share: np.ndarray) -> np.ndarray:
    share = np.clip(share, 0, 1)
    return share * share * (3 - 2 * share)
