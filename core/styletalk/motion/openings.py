# SPDX-License-Identifier: Apache-2.0
"""How far the lips may be apart in each row: shut while P, B and M are, at rest in silence, and no faster than people.

A mouth that has to be shut cannot be wide open just before. So each row's opening is held below what lips can close
from, or open to, in the time between: the vowel before a closure opens less where there is no more time.
"""

from dataclasses import dataclass

import numpy as np

from ..phonemes import PhonemeTrack
from .articulation import LABIODENTALS, most_within, row_spans, shut_spans, teeth_spans
from .rest import Rest

TARGET_MM = 0.05
"""What closing aims at: well within the tolerance, for at a quarter of a millimetre the teeth shine through."""
BETWEEN_MM = 0.4
"""And what it keeps to between two rows."""
DEPTH_MM = 0.25
"""Lips are pressed together by this much at most."""
TEETH_MM = 2.6
"""At F and V the lower lip comes this near to the upper one, where the teeth are."""
APART_MM = 0.45
"""In no row of an F or V are the lips nearer than this, as they would be after a pout: it is no P. From corner to
corner: parted in the middle alone, the mouth arches into a frown."""
REACH_MM = (0.0, 6.0, 16.0, 27.0, 38.0, 49.0, 60.0)
"""How far lips open within so many rows of a closure: they start gently, and then go 330 mm a second. In the published
clips the distance changes by 11.8 mm a row (353 mm a second) at the 99.5th percentile, 7 to 13 by clip."""
LOWERED_MM = 2.5
"""A style whose lips are this far apart, or less, when it means to shut them (median) is brought down as a whole."""


@dataclass(frozen=True)
class Openings:
    """most_mm: (T,) the lips' greatest distance. least_mm: (T, P) their smallest at each place across the mouth."""

    most_mm: np.ndarray
    least_mm: np.ndarray

    @classmethod
    def of(cls, track: PhonemeTrack, rest: Rest, gap_mm: np.ndarray) -> "Openings":
        """What a line allows lips that are gap_mm (T, P) apart by themselves."""
        opening_mm, rows = gap_mm.max(axis=1), len(gap_mm)
        shut = most_within(shut_spans(track), rows, TARGET_MM, BETWEEN_MM)
        near_teeth = most_within(teeth_spans(track), rows, TEETH_MM, TEETH_MM)
        level_mm = _level(opening_mm[shut == TARGET_MM])
        wanted = np.minimum(rest.opening_mm(lowered(opening_mm, level_mm)), np.minimum(shut, near_teeth))
        apart = np.isfinite(most_within(row_spans(track, LABIODENTALS), rows, 0.0, 0.0)) & ~np.isfinite(shut)
        return cls(within_reach(wanted), _least(apart, gap_mm.shape[1]))

    def within(self, rows: slice) -> "Openings":
        """Those of some rows of the line."""
        return Openings(self.most_mm[rows], self.least_mm[rows])


def lowered(opening_mm: np.ndarray, level_mm: float) -> np.ndarray:
    """(T,) wide openings less level_mm, narrow ones by a share: no sound but P, B and M shuts its lips by this."""
    if level_mm <= 0:
        return opening_mm
    return np.where(
        opening_mm < 2 * level_mm, np.sign(opening_mm) * opening_mm**2 / (4 * level_mm), opening_mm - level_mm
    )


def _level(shut_mm: np.ndarray) -> float:
    """How far the lips are apart when they ought to be shut, (S,): the level of a style that hides its closures.

    Tracked coefficients know a face's movement better than its level. What all closures of a line lack is level, and
    lowering the line by it costs its rhythm nothing; what single ones lack is closed one by one.
    """
    return float(np.clip(np.median(shut_mm), 0.0, LOWERED_MM)) if len(shut_mm) else 0.0


def within_reach(opening_mm: np.ndarray) -> np.ndarray:
    """(T,) the openings, lowered to where lips can get to from each other's: the least opening(t ± d) + reach(d)."""
    bounded = opening_mm.copy()
    for distance, reach_mm in enumerate(REACH_MM[1:], start=1):
        bounded[:-distance] = np.minimum(bounded[:-distance], opening_mm[distance:] + reach_mm)
        bounded[distance:] = np.minimum(bounded[distance:], opening_mm[:-distance] + reach_mm)
    return bounded


def _least(apart: np.ndarray, places: int) -> np.ndarray:
    """(T, P): the lips may touch and press, but for the rows `apart` (T,)."""
    least_mm = np.full((len(apart), places), -DEPTH_MM)
    least_mm[apart] = APART_MM
    return least_mm
