# SPDX-License-Identifier: Apache-2.0
"""Blinks of one's own: seeded, unevenly spaced, likelier where the speech pauses.

The published coefficients hold hardly any blinks (clips average them away), so they are added as a track of their own.
Rates and shapes are those of people in conversation: 15–20 a minute, lids faster down than up.
"""

import numpy as np

from ..animation import BLINK_DIM
from ..phonemes import SILENCE_INDEX
from ..timeline import FRAME_RATE_HZ, SOUND_LEAD_ROWS

BLINKS_PER_MINUTE = 17.0
REFRACTORY_S = 1.0
"""No second blink sooner than this."""
QUIET_START_S = 0.6
"""A line does not begin with a blink."""
PAUSE_S = 0.1
"""Silence this long is a pause; in the first PAUSE_WINDOW_S of it a blink is PAUSE_GAIN times as likely."""
PAUSE_WINDOW_S = 0.25
PAUSE_GAIN = 8.0
CLOSE_ROWS = (2, 3)
OPEN_ROWS = (4, 6)
"""Rows that the lids take down and up, fewest and most."""
MIN_AMPLITUDE = 0.98
MIN_SHARE = 0.1
"""A blink is shortened to this at most on narrowed eyes: more would push the upper lid through the lower one."""
EYE_DIFFERENCE = 0.03
"""One eye closes up to this much less than the other: what is left open is less than half a millimetre."""


def blink_track(labels: np.ndarray, seed: int) -> np.ndarray:
    """(T, 2) float32 in 0..1, the person's left and right eye, 1 is shut, for (T,) int16 labels. Set by the seed."""
    rows = len(labels)
    generator = np.random.default_rng([seed, 1])
    blinks = np.zeros((rows, BLINK_DIM))
    for peak in _blink_rows(labels, generator):
        down = int(generator.integers(CLOSE_ROWS[0], CLOSE_ROWS[1] + 1))
        up = int(generator.integers(OPEN_ROWS[0], OPEN_ROWS[1] + 1))
        amplitude = generator.uniform(MIN_AMPLITUDE, 1.0)
        eyes = amplitude * (1 - EYE_DIFFERENCE * generator.permutation([0.0, generator.uniform()]))
        near = np.arange(max(0, peak - down), min(rows, peak + up + 1))  # beyond them the lids are up
        blinks[near] = np.maximum(blinks[near], _lid(near - peak, down, up)[:, None] * eyes)
    return blinks.astype(np.float32)


def closing_once(blinks: np.ndarray, eye_opening: np.ndarray) -> np.ndarray:
    """Blinks (T, 2) for eyes that the expression has already narrowed: lids have only the rest of the way to go.

    eye_opening: (T, 2), how far the expression opens the person's left and right eye, 1 as at rest. Eyes that are wider
    open than at rest are `lids.py`'s business.
    """
    return (blinks * np.clip(eye_opening, MIN_SHARE, 1.0)).astype(np.float32)


def blink_peaks(blinks: np.ndarray) -> np.ndarray:
    """(K,) rows at which the lids turn round, of a (T, 2) track."""
    shut = np.pad(np.asarray(blinks, np.float64).mean(axis=1), 1)
    return np.flatnonzero((shut[1:-1] > shut[:-2]) & (shut[1:-1] >= shut[2:]) & (shut[1:-1] > 0.5))


def _lid(distance: np.ndarray, down: int, up: int) -> np.ndarray:
    """Closure 0..1 at rows from the peak: quickly down within `down` rows, slower and easing out within `up`."""
    closing = np.clip(1 + distance / down, 0, 1)
    opening = np.clip(1 - distance / up, 0, 1)
    return np.where(distance <= 0, closing * closing * (3 - 2 * closing), opening**1.6)


def _blink_rows(labels: np.ndarray, generator: np.random.Generator) -> list[int]:
    """Rows of the peaks: a chance in each row that grows with the time since the last blink."""
    gain = _pause_gain(labels)
    refractory = REFRACTORY_S * FRAME_RATE_HZ
    first, last = QUIET_START_S * FRAME_RATE_HZ, len(labels) - OPEN_ROWS[1] - 1
    free_rows = 60.0 / BLINKS_PER_MINUTE * FRAME_RATE_HZ - refractory
    peaks: list[int] = []
    since = free_rows / 2  # as if some time had passed since a blink before the line
    for row, chance in enumerate(generator.random(len(labels))):
        since += 1
        growth = np.clip((since - refractory) / free_rows, 0.0, 1.5)
        if first <= row <= last and since > refractory and chance < gain[row] * (0.2 + growth) / free_rows:
            peaks.append(row)
            since = 0.0
    return peaks


def _pause_gain(labels: np.ndarray) -> np.ndarray:
    """(T,) how much likelier a blink is than on average: high where a pause begins, a little under 1 elsewhere."""
    gain = np.full(len(labels), 0.85)
    for start, end in silences(labels):
        if end - start >= PAUSE_S * FRAME_RATE_HZ:
            gain[start : start + int(PAUSE_WINDOW_S * FRAME_RATE_HZ)] = PAUSE_GAIN
    return gain


def silences(labels: np.ndarray) -> list[tuple[int, int]]:
    """Rows [start, end) that show each stretch of silence. One that ends the line lasts to its last row.

    The last label is seen four rows before the end, and what follows it is silence too.
    """
    silent = np.concatenate([[False], np.asarray(labels) == SILENCE_INDEX, [False]])
    edges = np.flatnonzero(np.diff(silent.astype(np.int8)))
    shown = np.where(edges == len(labels), edges, np.maximum(edges - SOUND_LEAD_ROWS, 0)).reshape(-1, 2)
    return [(int(a), int(b)) for a, b in shown if b > a]
