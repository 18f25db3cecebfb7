# SPDX-License-Identifier: Apache-2.0
"""Tracks that change gently: steps without corners, tracks under a window."""

import numpy as np

from ..timeline import FRAME_RATE_HZ


def smoothstep(share: np.ndarray) -> np.ndarray:
    """0 up to 0, 1 from 1 on, and between them without a corner."""
    share = np.clip(share, 0.0, 1.0)
    return share * share * (3.0 - 2.0 * share)


def eased(track: np.ndarray, ease_s: float) -> np.ndarray:
    """(T,) float64: the track under a Hann window of twice `ease_s`, its ends held."""
    half = max(1, round(ease_s * FRAME_RATE_HZ))
    window = np.hanning(2 * half + 1)
    return np.convolve(np.pad(track.astype(np.float64), half, mode="edge"), window / window.sum(), mode="valid")
