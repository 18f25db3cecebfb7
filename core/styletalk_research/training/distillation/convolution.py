# SPDX-License-Identifier: Apache-2.0
"""Small residual convolutions from labels and sound to components of motion, and how one is trained.

Two minutes of speech cannot train more: few channels, much noise on the sound, and an early end.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from styletalk.phonemes import PHONEMES, SILENCE_INDEX
from styletalk.speech.features.prosody import PROSODY_DIM

from ...datasets.recordings import Utterance
from .features import phoneme_features
from .teacher_config import TeacherConfig

FIRST, LATER = 5, 3
"""Frames that the first and every later convolution sees."""


@dataclass(frozen=True)
class TargetUtterance(Utterance):
    """What is learnt from one clip: its utterance (no audio features for networks of labels alone) and targets.

    targets: (T, K) float32, components of its motion. copies: how often it counts.
    """

    targets: np.ndarray
    copies: int = 1


class TeacherNetwork(nn.Module):
    """The sum of a label branch and a sound branch, then residual convolutions.

    Row i sees labels and sound from i + lead - reach to i + lead + reach; its own phoneme is label i + 3.
    """

    table: Tensor

    def __init__(self, config: TeacherConfig) -> None:
        super().__init__()
        table = torch.from_numpy(phoneme_features())  # (41, A)
        self.register_buffer("table", table)
        self.from_labels = nn.Conv1d(table.shape[1], config.width, FIRST)
        self.from_sound = nn.Conv1d(config.sound_dim, config.width, FIRST, bias=False) if config.sound else None
        self.blocks = nn.ModuleList(nn.Conv1d(config.width, config.width, LATER) for _ in range(config.blocks))
        self.dropout = nn.Dropout(config.dropout)
        self.last = nn.Conv1d(config.width, config.components, 1)
        reach = (FIRST - 1 + config.blocks * (LATER - 1)) // 2
        self.before, self.after = reach - config.lead, reach + config.lead

    def forward(self, labels: Tensor, audio_features: Tensor | None = None) -> Tensor:
        """Labels (B, T) int64, audio_features (B, T, F) float32 or None -> motion components (B, T, K)."""
        beyond = (self.before, self.after)
        labels = nn.functional.pad(labels, beyond, value=SILENCE_INDEX)
        if audio_features is not None:
            audio_features = nn.functional.pad(audio_features, (0, 0, *beyond))
        return self.inner(labels, audio_features)

    def inner(self, labels: Tensor, audio_features: Tensor | None) -> Tensor:
        """As `forward`, without the first `before` and the last `after` rows: (B, T, K) -> (B, T - 2 reach, K)."""
        hidden = self.from_labels(self.table[labels].transpose(1, 2))  # (B, width, T - 4)
        if self.from_sound is not None and audio_features is not None:
            hidden = hidden + self.from_sound(audio_features.transpose(1, 2)[:, : self.from_sound.in_channels])
        hidden = self.dropout(torch.relu(hidden))
        for block in self.blocks:
            hidden = hidden[..., 1:-1] + self.dropout(torch.relu(block(hidden)))
        return self.last(hidden).transpose(1, 2)


def train_network(
    utterances: Sequence[TargetUtterance], importance: np.ndarray, config: TeacherConfig, seed: int
) -> TeacherNetwork:
    """One network, the average over its last steps. importance: (K,), of each component. Deterministic in seed."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    network = TeacherNetwork(config)
    average = torch.optim.swa_utils.AveragedModel(
        network, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(config.ema)
    )
    optimiser = torch.optim.AdamW(network.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay)
    weights = torch.from_numpy(importance)
    for _ in range(config.steps):
        labels, audio_features, wanted = _batch(utterances, network, config, rng)
        loss = motion_loss(network.inner(labels, audio_features), wanted, weights, config.velocity_weight)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        average.update_parameters(network)
    trained = average.module
    assert isinstance(trained, TeacherNetwork)
    return trained.eval()


