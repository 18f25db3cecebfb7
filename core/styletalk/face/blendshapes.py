# SPDX-License-Identifier: Apache-2.0
"""Weights of the 52 ARKit shapes as the 64 coefficients: the inverse of `retarget`."""

import functools
from dataclasses import dataclass

import numpy as np

from ..animation import EXPRESSION_DIM
from ..errors import FaceModelError
from .model import FaceModel, open_face
from .movement import movement, plain_movement
from .retarget import ARKIT_NAMES, bounded_least_squares

PRIOR = 1e-2
"""Weight of the prior δᵀ diag(1/σ²) δ, as a part of the mean squared length of a coefficient's standard deviation."""
BOUND = 4.0
"""No coefficient of the published clips leaves ±3.7."""


@dataclass(frozen=True)
class BlendshapeFit:
    """Coefficients (T, 64) float32 fitted to blendshape weights, and how well.

    explained: part of the movement's square that the coefficients reproduce, 1 is all. residual_mm: root mean square
    distance that is left, over the vertices that the recording moves.
    """

    coefficients: np.ndarray
    explained: float
    residual_mm: float


def fit_coefficients(weights: np.ndarray, model: FaceModel | None = None) -> BlendshapeFit:
    """Coefficients δ that move the face as the weights w do: min ‖E δ − A w‖² + λ δᵀ diag(1/σ²) δ, |δ| ≤ 4, by frame.

    weights: (T, 52), columns as ARKIT_NAMES, 0..1. model: a face with ARKit shapes, the open face by default.
    E: its expression columns, A: its ARKit shapes, lips counting more; σ: how far coefficients stray in real clips.
    Raises FaceModelError where the model has no ARKit shapes.
    """
    model = model or open_face()
    if not len(model.arkit):
        raise FaceModelError("This face model has no ARKit shapes. Use the open face to read blendshape weights.")
    weights = np.asarray(weights, np.float64)
    system = _system_of_open_face() if model is open_face() else _system(model)
    u = bounded_least_squares(system.gram, system.toward(weights), 0.0)
    coefficients = (2 * u - 1) * BOUND
    return BlendshapeFit(coefficients.astype(np.float32), *system.left_over(weights, coefficients))


@dataclass(frozen=True)
class _System:
    """The quadratic form of the fit in u = (δ / bound + 1) / 2, which `bounded_least_squares` keeps in 0..1."""

    movement: np.ndarray
    """(116, 116): inner products of the 64 columns and 52 shapes, lips counting more."""
    plain: np.ndarray
    """The same with every vertex counting alike, square metres summed over vertices."""
    prior: np.ndarray
    """(64,): λ / σ²."""
    moved_vertices: int

    @property
    def gram(self) -> np.ndarray:
        return (2 * BOUND) ** 2 * self._posed

    @property
    def _posed(self) -> np.ndarray:
        return self.movement[:EXPRESSION_DIM, :EXPRESSION_DIM] + np.diag(self.prior)

    def toward(self, weights: np.ndarray) -> np.ndarray:
        """(T, 64): the right-hand sides in u for weights (T, 52)."""
        wanted = weights @ self.movement[EXPRESSION_DIM:, :EXPRESSION_DIM]
        return 2 * BOUND * (wanted + BOUND * self._posed.sum(axis=0))

    def left_over(self, weights: np.ndarray, coefficients: np.ndarray) -> tuple[float, float]:
        """Explained part of the movement's square, and the root mean square of the rest in millimetres."""
        difference = np.hstack([coefficients, -weights])
        left = np.einsum("ti,ij,tj->", difference, self.plain, difference)
        shapes = self.plain[EXPRESSION_DIM:, EXPRESSION_DIM:]
        whole = np.einsum("ti,ij,tj->", weights, shapes, weights)
        residual_mm = 1000 * np.sqrt(max(left, 0.0) / max(1, len(weights) * self.moved_vertices))
        return float(1 - left / whole) if whole > 0 else 1.0, float(residual_mm)


@functools.lru_cache(maxsize=1)
def _system_of_open_face() -> _System:
    return _system(open_face())


def _system(model: FaceModel) -> _System:
    total = movement(model)
    variance = np.maximum(model.coefficient_std.astype(np.float64), 1e-3) ** 2
    scale = PRIOR * np.mean(np.diag(total)[:EXPRESSION_DIM] * variance)
    moved = int((np.abs(model.arkit).max(axis=(0, 2)) > 1e-4).sum())
    return _System(total, plain_movement(model), scale / variance, moved)


def arkit_table(columns: dict[str, np.ndarray], rows: int) -> tuple[np.ndarray, tuple[str, ...]]:
    """(T, 52) float64 weights from columns (T,) by ARKit name, and the names of the shapes that nobody gave (zeros)."""
    missing = tuple(name for name in ARKIT_NAMES if name not in columns)
    return np.stack([columns.get(name, np.zeros(rows)) for name in ARKIT_NAMES], axis=1), missing
