# SPDX-License-Identifier: Apache-2.0
"""Kernel ridge regression from labels and prosody to components of motion: it errs where the networks do not."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..data.pairs import CONVENTION_LEAD, SIL
from .convolution import Lesson
from .features import phoneme_features

RIDGE = 1.0
SCALE = 5.0
"""Distance at which two moments count as 1/e alike: Laplace kernel exp(-|x - y| / SCALE)."""
LABEL_OFFSETS = range(-1, 9)
SOUND_OFFSETS = range(-3, 7)
"""Frames that are looked at; beside the middle they matter less, as a Gaussian of WIDTH frames."""
SOUND_MIDDLE = 2.5
WIDTH = 1.5
SOUND_WEIGHT = 0.2


@dataclass(frozen=True)
class KernelRidge:
    """moments: (N, D) float32, what was heard at N rows. weights: (N, K) float32. listens: with prosody in it."""

    moments: np.ndarray
    weights: np.ndarray
    listens: bool

    @classmethod
    def fit(cls, lessons: Sequence[Lesson], rows: int, listens: bool, seed: int) -> "KernelRidge":
        """Remember `rows` rows of the lessons, by chance, (K + RIDGE)⁻¹ y. Deterministic in seed."""
        from scipy.linalg import cho_factor, cho_solve

        moments = np.concatenate([moment_features(p.labels, p.prosody if listens else None) for p in lessons])
        targets = np.concatenate([lesson.targets for lesson in lessons])
        chosen = np.sort(np.random.default_rng(seed).permutation(len(moments))[:rows])
        moments = moments[chosen]
        kernel = _kernel(moments, moments)
        kernel[np.diag_indices_from(kernel)] += RIDGE
        weights = cho_solve(cho_factor(kernel, overwrite_a=True, check_finite=False), targets[chosen])
        return cls(moments, weights.astype(np.float32), listens)

    def components(self, labels: np.ndarray, prosody: np.ndarray | None) -> np.ndarray:
        """Labels (T,), prosody (T, F) or None -> (T, K) float32."""
        return _kernel(moment_features(labels, prosody if self.listens else None), self.moments) @ self.weights


def moment_features(labels: np.ndarray, prosody: np.ndarray | None) -> np.ndarray:
    """(T, D) float32: phonemes and sound round each row, weighted by how near they are."""
    parts = [_around(phoneme_features()[labels], LABEL_OFFSETS, CONVENTION_LEAD, phoneme_features()[SIL])]
    if prosody is not None:
        silence = np.zeros(prosody.shape[1], np.float32)
        parts.append(SOUND_WEIGHT * _around(prosody, SOUND_OFFSETS, SOUND_MIDDLE, silence))
    return np.concatenate(parts, axis=1).astype(np.float32)


def _around(track: np.ndarray, offsets: range, middle: float, beyond: np.ndarray) -> np.ndarray:
    """(T, offsets · C): rows t + offset of track (T, C) side by side, each times its weight; `beyond` (C,) outside."""
    rows = np.arange(len(track))
    found = []
    for offset in offsets:
        index = rows + offset
        inside = (index >= 0) & (index < len(track))
        seen = np.where(inside[:, None], track[np.clip(index, 0, len(track) - 1)], beyond)
        found.append(seen * np.exp(-0.5 * ((offset - middle) / WIDTH) ** 2))
    return np.concatenate(found, axis=1)


def _kernel(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(A, B) float32 exp(-|a - b| / SCALE) of rows (A, D) and (B, D)."""
    squares = (a**2).sum(1)[:, None] + (b**2).sum(1) - 2.0 * a @ b.T
    return np.exp(-np.sqrt(np.maximum(squares, 0.0)) / SCALE)
