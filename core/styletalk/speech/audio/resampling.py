# SPDX-License-Identifier: Apache-2.0
"""From any whole rate to 16 kHz with NumPy alone, a few seconds at a time.

A stretch of whole seconds has whole numbers of samples at both rates, so its spectrum, cut at the lower of the two
Nyquist frequencies, is the spectrum at the other rate: no filter has to be made for odd rates. The stretch begins and
ends with a second of its neighbours, which takes what the cut makes of its ends (overlap-save).
"""

from collections.abc import Iterator

import numpy as np

from .stream import SAMPLE_RATE_HZ

MARGIN_S = 1
PASSED = 0.9
"""Share of the lower Nyquist frequency up to which nothing is changed; above it the level falls to nothing."""


def resampled(blocks: Iterator[np.ndarray], rate_hz: int) -> Iterator[np.ndarray]:
    """(n,) float32 blocks at 16 kHz of (m,) blocks at rate_hz, which are whole seconds but for the last.

    All of them together are ⌈samples · 16000 / rate_hz⌉.
    """
    if rate_hz == SAMPLE_RATE_HZ:
        yield from blocks
        return
    margin = MARGIN_S * rate_hz
    before, current = np.zeros(margin, np.float32), None
    for following in blocks:
        if current is not None:
            yield _converted(before, current, following[:margin], rate_hz)
            before = current[-margin:]
        current = following
    if current is not None:
        yield _converted(before, current, current[:0], rate_hz)


def _converted(before: np.ndarray, current: np.ndarray, after: np.ndarray, rate_hz: int) -> np.ndarray:
    """(n,) `current` at 16 kHz; before: (MARGIN_S · rate_hz,) and after, up to that many, are what it lies between."""
    seconds = -(-len(current) // rate_hz) + 2 * MARGIN_S
    stretch = np.zeros(seconds * rate_hz, np.float32)
    stretch[: len(before)] = before
    stretch[len(before) : len(before) + len(current)] = current
    stretch[len(before) + len(current) :][: len(after)] = after
    size = seconds * SAMPLE_RATE_HZ
    highest = min(len(stretch), size) // 2
    share = (np.arange(highest + 1) / highest - PASSED) / (1 - PASSED)
    taper = 0.5 + 0.5 * np.cos(np.pi * np.clip(share, 0.0, 1.0))
    found = np.fft.irfft(np.fft.rfft(stretch)[: highest + 1] * taper, size) * (SAMPLE_RATE_HZ / rate_hz)
    start = MARGIN_S * SAMPLE_RATE_HZ
    return found[start : start - (-len(current) * SAMPLE_RATE_HZ // rate_hz)].astype(np.float32)
