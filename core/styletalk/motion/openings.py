# SPDX-License-Identifier: Apache-2.0
"""How far the lips may be apart in each row: shut while P, B and M are, at rest in silence, and no faster than people.

A mouth that has to be shut cannot be wide open just before. So each row's opening is held below what lips can close
from, or open to, in the time between: the vowel before a closure opens less where there is no more time.
"""

from dataclasses import dataclass

import numpy as np

from ..phonemes import PhonemeTrack
from .articulation import LABIODENTALS, most_within, row_spans, shut_spans, teeth_spans, tongue_spans
from .rest import Rest

TARGET_MM = 0.05
"""What closing aims at: well within the tolerance, for at a quarter of a millimetre the teeth shine through."""
BETWEEN_MM = 0.4
"""And what it keeps to between two rows."""
DEPTH_MM = 0.25
"""Lips are pressed together by this much at most."""
TEETH_MM = 3.2
"""At F and V the lower lip comes this near to the upper one, where the teeth are: in the published clips they are 2.0
mm farther apart than at P, B and M in the median, 4.4 in the upper quartile."""
APART_MM = 1.0
"""In no row of an F or V are the lips nearer than this, as they would be after a pout: it is no P. From corner to
corner: parted in the middle alone, the mouth arches into a frown."""
TONGUE_MM, MORE_MM = 3.3, 1.0
"""At TH and DH they are the first apart, where there is time, that the tongue shows between the teeth; but no more than
the second above what the networks say: of lips that are parted by much more, the corners fall."""
REACH_MM = (0.0, 9.5, 19.7, 29.9, 40.1, 50.3, 60.5)
"""How far lips open within so many rows of a closure: 306 mm a second, and corners are rounded. In the published clips
the distance changes by 11.8 mm a row (353 mm a second) at the 99.5th percentile, 7 to 13 by clip."""
SHARP_MM = 0.5
"""Near closures, peaks of the lips' distance that stand further above the mean of their two neighbours lose half of
what is beyond: with more left to them the lips of loud styles jerk more than people's."""
LOWERED_MM = 4.0
"""A style whose lips are this far apart, or less, when it means to shut them (median) is brought down as a whole. In
the published clips they are 1.4 to 4.0 mm apart at P, B and M, which is the least of all their rows."""


@dataclass(frozen=True)
class Openings:
    """most_mm: (T,) the lips' greatest distance. least_mm: (T, P) their smallest at each place across the mouth."""

    most_mm: np.ndarray
    least_mm: np.ndarray

    @classmethod
    def of(cls, track: PhonemeTrack, rest: Rest, gap_mm: np.ndarray) -> "Openings":
        """What a line allows lips that are gap_mm (T, P) apart by themselves."""
        opening_mm, rows = gap_mm.max(axis=1), len(gap_mm)
        spans = shut_spans(track)
        shut = most_within(spans, rows, TARGET_MM, BETWEEN_MM)
        near_teeth = most_within(teeth_spans(track), rows, TEETH_MM, TEETH_MM)
        level_mm = _level(opening_mm, spans)
        between_teeth = np.isfinite(most_within(tongue_spans(track), rows, 0.0, 0.0)) & ~np.isfinite(shut)
        wanted = rest.opening_mm(lowered(opening_mm, level_mm))
        parted = np.maximum(wanted, np.minimum(opening_mm + MORE_MM, TONGUE_MM))
        wanted = np.where(between_teeth, parted, np.minimum(wanted, near_teeth))
        apart = np.isfinite(most_within(row_spans(track, LABIODENTALS), rows, 0.0, 0.0)) & ~np.isfinite(shut)
        most_mm = _rounded(within_reach(rest.only_closing(np.minimum(wanted, shut))), spans)
        least_mm = np.where(between_teeth, np.clip(most_mm, -DEPTH_MM, TONGUE_MM), np.where(apart, APART_MM, -DEPTH_MM))
        return cls(most_mm, np.repeat(least_mm[:, None], gap_mm.shape[1], axis=1))

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


def _level(opening_mm: np.ndarray, spans: np.ndarray) -> float:
    """How far the lips are apart at their nearest within a row of the spans (S, 2): what a style leaves of closures.

    Tracked coefficients know a face's movement better than its level. What all closures of a line lack is level, and
    lowering the line by it costs its rhythm nothing; what single ones lack is closed one by one.
    """
    places = np.stack([np.floor(spans[:, 0]) - 1, np.ceil(spans[:, 1]) + 2], axis=1).astype(int)
    found = [opening_mm[max(first, 0) : end] for first, end in places]
    least_mm = [each.min() for each in found if len(each)]
    return float(np.clip(np.median(least_mm), 0.0, LOWERED_MM)) if least_mm else 0.0


def within_reach(opening_mm: np.ndarray) -> np.ndarray:
    """(T,) the openings, lowered to where lips can get to from each other's: the least opening(t ± d) + reach(d)."""
    bounded = opening_mm.copy()
    for distance, reach_mm in enumerate(REACH_MM[1:], start=1):
        bounded[:-distance] = np.minimum(bounded[:-distance], opening_mm[distance:] + reach_mm)
        bounded[distance:] = np.minimum(bounded[distance:], opening_mm[:-distance] + reach_mm)
    return bounded


def _rounded(opening_mm: np.ndarray, spans: np.ndarray) -> np.ndarray:
    """(T,) the openings, sharp peaks within reach of spans (S, 2) lowered: lips that turn round slow down."""
    reach = len(REACH_MM) - 1
    inner = np.flatnonzero(np.isfinite(most_within(spans + np.array([-reach, reach]), len(opening_mm), 0.0, 0.0)))
    inner, turned = inner[(inner > 0) & (inner < len(opening_mm) - 1)], opening_mm.copy()
    beside = (opening_mm[inner - 1] + opening_mm[inner + 1]) / 2
    turned[inner] -= np.maximum(opening_mm[inner] - beside - SHARP_MM, 0.0) / 2
    return turned
