# SPDX-License-Identifier: Apache-2.0
"""Styles to train on: the levels and amplitudes of the clips, and everything between and far around them.

Two dozen clips are too few for a style encoder to generalise: of 64 numbers it would learn the twenty directions in
which they differ. A style is therefore sampled: a mean expression from as near as a clip to as far as any face, and an
amplitude, shown by motion that is borrowed from any clip.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...datasets.pairs import Readouts

DRIVEN = ("gap", "width")
"""Readouts whose amplitude a style sets on its own; all other motion follows the lips as a whole."""
AMPLITUDE_RANGE = (0.4, 2.5)
"""Amplitudes against the average clip are kept within this; shorter clips show chance more than style."""


PUSHES = {
    "gap": 0.03, "width": 0.07, "corner": 0.035, "eye": 0.035,
    "inner_brow": 0.05, "outer_brow": 0.05, "brow_distance": 0.015,
}  # fmt: skip
"""Standard deviations of the pushes on each readout, in distances between the outer eye corners."""
PUSHED_SHARE = 0.4
NEAR_SHARE, WIDE_SHARE = 0.35, 0.4
"""Shares of styles whose level is near a clip's, and of those that lie as clips do, but wider; the rest: anywhere."""
OWN_MOTION_SHARE = 0.6
"""How often a style near a clip is shown by that clip's own motion."""


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

    def togetherness(self, motion: np.ndarray) -> float:
        """Correlation of gap and width in motion (N, 64): some people spread their lips as they open, others round."""
        driven = (motion - motion.mean(0)) @ self.readout
        return float(np.corrcoef(driven.T)[0, 1])

    def turned(self, motion: np.ndarray, maps: np.ndarray) -> np.ndarray:
        """Motion (..., T, 64) whose (gap, width) is multiplied by maps (..., 2, 2); the rest stays."""
        driven = motion @ self.readout  # (..., T, 2)
        return motion + (driven @ np.swapaxes(maps, -1, -2) - driven) @ self.direction.T


@dataclass(frozen=True)
class StyleSample:
    """One style: level (64,), gains (3,) for gap, width and the rest against the average clip.

    source: index of the clip that it is near to, or -1.
    """

    level: np.ndarray
    gains: np.ndarray
    source: int = -1


