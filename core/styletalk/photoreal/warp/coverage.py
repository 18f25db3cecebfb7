# SPDX-License-Identifier: Apache-2.0
"""Which point of the face lies at each node of a grid over the photo."""

from collections.abc import Sequence

import numpy as np

from ...face.rasteriser import visible_fragments
from .grid import Grid, extended
from .photo_face import PhotoFace

MAX_SLOPE = 1.3
"""Depth changes by no more than so much a pixel, so that a head that turns folds nothing over."""
FADING_M = 0.035
"""Over this way beyond the face its movement fades."""


def covering_triangles(face: PhotoFace, grid: Grid, triangles: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of the triangles (F, 3) that look at the camera the nearest at each covered node: node (N,), corners (N, 3),
    weights (N, 3).
    """
    at = face.base[:, :2] + face.neck
    a, b, c = (at[triangles[:, corner]] for corner in range(3))
    turn = (b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]
    triangles = triangles[turn < 0]  # y is down, so the front of a triangle runs clockwise
    screen = (at - (grid.left, grid.top)) / grid.step + 0.5
    side = max(grid.rows, grid.columns)
    pixel, triangle, weights = visible_fragments(screen, face.base[:, 2].astype(np.float64), triangles, side)
    row, column = np.divmod(pixel, side)
    inside = (row < grid.rows) & (column < grid.columns)
    node = row[inside] * grid.columns + column[inside]
    return node, triangles[triangle[inside]], weights[inside].astype(np.float32)


def node_face(
    face: PhotoFace, grid: Grid, triangles: np.ndarray, *, fading: bool, without: Sequence[tuple[float, ...]] = ()
) -> tuple[np.ndarray, np.ndarray]:
    """The face at each node: base (N, 3), which projects to the node; movement (M, N, 3).

    fading: the movement ends beyond the face, as over hair; otherwise it goes on, as from a lip over the open mouth.
    without: left, top, right, bottom of parts of the face that do not count.
    """
    node, corners, weights = _outside(grid, without, *covering_triangles(face, grid, triangles))
    count = grid.rows * grid.columns
    covered = np.zeros(count, bool)
    covered[node] = True
    depth, movement = np.zeros((count, 1), np.float32), np.zeros((len(face.movement), count, 3), np.float32)
    depth[node, 0] = np.einsum("nk,nk->n", face.base[corners, 2], weights)
    for k in range(3):
        movement[:, node] += face.movement[:, corners[:, k]] * weights[:, k, None]
    shape = (grid.rows, grid.columns)
    known = covered.reshape(shape)
    values = np.concatenate([depth, movement.transpose(1, 0, 2).reshape(count, -1)], axis=1)
    values = extended(values.reshape(*shape, -1), known).reshape(count, -1)
    if fading:
        values[:, 1:] *= np.exp(-((away_from(grid, known).ravel() / (FADING_M * face.scale)) ** 2))[:, None]
    base = np.concatenate([grid.places.reshape(-1, 2) - face.neck, values[:, :1]], axis=1)
    base[:, 2] = gentle(base[:, 2].reshape(shape), grid.step * MAX_SLOPE).ravel()
    movement = values[:, 1:].reshape(count, -1, 3).transpose(1, 0, 2)
    return base.astype(np.float32), np.ascontiguousarray(movement, np.float32)


def _outside(
    grid: Grid, boxes: Sequence[tuple[float, ...]], node: np.ndarray, *others: np.ndarray
) -> tuple[np.ndarray, ...]:
    """The nodes that lie in none of the boxes, and what belongs to them."""
    x, y = grid.places.reshape(-1, 2)[node].T
    kept = np.ones(len(node), bool)
    for left, top, right, bottom in boxes:
        kept &= ~((x > left) & (x < right) & (y > top) & (y < bottom))
    return node[kept], *(each[kept] for each in others)


def away_from(grid: Grid, known: np.ndarray) -> np.ndarray:
    """(rows, columns) float32 pixels: the way from each node to the next one that is known."""
    if not known.any():
        return np.full(known.shape, np.inf, np.float32)
    inner = np.pad(known, 1, mode="edge")
    whole = inner[:-2, 1:-1] & inner[2:, 1:-1] & inner[1:-1, :-2] & inner[1:-1, 2:]
    edge, free = np.argwhere(known & ~whole), np.argwhere(~known)
    distances = np.zeros(known.shape, np.float32)
    for start in range(0, len(free), 4096):
        some = free[start : start + 4096]
        squares = ((some[:, None] - edge[None]) ** 2).sum(2).min(1) if len(edge) else np.zeros(len(some))
        distances[tuple(some.T)] = np.sqrt(squares) * grid.step
    return distances


def gentle(depth: np.ndarray, step: float) -> np.ndarray:
    """Depth (rows, columns) without slopes above `step` a node: the nearest that lies nowhere farther away."""
    for _ in range(2 * max(depth.shape)):
        padded = np.pad(depth, 1, mode="edge")
        around = np.minimum.reduce([padded[:-2, 1:-1], padded[2:, 1:-1], padded[1:-1, :-2], padded[1:-1, 2:]])
        lower = np.minimum(depth, around + step)
        if np.array_equal(lower, depth):
            break
        depth = lower
    return depth
