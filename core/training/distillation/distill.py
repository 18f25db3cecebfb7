# SPDX-License-Identifier: Apache-2.0
"""Distillation: the teachers' motion, in every style, becomes the StyleTalk generator's."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ...networks.generator import label_windows
from ..data.pairs import CONVENTION_LEAD, SIL, Readouts, SpeechPair, windows
from .config import TrainingConfig
from .losses import lip_motion, reconstruction, triplet
from .phrases import PhraseBook
from .student import Normalisation, Student
from .style_bank import Amplifier, StyleBank
from .teacher import Teachers

PAUSE_RADIUS = 5
LONG_CLIP_SHARE = 0.25
"""Share of the steps whose style clips reach the full length."""


@dataclass(frozen=True)
class Batch:
    """One step's material: L lines, B styles, each line in B / L of them.

    windows (L, T, W) int64, wanted (B, T, 64) float32 in published units, clips (2B, N, 64) with padding (2B, N):
    first B anchors, whose level and amplitude `wanted` has, then B positives, other clips of the same styles.
    """

    windows: Tensor
    wanted: Tensor
    clips: Tensor
    padding: Tensor


class BatchMaker:
    """Makes the batch of a step from the step's number alone, so that a resumed run goes on as if never stopped."""

    def __init__(
        self, pairs: Sequence[SpeechPair], clips: Sequence[np.ndarray], teachers: Teachers, readouts: Readouts,
        config: TrainingConfig,
    ) -> None:  # fmt: skip
        self.config, self.teachers = config, teachers
        self.book = PhraseBook([pair.labels for pair in pairs])
        amplifier = Amplifier.fit(np.concatenate([pair.centred for pair in pairs]), readouts)
        self.bank = StyleBank(clips, amplifier, readouts, config.spread)
        self.base = self._base_amplitudes(pairs)
        self.normalisation = Normalisation.of(np.concatenate(list(clips)))

    def batch(self, step: int) -> Batch:
        """The material of step `step`."""
        config = self.config
        rng = np.random.default_rng((config.seed, step))
        radius = config.generator.window
        styles = [self.bank.sample(rng) for _ in range(config.styles)]
        longest = self._longest_clip(rng)
        anchors = [self.bank.clip(style, self._rows(longest, rng), rng) for style in styles]
        positives = [self.bank.clip(style, self._rows(longest, rng), rng) for style in styles]
        labels = torch.from_numpy(
            np.stack([self.book.sample(config.frames + 2 * radius, rng) for _ in range(config.lines)])
        )
        motion = self.rested(self.teachers.motion(labels).numpy(), labels.numpy())[:, radius:-radius]  # (L, T, 64)
        wanted = self.styled(np.tile(motion, (config.styles // config.lines, 1, 1)), anchors)
        clips, padding = padded([*anchors, *positives])
        seen = label_windows(labels, radius)[:, radius:-radius]  # (L, T, W)
        return Batch(seen, torch.from_numpy(wanted), clips, padding)

    def rested(self, motion: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """Motion (L, T, 64) whose mouth comes nearer to its rest in the pauses of labels (L, T)."""
        share = self.config.rest * np.stack([pause(track) for track in labels])[..., None]  # (L, T, 1)
        rest_motion = self.config.rest_gap * self.base[0] * self.bank.amplifier.direction[:, 0]  # (64,)
        return ((1.0 - share) * motion + share * rest_motion).astype(np.float32)

    def styled(self, motion: np.ndarray, clips: Sequence[np.ndarray]) -> np.ndarray:
        """Motion (B, T, 64) as somebody who speaks like clip b would make it: (B, T, 64) float32."""
        gains = np.stack([self.bank.gains_of(clip) for clip in clips]) * self.bank.typical / self.base
        gains *= self.config.gain
        gains[:, 2] = self.config.rest_gain * gains[:, :2].mean(1)  # its own is mostly not the phonemes' doing
        levels = np.stack([clip.mean(0) for clip in clips])
        return (levels[:, None] + self.bank.amplifier.apply(motion, gains)).astype(np.float32)

    def _longest_clip(self, rng: np.random.Generator) -> int:
        """Most steps see clips up to the geometric middle alone: attention over long clips is what training costs."""
        low, high = self.config.style_rows
        return high if rng.random() < LONG_CLIP_SHARE else round((low * high) ** 0.5)

    def _rows(self, longest: int, rng: np.random.Generator) -> int:
        return int(rng.integers(self.config.style_rows[0], longest + 1))

    def _base_amplitudes(self, pairs: Sequence[SpeechPair]) -> np.ndarray:
        """(3,) amplitudes of the teachers' own motion on the training labels: what gain corrects the shrinkage."""
        tracks = (torch.from_numpy(pair.labels.astype(np.int64))[None] for pair in pairs)
        own = [self.bank.amplifier.amplitudes(self.teachers.motion(track)[0].numpy()) for track in tracks]
        return np.exp(np.log(np.stack(own)).mean(0))


def pause(labels: np.ndarray) -> np.ndarray:
    """(T,) 0..1: how deep in silence each row of labels (T,) lies, as far as the window of ±5 can tell.

    The people in the clips keep their mouths half open in pauses, to breathe and to go on. A face that waits should
    not. Closing it by 0.4 costs little on clips left out (mouth gap r .648 for .649), closing it wholly .02.
    """
    spoken = windows(labels, PAUSE_RADIUS) != SIL  # (T, 11)
    before, after = spoken[:, : PAUSE_RADIUS + 1][:, ::-1], spoken[:, PAUSE_RADIUS + 1 :]
    since = np.where(before.any(1), before.argmax(1), PAUSE_RADIUS + 1)
    until = np.where(after.any(1), after.argmax(1) + 1, PAUSE_RADIUS + 1)
    # A row shows label i + 3, so speech three labels ahead is speech now.
    return np.interp(since, [0, PAUSE_RADIUS + 1], [0, 1]) * np.interp(
        until, [CONVENTION_LEAD, PAUSE_RADIUS + 1], [0, 1]
    )


def padded(clips: Sequence[np.ndarray]) -> tuple[Tensor, Tensor]:
    """Clips of different lengths (N_i, 64) as (B, N, 64) float32 and padding (B, N) bool, true behind each end."""
    rows = max(len(clip) for clip in clips)
    together = torch.zeros(len(clips), rows, clips[0].shape[1])
    padding = torch.ones(len(clips), rows, dtype=torch.bool)
    for index, clip in enumerate(clips):
        together[index, : len(clip)] = torch.from_numpy(np.ascontiguousarray(clip))
        padding[index, : len(clip)] = False
    return together, padding


def student_loss(student: Student, batch: Batch, lips: Tensor, config: TrainingConfig) -> dict[str, Tensor]:
    """The terms of the loss by name, weighted; their sum is what is minimised. lips: (64, L) in normalised units."""
    codes = student.encode(batch.clips, batch.padding)  # (2B, d)
    anchor, positive = codes.chunk(2)
    made = student(batch.windows, anchor)
    wanted = student.normalised(batch.wanted)
    return {
        "reconstruction": reconstruction(made, wanted, config.l1_share),
        "lips": config.lip_weight * lip_motion(made, wanted, lips),
        "triplet": config.triplet_weight * triplet(anchor, positive, config.triplet_margin),
    }
