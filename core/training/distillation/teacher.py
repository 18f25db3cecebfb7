# SPDX-License-Identifier: Apache-2.0
"""The teachers: small convolutional networks from phonemes to motion. Two minutes of speech cannot train more.

A teacher sees the same eleven labels as the StyleTalk networks, so that what it knows can be distilled into them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from ...progress import Progress, silent
from ..data.pairs import PHONEME_COUNT, SIL, SpeechPair
from .features import phoneme_features
from .space import MotionSpace


@dataclass(frozen=True)
class TeacherConfig:
    """Sizes and schedule of the teachers. Few steps: the mouth gap peaks near 120 and falls from there."""

    seeds: int = 4
    width: int = 64
    components: int = 12
    lip_share: float = 0.5
    steps: int = 120
    batch: int = 12
    frames: int = 64
    learning_rate: float = 2e-3
    weight_decay: float = 0.1
    ema: float = 0.98
    dropout: float = 0.2
    random_labels: float = 0.05
    stretch: float = 0.15
    velocity_weight: float = 1.0
    amplitude_power: float = 0.5


class TeacherNetwork(nn.Module):
    """One convolution over label features, one hidden layer. Row i sees the labels i..i+5.

    That is the part of the published window i-5..i+5 round the label i+3 that the row shows. Deeper networks, and
    labels further back, did worse on clips left out: two minutes of speech do not teach more.
    """

    table: Tensor

    def __init__(self, config: TeacherConfig) -> None:
        super().__init__()
        table = torch.from_numpy(phoneme_features())  # (41, F)
        self.register_buffer("table", table)
        self.first = nn.Conv1d(table.shape[1], config.width, 6)
        self.dropout = nn.Dropout(config.dropout)
        self.last = nn.Conv1d(config.width, config.components, 1)

    def forward(self, labels: Tensor) -> Tensor:
        """Labels (B, T) int64 -> motion components (B, T, K)."""
        padded = nn.functional.pad(labels, (0, 5), value=SIL)
        hidden = torch.relu(self.first(self.table[padded].transpose(1, 2)))  # (B, width, T)
        return self.last(self.dropout(hidden)).transpose(1, 2)


class Teachers:
    """An ensemble: labels (T,) -> mean motion (T, 64) in the published space, clip mean about zero."""

    def __init__(self, networks: Sequence[TeacherNetwork], space: MotionSpace) -> None:
        self.networks = tuple(network.eval() for network in networks)
        self.space = space

    @torch.no_grad()
    def components(self, labels: Tensor) -> Tensor:
        """Labels (B, T) int64 -> components (B, T, K), the mean of the networks."""
        padded = nn.functional.pad(labels, (1, 1), value=SIL)  # silence beyond the ends, as for the students
        mean = torch.stack([network(padded) for network in self.networks]).mean(0)  # (B, T + 2, K)
        return (mean[:, :-2] + 2 * mean[:, 1:-1] + mean[:, 2:]) / 4  # labels jump, faces do not

    def motion(self, labels: Tensor) -> Tensor:
        """Labels (B, T) int64 -> motion (B, T, 64)."""
        return self.components(labels) @ torch.from_numpy(self.space.decode)


def train_teachers(
    pairs: Sequence[SpeechPair], lips: np.ndarray, config: TeacherConfig, seed: int = 0, progress: Progress = silent
) -> Teachers:
    """Fit the ensemble to `pairs`; lips (64, L) is the lip Jacobian. Deterministic in seed."""
    scales = clip_amplitudes(pairs, lips, config.amplitude_power)
    motions = [pair.centred / scale for pair, scale in zip(pairs, scales, strict=True)]
    space = MotionSpace.fit(np.concatenate(motions), lips, config.components, config.lip_share)
    targets = [motion @ space.encode for motion in motions]
    networks = []
    for index in range(config.seeds):
        networks.append(_train_one(pairs, targets, space, config, seed * 1000 + index))
        progress((index + 1) / config.seeds, "teachers")
    return Teachers(networks, space)


def clip_amplitudes(pairs: Sequence[SpeechPair], lips: np.ndarray, power: float) -> np.ndarray:
    """(C,) lip movement of each clip against their geometric mean, to the `power`: loud clips must not teach most."""
    rms = np.array([np.sqrt(((pair.centred @ lips) ** 2).mean()) for pair in pairs])
    return (rms / np.exp(np.log(rms).mean())) ** power


def _train_one(
    pairs: Sequence[SpeechPair], targets: list[np.ndarray], space: MotionSpace, config: TeacherConfig, seed: int
) -> TeacherNetwork:
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    network = TeacherNetwork(config)
    average = torch.optim.swa_utils.AveragedModel(
        network, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(config.ema)
    )
    optimiser = torch.optim.AdamW(network.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay)
    importance = torch.from_numpy(space.importance)
    for _ in range(config.steps):
        labels, wanted = _batch(pairs, targets, config, rng)
        loss = motion_loss(network(labels), wanted, importance, config.velocity_weight)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        average.update_parameters(network)
    trained = average.module
    assert isinstance(trained, TeacherNetwork)
    return trained


def motion_loss(made: Tensor, wanted: Tensor, importance: Tensor, velocity_weight: float) -> Tensor:
    """Mean squared error of components (B, T, K) and of their differences, weighted by the components' importance."""
    position = ((made - wanted) ** 2 * importance).mean()
    velocity = ((made.diff(dim=1) - wanted.diff(dim=1)) ** 2 * importance).mean()
    return position + velocity_weight * velocity


def _batch(
    pairs: Sequence[SpeechPair], targets: list[np.ndarray], config: TeacherConfig, rng: np.random.Generator
) -> tuple[Tensor, Tensor]:
    """Random stretches, stretched in time, some labels replaced: (B, T) int64 and (B, T, K) float32."""
    lengths = np.array([len(pair.labels) for pair in pairs], np.float64)
    labels, wanted = [], []
    for index in rng.choice(len(pairs), config.batch, p=lengths / lengths.sum()):
        rate = 1.0 + rng.uniform(-config.stretch, config.stretch)
        start = rng.uniform(0.0, max(len(targets[index]) - config.frames * rate, 0.0))
        times = np.clip(start + rate * np.arange(config.frames), 0, len(targets[index]) - 1.001)
        floor = times.astype(int)
        share = (times - floor)[:, None]
        labels.append(pairs[index].labels[np.rint(times).astype(int)])
        wanted.append(targets[index][floor] * (1 - share) + targets[index][floor + 1] * share)
    seen = np.stack(labels).astype(np.int64)
    wrong = rng.random(seen.shape) < config.random_labels
    seen[wrong] = rng.integers(0, PHONEME_COUNT, int(wrong.sum()))
    return torch.from_numpy(seen), torch.from_numpy(np.stack(wanted).astype(np.float32))
