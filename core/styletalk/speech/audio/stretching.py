# SPDX-License-Identifier: Apache-2.0
"""A sound as it is heard where it is played faster and slower in places, at the pitch that it was spoken at.

Waveform similarity overlap-add (Verhelst and Roelands 1993): pieces of the sound follow each other at a fixed distance,
each taken from about where it is due, exactly where it best goes on from the piece before.
"""

import numpy as np

from .stream import SAMPLE_RATE_HZ

HOP = SAMPLE_RATE_HZ // 100
"""Samples between the beginnings of two pieces, which are twice as long: more than a period of the lowest voices, less
than a phoneme."""
SEARCHED = SAMPLE_RATE_HZ // 160
"""Samples by which a piece may lie earlier or later than it is due."""


def stretched(samples: np.ndarray, due: np.ndarray) -> np.ndarray:
    """samples: (n,) float32. due: (m,) for every `HOP`th sample of the result the sample that is to be heard there.

    Returns (m * HOP,) float32, silent where `due` lies outside of the sound.
    """
    window = np.hanning(2 * HOP + 1)[:-1].astype(np.float32)
    margin = 2 * HOP + SEARCHED
    padded = np.pad(samples.astype(np.float32), (margin, margin + HOP))
    due = np.append(due, due[-1:] + HOP)
    made = np.zeros((len(due) + 1) * HOP, np.float32)
    expected = None
    for number, place in enumerate(np.round(due).astype(int)):
        first = int(np.clip(place - HOP, -margin, len(samples))) + margin
        if expected is not None and expected != first:
            first += _best_shift(padded, first, expected)
        made[number * HOP : (number + 2) * HOP] += window * padded[first : first + 2 * HOP]
        expected = min(first + HOP, len(padded) - 2 * HOP)
    return made[HOP : len(due) * HOP]


def _best_shift(padded: np.ndarray, first: int, expected: int) -> int:
    """How far from `first` a piece goes on best from what was to follow the one before, from `expected` on."""
    low = max(first - SEARCHED, 0)
    high = min(first + SEARCHED, len(padded) - 2 * HOP)
    target, searched = padded[expected : expected + 2 * HOP], padded[low : high + 2 * HOP]
    if not target.any():
        return 0
    likeness = np.correlate(searched, target, "valid")
    energy = np.convolve(np.square(searched), np.ones(2 * HOP, np.float32), "valid")
    return low + int(np.argmax(likeness / np.sqrt(energy + 1e-6))) - first
