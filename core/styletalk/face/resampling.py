# SPDX-License-Identifier: Apache-2.0
"""Motion of any frame rate as rows at 30 fps, on the same clock: row j is the face at j / 30 s of the recording."""

import math

import numpy as np

from ..timeline import FRAME_RATE_HZ

TAPS = 6
"""Half the width of the filter, in periods of the slower of the two rates: 0.2 s at 30 fps."""
KAISER_BETA = 4.0
"""A short filter with little ringing: closed lips stay closed, and what would alias is down by 30 dB and more."""
RATE_TOLERANCE = 1e-6
TIME_EPSILON = 1e-9


def rows_at_30(rows: int, rate_hz: float) -> int:
    """How many rows at 30 fps lie within `rows` frames at `rate_hz`, the first and the last included."""
    return math.floor((rows - 1) * FRAME_RATE_HZ / rate_hz + TIME_EPSILON) + 1 if rows else 0


def resampled(track: np.ndarray, rate_hz: float) -> np.ndarray:
    """`track` (T, C), frame i at i / rate_hz seconds, as (N, C) float32, row j at j / 30 seconds.

    A Kaiser-windowed sinc, cut off at half the slower rate, evaluated at the exact time of each row: nothing drifts,
    however long the recording, and movement that 30 rows a second cannot hold does not come back as another.
    Raises ValueError for a rate that is not positive.
    """
    if not (math.isfinite(rate_hz) and rate_hz > 0):
        raise ValueError(f"A frame rate must be a positive number, not {rate_hz}.")
    values = np.asarray(track, np.float64)
    if abs(rate_hz / FRAME_RATE_HZ - 1) < RATE_TOLERANCE or len(values) < 2:
        return values.astype(np.float32)
    slower = min(1.0, FRAME_RATE_HZ / rate_hz)  # of a source frame: the slower rate over the source's
    reach = TAPS / slower
    at = np.arange(rows_at_30(len(values), rate_hz)) * (rate_hz / FRAME_RATE_HZ)  # (N,), in source frames
    first = np.ceil(at - reach).astype(np.int64)
    total, weights = np.zeros((len(at), values.shape[1])), np.zeros(len(at))
    for tap in range(math.floor(2 * reach) + 1):
        frame = first + tap
        weight = _windowed_sinc((frame - at) * slower)
        total += weight[:, None] * values[_mirrored(frame, len(values))]
        weights += weight
    return (total / weights[:, None]).astype(np.float32)


def evened(track: np.ndarray, times_s: np.ndarray, rate_hz: float) -> np.ndarray:
    """`track` (T, C) at rising `times_s` (T,), frames missing here and there, as (N, C) with a frame every 1 / rate_hz.

    The first frame is at times_s[0]; between frames the track is a straight line.
    """
    from_start = np.asarray(times_s, np.float64) - times_s[0]
    even = np.arange(math.floor(from_start[-1] * rate_hz + 0.5) + 1) / rate_hz
    return np.stack([np.interp(even, from_start, column) for column in np.asarray(track, np.float64).T], axis=1)


def _windowed_sinc(distance: np.ndarray) -> np.ndarray:
    """The filter at `distance`, in periods of the slower rate; zero from TAPS on."""
    inside = np.clip(1 - (distance / TAPS) ** 2, 0, None)
    return np.sinc(distance) * np.i0(KAISER_BETA * np.sqrt(inside)) / np.i0(KAISER_BETA) * (np.abs(distance) <= TAPS)


def _mirrored(frames: np.ndarray, count: int) -> np.ndarray:
    """Frames before the first and after the last as their mirror images, so that no edge is invented."""
    period = 2 * (count - 1)
    folded = np.mod(frames, period)
    return np.where(folded < count, folded, period - folded)