class StyleBank:
    """Samples styles around the clips it was made from, and clips (N, 64) that show them.

    breadth: how wide the levels of styles that are not near a clip lie, against the clips' own.
    """

    def __init__(
        self, clips: Sequence[np.ndarray], amplifier: Amplifier, readouts: Readouts, breadth: float = 1.0
    ) -> None:
        self.amplifier, self.breadth = amplifier, breadth
        self.columns = np.stack([readouts.column(name) for name in PUSHES], axis=1)  # (64, R)
        self.moves = level_covariance(clips)
        self.levels = np.stack([clip.mean(0) for clip in clips])  # (C, 64)
        self.motions = [clip - clip.mean(0) for clip in clips]
        self.own = np.stack([amplifier.amplitudes(motion) for motion in self.motions])  # (C, 3)
        self.typical = np.exp(np.log(self.own).mean(0))  # (3,)
        self.centre = self.levels.mean(0)
        self.deviations = self.levels - self.centre
        self.size = level_size(self.levels)

    def gains_of(self, clip: np.ndarray) -> np.ndarray:
        """(3,) amplitudes of a clip against the average clip, within AMPLITUDE_RANGE."""
        return np.clip(self.amplifier.amplitudes(clip) / self.typical, *AMPLITUDE_RANGE).astype(np.float32)

    def numbers_of(self, clip: np.ndarray) -> np.ndarray:
        """(4,) float32: logarithms of `gains_of` a clip, and how much gap and width go together in it."""
        return np.append(np.log(self.gains_of(clip)), self.amplifier.togetherness(clip)).astype(np.float32)

    def sample(self, rng: np.random.Generator) -> StyleSample:
        """A style: near a clip, or as the clips lie but wider, or anywhere; often pushed where moods go besides."""
        chosen, source = rng.random(), int(rng.integers(len(self.levels)))
        if chosen < NEAR_SHARE:
            level = self.levels[source] + rng.uniform(0, 0.5) * self.size * rng.normal(size=64)
        elif chosen < NEAR_SHARE + WIDE_SHARE:
            mix = rng.normal(size=len(self.levels)) @ self.deviations / np.sqrt(len(self.levels))
            level = self.centre + self.breadth * (rng.uniform(0.7, 1.6) * mix + 0.4 * self.size * rng.normal(size=64))
        else:
            level = self.centre + self.breadth * rng.uniform(0.4, 1.4) * self.size * rng.normal(size=64)
        if chosen >= NEAR_SHARE and rng.random() < PUSHED_SHARE:
            push = rng.normal(size=len(PUSHES)) * np.array(list(PUSHES.values()))
            level = level + likeliest_move(self.columns, self.moves, push)
        near = chosen < NEAR_SHARE
        gains = self.own[source] / self.typical * np.exp(rng.normal(0, 0.25 if near else 0.4, 3))
        gains = np.clip(gains, *AMPLITUDE_RANGE).astype(np.float32)
        return StyleSample(level.astype(np.float32), gains, source if near else -1)

    def clip(self, style: StyleSample, rows: int, rng: np.random.Generator) -> np.ndarray:
        """(rows, 64) float32: a clip in that style, its motion borrowed from the clip near it, or any other."""
        own = style.source >= 0 and rng.random() < OWN_MOTION_SHARE
        source = style.source if own else int(rng.integers(len(self.motions)))
        motion = self.motions[source]
        start = int(rng.integers(0, max(len(motion) - rows, 0) + 1))
        wanted = style.gains * self.typical / self.own[source]
        crop = motion[start : start + rows]
        crop = self.amplifier.apply(np.pad(crop, ((0, rows - len(crop)), (0, 0)), mode="symmetric"), wanted)
        if not own:
            crop = crop * np.exp(rng.normal(0, 0.2, crop.shape[1]))  # as nobody in the clips moves
        if rng.random() < 0.5:
            crop = crop[::-1]  # backwards it has the same level and amplitude, and is another clip
        return (style.level + crop).astype(np.float32)


def level_size(levels: np.ndarray) -> np.ndarray:
    """(64,) by how much levels (C, 64) differ in each coefficient; the floor keeps small ones alive."""
    return levels.std(0) + 0.05


def turning(own: np.ndarray, wanted: np.ndarray, share: float) -> np.ndarray:
    """(B, 2, 2) maps that take two unit signals from correlations `own` (B,) a share of the way to `wanted` (B,).

    The map that moves least: A = C^-½ (C^½ D C^½)^½ C^-½ for correlation matrices C and D (optimal transport of
    Gaussians). Left one clip out, half the way gave the linear baseline .005 more gap for .001 less width.
    """
    before = _correlation(own)
    half = _power(before, 0.5)
    inverse = _power(before, -0.5)
    after = _correlation((1.0 - share) * own + share * wanted)
    return inverse @ _power(half @ after @ half, 0.5) @ inverse


def _correlation(values: np.ndarray) -> np.ndarray:
    """(B,) correlations as (B, 2, 2) matrices."""
    limited = np.clip(values, -0.95, 0.95)[:, None, None]
    return np.eye(2) + limited * np.array([[0.0, 1.0], [1.0, 0.0]])


def _power(matrices: np.ndarray, exponent: float) -> np.ndarray:
    """Symmetric positive (B, 2, 2) to a power."""
    values, vectors = np.linalg.eigh(matrices)
    return (vectors * np.maximum(values, 1e-8)[:, None] ** exponent) @ np.swapaxes(vectors, 1, 2)
