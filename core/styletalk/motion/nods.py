# SPDX-License-Identifier: Apache-2.0
"""What the head does with what is said: a nod on each syllable that stands out, a turn with each phrase."""

import numpy as np

from ..emphasis import Emphasis
from ..timeline import FRAME_RATE_HZ

DOWN_S, UP_S = 0.23, 0.40
"""How long a nod goes down, and up."""
LEAD_ROWS = 2
"""A head is lowest a little before its syllable's middle: 100 ms, where people are filmed (`styletalk evaluate`)."""
MIN_STRESS = 0.2
"""Syllables below are not nodded on."""
BETWEEN_S = 0.4
"""Of syllables that lie nearer than this, the one that stands out more has the nod."""
DEPTHS = (0.7, 1.0)
"""What of a nod is left to chance."""
ONSET_DEPTH = 0.7
"""Of the nod where a phrase begins."""
MAX_PHRASE_S = (1.6, 3.2)
"""After this long within a phrase the head turns anew, shortest and longest."""
TURN_S = 0.6
"""How long a turn takes, one way."""
LOCAL_S = 2.5
"""Nods count from where the head is on average over so long."""


def nod_track(speaking: np.ndarray, emphasis: Emphasis | None, generator: np.random.Generator) -> np.ndarray:
    """(T,) nods of unit deviation, down positive, mean zero over a few seconds. speaking: (T,) 1 in phrases, else 0."""
    rows = len(speaking)
    depth = np.zeros(rows)
    onsets = np.flatnonzero(np.diff(speaking, prepend=0.0) > 0)
    depth[np.minimum(onsets + round(DOWN_S * FRAME_RATE_HZ / 2), rows - 1)] = ONSET_DEPTH
    if emphasis is not None and emphasis.stress.any():
        depth = np.zeros(rows)
        peaks = stress_peaks(emphasis.stress)
        depth[np.maximum(peaks - LEAD_ROWS, 0)] = emphasis.stress[peaks]
    depth *= generator.uniform(*DEPTHS, size=rows)
    return _standard(np.convolve(depth, _nod(), mode="full")[_nod_peak() : _nod_peak() + rows])


def turn_track(speaking: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """(T,) of unit deviation: another place for each phrase, or for each few seconds of a long one."""
    places = np.flatnonzero(np.diff(speaking, prepend=0.0) > 0)
    ends = np.append(places[1:], len(speaking))
    starts = [0]
    for start, end in zip(places, ends, strict=True):
        row = float(start)
        while row < end:
            starts.append(int(row))
            row += FRAME_RATE_HZ * generator.uniform(*MAX_PHRASE_S)
    lengths = np.diff([*sorted(set(starts)), len(speaking)])
    targets = generator.uniform(0.4, 1.6, size=len(lengths)) * generator.choice([-1.0, 1.0], size=len(lengths))
    half = round(TURN_S * FRAME_RATE_HZ / 2)
    window = np.hanning(2 * half + 3)
    return _standard(np.convolve(np.pad(np.repeat(targets, lengths), half + 1, "edge"), window / window.sum(), "valid"))


def stress_peaks(stress: np.ndarray) -> np.ndarray:
    """(K,) rows on which stressed syllables are at their height, those that stand out most where they lie close."""
    change = np.diff(np.pad(np.asarray(stress, np.float64), 1))
    at = np.flatnonzero(change)
    tops = np.flatnonzero((change[at[:-1]] > 0) & (change[at[1:]] < 0))  # a rise before them, a fall after
    peaks = (at[tops] + at[tops + 1] - 1) // 2
    peaks = peaks[stress[peaks] >= MIN_STRESS]
    kept: list[int] = []
    for row in map(int, peaks):
        if kept and row - kept[-1] < BETWEEN_S * FRAME_RATE_HZ:
            if stress[row] > stress[kept[-1]]:
                kept[-1] = row
            continue
        kept.append(row)
    return np.array(kept, int)


def _nod_peak() -> int:
    return round(DOWN_S * FRAME_RATE_HZ)


def _nod() -> np.ndarray:
    """A nod of depth 1: down within DOWN_S, up within UP_S, without a corner."""
    down, up = _nod_peak(), round(UP_S * FRAME_RATE_HZ)
    phase = np.concatenate([np.linspace(-1, 0, down + 1), np.linspace(0, 1, up + 1)[1:]])
    return 0.5 + 0.5 * np.cos(np.pi * phase)


def _standard(track: np.ndarray) -> np.ndarray:
    """The track round its local mean, of unit deviation."""
    half = round(LOCAL_S * FRAME_RATE_HZ / 2)
    window = np.hanning(2 * half + 3)[1:-1]
    local = track - np.convolve(np.pad(track, half, mode="edge"), window / window.sum(), mode="valid")
    return local / max(float(local.std()), 1e-9)
