# SPDX-License-Identifier: Apache-2.0
"""A panel of teachers: an ensemble for anybody, and a smaller one for each speaker, who hears most of that speaker.

How lips answer to phonemes differs between people, and a style clip shows who speaks. A style whose level is near a
known speaker's is therefore taught half by that speaker's teacher, any other by the general ones. Left one clip out,
counting the speaker's other clip three times gave the linear yardstick .003 mouth gap and .012 mouth width.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np
import torch

from styletalk.progress import Progress, part, silent

from ...datasets.pairs import SpeechPair
from ...datasets.utterances import HeardLine
from .pseudo_labels import hearsay
from .style_bank import level_size
from .teacher import TeacherConfig, Teachers, train_teachers

NEAR, SOFTNESS = 0.55, 0.06
"""Where, and how softly, a speaker ends. Clips of one person lie 0.2 .. 0.4 apart, of two people 0.7 and more."""
OWN_SHARE = 0.5
"""Of a speaker's teacher in what that speaker's styles are taught; the general ones know more sentences."""

LISTENING, DEAF = "general", "deaf"
DEAF_SEEDS, DEAF_STEPS = 3, 200
"""Of the general teachers who hear nothing and only know the pairs: labels alone teach less, and sooner."""
TOLD_TIMES = 2
"""How many times longer than others those learn who are told of voices."""


class Tutors(Protocol):
    """Who can be distilled: M opinions on how a line moves the face, and which of them a style follows."""

    def weights(self, levels: np.ndarray) -> np.ndarray:
        """Levels (B, 64) -> (B, M), rows sum to 1."""
        ...

    def motion(self, labels: np.ndarray, audio_features: np.ndarray | None) -> np.ndarray:
        """Labels (T,), audio_features (T, F) or None -> (M, T, 64) float32, clip means about zero."""
        ...


@dataclass(frozen=True)
class Panel:
    """teachers: the general ones with sound and without it, then those of each speaker.

    levels: (clips, 64) of each speaker. size: (64,) the unit of distance between levels.
    """

    teachers: Sequence[Teachers]
    levels: Sequence[np.ndarray]
    size: np.ndarray

    def weights(self, levels: np.ndarray) -> np.ndarray:
        """Levels (B, 64) -> (B, 1 + speakers): how much each teacher has to say."""
        near = [self._nearness(levels, own) for own in self.levels]
        known = np.stack(near, axis=1) if near else np.zeros((len(levels), 0))
        known /= np.maximum(known.sum(1, keepdims=True), 1.0)
        return np.concatenate([1.0 - known.sum(1, keepdims=True), known], axis=1).astype(np.float32)

    def motion(self, labels: np.ndarray, audio_features: np.ndarray | None) -> np.ndarray:
        """Labels (T,), audio_features (T, F) or None -> (M, T, 64) float32."""
        said = torch.from_numpy(np.asarray(labels, np.int64))[None]
        heard = () if audio_features is None else (torch.from_numpy(np.asarray(audio_features, np.float32))[None],)
        listening, deaf, *others = self.teachers
        general, *own = (
            teacher.motion(said, *heard)[0].numpy() for teacher in (listening if heard else deaf, *others)
        )  # fmt: skip
        return np.stack([general, *((1.0 - OWN_SHARE) * general + OWN_SHARE * motion for motion in own)])

    def _nearness(self, levels: np.ndarray, own: np.ndarray) -> np.ndarray:
        """(B,) 0..1: whether levels (B, 64) are one speaker's, whose clips have levels own (C, 64)."""
        apart = np.sqrt((((levels[:, None] - own[None]) / self.size) ** 2).mean(-1)).min(1)
        return 1.0 / (1.0 + np.exp((apart - NEAR) / SOFTNESS))


@dataclass(frozen=True)
class School:
    """Where teachers are taught: what all of them share, and the folder where they are kept and found again."""

    lips: np.ndarray
    seed: int
    folder: Path | None

    def taught(self, name: str, config: TeacherConfig, pairs: Sequence[SpeechPair], progress: Progress) -> Teachers:
        """The teachers of that name: found, or taught by `pairs`."""
        path = self.folder / f"teachers_{name}.pt" if self.folder else None
        if path and path.is_file():
            teachers = Teachers.load(path)
            teachers.config = replace(teachers.config, crispness=config.crispness)
            return teachers
        teachers = train_teachers(pairs, self.lips, config, self.seed, progress)
        if path:
            teachers.save(path)
        return teachers


def train_panel(
    pairs: Sequence[SpeechPair], voices: Sequence[HeardLine], size: np.ndarray, config: TeacherConfig,
    speakers: Sequence[str], copies: int, school: School, progress: Progress = silent,
) -> Panel:  # fmt: skip
    """The panel of `pairs`; the teacher of each of `speakers` sees their clips 1 + copies times.

    Who hears nothing learns from `voices` besides, by hearsay of those who listen, where there are any.
    """
    teachers = {}
    if config.sound:
        teachers[LISTENING] = school.taught(LISTENING, config, pairs, part(progress, 0.0, 0.4))
    deaf = replace(
        config, sound=False, seeds=min(config.seeds, DEAF_SEEDS), steps=min(config.steps, DEAF_STEPS),
        crispness=config.deaf_crispness * config.crispness,
    )  # fmt: skip
    seen = pairs
    if config.sound and voices:
        deaf = replace(deaf, steps=TOLD_TIMES * config.steps, kernel_share=0.0)
        seen = hearsay(pairs, teachers[LISTENING], voices)
    teachers[DEAF] = school.taught(DEAF, deaf, seen, part(progress, 0.4, 0.8))
    own = replace(config, seeds=1, kernel_share=0.0, hearing_share=0.0)
    for name in speakers:
        theirs = [pair for pair in pairs if pair.speaker == name]
        teachers[name] = school.taught(name, own, [*pairs, *theirs * copies], part(progress, 0.8, 1.0))
    general = [teachers.get(LISTENING, teachers[DEAF]), teachers[DEAF]]
    return Panel([*general, *(teachers[name] for name in speakers)], speaker_levels(pairs, speakers), size)


def speaker_levels(pairs: Sequence[SpeechPair], speakers: Sequence[str]) -> list[np.ndarray]:
    """(clips, 64) mean expressions of each speaker."""
    return [np.stack([pair.expression.mean(0) for pair in pairs if pair.speaker == name]) for name in speakers]


def panel_size(clips: Sequence[np.ndarray]) -> np.ndarray:
    """(64,) the unit of distance between the levels of clips (N, 64)."""
    return level_size(np.stack([clip.mean(0) for clip in clips]))
