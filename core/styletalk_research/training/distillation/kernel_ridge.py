# SPDX-License-Identifier: Apache-2.0
"""Kernel ridge regressions from labels, prosody and Whisper features to motion: they err where networks do not.

One remembers labels and prosody, another Whisper's features of the sound. Each alone is worse than one of everything;
their average is better than that one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from styletalk.phonemes import SILENCE_INDEX
from styletalk.speech.features.prosody import PROSODY_DIM
from styletalk.timeline import LABEL_LEAD_ROWS

from .convolution import TargetUtterance
from .features import phoneme_features

RIDGE = 1.0
SCALE = 6.0
"""Distance at which two moments count as 1/e alike: Laplace kernel exp(-|x - y| / SCALE)."""
LABEL_OFFSETS = range(-1, 9)
SOUND_OFFSETS = range(-3, 7)
"""Frames that are looked at; beside the middle they matter less, as a Gaussian of WIDTH frames."""
SOUND_MIDDLE = 2.5
WIDTH = 2.0
SOUND_WEIGHT = 0.2
WHISPER_OFFSETS = range(-3, 9)
WHISPER_MIDDLE, WHISPER_WIDTH = 2.5, 3.0
WHISPER_WEIGHT = 0.3
LABELS, PROSODY, WHISPER = "labels", "prosody", "whisper"
"""What a kernel ridge may go by: labels alone, labels and prosody, Whisper features alone."""


@dataclass(frozen=True)
class KernelRidge:
    """moments: (N, D) float32, the features of N rows. weights: (N, K) float32. by: LABELS, PROSODY or WHISPER.

    owners: (N,) int64, the clip of each row, of `clips`. All lie on the device that computes.
    """

    moments: Tensor
    weights: Tensor
    by: str
    owners: Tensor
    clips: int

    @classmethod
    def fit(
        cls, utterances: Sequence[TargetUtterance], rows: int, by: str, seed: int, device: str = "cpu",
        likeness: np.ndarray | None = None,
    ) -> "KernelRidge":  # fmt: skip
        """Remember `rows` rows of the utterances, by chance, (K + RIDGE)⁻¹ y. Deterministic in seed.

        likeness: (U, U), what the kernel between rows of two utterances is multiplied by; None for 1.
        """
        features = np.concatenate([moment_features(spoken.labels, spoken.audio_features, by) for spoken in utterances])
        targets = np.concatenate([spoken.targets for spoken in utterances])
        owners = np.repeat(np.arange(len(utterances)), [len(spoken.targets) for spoken in utterances])
        copies = np.array([float(spoken.copies) for spoken in utterances])[owners]
        chosen = np.sort(np.random.default_rng(seed).permutation(len(features))[:rows])
        moments = torch.from_numpy(features[chosen]).to(device)
        kernel = _kernel(moments, moments)
        owner = torch.from_numpy(owners[chosen]).to(device)
        if likeness is not None:
            kernel *= torch.from_numpy(likeness).to(device)[owner][:, owner]
        kernel.diagonal().add_(torch.from_numpy((RIDGE / copies[chosen]).astype(np.float32)).to(device))
        wanted = torch.from_numpy(targets[chosen]).to(device)
        weights = torch.cholesky_solve(wanted, torch.linalg.cholesky(kernel))
        return cls(moments, weights, by, owner, len(utterances))

    def components(self, labels: np.ndarray, audio_features: np.ndarray | None) -> np.ndarray:
        """Labels (T,), audio_features (T, F) or None -> (T, K) float32, as everybody moves."""
        return (self._seen(labels, audio_features) @ self.weights).cpu().numpy()

    def contributions(self, labels: np.ndarray, audio_features: np.ndarray | None) -> np.ndarray:
        """Labels (T,), audio_features (T, F) or None -> (C, T, K) float32: what each clip says; their sum is the above.

        As a style moves is their sum by Likeness.of_styles.
        """
        rows, outputs = self.weights.shape
        by_clip = self.weights.new_zeros(rows, self.clips, outputs)
        by_clip[torch.arange(rows, device=self.owners.device), self.owners] = self.weights
        said = self._seen(labels, audio_features) @ by_clip.flatten(1)  # (T, C · K)
        return said.reshape(-1, self.clips, outputs).transpose(0, 1).cpu().numpy()

    def _seen(self, labels: np.ndarray, audio_features: np.ndarray | None) -> Tensor:
        """(T, N) the kernel between the rows of an utterance and those that are remembered."""
        seen = torch.from_numpy(moment_features(labels, audio_features, self.by)).to(self.moments.device)
        return _kernel(seen, self.moments)


def moment_features(labels: np.ndarray, audio_features: np.ndarray | None, by: str) -> np.ndarray:
    """(T, D) float32: phonemes and sound (T, F) round each row, weighted by how near they are."""
    if by == WHISPER:
        assert audio_features is not None
        whisper = audio_features[:, PROSODY_DIM:]
        return np.float32(WHISPER_WEIGHT) * _around(
            whisper, WHISPER_OFFSETS, WHISPER_MIDDLE, WHISPER_WIDTH, np.zeros(whisper.shape[1])
        )
    phonemes = phoneme_features()
    parts = [_around(phonemes[labels], LABEL_OFFSETS, LABEL_LEAD_ROWS, WIDTH, phonemes[SILENCE_INDEX])]
    if by == PROSODY:
        assert audio_features is not None
        bands = audio_features[:, :PROSODY_DIM]
        parts.append(SOUND_WEIGHT * _around(bands, SOUND_OFFSETS, SOUND_MIDDLE, WIDTH, np.zeros(bands.shape[1])))
    return np.concatenate(parts, axis=1).astype(np.float32)


def _around(track: np.ndarray, offsets: range, middle: float, width: float, beyond: np.ndarray) -> np.ndarray:
    """(T, offsets · C) float32: rows t + offset of track (T, C) side by side, each times its weight.

    Outside the track: `beyond` (C,).
    """
    rows = np.arange(len(track))
    found = []
    for offset in offsets:
        index = rows + offset
        inside = (index >= 0) & (index < len(track))
        seen = track[np.clip(index, 0, len(track) - 1)].astype(np.float32)
        seen[~inside] = beyond
        found.append(seen * np.float32(np.exp(-0.5 * ((offset - middle) / width) ** 2)))
    return np.concatenate(found, axis=1)


def _kernel(a: Tensor, b: Tensor) -> Tensor:
    """(A, B) float32 exp(-|a - b| / SCALE) of rows (A, D) and (B, D)."""
    squares = (a**2).sum(1)[:, None] + (b**2).sum(1)
    return squares.addmm_(a, b.T, alpha=-2.0).clamp_(min=0.0).sqrt_().div_(-SCALE).exp_()
