# SPDX-License-Identifier: Apache-2.0
"""The motion of a mood: Gaussian noise with the covariance and spectrum of clips, so that no row of a clip is in it."""

from collections.abc import Mapping

import numpy as np

from ..training.distillation.style_bank import Amplifier
from .levels import clips_of
from .table import Mood

SPECTRUM_ROWS = 64


def mood_motion(
    clips: Mapping[str, np.ndarray], mood: Mood, moods: tuple[Mood, ...], amplifier: Amplifier, rows: int, seed: int
) -> np.ndarray:
    """(rows, 64) motion round zero as in the mood's clips, or in those of the moods that lend theirs."""
    lenders = [m for m in moods if m.name in (mood.motion_of or (mood.name,))]
    shown = [rows for lender in lenders for rows in clips_of(clips, lender).values()]
    motion = synthetic_motion(shown, rows, np.random.default_rng(seed))
    own = amplifier.amplitudes(motion)
    return amplifier.apply(motion, np.array([mood.gap / own[0], mood.width / own[1], 1.0]))


def synthetic_motion(clips: list[np.ndarray], rows: int, rng: np.random.Generator) -> np.ndarray:
    """(rows, 64) Gaussian motion with the clips' covariance and, for each principal component, their mean spectrum."""
    covariance = np.mean([np.cov(clip.T) for clip in clips], axis=0)
    values, vectors = np.linalg.eigh(covariance)
    noise = rng.normal(size=(rows, len(values)))
    shape = np.sqrt(mean_spectrum(clips, vectors, rows))  # (rows // 2 + 1, 64)
    tracks = np.fft.irfft(np.fft.rfft(noise, axis=0) * shape, n=rows, axis=0)
    tracks = (tracks - tracks.mean(0)) / (tracks.std(0) + 1e-9)
    return (tracks * np.sqrt(np.maximum(values, 0.0))) @ vectors.T


def mean_spectrum(clips: list[np.ndarray], vectors: np.ndarray, rows: int) -> np.ndarray:
    """(rows // 2 + 1, 64) power over frequency of each component, averaged over stretches of about two seconds."""
    powers = []
    for clip in clips:
        tracks = (clip - clip.mean(0)) @ vectors
        for start in range(0, max(len(tracks) - SPECTRUM_ROWS, 0) + 1, SPECTRUM_ROWS // 2):
            piece = tracks[start : start + SPECTRUM_ROWS]
            window = np.hanning(len(piece))[:, None]
            powers.append(np.abs(np.fft.rfft(piece * window, n=SPECTRUM_ROWS, axis=0)) ** 2)
    coarse = np.mean(powers, axis=0)
    fine = np.linspace(0, 1, rows // 2 + 1)
    grid = np.linspace(0, 1, len(coarse))
    return np.stack([np.interp(fine, grid, column) for column in coarse.T], axis=1)
