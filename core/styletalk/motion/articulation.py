# SPDX-License-Identifier: Apache-2.0
"""When the lips are where a sound needs them: spans of rows, from the track's own seconds.

A row happens when `timeline` says, and a phoneme begins wherever it begins: spans are fractions of rows.
"""

import math

import numpy as np

from ..phonemes import PhonemeTrack
from ..timeline import FRAME_RATE_HZ, ROW_DELAY_ROWS

BILABIALS = ("P", "B", "M")
LABIODENTALS = ("F", "V")
CLOSED_SHARE = {"P": (0.2, 0.6), "B": (0.2, 0.6), "M": (0.2, 0.8)}
"""From where to where of a segment the lips are shut: P and B burst open before they end, M hums to its end."""
NEAR_TEETH_SHARE = (0.35, 0.65)
"""From where to where of an F or V the lower lip is at the teeth."""
LONGEST_S = 0.2
"""A longer segment is a hum, a hiss or a held stop: lips take no longer to get there than in one of this length."""
SLACK_ROWS = 0.3
"""Phoneme times are right to about a hundredth of a second: spans are this much longer on either side."""


def row_spans(track: PhonemeTrack, phonemes: tuple[str, ...]) -> np.ndarray:
    """(S, 2) float: first and last row, in fractions, of each segment of one of `phonemes`, in order of time."""
    found = [(each.start_s, each.end_s) for each in track.segments if each.phoneme in phonemes]
    return np.array(found, np.float64).reshape(-1, 2) * FRAME_RATE_HZ - ROW_DELAY_ROWS


def shut_spans(track: PhonemeTrack) -> np.ndarray:
    """(S, 2) float rows from which to which the lips are shut for each P, B and M."""
    shares = [CLOSED_SHARE[each.phoneme] for each in track.segments if each.phoneme in BILABIALS]
    return _within(row_spans(track, BILABIALS), np.array(shares, np.float64).reshape(-1, 2))


def teeth_spans(track: PhonemeTrack) -> np.ndarray:
    """(S, 2) float rows from which to which the lower lip is near the teeth for each F and V."""
    spans = row_spans(track, LABIODENTALS)
    return _within(spans, np.broadcast_to(NEAR_TEETH_SHARE, spans.shape))


def most_within(spans: np.ndarray, rows: int, most: float, most_between: float) -> np.ndarray:
    """(T,) upper bounds: `most` in the rows of each span, infinite elsewhere but for the row on either side of a span.

    There the bound is such that nothing between the rows is above `most_between` within the span. A span that lies
    before the first row is seen in it.
    """
    bounds = np.full(rows, np.inf)
    for first, last in np.maximum(spans, 0.0) if rows else ():
        inside = slice(math.ceil(first), math.floor(last) + 1)
        if inside.start >= inside.stop:  # between two rows
            inside = slice(math.floor(first), math.ceil(last) + 1)
        bounds[inside] = most
        for row, share in ((inside.start - 1, inside.start - first), (inside.stop, last - (inside.stop - 1))):
            if 0 <= row < rows and share > 0:
                bounds[row] = min(bounds[row], most + (most_between - most) / share)
    return bounds


def _within(spans: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """(S, 2): the shares of spans, and of longer ones what lies as far from their ends as in one of LONGEST_S."""
    lengths = np.minimum(spans[:, 1:] - spans[:, :1], LONGEST_S * FRAME_RATE_HZ)
    return spans + lengths * (shares - (0.0, 1.0)) + np.array([-SLACK_ROWS, SLACK_ROWS])
