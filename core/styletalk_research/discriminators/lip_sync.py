# SPDX-License-Identifier: Apache-2.0
"""Lip-sync discriminator: does this mouth say these phonemes? (paper, section 3, "Lip-sync discriminator")

Mouth vertices M = mean + B_exp δ, without identity, pass a PointNet; the phoneme window is embedded beside them.
P_sync is the cosine similarity of the two non-negative embeddings, clamped to [ε, 1]. Trained first, with binary
cross-entropy against shifted and foreign phonemes, then frozen. The generator's term is the mean of -log P_sync.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from styletalk.networks.config import GeneratorConfig

from .mouth import Mouth

EPSILON = 1e-4


@dataclass(frozen=True)
class SyncConfig:
    """The lip-sync discriminator. steps, batch: batch frames in each step, half of them out of sync; a multiple of 4.

    face: a face model file whose mouth is judged; empty: the open face. mouth_points: vertices of it, at most.
    mouth_frames: rows round a frame that the discriminator sees, odd; 1: the frame alone.
    shifts: by how many frames the phonemes of a shifted negative are off, least and most, either way.
    width, embedding, phoneme_dim, dropout: of its layers.
    """

    steps: int = 20000
    batch: int = 64
    learning_rate: float = 1e-4
    weight_decay: float = 0.0
    face: str = ""
    mouth_points: int = 128
    mouth_frames: int = 11
    shifts: tuple[int, int] = (6, 30)
    width: int = 128
    embedding: int = 128
    phoneme_dim: int = 64
    dropout: float = 0.1


class MouthEmbedding(nn.Module):
    """PointNet: every vertex on its own through shared layers, the largest answer of all vertices, then one vector.

    A vertex is given by where it rests, and by how far it is from there in the frames around the judged one. Way and
    place differ thirtyfold in size, so that the plain positions M hardly tell a network that the mouth moves.
    """

    mean: Tensor
    columns: Tensor

    def __init__(self, config: SyncConfig, mouth: Mouth) -> None:
        super().__init__()
        self.register_buffer("mean", torch.from_numpy(mouth.mean))
        self.register_buffer("columns", torch.from_numpy(mouth.columns / mouth.usual_way))
        width = config.width
        self.each = nn.Sequential(
            nn.Linear(3 + 3 * config.mouth_frames, width // 2), nn.ReLU(), nn.Linear(width // 2, width), nn.ReLU(),
            nn.Linear(width, 2 * width),
        )  # fmt: skip
        self.together = _head(2 * width, config)

    def forward(self, expression: Tensor) -> Tensor:
        """Expression (B, F, 64), F frames in published units -> (B, E) ≥ 0."""
        moved = torch.einsum("bfk,kpx->bpfx", expression, self.columns).flatten(2)  # M - mean = B δ, (B, P, F·3)
        vertices = torch.cat([self.mean.expand(len(moved), -1, -1), moved], dim=-1)  # (B, P, 3 + F·3)
        return self.together(self.each(vertices).amax(1))


class PhonemeEmbedding(nn.Module):
    """A window of labels to one vector."""

    def __init__(self, config: SyncConfig, generator: GeneratorConfig) -> None:
        super().__init__()
        self.labels = nn.Embedding(generator.phoneme_count, config.phoneme_dim)
        self.together = _head(generator.tokens * config.phoneme_dim, config)

    def forward(self, windows: Tensor) -> Tensor:
        """Windows (B, W) int64 -> (B, E) ≥ 0."""
        return self.together(self.labels(windows).flatten(1))


class LipSyncDiscriminator(nn.Module):
    """Mouth motion and a phoneme window to P_sync."""

    def __init__(self, config: SyncConfig, generator: GeneratorConfig, mouth: Mouth) -> None:
        super().__init__()
        self.mouth_frames = config.mouth_frames
        self.mouth, self.phonemes = MouthEmbedding(config, mouth), PhonemeEmbedding(config, generator)

    def forward(self, expression: Tensor, windows: Tensor) -> Tensor:
        """Expression (B, F, 64) around a frame, its labels (B, W) int64 -> P_sync (B,) in [ε, 1]."""
        seen, said = self.mouth(expression).float(), self.phonemes(windows).float()
        lengths = torch.linalg.vector_norm(seen, dim=1) * torch.linalg.vector_norm(said, dim=1)
        return ((seen * said).sum(1) / lengths.clamp_min(EPSILON)).clamp(EPSILON, 1.0)


def windows_of_sequence(sequence: Tensor, windows: Tensor, frames: int) -> tuple[Tensor, Tensor]:
    """Every frame that has `frames` round it: (B, T, 64), (B, T, W) -> (B·N, F, 64), (B·N, W), N = T - F + 1."""
    around = sequence.unfold(1, frames, 1).transpose(2, 3)  # (B, N, F, 64)
    middle = frames // 2
    labels = windows[:, middle : middle + around.shape[1]]
    return around.flatten(0, 1), labels.flatten(0, 1)


def discriminator_loss(synchrony: Tensor, together: Tensor) -> Tensor:
    """Binary cross-entropy of P_sync (B,) against together (B,) float, 1 where mouth and phonemes belong together."""
    apart = (1.0 - synchrony).clamp_min(EPSILON)
    return -(together * synchrony.log() + (1.0 - together) * apart.log()).mean()


def generator_loss(synchrony: Tensor) -> Tensor:
    """-log P_sync (N,), averaged."""
    return -synchrony.log().mean()


def _head(inputs: int, config: SyncConfig) -> nn.Sequential:
    """To a non-negative embedding. The norm keeps half of it alive: a vector of zeros has no direction to learn."""
    return nn.Sequential(
        nn.Dropout(config.dropout), nn.Linear(inputs, config.width), nn.ReLU(),
        nn.Linear(config.width, config.embedding), nn.LayerNorm(config.embedding), nn.ReLU(),
    )  # fmt: skip
