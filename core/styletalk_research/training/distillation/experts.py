# SPDX-License-Identifier: Apache-2.0
"""Experts: the teachers with sound and those of labels alone, and what each clip contributes to how a style moves.

How lips answer to phonemes differs between people, and a style clip shows who speaks, and with what habits (likeness).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np

from styletalk.progress import Progress, part, silent

from ...datasets.recordings import Recording, Utterance
from .kernel_ridge import LABELS, PROSODY, WHISPER
from .likeness import Likeness
from .style_bank import level_size
from .teacher import MotionSpace, Teachers, train_teachers
from .teacher_config import TeacherConfig

WITH_SOUND, LABELS_ONLY, LABELS_KERNEL = "general", "labels_only", "labels_kernel"
LABELS_ONLY_SEEDS, LABELS_ONLY_STEPS = 2, 200
"""Of the general teachers of labels alone that know only the recordings: labels teach less, and sooner."""
PSEUDO_LABELLED_STEPS = 2
"""How many times longer than others those train that learn from pseudo-labelled voices besides."""
MAX_ROWS = 1800
"""Of an utterance: a minute."""
RECORDED_COPIES = 8
"""How often a recording counts beside what is pseudo-labelled."""
KINDS = (PROSODY, WHISPER)
"""Of the kernel ridges whose clips contribute; those of labels alone stand in the first one's place."""


class TeacherEnsemble(Protocol):
    """What can be distilled: M contributions to how an utterance moves the face, in K components of motion.

    decode: (K, 64) float32, the motion of components.
    """

    @property
    def decode(self) -> np.ndarray: ...

    def motion(self, labels: np.ndarray, audio_features: np.ndarray | None) -> np.ndarray:
        """Labels (T,), audio_features (T, F) or None -> (M, T, K) float32, clip means about zero."""
        ...


@dataclass(frozen=True)
class StyleWeights:
    """How much contributions count: what the networks say, then each of C clips by each of KINDS."""

    likeness: Likeness

    def weights(self, clips: Sequence[np.ndarray]) -> np.ndarray:
        """Style clips (N, 64) -> (B, 1 + 2 C) float32."""
        everybody = np.ones((len(clips), 1), np.float32)
        return np.concatenate([everybody, *(self.likeness.of_styles(clips, by) for by in KINDS)], axis=1)


@dataclass(frozen=True)
class Experts:
    """teachers: with sound, and of labels alone. clips: C, how many they have learnt from."""

    teachers: tuple[Teachers, Teachers]
    clips: int

    @property
    def decode(self) -> np.ndarray:
        """See TeacherEnsemble."""
        return self.teachers[0].space.decode

    def motion(self, labels: np.ndarray, audio_features: np.ndarray | None) -> np.ndarray:
        """Labels (T,), audio_features (T, F) or None -> (1 + 2 C, T, K)."""
        with_sound, labels_only = self.teachers
        if audio_features is not None:
            return with_sound.contributions(labels, np.asarray(audio_features, np.float32), KINDS, self.clips)
        return labels_only.contributions(labels, None, (LABELS, WHISPER), self.clips)


@dataclass(frozen=True)
class TeacherCache:
    """Trains teachers, and keeps them in a folder in which they are found again (None: nowhere)."""

    lips: np.ndarray
    seed: int
    folder: Path | None

    def teachers(
        self, name: str, config: TeacherConfig, recordings: Sequence[Recording], progress: Progress,
        likeness: Likeness | None = None, space: MotionSpace | None = None,
    ) -> Teachers:  # fmt: skip
        """The teachers of that name: found, or trained on `recordings`. Raises TrainingDataError, OutputError."""
        path = self.folder / f"teachers_{name}.pt" if self.folder else None
        if path and path.is_file():
            teachers = Teachers.load(path)
            teachers.config = replace(teachers.config, crispness=config.crispness)
            return teachers
        teachers = train_teachers(recordings, self.lips, config, self.seed, progress, likeness, space)
        if path:
            teachers.save(path)
        return teachers


def train_experts(
    recordings: Sequence[Recording], voices: Sequence[Utterance], likeness: Likeness, config: TeacherConfig,
    cache: TeacherCache, progress: Progress = silent,
) -> Experts:  # fmt: skip
    """The experts of `recordings`, whose likeness is given.

    Networks of labels alone learn from `voices` besides, pseudo-labelled by those with sound, where there are any.
    """
    labels_only = replace(
        config, sound=False, seeds=min(config.seeds, LABELS_ONLY_SEEDS), steps=min(config.steps, LABELS_ONLY_STEPS),
        crispness=config.labels_only_crispness * config.crispness, kernel_share=config.labels_only_kernel_share,
    )  # fmt: skip
    if not config.sound:
        alone = cache.teachers(LABELS_ONLY, labels_only, recordings, progress, likeness)
        return Experts((alone, alone), len(recordings))
    general = cache.teachers(WITH_SOUND, config, recordings, part(progress, 0.0, 0.5), likeness)
    kept = part(progress, 0.5, 1.0)
    if not voices:
        alone = cache.teachers(LABELS_ONLY, labels_only, recordings, kept, likeness, general.space)
        return Experts((general, alone), len(recordings))
    seen = pseudo_labelled(recordings, general, voices)
    longer = replace(labels_only, steps=PSEUDO_LABELLED_STEPS * config.steps, kernel_share=0.0)
    networks = cache.teachers(LABELS_ONLY, longer, seen, kept, None, general.space).networks
    quick = replace(labels_only, seeds=0)
    kernels = cache.teachers(LABELS_KERNEL, quick, recordings, silent, likeness, general.space).kernels
    alone = Teachers(networks, [*kernels.values()], general.space, labels_only)
    return Experts((general, alone), len(recordings))


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
