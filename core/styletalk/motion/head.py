# SPDX-License-Identifier: Apache-2.0
"""How the head moves of itself while it talks: slow sway, nods where a phrase begins, rest where nothing is said."""

import math

import numpy as np

from ..animation import HEAD_POSE_DIM
from ..timeline import FRAME_RATE_HZ
from .blinks import silences

SWAY_DEGREES = (1.3, 1.6, 1.0)
"""Standard deviation of nodding, turning and tilting; half of what the sample clips show, because it is not theirs."""
SWAY_METRES = 0.0012
CUTOFF_HZ = 1.4
NOD_DEGREES = (1.5, 3.0)
"""Depth of the nod at a phrase's onset, least and most."""
NOD_S = 0.7
REST_SHARE = 0.12
"""What is left of the sway in silence."""
EASE_S = 0.5
"""How long the head takes from rest to speech and back, and at both ends of the line."""
PHRASE_PAUSE_S = 0.2
"""A silence this long parts two phrases."""


def auto_pose(labels: np.ndarray, seed: int) -> np.ndarray:
    """(T, 6) float32 head pose, radians and metres, for (T,) int16 labels. Begins and ends at rest. Set by the seed."""
    rows = len(labels)
    if rows == 0:
        return np.zeros((0, HEAD_POSE_DIM), np.float32)
    generator = np.random.default_rng([seed, 3])
    scale = np.concatenate([np.radians(SWAY_DEGREES), np.full(3, SWAY_METRES)])
    speaking = _speaking(labels)
    level = _eased(REST_SHARE + (1 - REST_SHARE) * speaking, EASE_S)
    pose = _slow_noise(rows, HEAD_POSE_DIM, generator) * scale * level[:, None]
    for start in np.flatnonzero(np.diff(speaking, prepend=0.0) > 0):
        seen, nod = _nod(rows, int(start))
        pose[seen, 0] += np.radians(generator.uniform(*NOD_DEGREES)) * nod
    return (pose * _ends_at_rest(rows)[:, None]).astype(np.float32)


def _speaking(labels: np.ndarray) -> np.ndarray:
    """(T,) 1.0 in phrases, 0.0 in the silences between them; breaks within a phrase count as speech."""
    speaking = np.ones(len(labels))
    for start, end in silences(labels):
        if end - start >= PHRASE_PAUSE_S * FRAME_RATE_HZ or end == len(labels):
            speaking[start:end] = 0.0
    return speaking


def _slow_noise(rows: int, columns: int, generator: np.random.Generator) -> np.ndarray:
    """(T, columns) smooth noise of unit variance: a spectrum that falls with frequency and ends at CUTOFF_HZ."""
    length = rows + int(4 * FRAME_RATE_HZ)  # longer than needed: the spectrum's noise repeats at its ends
    spectrum = np.fft.rfft(generator.normal(size=(length, columns)), axis=0)
    frequency = np.fft.rfftfreq(length, 1 / FRAME_RATE_HZ)
    shape = np.where(frequency < CUTOFF_HZ, np.cos(np.pi / 2 * np.minimum(frequency / CUTOFF_HZ, 1)), 0)
    shape = shape / np.maximum(0.25, frequency)
    shape[0] = 0.0
    noise = np.fft.irfft(spectrum * shape[:, None], length, axis=0)
    return (noise / noise.std(axis=0))[:rows]


def _nod(rows: int, start: int) -> tuple[slice, np.ndarray]:
    """The rows (n) that a nod takes of a line's, and the nod (n,): down and back within NOD_S round the onset."""
    half = NOD_S * FRAME_RATE_HZ / 2
    seen = slice(max(0, start - math.ceil(half / 2)), min(rows, start + math.ceil(1.5 * half) + 1))
    phase = np.clip((np.arange(seen.start, seen.stop) - start - half / 2) / half, -1, 1)
    return seen, 0.5 + 0.5 * np.cos(np.pi * phase)


def _eased(track: np.ndarray, ease_s: float) -> np.ndarray:
    """(T,) the track under a Hann window of twice `ease_s`, its ends held."""
    half = int(ease_s * FRAME_RATE_HZ)
    window = np.hanning(2 * half + 1)
    return np.convolve(np.pad(track, half, mode="edge"), window / window.sum(), mode="valid")


def _ends_at_rest(rows: int) -> np.ndarray:
    """(T,) 0 at the first and last row, 1 from EASE_S inside, smooth."""
    row = np.arange(rows)
    inside = np.clip(np.minimum(row, row[::-1]) / (EASE_S * FRAME_RATE_HZ), 0, 1)
    return inside * inside * (3 - 2 * inside)
