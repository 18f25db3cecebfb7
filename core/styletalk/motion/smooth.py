# SPDX-License-Identifier: Apache-2.0
"""Tracks that change gently: steps without corners, tracks under a window, noise of a band."""

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


def slow_noise(rows: int, columns: int, band_hz: tuple[float, float], generator: np.random.Generator) -> np.ndarray:
    """(T, columns) noise of unit variance between two frequencies: steps of random height, eased twice.

    What a row has depends on the rows near it alone, so it is linear in length.
    """
    low_s, high_s = (0.5 / hertz for hertz in band_hz)
    made = []
    for _ in range(columns):
        quick = eased(generator.normal(size=rows), high_s) if rows else np.zeros(0)
        made.append(quick - eased(quick, low_s) if rows else quick)
    noise = np.stack(made, axis=1)
    return noise / np.maximum(noise.std(axis=0), 1e-9)
