# SPDX-License-Identifier: Apache-2.0
"""Smooth maps of space that carry given points to others: a similarity, and what bends it as little as possible."""

from dataclasses import dataclass

import numpy as np

STIFFNESS = 1e-3
"""How far points may stay from where they belong, for smoothness: of the mean distance between them."""
BLOCK = 4096


@dataclass(frozen=True)
class Similarity:
    """x → scale · turn · x + shift. turn: (3, 3), shift: (3,)."""

    scale: float
    turn: np.ndarray
    shift: np.ndarray

    @classmethod
    def between(cls, here: np.ndarray, there: np.ndarray) -> "Similarity":
        """The one that carries points (N, 3) nearest to others (N, 3) (Umeyama 1991)."""
        a, b = here - here.mean(axis=0), there - there.mean(axis=0)
        u, stretch, vt = np.linalg.svd(b.T @ a)
        flip = np.array([1.0, 1.0, np.sign(np.linalg.det(u @ vt)) or 1.0])
        turn = (u * flip) @ vt
        scale = float((stretch * flip).sum() / max((a**2).sum(), 1e-30))
        return cls(scale, turn, there.mean(axis=0) - scale * turn @ here.mean(axis=0))

    def __call__(self, points: np.ndarray) -> np.ndarray:
        """(N, 3) → (N, 3)."""
        return self.scale * points @ self.turn.T + self.shift

    def vectors(self, vectors: np.ndarray) -> np.ndarray:
        """(…, 3) displacements carried along."""
        return self.scale * vectors @ self.turn.T

    def inverse(self) -> "Similarity":
        """The way back."""
        turn = self.turn.T / self.scale
        return Similarity(1 / self.scale, self.turn.T, -turn @ self.shift)


@dataclass(frozen=True, eq=False)
class Warp:
    """x → affine + Σ weights · |x − centre|, the smoothest map in space (a biharmonic spline)."""

    centres: np.ndarray
    weights: np.ndarray
    affine: np.ndarray

    @classmethod
    def between(cls, here: np.ndarray, there: np.ndarray, stiffness: float = STIFFNESS) -> "Warp":
        """The one that carries points (N, 3) to others (N, 3), as nearly as the stiffness allows."""
        count = len(here)
        apart = np.linalg.norm(here[:, None] - here[None], axis=2)
        ones = np.column_stack([np.ones(count), here])
        kernel = -apart + stiffness * count * apart.mean() * np.eye(count)
        system = np.block([[kernel, ones], [ones.T, np.zeros((4, 4))]])
        solved = np.linalg.lstsq(system, np.concatenate([there, np.zeros((4, 3))]), rcond=None)[0]
        return cls(here, solved[:count], solved[count:])

    def __call__(self, points: np.ndarray) -> np.ndarray:
        """(N, 3) → (N, 3)."""
        return np.concatenate(
            [self._block(points[start : start + BLOCK]) for start in range(0, max(1, len(points)), BLOCK)]
        )

    def _block(self, points: np.ndarray) -> np.ndarray:
        apart = np.linalg.norm(points[:, None] - self.centres[None], axis=2)
        return self.affine[0] + points @ self.affine[1:] - apart @ self.weights

    def frames(self, points: np.ndarray, reach: float) -> np.ndarray:
        """(N, 3, 3): how the map turns and stretches displacements at points, over `reach` to either side."""
        columns = []
        for axis in range(3):
            step = np.zeros(3)
            step[axis] = reach
            columns.append((self(points + step) - self(points - step)) / (2 * reach))
        return np.stack(columns, axis=2)
