# SPDX-License-Identifier: Apache-2.0
"""Distillation: the teachers' motion, in every style, becomes the StyleTalk generator's."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from styletalk.animation import EXPRESSION_DIM
from styletalk.phonemes import SILENCE_INDEX
from styletalk.speech.features.prosody import PROSODY_DIM

from ..paper.objectives import reconstruction_loss
from ..surroundings import surroundings
from .config import TrainingConfig
from .distillation_set import DistillationSet, DistilledUtterance
from .experts import StyleWeights
from .rules import RuleTeacher
from .student import Normalisation, Student
from .style_bank import StyleBank, turning

NO_WHISPER_SHARE = 0.25
"""Of the excerpts with sound, for networks that take Whisper features: these are zeros, as where it is not installed.
The motion asked for stays that of teachers with all features."""

CLIP_LENGTHS = 8


@dataclass(frozen=True)
class Batch:
    """One step's material: L utterances, B styles, each utterance in B / L of them.

    windows (L, T, W) int64, audio_features (L, T, W, F) float32 (F = 0: none), wanted (B, T, 64)
    float32 in published units, clips (B + P, N, 64): first B anchors, whose level and amplitude `wanted` has, then P
    positives, other clips of the first P styles. numbers (B, STYLE_NUMBERS): the
    anchors' level, logarithm of amplitudes, correlation of gap and width.
    """

    windows: Tensor
    audio_features: Tensor
    wanted: Tensor
    clips: Tensor
    numbers: Tensor


class BatchMaker:
    """Makes the batch of a step from the step's number alone, so that a resumed run goes on as if never stopped."""

    def __init__(
        self, distillation_set: DistillationSet, bank: StyleBank, teachers: StyleWeights | RuleTeacher,
        normalisation: Normalisation, config: TrainingConfig,
    ) -> None:  # fmt: skip
        self.config, self.set, self.bank, self.teachers = config, distillation_set, bank, teachers
        self.normalisation = normalisation
        shares = np.array([spoken.share for spoken in distillation_set.utterances])
        self.shares = shares / shares.sum()

    def batch(self, step: int) -> Batch:
        """The material of step `step`."""
        config = self.config
        rng = np.random.default_rng((config.seed, step))
        styles = [self.bank.sample(rng) for _ in range(config.styles)]
        rows = clip_rows(step, config)
        clips = [self.bank.clip(style, rows, rng) for style in [*styles, *styles[: config.positives]]]
        chosen = rng.choice(len(self.shares), config.lines, p=self.shares)
        spoken = [self.set.utterances[index] for index in chosen]
        crops = [self._crop(utterance, rng) for utterance in spoken]
        windows, audio_features, motions, pauses = (np.stack(parts) for parts in zip(*crops, strict=True))
        anchors = clips[: config.styles]
        with_sound = np.array([utterance.audio_features is not None for utterance in spoken])
        wanted, numbers = self.styled(motions, pauses, anchors, with_sound)
        return Batch(*map(torch.from_numpy, (windows, audio_features, wanted, np.stack(clips), numbers)))

    def styled(
        self, motions: np.ndarray, pauses: np.ndarray, clips: Sequence[np.ndarray], with_sound: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Contributions (L, M, T, K) of the teachers, as speakers like the B clips move; line b % L in style b.

        pauses: (L, T). with_sound: (L,) bool, or of labels alone. Returns (B, T, 64) float32 and the clips' style
        numbers (B, STYLE_NUMBERS) float32.
        """
        amplifier, config, styles = self.bank.amplifier, self.config, len(clips) // len(motions)
        levels = np.stack([clip.mean(0) for clip in clips])
        shown = np.stack([self.bank.numbers_of(clip) for clip in clips])  # (B, 4)
        gains, together = np.exp(shown[:, :3]), shown[:, 3]
        weights = self.teachers.weights(clips)  # (B, M)
        own, correlation = self.set.own(weights, np.tile(with_sound, styles))
        by_line = weights.reshape(styles, len(motions), 1, -1).transpose(1, 0, 2, 3)  # (L, S, 1, M)
        mixed = by_line @ motions.reshape(*motions.shape[:2], -1)[:, None]  # (L, S, 1, T · K)
        mixed = mixed.transpose(1, 0, 2, 3).reshape(len(clips), motions.shape[2], -1)
        motion = mixed @ self.set.decode
        resting = config.rest * np.tile(pauses, (styles, 1))[..., None]  # (B, T, 1)
        rest = config.rest_gap * own[:, :1] * amplifier.direction[:, 0]  # (B, 64)
        motion = (1.0 - resting) * motion + resting * rest[:, None]
        loud = config.gain * np.where(np.tile(with_sound, styles), 1.0, config.labels_only_gain)[:, None]
        amplitude = loud * gains * self.bank.typical
        others = config.rest_gain * (amplitude[:, :2] / own[:, :2]).mean(1)  # mostly not the phonemes' doing
        motion = amplifier.apply(motion, np.column_stack([1.0 / own[:, :2], others]))
        motion = amplifier.turned(motion, turning(correlation, together, config.covariance))
        motion = amplifier.apply(motion, np.column_stack([amplitude[:, :2], np.ones(len(clips))]))
        units = (levels - self.normalisation.mean) / self.normalisation.deviation
        numbers = np.column_stack([units, shown])
        return (levels[:, None] + motion).astype(np.float32), numbers.astype(np.float32)

    def _crop(self, spoken: DistilledUtterance, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
        """Windows (T, W) int64, audio_features (T, W, F), contributions (M, T, K), pauses (T,) of a stretch."""
        frames, sizes = self.config.frames, self.config.generator
        start = int(rng.integers(0, max(len(spoken.labels) - frames, 0) + 1))
        labels = surroundings(spoken.labels.astype(np.int64), start, start + frames, sizes, SILENCE_INDEX)
        features = np.zeros((*labels.shape, sizes.audio_dim), np.float32)
        if spoken.audio_features is not None:
            features = surroundings(spoken.audio_features[:, : sizes.audio_dim], start, start + frames, sizes, 0)
            if sizes.audio_dim > PROSODY_DIM and rng.random() < NO_WHISPER_SHARE:
                features[..., PROSODY_DIM:] = 0.0
        shown = np.clip(np.arange(start, start + frames), 0, len(spoken.labels) - 1)
        return labels, features, spoken.motions[:, shown].astype(np.float32), spoken.pauses[shown].astype(np.float32)


def clip_rows(step: int, config: TrainingConfig) -> int:
    """The length of a step's style clips, of CLIP_LENGTHS; the same in all runs of one seed.

    Most are short: attention over long clips is what training costs.
    """
    shortest, longest = config.style_rows
    share = np.random.default_rng((config.seed, step, 1)).random() ** 3
    return round(shortest * (longest / shortest) ** (round(share * (CLIP_LENGTHS - 1)) / (CLIP_LENGTHS - 1)))


def probe_error(read: Tensor, numbers: Tensor) -> Tensor:
    """Mean squared error of the style numbers (B, STYLE_NUMBERS): half for the level, half for how a clip moves."""
    error = ((read - numbers) ** 2).mean(0)
    return 0.5 * error[:EXPRESSION_DIM].mean() + 0.5 * error[EXPRESSION_DIM:].mean()


@dataclass(frozen=True)
class Mouth:
    """Readouts of the mouth in normalised units: lips (64, L), all lip points; driven (64, 2), gap and width."""

    lips: Tensor
    driven: Tensor

    @classmethod
    def of(cls, student: Student, lips: np.ndarray, driven: np.ndarray) -> "Mouth":
        """The readouts of published units in those of a student, on its device."""
        return cls(
            *(student.deviation[:, None] * torch.from_numpy(each).to(student.deviation) for each in (lips, driven))
        )


def student_loss(student: Student, batch: Batch, mouth: Mouth, config: TrainingConfig) -> dict[str, Tensor]:
    """The terms of the loss by name, weighted; their sum is what is minimised.

    Gap and width count once more on their own: lip points move up and down so much that the width is lost in them.
    """
    codes = student.encode(batch.clips)  # (B + P, d)
    anchor, positive = codes[: len(batch.wanted)], codes[len(batch.wanted) :]
    made = student(batch.windows, anchor, batch.audio_features if batch.audio_features.shape[-1] else None)
    wanted = student.normalised(batch.wanted)
    driven = torch.stack([lip_motion(made, wanted, readout[:, None]) for readout in mouth.driven.T])
    return {
        "reconstruction": reconstruction_loss(made, wanted, config.l1_share),
        "lips": config.lip_weight * lip_motion(made, wanted, mouth.lips),
        "driven": config.driven_weight * driven.sum(),
        "level": config.level_weight * level_error(made, wanted, student.deviation),
        "probe": config.probe_weight * probe_error(student.probe(anchor), batch.numbers),
        "triplet": config.triplet_weight * triplet(anchor[: len(positive)], positive, config.triplet_margin),
    }


def lip_motion(made: Tensor, wanted: Tensor, readout: Tensor) -> Tensor:
    """Error of lip motion, speed and level against the motion's own size: (B, T, 64), readout (64, L) of lip points.

    Relative, so that a quiet style is learnt as well as a loud one. The level counts less: it would drown the motion.
    """
    lips_wanted, error = wanted @ readout, (made - wanted) @ readout  # (B, T, L)
    moving = lips_wanted - lips_wanted.mean(1, keepdim=True)
    typical = (moving**2).mean().detach()
    size = (moving**2).mean((1, 2)) + 0.1 * typical  # a stretch of silence has next to no motion
    speed = (lips_wanted.diff(dim=1) ** 2).mean((1, 2)) + 0.02 * typical
    level = error.mean(1, keepdim=True)
    motion = ((error - level) ** 2).mean((1, 2)) / size
    return (motion + 0.5 * (error.diff(dim=1) ** 2).mean((1, 2)) / speed + 0.2 * (level**2).mean((1, 2)) / size).mean()


def level_error(made: Tensor, wanted: Tensor, deviation: Tensor) -> Tensor:
    """Mean squared error of the mean expression of sequences (B, T, 64), in deviations (64,).

    Half of it counts every coefficient alike, half as much as it moves a face.
    """
    seen = deviation**2 / (deviation**2).mean()
    return (0.5 * (1.0 + seen) * (made - wanted).mean(1) ** 2).mean()


def triplet(anchor: Tensor, positive: Tensor, margin: float) -> Tensor:
    """Codes (B, d) of two clips of each style: every other style in the batch is the negative (paper, equation 8)."""
    near = torch.linalg.vector_norm(anchor - positive, dim=1)  # (B,)
    far = torch.cdist(anchor, positive)  # (B, B)
    violation = torch.relu(near[:, None] - far + margin)
    others = 1.0 - torch.eye(len(anchor), device=anchor.device)
    return (violation * others).sum() / others.sum()
