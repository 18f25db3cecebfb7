# SPDX-License-Identifier: Apache-2.0
"""Experts: an ensemble of teachers for anybody, and a smaller one for each speaker, which sees most of that speaker.

How lips answer to phonemes differs between people, and a style clip shows who speaks. A style whose level is near a
known speaker's therefore follows half that speaker's teacher, any other the general ones. Left one clip out, counting
the speaker's other clip three times gave the linear baseline .003 mouth gap and .012 mouth width.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np
import torch

from styletalk.progress import Progress, part, silent

from ...datasets.recordings import Recording, Utterance
from .style_bank import level_size
from .teacher import Teachers, train_teachers
from .teacher_config import TeacherConfig

NEAR, SOFTNESS = 0.55, 0.06
"""Where, and how softly, a speaker ends. Clips of one person lie 0.2 .. 0.4 apart, of two people 0.7 and more."""
OWN_SHARE = 0.5
"""Of a speaker's teacher in that speaker's styles; the general ones know more sentences."""

WITH_SOUND, LABELS_ONLY = "general", "labels_only"
LABELS_ONLY_SEEDS, LABELS_ONLY_STEPS = 3, 200
"""Of the general teachers of labels alone that know only the recordings: labels teach less, and sooner."""
PSEUDO_LABELLED_STEPS = 2
"""How many times longer than others those train that learn from pseudo-labelled voices besides."""
MAX_ROWS = 1800
"""Of an utterance: a minute."""
RECORDED_COPIES = 8
"""How often a recording counts beside what is pseudo-labelled."""


class TeacherEnsemble(Protocol):
    """What can be distilled: M opinions on how an utterance moves the face, and which of them a style follows."""

    def weights(self, levels: np.ndarray) -> np.ndarray:
        """Levels (B, 64) -> (B, M), rows sum to 1."""
        ...

    def motion(self, labels: np.ndarray, audio_features: np.ndarray | None) -> np.ndarray:
        """Labels (T,), audio_features (T, F) or None -> (M, T, 64) float32, clip means about zero."""
        ...


@dataclass(frozen=True)
class Experts:
    """teachers: the general ones with sound and those of labels alone, then those of each speaker.

    levels: (clips, 64) of each speaker. size: (64,) the unit of distance between levels.
    """

    teachers: Sequence[Teachers]
    levels: Sequence[np.ndarray]
    size: np.ndarray

    def weights(self, levels: np.ndarray) -> np.ndarray:
        """Levels (B, 64) -> (B, 1 + speakers): the share of each teacher."""
        near = [self._nearness(levels, own) for own in self.levels]
        known = np.stack(near, axis=1) if near else np.zeros((len(levels), 0))
        known /= np.maximum(known.sum(1, keepdims=True), 1.0)
        return np.concatenate([1.0 - known.sum(1, keepdims=True), known], axis=1).astype(np.float32)

    def motion(self, labels: np.ndarray, audio_features: np.ndarray | None) -> np.ndarray:
        """Labels (T,), audio_features (T, F) or None -> (M, T, 64) float32."""
        batch = torch.from_numpy(np.asarray(labels, np.int64))[None]
        sound = () if audio_features is None else (torch.from_numpy(np.asarray(audio_features, np.float32))[None],)
        with_sound, labels_only, *others = self.teachers
        general, *own = (
            teacher.motion(batch, *sound)[0].numpy() for teacher in (with_sound if sound else labels_only, *others)
        )
        return np.stack([general, *((1.0 - OWN_SHARE) * general + OWN_SHARE * motion for motion in own)])

    def _nearness(self, levels: np.ndarray, own: np.ndarray) -> np.ndarray:
        """(B,) 0..1: whether levels (B, 64) are one speaker's, whose clips have levels own (C, 64)."""
        apart = np.sqrt((((levels[:, None] - own[None]) / self.size) ** 2).mean(-1)).min(1)
        return 1.0 / (1.0 + np.exp((apart - NEAR) / SOFTNESS))


