# SPDX-License-Identifier: Apache-2.0
"""Grids of nodes over a part of the photo: where nodes lie, what lies between them, what lies beyond the known ones."""

from dataclasses import dataclass

import numpy as np

SMOOTHING_STEPS = 24
"""How often nodes without a value of their own become the mean of their neighbours."""


@dataclass(frozen=True)
class Grid:
    """Nodes (rows, columns) that stand `step` pixels apart, the first at (left, top), in pixels of the picture."""

    left: float
    top: float
    step: float
    rows: int
    columns: int

    @classmethod
    def over(cls, box: tuple[float, float, float, float], step: float) -> "Grid":
        """The grid that covers left, top, right, bottom."""
        left, top, right, bottom = box
        return cls(left, top, step, int(np.ceil((bottom - top) / step)) + 1, int(np.ceil((right - left) / step)) + 1)

    @property
    def places(self) -> np.ndarray:
        """(rows, columns, 2) float32: x and y of each node."""
        x = self.left + self.step * np.arange(self.columns, dtype=np.float32)
        y = self.top + self.step * np.arange(self.rows, dtype=np.float32)
        return np.stack(np.meshgrid(x, y), axis=-1).astype(np.float32)

    def between(self, values: np.ndarray, points: np.ndarray) -> np.ndarray:
        """(N, C) values (rows, columns, C) at points (N, 2), bilinear; the edge's beyond the grid."""
        x = np.clip((points[:, 0] - self.left) / self.step, 0, self.columns - 1)
        y = np.clip((points[:, 1] - self.top) / self.step, 0, self.rows - 1)
        column = np.minimum(x.astype(np.intp), self.columns - 2)
        row = np.minimum(y.astype(np.intp), self.rows - 2)
        across, down = (x - column).astype(np.float32)[:, None], (y - row).astype(np.float32)[:, None]
        flat, at = values.reshape(-1, values.shape[-1]), row * self.columns + column
        top = flat[at] * (1 - across) + flat[at + 1] * across
        bottom = flat[at + self.columns] * (1 - across) + flat[at + self.columns + 1] * across
        return top * (1 - down) + bottom * down

    def looked_up(self, values: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """(N,) values (rows * columns,) at places x, y (N,), as `between`."""
        x = np.clip((x - self.left) / self.step, 0, self.columns - 1)
        y = np.clip((y - self.top) / self.step, 0, self.rows - 1)
        column, row = np.minimum(x.astype(np.int32), self.columns - 2), np.minimum(y.astype(np.int32), self.rows - 2)
        across, down = x - column.astype(np.float32), y - row.astype(np.float32)
        at = row * self.columns + column
        top = np.take(values, at)
        top += (np.take(values, at + 1) - top) * across
        at += self.columns
        bottom = np.take(values, at)
        bottom += (np.take(values, at + 1) - bottom) * across
        return top + (bottom - top) * down

    def at_pixels(self, values: np.ndarray, box: tuple[int, int, int, int]) -> np.ndarray:
        """(C, h, w) float32 of (rows, columns, C) at the middles of the pixels left, top, right, bottom; bilinear."""
        left, top, right, bottom = box
        column, across = self._between(np.arange(left, right) + 0.5 - self.left, self.columns)
        row, down = self._between(np.arange(top, bottom) + 0.5 - self.top, self.rows)
        planes = np.ascontiguousarray(np.moveaxis(values, -1, 0))  # (C, rows, columns)
        lines = planes[:, row] * (1 - down)[:, None] + planes[:, row + 1] * down[:, None]
        first = np.take(lines, column, axis=2)
        first += (np.take(lines, column + 1, axis=2) - first) * across
        return first

    def _between(self, distance: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
        """The node before each distance from the first one, and how far it lies on the way to the next, 0..1."""
        place = np.clip(distance / self.step, 0, count - 1)
        node = np.minimum(place.astype(np.intp), count - 2)
        return node, (place - node).astype(np.float32)


def extended(values: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Values (rows, columns, C) at all nodes, smooth, and untouched where `known` (rows, columns) bool.

    From coarse to fine: a node without a value has that of the coarser grid, which is the mean of those that have one.
    """
    filled = _filled(values.astype(np.float32), known.astype(np.float32))
    for _ in range(SMOOTHING_STEPS):
        filled = np.where(known[..., None], values, _mean_of_neighbours(filled))
    return filled.astype(np.float32)


def _filled(values: np.ndarray, weight: np.ndarray) -> np.ndarray:
    if weight.all() or min(weight.shape) < 2:
        mean = (values * weight[..., None]).sum((0, 1)) / max(float(weight.sum()), 1e-9)
        return np.where(weight[..., None] > 0, values, mean)
    coarse_weight = _halved(weight[..., None])
    coarse = _halved(values * weight[..., None]) / np.maximum(coarse_weight, 1e-9)
    below = _filled(coarse, (coarse_weight[..., 0] > 0).astype(np.float32))
    return np.where(weight[..., None] > 0, values, _doubled(below, weight.shape))


def _halved(values: np.ndarray) -> np.ndarray:
    """Sums of 2 × 2 nodes."""
    rows, columns = values.shape[:2]
    padded = np.pad(values, ((0, rows % 2), (0, columns % 2), (0, 0)))
    return padded.reshape((rows + 1) // 2, 2, (columns + 1) // 2, 2, -1).sum((1, 3))


def _doubled(values: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Twice as many nodes, bilinear."""
    coarse = Grid(0.5, 0.5, 2.0, *values.shape[:2])
    if min(values.shape[:2]) < 2:
        return np.repeat(np.repeat(values, 2, axis=0), 2, axis=1)[: shape[0], : shape[1]]
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    points = np.stack([columns.ravel(), rows.ravel()], axis=1).astype(np.float32)
    return coarse.between(values, points).reshape(*shape[:2], -1)


def _mean_of_neighbours(values: np.ndarray) -> np.ndarray:
    padded = np.pad(values, ((1, 1), (1, 1), (0, 0)), mode="edge")
    return (padded[:-2, 1:-1] + padded[2:, 1:-1] + padded[1:-1, :-2] + padded[1:-1, 2:]) / 4
