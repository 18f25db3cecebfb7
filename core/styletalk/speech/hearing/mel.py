# SPDX-License-Identifier: Apache-2.0
"""The log-mel spectrogram that Whisper's encoder takes (Radford et al. 2022, section 2.2)."""

from functools import lru_cache

import numpy as np

from ..audio.sound_file import SAMPLE_RATE_HZ

MEL_RATE_HZ = 100
BANDS = 80
WINDOW_SAMPLES = 400
HOP_SAMPLES = SAMPLE_RATE_HZ // MEL_RATE_HZ
POWER_FLOOR = 1e-10
DYNAMIC_RANGE = 8.0
"""In decades of power: what is weaker than the strongest band of a window by more counts as this weak."""
LINEAR_HZ_PER_MEL, LINEAR_LIMIT_HZ, LOG_STEP = 200.0 / 3.0, 1000.0, np.log(6.4) / 27.0
"""Slaney's mel scale: linear up to 1 kHz, logarithmic above it."""


def log_mel(samples: np.ndarray) -> np.ndarray:
    """(F, BANDS) float32 of samples (N,) float32 at 16 kHz, F = N // HOP_SAMPLES; about -1 … 1.5."""
    window = np.hanning(WINDOW_SAMPLES + 1)[:-1].astype(np.float32)
    padded = np.pad(samples, WINDOW_SAMPLES // 2, mode="reflect" if len(samples) > WINDOW_SAMPLES // 2 else "constant")
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW_SAMPLES)[::HOP_SAMPLES]
    frames = frames[: len(samples) // HOP_SAMPLES] * window  # (F, WINDOW_SAMPLES)
    power = np.abs(np.fft.rfft(frames).astype(np.complex64)) ** 2
    decades = np.log10(np.maximum(power @ _filters(), np.float32(POWER_FLOOR)))
    strongest = decades.max() if len(decades) else 0.0
    return (np.maximum(decades, strongest - DYNAMIC_RANGE) + 4.0).astype(np.float32) / np.float32(4.0)


@lru_cache(maxsize=1)
def _filters() -> np.ndarray:
    """(WINDOW_SAMPLES // 2 + 1, BANDS) float32: triangles of equal area, equally far apart on the mel scale."""
    top_mel = LINEAR_LIMIT_HZ / LINEAR_HZ_PER_MEL + np.log(SAMPLE_RATE_HZ / 2 / LINEAR_LIMIT_HZ) / LOG_STEP
    mels = np.linspace(0.0, top_mel, BANDS + 2)
    excess = np.maximum(mels - LINEAR_LIMIT_HZ / LINEAR_HZ_PER_MEL, 0.0)
    corners_hz = np.where(excess > 0, LINEAR_LIMIT_HZ * np.exp(LOG_STEP * excess), LINEAR_HZ_PER_MEL * mels)
    hertz = np.fft.rfftfreq(WINDOW_SAMPLES, 1.0 / SAMPLE_RATE_HZ)[:, None]
    rising = (hertz - corners_hz[:-2]) / (corners_hz[1:-1] - corners_hz[:-2])
    falling = (corners_hz[2:] - hertz) / (corners_hz[2:] - corners_hz[1:-1])
    triangles = np.maximum(np.minimum(rising, falling), 0.0)
    return (triangles * 2.0 / (corners_hz[2:] - corners_hz[:-2])).astype(np.float32)
