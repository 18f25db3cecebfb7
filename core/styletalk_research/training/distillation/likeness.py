# SPDX-License-Identifier: Apache-2.0
"""How much each recorded clip says of a style: most where the same person speaks, more where the mouth moves alike.

Kernel ridges are a mixed model with it: of the covariance between two rows, one part holds for everybody, one for rows
of one speaker, one for clips whose mouths have like habits (how wide it moves for how far it opens, whether both go
together, its mean gap and width). All parts are learnt at once; a style clip tells which count for it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ...datasets.recordings import Recording
from .kernel_ridge import LABELS, PROSODY, WHISPER

PERSON: Mapping[str, float] = {LABELS: 1.0, PROSODY: 1.0, WHISPER: 0.0}
HABITS: Mapping[str, float] = {LABELS: 0.0, PROSODY: 0.25, WHISPER: 1.0}
"""Of each kind of kernel ridge: the parts of one speaker, and of like habits, against the part of everybody."""
HABITS_RADIUS = 1.5
"""Of the Gaussian over habits, in deviations of the clips'."""
NEAR, SOFTNESS = 0.55, 0.06
"""Where, and how softly, a speaker ends. Clips of one person lie 0.2 .. 0.4 apart, of two people 0.7 and more."""
GAP_UNIT, WIDTH_UNIT, STILL = 0.03, 0.05, 1e-4
"""In distances between the outer eye corners: units of mean gap and width; what a mouth that stands still moves."""


@dataclass(frozen=True)
class Likeness:
    """Of C clips. speakers: (C,) names. levels: (C, 64). habits: (C, 4). size: (64,), the unit of distance of levels.

    readout: (64, 2), mouth gap and width of expression.
    """

    speakers: tuple[str, ...]
    levels: np.ndarray
    habits: np.ndarray
    size: np.ndarray
    readout: np.ndarray

    @classmethod
    def of(cls, recordings: Sequence[Recording], readout: np.ndarray, size: np.ndarray) -> "Likeness":
        """Of the clips of `recordings`, each there once."""
        levels = np.stack([clip.expression.mean(0) for clip in recordings])
        habits = np.stack([habits_of(clip.expression, readout) for clip in recordings])
        return cls(tuple(clip.speaker for clip in recordings), levels, habits, size, readout)

    def among(self, by: str) -> np.ndarray:
        """(C, C) float32: what the covariance between rows of two clips is multiplied by."""
        names = np.array(self.speakers)
        alike = PERSON[by] * (names[:, None] == names) + HABITS[by] * self._habitual(self.habits)
        return (1.0 + alike).astype(np.float32)

    def of_styles(self, clips: Sequence[np.ndarray], by: str) -> np.ndarray:
        """(B, C) float32: the same between the styles of clips (N, 64) and each clip."""
        levels = np.stack([clip.mean(0) for clip in clips])
        habits = np.stack([habits_of(clip, self.readout) for clip in clips])
        alike = PERSON[by] * self._same_person(levels) + HABITS[by] * self._habitual(habits)
        return (1.0 + alike).astype(np.float32)

    def _habitual(self, habits: np.ndarray) -> np.ndarray:
        """(B, C) 0..1 of habits (B, 4)."""
        apart = (habits[:, None] - self.habits) / (self.habits.std(0) + STILL)
        return np.exp(-(apart**2).sum(-1) / (2.0 * HABITS_RADIUS**2))

    def _same_person(self, levels: np.ndarray) -> np.ndarray:
        """(B, C) 0..1 of levels (B, 64): how near the nearest clip of each clip's speaker is."""
        apart = np.sqrt((((levels[:, None] - self.levels) / self.size) ** 2).mean(-1))  # (B, C)
        names = np.array(self.speakers)
        nearest = np.stack([apart[:, names == name].min(1) for name in self.speakers], axis=1)
        return 1.0 / (1.0 + np.exp((nearest - NEAR) / SOFTNESS))


def habits_of(clip: np.ndarray, readout: np.ndarray) -> np.ndarray:
    """(4,) of a clip (N, 64): log of width's amplitude over gap's, twice their correlation, mean gap and width."""
    gap, width = (clip @ readout).T
    spread = np.array([gap.std(), width.std()]) + STILL
    together = ((gap - gap.mean()) * (width - width.mean())).mean() / spread.prod()
    return np.array([np.log(spread[1] / spread[0]), 2.0 * together, gap.mean() / GAP_UNIT, width.mean() / WIDTH_UNIT])
