# SPDX-License-Identifier: Apache-2.0
"""Blinks of one's own: seeded, unevenly spaced, likelier where the speech pauses.

The published coefficients hold hardly any blinks (clips average them away), so they are added as a track of their own.
How many, how fast and how much likelier in pauses, the style's manner says; a neutral speaker blinks 17 times a minute.
Lids are faster down than up.
"""

import numpy as np

from ..animation import BLINK_DIM
from ..phonemes import SILENCE_INDEX
from ..styles.manner import Manner
from ..timeline import FRAME_RATE_HZ, SOUND_LEAD_ROWS

REFRACTORY_S, REFRACTORY_SHARE = 1.0, 0.5
"""No second blink sooner than this, or than this part of the mean time between two where they are many."""
QUIET_START_S = 0.6
"""A line does not begin with a blink."""
PAUSE_S = 0.1
"""Silence this long is a pause; in the first PAUSE_WINDOW_S of it a blink is likelier."""
PAUSE_WINDOW_S = 0.25
IN_SPEECH = 0.85
UNEVENNESS = 1.2
"""How far a blink's turn is moved by chance, in mean times between two: 0 is clockwork."""
CLOSE_ROWS = (2, 3)
OPEN_ROWS = (4, 6)
"""Rows that the lids of a neutral speaker take down and up, fewest and most."""
MIN_AMPLITUDE = 0.98
MIN_SHARE = 0.1
"""A blink is shortened to this at most on narrowed eyes: more would push the upper lid through the lower one."""
EYE_DIFFERENCE = 0.03
"""One eye closes up to this much less than the other: what is left open is less than half a millimetre."""


def blink_track(labels: np.ndarray, seed: int, manner: Manner | None = None) -> np.ndarray:
    """(T, 2) float32 in 0..1, the person's left and right eye, 1 is shut, for (T,) int16 labels. Set by the seed.

    manner: of the style, None for a neutral speaker's.
    """
    manner, rows = manner or Manner(), len(labels)
    generator = np.random.default_rng([seed, 1])
    slower = manner.blink_s / Manner().blink_s
    blinks = np.zeros((rows, BLINK_DIM))
    for peak in _blink_rows(labels, manner, generator):
        down = round(slower * int(generator.integers(CLOSE_ROWS[0], CLOSE_ROWS[1] + 1)))
        up = round(slower * int(generator.integers(OPEN_ROWS[0], OPEN_ROWS[1] + 1)))
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


def _blink_rows(labels: np.ndarray, manner: Manner, generator: np.random.Generator) -> list[int]:
    """Rows of the peaks: as many as the manner's rate asks for, moved by chance, and drawn to the beginnings of pauses.

    A clock runs faster where blinks are likelier; a blink is due at each of its strokes, more or less.
    """
    between = 60.0 / manner.blinks * FRAME_RATE_HZ
    first, last = QUIET_START_S * FRAME_RATE_HZ, len(labels) - OPEN_ROWS[1] - 1
    gain = _pause_gain(labels, manner.blink_gain)
    clock = np.cumsum(gain) / max(float(gain.sum()), 1e-9) * len(labels) / between
    strokes = np.arange(clock[-1] if len(clock) else 0) + 0.5
    due = np.searchsorted(clock, np.sort(strokes + UNEVENNESS * (generator.random(len(strokes)) - 0.5)))
    peaks: list[int] = []
    for row in map(int, due):
        row = max(row, int(peaks[-1] + _refractory(between)) + 1) if peaks else max(row, int(np.ceil(first)))
        if row <= last:
            peaks.append(row)
    return peaks


def _refractory(between: float) -> float:
    """Rows between two blinks at least."""
    return min(REFRACTORY_S * FRAME_RATE_HZ, REFRACTORY_SHARE * between)


def _pause_gain(labels: np.ndarray, in_pauses: float) -> np.ndarray:
    """(T,) how much likelier a blink is than on average: high where a pause begins, a little under 1 elsewhere."""
    gain = np.full(len(labels), IN_SPEECH)
    for start, end in silences(labels):
        if end - start >= PAUSE_S * FRAME_RATE_HZ:
            gain[start : start + int(PAUSE_WINDOW_S * FRAME_RATE_HZ)] = in_pauses
    return gain


def silences(labels: np.ndarray) -> list[tuple[int, int]]:
    """Rows [start, end) that show each stretch of silence. One that ends the line lasts to its last row.

    The last label is seen four rows before the end, and what follows it is silence too.
    """
    silent = np.concatenate([[False], np.asarray(labels) == SILENCE_INDEX, [False]])
    edges = np.flatnonzero(np.diff(silent.astype(np.int8)))
    shown = np.where(edges == len(labels), edges, np.maximum(edges - SOUND_LEAD_ROWS, 0)).reshape(-1, 2)
    return [(int(a), int(b)) for a, b in shown if b > a]
