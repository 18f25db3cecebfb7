# SPDX-License-Identifier: Apache-2.0
"""When the lips are where a sound needs them: spans of rows, from the track's own seconds.

A row happens when `timeline` says, and a phoneme begins wherever it begins: spans are fractions of rows.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..phonemes import VISEMES, PhonemeSegment, PhonemeTrack
from ..timeline import FRAME_RATE_HZ, ROW_DELAY_ROWS

BILABIALS = ("P", "B", "M")
LABIODENTALS = ("F", "V")
INTERDENTALS = ("TH", "DH")
CLOSED_SHARE = {"P": (0.2, 0.6), "B": (0.2, 0.6), "M": (0.2, 0.8)}
"""From where to where of a segment the lips are shut: P and B burst open before they end, M hums to its end."""
APART = tuple(symbol for name in ("open", "spread", "rounded", "lip on teeth") for symbol in VISEMES[name])
ONE_CLOSURE_ROWS, ONE_CLOSURE_OVER_APART_ROWS = 3.0, 1.5
"""Lips that would part for less than this stay shut: "stop by". Between is a sound of APART: it is to be seen."""
NEAR_TEETH_SHARE = (0.35, 0.65)
"""From where to where of an F or V the lower lip is at the teeth."""
LONGEST_S = 0.2
"""A longer segment is a hum, a hiss or a held stop: lips take no longer to get there than in one of this length."""
FADE_ROWS = 3.0
"""The lower lip is on its way to the teeth for this long before and after (0.1 s)."""
SLACK_ROWS = 0.3
"""Phoneme times are right to about a hundredth of a second: spans are this much longer on either side."""


def row_spans(track: PhonemeTrack, phonemes: tuple[str, ...]) -> np.ndarray:
    """(S, 2) float: first and last row, in fractions, of each segment of one of `phonemes`, in order of time."""
    return _rows([(each.start_s, each.end_s) for each in track.segments if each.phoneme in phonemes]).reshape(-1, 2)


def closed_s(segment: PhonemeSegment) -> tuple[float, float]:
    """From when to when the lips are shut for a P, B or M, or near the teeth for an F or V, in seconds of the sound.

    Shares of the segment; of a longer one than LONGEST_S what lies as far from its ends as in one of that length.
    """
    first, last = CLOSED_SHARE.get(segment.phoneme, NEAR_TEETH_SHARE)
    length_s = min(segment.end_s - segment.start_s, LONGEST_S)
    return segment.start_s + first * length_s, segment.end_s - (1.0 - last) * length_s


def shut_spans(track: PhonemeTrack) -> np.ndarray:
    """(S, 2) float rows from which to which the lips are shut: for each P, B and M, or for several as one."""
    apart = _rows([(each.start_s + each.end_s) / 2 for each in track.segments if each.phoneme in APART])
    joined: list[list[float]] = []
    for first, last in closed_spans(track, BILABIALS).tolist():
        seen = joined and np.searchsorted(apart, joined[-1][1]) < np.searchsorted(apart, first)
        if joined and first - joined[-1][1] < (ONE_CLOSURE_OVER_APART_ROWS if seen else ONE_CLOSURE_ROWS):
            joined[-1][1] = max(last, joined[-1][1])
        else:
            joined.append([first, last])
    return np.array(joined, np.float64).reshape(-1, 2)


def teeth_spans(track: PhonemeTrack) -> np.ndarray:
    """(S, 2) float rows from which to which the lower lip is near the teeth for each F and V."""
    return closed_spans(track, LABIODENTALS)


def tongue_spans(track: PhonemeTrack) -> np.ndarray:
    """(S, 2) float rows from which to which the tongue is between the teeth for each TH and DH."""
    return closed_spans(track, INTERDENTALS)


def closed_spans(track: PhonemeTrack, phonemes: tuple[str, ...]) -> np.ndarray:
    """(S, 2) float rows of `closed_s` of each segment of one of `phonemes`, SLACK_ROWS longer on either side."""
    spans = _rows([closed_s(each) for each in track.segments if each.phoneme in phonemes]).reshape(-1, 2)
    return spans + np.array([-SLACK_ROWS, SLACK_ROWS])


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


def share_within(spans: np.ndarray, rows: int, fade_rows: float = FADE_ROWS) -> np.ndarray:
    """(T,) in 0..1: 1 within `spans` (S, 2), rows, and fading to 0 within `fade_rows` outside."""
    share = np.zeros(rows)
    for first, last in spans:
        row = np.arange(max(0, math.ceil(first - fade_rows)), min(rows, math.floor(last + fade_rows) + 1))
        away = np.maximum(0.0, np.maximum(first - row, row - last)) / fade_rows
        share[row] = np.maximum(share[row], 0.5 + 0.5 * np.cos(np.pi * np.minimum(away, 1.0)))
    return share


def _rows(times_s: Sequence[Any]) -> np.ndarray:
    """Seconds as fractional rows."""
    return np.array(times_s, np.float64) * FRAME_RATE_HZ - ROW_DELAY_ROWS
