# SPDX-License-Identifier: Apache-2.0
"""Styles to train on: the levels and amplitudes of the clips, and everything between and around them.

Two dozen clips are too few for a style encoder to generalise. A style is therefore sampled: a mean expression and an
amplitude near those of the clips, shown by motion that is borrowed from any clip.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..data.pairs import Readouts

DRIVEN = ("gap", "width")
"""Readouts whose amplitude a style sets on its own; all other motion follows the lips as a whole."""
AMPLITUDE_RANGE = (0.4, 2.5)
"""Amplitudes against the average clip are kept within this; shorter clips show chance more than style."""


PUSHES = {
    "gap": 0.03, "width": 0.07, "corner": 0.035, "eye": 0.035,
    "inner_brow": 0.05, "outer_brow": 0.05, "brow_distance": 0.015,
}  # fmt: skip
"""Standard deviations of the pushes on each readout, in distances between the outer eye corners."""
PUSHED_SHARE = 0.5


def level_covariance(clips: Sequence[np.ndarray]) -> np.ndarray:
    """(64, 64) how expression differs between clips (N, 64) and within them, one part each."""
    levels = np.stack([rows.mean(0) for rows in clips])
    return np.cov(levels.T) + np.mean([np.cov(rows.T) for rows in clips], axis=0)


def likeliest_move(columns: np.ndarray, moves: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """(64,) the least unusual change of expression that changes readouts (64, R) by wanted (R,).

    δ = Σ J (JᵀΣJ)⁻¹ wanted, for the covariance Σ = moves (64, 64) of expression.
    """
    return moves @ columns @ np.linalg.solve(columns.T @ moves @ columns, wanted)


@dataclass(frozen=True)
class Amplifier:
    """Scales motion so that mouth gap, mouth width and the rest each get their own amplitude.

    readout: (64, 2), what is measured. direction: (64, 2), the likeliest motion that changes one readout alone:
    D = Σ J (Jᵀ Σ J)⁻¹ for the covariance Σ of speech motion, so Jᵀ D = 1.
    """

    readout: np.ndarray
    direction: np.ndarray

    @classmethod
    def fit(cls, motion: np.ndarray, readouts: Readouts) -> "Amplifier":
        """The amplifier of motion (N, 64) with clip means removed."""
        readout = np.stack([readouts.column(name) for name in DRIVEN], axis=1)
        covariance = motion.T @ motion / len(motion) + 1e-6 * np.eye(motion.shape[1])
        direction = covariance @ readout @ np.linalg.inv(readout.T @ covariance @ readout)
        return cls(readout=readout.astype(np.float32), direction=direction.astype(np.float32))

    def amplitudes(self, motion: np.ndarray) -> np.ndarray:
        """(3,) standard deviation of gap and width, root mean square of the rest, of motion (N, 64)."""
        centred = motion - motion.mean(0)
        driven = centred @ self.readout  # (N, 2)
        rest = centred - driven @ self.direction.T
        return np.array([*driven.std(0), np.sqrt((rest**2).sum(1).mean())], np.float32)

    def apply(self, motion: np.ndarray, gains: np.ndarray) -> np.ndarray:
        """Motion (..., T, 64) times gains (..., 3) for gap, width and the rest."""
        driven = motion @ self.readout  # (..., T, 2)
        rest = motion - driven @ self.direction.T
        gains = np.asarray(gains)[..., None, :]
        return rest * gains[..., 2:] + (driven * gains[..., :2]) @ self.direction.T


@dataclass(frozen=True)
class StyleSample:
    """One style: level (64,) and gains (3,) for gap, width and the rest against the average clip."""

    level: np.ndarray
    gains: np.ndarray


class StyleBank:
    """Samples styles around the clips it was made from, and clips (N, 64) that show them."""

    def __init__(
        self, clips: Sequence[np.ndarray], amplifier: Amplifier, readouts: Readouts, spread: float = 0.35
    ) -> None:
        self.amplifier, self.spread = amplifier, spread
        self.columns = np.stack([readouts.column(name) for name in PUSHES], axis=1)  # (64, R)
        self.moves = level_covariance(clips)
        self.levels = np.stack([clip.mean(0) for clip in clips])  # (C, 64)
        self.motions = [clip - clip.mean(0) for clip in clips]
        self.own = np.stack([amplifier.amplitudes(motion) for motion in self.motions])  # (C, 3)
        self.typical = np.exp(np.log(self.own).mean(0))  # (3,)
        self.centre = self.levels.mean(0)
        self.deviations = self.levels - self.centre

    def gains_of(self, clip: np.ndarray) -> np.ndarray:
        """(3,) amplitudes of a clip against the average clip, within AMPLITUDE_RANGE."""
        return np.clip(self.amplifier.amplitudes(clip) / self.typical, *AMPLITUDE_RANGE).astype(np.float32)

    def sample(self, rng: np.random.Generator) -> StyleSample:
        """A style near the clips: their mix, exaggerated or calmed, with some of their differences added.

        Half of them are pushed along brows, eyes and mouth besides, where few clips go and moods do.
        """
        first, second = rng.choice(len(self.levels), 2, replace=False)
        share = rng.uniform(0, 1) if rng.random() < 0.5 else 0.0
        level = (1 - share) * self.levels[first] + share * self.levels[second]
        level = self.centre + rng.uniform(0.6, 1.6) * (level - self.centre)
        level = level + self.spread * rng.normal(size=len(self.levels)) @ self.deviations / np.sqrt(len(self.levels))
        if rng.random() < PUSHED_SHARE:
            push = rng.normal(size=len(PUSHES)) * np.array(list(PUSHES.values()))
            level = level + likeliest_move(self.columns, self.moves, push)
        gains = self.own[first] / self.typical * np.exp(rng.normal(0, 0.3, 3))
        return StyleSample(level.astype(np.float32), np.clip(gains, *AMPLITUDE_RANGE).astype(np.float32))

    def clip(self, style: StyleSample, rows: int, rng: np.random.Generator) -> np.ndarray:
        """(at most rows, 64) float32: a clip in that style, its motion borrowed from a random clip."""
        source = int(rng.integers(len(self.motions)))
        motion = self.motions[source]
        start = int(rng.integers(0, max(len(motion) - rows, 0) + 1))
        wanted = style.gains * self.typical / self.own[source]
        crop = self.amplifier.apply(motion[start : start + rows], wanted)
        if rng.random() < 0.5:
            crop = crop[::-1]  # backwards it has the same level and amplitude, and is another clip
        return (style.level + crop).astype(np.float32)