@dataclass(frozen=True)
class TeacherCache:
    """Trains teachers, and keeps them in a folder in which they are found again (None: nowhere)."""

    lips: np.ndarray
    seed: int
    folder: Path | None

    def teachers(
        self, name: str, config: TeacherConfig, recordings: Sequence[Recording], progress: Progress
    ) -> Teachers:
        """The teachers of that name: found, or trained on `recordings`. Raises TrainingDataError, OutputError."""
        path = self.folder / f"teachers_{name}.pt" if self.folder else None
        if path and path.is_file():
            teachers = Teachers.load(path)
            teachers.config = replace(teachers.config, crispness=config.crispness)
            return teachers
        teachers = train_teachers(recordings, self.lips, config, self.seed, progress)
        if path:
            teachers.save(path)
        return teachers


def train_experts(
    recordings: Sequence[Recording], voices: Sequence[Utterance], size: np.ndarray, config: TeacherConfig,
    speakers: Sequence[str], copies: int, cache: TeacherCache, progress: Progress = silent,
) -> Experts:  # fmt: skip
    """The experts of `recordings`; the teacher of each of `speakers` sees their clips 1 + copies times.

    Teachers of labels alone learn from `voices` besides, pseudo-labelled by those with sound, where there are any.
    """
    teachers = {}
    if config.sound:
        teachers[WITH_SOUND] = cache.teachers(WITH_SOUND, config, recordings, part(progress, 0.0, 0.4))
    labels_only = replace(
        config, sound=False, seeds=min(config.seeds, LABELS_ONLY_SEEDS), steps=min(config.steps, LABELS_ONLY_STEPS),
        crispness=config.labels_only_crispness * config.crispness,
    )  # fmt: skip
    seen = recordings
    if config.sound and voices:
        labels_only = replace(labels_only, steps=PSEUDO_LABELLED_STEPS * config.steps, kernel_share=0.0)
        seen = pseudo_labelled(recordings, teachers[WITH_SOUND], voices)
    teachers[LABELS_ONLY] = cache.teachers(LABELS_ONLY, labels_only, seen, part(progress, 0.4, 0.8))
    own = replace(config, seeds=1)
    for name in speakers:
        theirs = [clip for clip in recordings if clip.speaker == name]
        teachers[name] = cache.teachers(name, own, [*recordings, *theirs * copies], part(progress, 0.8, 1.0))
    general = [teachers.get(WITH_SOUND, teachers[LABELS_ONLY]), teachers[LABELS_ONLY]]
    return Experts([*general, *(teachers[name] for name in speakers)], speaker_levels(recordings, speakers), size)


def speaker_levels(recordings: Sequence[Recording], speakers: Sequence[str]) -> list[np.ndarray]:
    """(clips, 64) mean expressions of each speaker."""
    return [np.stack([clip.expression.mean(0) for clip in recordings if clip.speaker == name]) for name in speakers]


def level_unit(clips: Sequence[np.ndarray]) -> np.ndarray:
    """(64,) the unit of distance between the levels of clips (N, 64)."""
    return level_size(np.stack([clip.mean(0) for clip in clips]))


def pseudo_labelled(
    recordings: Sequence[Recording], with_sound: Teachers, voices: Sequence[Utterance]
) -> list[Recording]:
    """Recordings, repeated, and voices moved as `with_sound` would move them, for teachers of labels alone.

    Two minutes of real motion are few examples of what a phoneme does. Teachers with sound know far better how an
    unknown utterance moves than its labels tell; of the motion that they make of an hour of voices, the labels' share
    can be learnt: learning with privileged information (Vapnik and Vashist, 2009). Mouth gap and width of clips left
    out, labels alone: .671 / .600 instead of .656 / .580 (docs/training-study.md).
    """
    config = replace(with_sound.config, crispness=0.0)  # what is quick is given back once, by who learns from this
    smooth = Teachers(with_sound.networks, [*with_sound.kernels.values()], with_sound.space, config)
    made = []
    for index, voice in enumerate(voices):
        spoken = voice.first(MAX_ROWS)
        motion = smooth.speak(spoken.labels, spoken.audio_features)
        made.append(Recording(f"voice {index}", "", motion, spoken.labels, spoken.audio_features))
    return [*list(recordings) * RECORDED_COPIES, *made]
