# SPDX-License-Identifier: Apache-2.0
"""A mouth at rest in silence: closed before and after the line, slightly parted in long pauses of open-mouthed styles.

The networks have seen too little silence to shut the mouth in it; they leave it half open, as it is on average.
"""

from dataclasses import dataclass

import numpy as np

from .blinks import silences

PARTED_SHARE = 0.12
"""In a pause the lips rest this share of the mean opening in speech apart, so that a style keeps its look."""
PARTED_MM = 1.5
"""And no further than this."""
HOLD_ROWS = 30
"""In a pause shorter than this (1 s) people keep their mouths as they are, to breathe and to go on. Closing it at
once costs .05 of the mouth gap's correlation with real clips."""
SETTLE_ROWS = 18
"""Then the mouth takes this long to come to rest (0.6 s, as long as the expression takes to go)."""
HURRY_ROWS = 5
"""A line that ends soon after its last word has no more time than it lasts, and at least this (0.17 s)."""
PREPARE_ROWS, FIRST_ROWS = 6, 10
"""Before a phrase it begins to leave rest this early (0.2 s), before the first one up to 0.33 s."""


@dataclass(frozen=True)
class Rest:
    """weight: (T,), see `rest_weight`. high_mm: (T,) how far the lips are apart at rest. ends: from this row on nothing
    more is said."""

    weight: np.ndarray
    high_mm: np.ndarray
    ends: int

    @classmethod
    def of(cls, labels: np.ndarray, opening_mm: np.ndarray) -> "Rest":
        """The rest of a line: (T,) int16 labels as the networks saw them, (T,) millimetres between the lips."""
        weight = rest_weight(labels)
        speech = weight == 0
        usual_mm = float(np.mean(opening_mm[speech])) if speech.any() else 0.0
        spoken = np.flatnonzero(speech)
        high_mm = np.zeros(len(weight))
        if len(spoken):
            high_mm[spoken[0] : spoken[-1] + 1] = np.clip(PARTED_SHARE * usual_mm, 0.0, PARTED_MM)
        last = [start for start, end in silences(labels) if end == len(labels)]
        return cls(weight, high_mm, last[0] if last else len(labels))

    def opening_mm(self, opening_mm: np.ndarray) -> np.ndarray:
        """(T,) the openings, in silence as far towards rest as it is one."""
        return opening_mm - self.weight * np.maximum(opening_mm - self.high_mm, 0.0)

    def only_closing(self, opening_mm: np.ndarray) -> np.ndarray:
        """(T,) the openings, none after the last sound wider than one before: a mouth that has ended does not part."""
        before = max(self.ends - 1, 0)
        narrowest_mm = np.minimum.accumulate(np.maximum(opening_mm[before:], 0.0))
        return np.concatenate([opening_mm[:before], np.minimum(opening_mm[before:], narrowest_mm)])


def rest_weight(labels: np.ndarray) -> np.ndarray:
    """(T,) how much of rest each row has: 1 deep in a silence, 0 in speech and in short pauses, smooth.

    A silence that begins the line is at rest in its first row, a short one in no other; one that ends it
    comes to rest at once, and stays so.
    """
    weight = np.zeros(len(labels))
    for start, end in silences(labels):
        row, ends = np.arange(start, end), end == len(labels)
        hold = 0 if ends else HOLD_ROWS  # at the end the mouth need not stay ready
        within = max(HURRY_ROWS, min(SETTLE_ROWS, len(row))) if ends else SETTLE_ROWS
        settled = np.ones(len(row)) if start == 0 else _ramp((row - start + 1 - hold) / within)
        leaving = min(len(row), FIRST_ROWS) if start == 0 else PREPARE_ROWS
        still = np.ones(len(row)) if ends else _ramp((end - row) / leaving)
        weight[start:end] = settled * still
    return weight


def _ramp(share: np.ndarray) -> np.ndarray:
    share = np.clip(share, 0, 1)
    return share * share * (3 - 2 * share)
