# SPDX-License-Identifier: Apache-2.0
"""Values and slopes of keys with which all channels together move the points of a face as their samples do.

All is told in half frames: slopes that only the frames decide would throw the lips far off between two of them, where
motion blur, other frame rates and whoever pulls a handle see it.
"""

from dataclasses import dataclass

import numpy as np

from .key_curves import ALMOST, KeyRow, inverted

OWN = 0.05
"""How much a channel is held to its own samples beside the points that it moves."""
PINNED, CLOSER = 30.0, 4.0
"""How much more a pinned frame counts in the fit, and what part of its tolerance a point may be off there."""
BETWEEN, LOOSER = 0.3, 2.0
"""How much the middle between two frames counts in the fit, and how many tolerances a point may be off there."""
AIM = 0.9
"""Of the tolerance: frames that are further off count more from round to round, others less."""
SHARED = 0.02
"""Of a channel's own squared movement: what is left of it at least after others have made up for it."""


@dataclass(frozen=True)
class Fit:
    """keys: (2, K) values and slopes of `row`. off: (2N − 1,) how far off the worst point is, of what is allowed it.
    weight: (2N − 1,) how much each half frame counts."""

    row: KeyRow
    keys: np.ndarray
    off: np.ndarray
    weight: np.ndarray

    @property
    def reach(self) -> float:
        """How much of what is allowed is used up."""
        return float(self.off.max())


def with_halves(samples: np.ndarray, slopes: np.ndarray) -> np.ndarray:
    """(2N − 1, C): (N, C) samples, and in the middle between two the cubic with their (N, C) slopes a frame."""
    made = np.repeat(samples.astype(np.float64), 2, axis=0)[:-1]
    made[1::2] = (samples[:-1] + samples[1:]) / 2 + (slopes[:-1] - slopes[1:]) / 8
    return made


class Fitting:
    """Least squares over all channels, in which the frames that are worst off count more from round to round."""

    def __init__(
        self, samples: np.ndarray, effects: np.ndarray, pinned: np.ndarray, bounds: np.ndarray | None = None
    ) -> None:  # fmt: skip
        """samples: (2N − 1, C), see `with_halves`. effects: (C, P, 3) in tolerances. pinned: (N,) bool, frames. bounds:
        (2, C), where keys lie."""
        self.bounds = None if bounds is None else bounds.astype(np.float32)
        self.wanted = self._shown(np.ascontiguousarray(samples.T, np.float32))
        self.effects = np.ascontiguousarray(effects.reshape(len(effects), -1), np.float32)
        alike = self.effects.astype(np.float64) @ self.effects.T.astype(np.float64)
        squares = np.diag(alike) + ALMOST
        self.alike, self.own = alike.astype(np.float32), (OWN * squares).astype(np.float32)[:, None]
        self.apart = 1.0 / np.diag(np.linalg.inv(alike + np.diag(SHARED * squares)))
        """(C,) what a channel moves squared, that others do not make up for."""
        self.strictness = np.full(len(samples), 1.0 / LOOSER, np.float32)
        self.first_weight = np.full(len(samples), BETWEEN, np.float32)
        self.strictness[::2] = np.where(pinned, CLOSER, 1.0)
        self.first_weight[::2] = np.where(pinned, PINNED, 1.0)

    def fitted(self, row: KeyRow, keys: np.ndarray, weight: np.ndarray, rounds: int, steps: int) -> Fit:
        """The best of some rounds, each of so many steps, from (2, K) keys."""
        best = None
        for _ in range(rounds):
            keys = self._bounded(row, self._solved(row, keys, weight, steps), weight, steps)
            found = Fit(row, keys, self.strictness * self.off(row.curves(keys)), weight)
            best = found if best is None or found.reach < best.reach else best
            weight = self.reweighted(found)
        assert best is not None
        return best

    def reweighted(self, fit: Fit) -> np.ndarray:
        """(2N − 1,) float32: how much each half frame is to count next."""
        weight = fit.weight * np.clip(fit.off / AIM, 0.7, 2.0) ** 2
        return (weight / weight.mean()).astype(np.float32)

    def off(self, curves: np.ndarray) -> np.ndarray:
        """(2N − 1,) the most that any point is off under (C, 2N − 1) curves, in its tolerances."""
        moved = (self._shown(curves) - self.wanted).T @ self.effects
        squares = (moved * moved).reshape(len(moved), -1, 3)
        return np.sqrt((squares[..., 0] + squares[..., 1] + squares[..., 2]).max(axis=1, initial=0.0))

    def _shown(self, curves: np.ndarray) -> np.ndarray:
        """(C, 2N − 1) what sliders show of curves: no more than their bounds."""
        return curves if self.bounds is None else np.clip(curves, *self.bounds[:, :, None])

    def _bounded(self, row: KeyRow, keys: np.ndarray, weight: np.ndarray, steps: int) -> np.ndarray:
        """(2, K) with values within the bounds; the other keys make up for those that were not."""
        if self.bounds is None:
            return keys
        low, high = self.bounds[:, row.channel]
        within = np.clip(keys[0], low, high)
        free = np.array([within == keys[0], np.ones(len(within), bool)])
        keys = np.array([within, keys[1]])
        if not free.all():
            keys = self._solved(row, keys, weight, steps, free)
        return np.array([np.clip(keys[0], low, high), keys[1]])

    def _solved(
        self, row: KeyRow, keys: np.ndarray, weight: np.ndarray, steps: int, free: np.ndarray | None = None
    ) -> np.ndarray:
        """(2, K) by conjugate gradients from `keys`, in which value and slope of each key are told apart first. free:
        (2, K) bool, those that change."""

        def pull(curves: np.ndarray) -> np.ndarray:
            pulled = self.alike @ curves
            pulled *= weight
            pulled = row.pulled(pulled + self.own * curves)
            return pulled if free is None else pulled * free

        itself, _ = row.blocks(np.diag(self.alike)[:, None] * weight + self.own)
        if free is not None:
            itself[:, [0, 1], [1, 0]] *= free.all(axis=0)[:, None]
        value, both, _, slope = inverted(itself).astype(np.float32).reshape(-1, 4).T
        change, left = np.zeros_like(keys), pull(self.wanted - row.curves(keys))
        way = turned = np.array([value * left[0] + both * left[1], both * left[0] + slope * left[1]])
        size = (left * turned).sum()
        for _ in range(steps):
            moved = pull(row.curves(way))
            length = (way * moved).sum()
            if not length > 0.0 or not size > 0.0:
                break
            step = size / length
            change, left = change + step * way, left - step * moved
            turned = np.array([value * left[0] + both * left[1], both * left[0] + slope * left[1]])
            before, size = size, (left * turned).sum()
            way = turned + size / before * way
        return keys + change
