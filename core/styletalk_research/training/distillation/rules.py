# SPDX-License-Identifier: Apache-2.0
"""Articulation by rule: what lips do at each phoneme, from phonetics alone, on faces that nobody has.

What a student learns here, to read labels, sound and any style clip, it need not learn from two minutes of people.
Nothing of a clip is in it (the units of the coefficients are those of the calibration), so that networks which are
judged on clips left out may all begin with the same one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.ndimage import convolve1d, gaussian_filter1d

from styletalk.animation import EXPRESSION_DIM
from styletalk.files.json_text import read_json
from styletalk.files.reading import UnusableContent, explaining
from styletalk.phonemes import PHONEMES, SILENCE_INDEX
from styletalk.speech.features.prosody import ENERGY
from styletalk.timeline import LABEL_LEAD_ROWS

from ...datasets.errors import TrainingDataError
from ...datasets.pairs import jacobian_file
from .features import phoneme_features
from .student import Normalisation
from .style_bank import Amplifier

CLIPS, CLIP_ROWS = 40, 280
LEVEL_PART, MOTION_PART = 0.7, 0.7
"""Of the deviation of a coefficient over all frames of all clips: between clips, and within them."""
LOUDNESS = 0.3
"""How much wider the mouth opens, for each deviation of the energy."""
COARTICULATION = np.array([1.0, 2.0, 3.0, 2.0, 1.0]) / 9.0
_CLOSED, _TUCKED, _ROUND = ("B", "M", "P"), ("F", "V"), ("W", "SH", "CH", "JH", "ZH", "R")
_STRONG = (*_CLOSED, *_TUCKED, *_ROUND)
"""Consonants that insist on their lips, whatever stands beside them."""


@dataclass(frozen=True)
class RuleTeacher:
    """A teacher that knows no face. targets: (41, 2) gap and width of each phoneme; dominance: (41,)."""

    targets: np.ndarray
    dominance: np.ndarray
    amplifier: Amplifier

    @classmethod
    def of(cls, amplifier: Amplifier) -> "RuleTeacher":
        """The rules, in the directions of an amplifier."""
        targets = np.array([_target(phoneme) for phoneme in PHONEMES], np.float32)
        dominance = np.array([3.0 if phoneme in _STRONG else 1.0 for phoneme in PHONEMES], np.float32)
        return cls(targets, dominance, amplifier)

    @property
    def decode(self) -> np.ndarray:
        """Its components are mouth gap and width."""
        return self.amplifier.direction.T

    def weights(self, clips: Sequence[np.ndarray]) -> np.ndarray:
        """All styles follow the same rules."""
        return np.ones((len(clips), 1), np.float32)

    def motion(self, labels: np.ndarray, audio_features: np.ndarray | None) -> np.ndarray:
        """Labels (T,), audio_features (T, F) or None -> (1, T, 2): dominant neighbours pull, loudness opens."""
        ahead = np.concatenate([labels[LABEL_LEAD_ROWS:], np.full(LABEL_LEAD_ROWS, SILENCE_INDEX)])[
            : len(labels)
        ].astype(int)
        strength = self.dominance[ahead][:, None]
        lips = self.targets[ahead].copy()
        if audio_features is not None:
            energy = np.concatenate([audio_features[LABEL_LEAD_ROWS:, ENERGY], np.zeros(LABEL_LEAD_ROWS)])[
                : len(labels)
            ]
            lips[:, 0] *= np.clip(1.0 + LOUDNESS * energy, 0.3, 2.0)
        pulled = convolve1d(strength * lips, COARTICULATION, axis=0, mode="nearest")
        lips = pulled / convolve1d(strength, COARTICULATION, axis=0, mode="nearest")
        lips = lips - self.targets.mean(0)
        return lips[None].astype(np.float32)


def rule_clips(data_dir: Path, seed: int) -> tuple[list[np.ndarray], Normalisation]:
    """Style clips (N, 64) of invented people, and the units of the calibration. Raises TrainingDataError."""
    path = jacobian_file(data_dir).with_name("exp64_stats.json")
    with explaining(lambda reason: TrainingDataError(f"{path} holds no mean and std of the coefficients ({reason}).")):
        stats = read_json(path)
        mean, deviation = (np.array(stats[name], np.float32) for name in ("mean", "std"))
        if not mean.shape == deviation.shape == (EXPRESSION_DIM,) or not np.isfinite([mean, deviation]).all():
            raise UnusableContent(f"they are not {EXPRESSION_DIM} numbers each")
    rng = np.random.default_rng((seed, 5))
    clips = []
    for _ in range(CLIPS):
        size = deviation * MOTION_PART * np.exp(rng.normal(0, 0.4, 64))
        noise = gaussian_filter1d(rng.normal(size=(CLIP_ROWS, 64)), rng.uniform(1.5, 4.0), axis=0)
        level = mean + LEVEL_PART * deviation * rng.normal(size=64)
        clips.append((level + size * noise / noise.std(0)).astype(np.float32))
    return clips, Normalisation(mean, deviation + np.float32(1e-4))


def _target(phoneme: str) -> tuple[float, float]:
    """Mouth gap and width of a phoneme, in distances between the outer eye corners."""
    # The first four features behind the names.
    vowel, height, backness, rounding = phoneme_features()[PHONEMES.index(phoneme), len(PHONEMES) :][:4].tolist()
    if vowel:
        return 0.16 - 0.11 * height, 0.05 * (1.0 - backness) * height - 0.1 * rounding
    if phoneme in _CLOSED:
        return 0.0, -0.01
    if phoneme in _TUCKED:
        return 0.02, 0.0
    if phoneme in _ROUND:
        return 0.05, -0.07
    return (0.02, 0.0) if phoneme in ("SIL", "NSN") else (0.06, 0.01)
