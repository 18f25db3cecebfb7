# SPDX-License-Identifier: Apache-2.0
"""Tracks as bodies move: seeded noise, smooth and without drift, and ways that begin and end at rest."""

import numpy as np

from ..timeline import FRAME_RATE_HZ

DRIFT_HZ = 0.08
"""What is slower is taken out."""
TOP_HZ = 4.0
"""Nothing is faster: a head that is filmed shows no more than the camera's noise there."""
SPARE_S = 4.0
"""The spectrum's noise repeats at its ends, and so is made longer than needed."""


class Noise:
    """Columns of white noise, kept as spectra, out of which tracks of any speed are made; all of one seed alike."""

    def __init__(self, rows: int, columns: int, generator: np.random.Generator) -> None:
        self._rows = rows
        self._length = 1 << int(np.ceil(np.log2(rows + SPARE_S * FRAME_RATE_HZ)))
        self._spectra = np.fft.rfft(generator.normal(size=(columns, self._length)), axis=1)
        self._frequency = np.fft.rfftfreq(self._length, 1 / FRAME_RATE_HZ)

    def track(self, columns: "int | slice", corner_hz: float) -> np.ndarray:
        """(rows,) of a column, or (rows, C) of several, of unit variance: amplitude 1 / (1 + (f / corner)²)."""
        f = self._frequency
        taper = np.cos(np.pi / 2 * np.clip(f / TOP_HZ, 0, 1)) * np.clip(f / DRIFT_HZ, 0, 1) ** 2
        made = np.fft.irfft(self._spectra[columns] * (taper / (1 + (f / corner_hz) ** 2)), self._length, axis=-1)
        made /= np.maximum(made.std(axis=-1, keepdims=True), 1e-9)
        return made[..., : self._rows].T


def ends_at_rest(rows: int, ease_s: float) -> np.ndarray:
    """(T,) 0 at the first and last row, 1 from `ease_s` inside, smooth to the second derivative."""
    row = np.arange(rows)
    inside = np.clip(np.minimum(row, row[::-1]) / max(ease_s * FRAME_RATE_HZ, 1.0), 0, 1)
    return inside**3 * (10 + inside * (6 * inside - 15))