def motion_loss(made: Tensor, wanted: Tensor, importance: Tensor, velocity_weight: float) -> Tensor:
    """Mean squared error of components (B, T, K) and of their differences, weighted by the components' importance."""
    position = ((made - wanted) ** 2 * importance).mean()
    velocity = ((made.diff(dim=1) - wanted.diff(dim=1)) ** 2 * importance).mean()
    return position + velocity_weight * velocity


def _batch(
    utterances: Sequence[TargetUtterance], network: TeacherNetwork, config: TeacherConfig, rng: np.random.Generator
) -> tuple[Tensor, Tensor | None, Tensor]:
    """Excerpts at another pace: labels (B, before + T + after), sound likewise with F columns, targets (B, T, K)."""
    lengths = np.array([len(spoken.labels) * spoken.copies for spoken in utterances], np.float64)
    chosen = rng.choice(len(utterances), config.batch, p=lengths / lengths.sum())
    excerpts = [_excerpt(utterances[index], network, config, rng) for index in chosen]
    labels = np.stack([labels for labels, _, _ in excerpts])
    wrong = rng.random(labels.shape) < config.random_labels
    labels[wrong] = rng.integers(0, len(PHONEMES), int(wrong.sum()))
    wanted = torch.from_numpy(np.stack([targets for _, _, targets in excerpts]))
    sounds = [audio_features for _, audio_features, _ in excerpts if audio_features is not None]
    sound = torch.from_numpy(_disturbed(np.stack(sounds), config, rng)) if sounds else None
    return torch.from_numpy(labels), sound, wanted


def _excerpt(
    spoken: TargetUtterance, network: TeacherNetwork, config: TeacherConfig, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray | None, np.ndarray]:
    """(before + T + after,) labels, as many rows of sound, (T, K) targets, spoken faster or slower."""
    rows = len(spoken.labels)
    rate = 1.0 + rng.uniform(-config.stretch, config.stretch)
    start = rng.uniform(0.0, max(rows - config.frames * rate, 0.0))
    times = start + rate * np.arange(-network.before, config.frames + network.after)
    nearest = np.rint(times).astype(int)
    labels = np.where((nearest < 0) | (nearest >= rows), SILENCE_INDEX, spoken.labels[np.clip(nearest, 0, rows - 1)])
    inner = times[network.before : network.before + config.frames]
    audio_features = (
        None if spoken.audio_features is None else at_times(np.pad(spoken.audio_features, ((1, 1), (0, 0))), times + 1)
    )
    return labels.astype(np.int64), audio_features, at_times(spoken.targets, inner)


def at_times(track: np.ndarray, times: np.ndarray) -> np.ndarray:
    """(N, C) float32: rows of track (T, C) at fractional rows `times` (N,), the end rows beyond the ends."""
    times = np.clip(times, 0.0, len(track) - 1.001)
    floor = times.astype(int)
    share = (times - floor)[:, None].astype(np.float32)
    return (track[floor] * (1 - share) + track[floor + 1] * share).astype(np.float32)


def _disturbed(audio_features: np.ndarray, config: TeacherConfig, rng: np.random.Generator) -> np.ndarray:
    """Sound (B, T, F) of other voices in other rooms: louder swings, coloured, noisy, in some excerpts absent."""
    batch, _, columns = audio_features.shape
    swing = 1.0 + config.swing_noise * rng.normal(size=(batch, 1, 1))
    colour = config.colour_noise * rng.normal(size=(batch, 1, columns))
    noise = config.sound_noise * rng.normal(size=audio_features.shape)
    present = rng.random((batch, 1, 1)) >= config.sound_dropout
    disturbed = (audio_features * swing + colour + noise) * present
    if columns > PROSODY_DIM:
        disturbed[..., PROSODY_DIM:] *= rng.random((batch, 1, 1)) >= config.whisper_dropout
    return disturbed.astype(np.float32)
