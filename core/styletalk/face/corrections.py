# SPDX-License-Identifier: Apache-2.0
"""What the 52 ARKit shapes cannot show of a performance, as a few more shapes: with them it plays as it was made."""

from dataclasses import dataclass

import numpy as np

TOLERANCE_M = 1e-4
"""No vertex is off by more than this in the frames that are looked at, as long as MAX_DIRECTIONS suffice."""
MAX_DIRECTIONS = 40
"""Each becomes two shapes, one for either way, so that no weight is negative."""
MAX_SAMPLES = 300
CHUNK_ROWS = 200
"""As many rows as are moved at once: 15,000 vertices of them are 36 MB."""
NOTHING_M = 1e-6


@dataclass(frozen=True)
class Corrections:
    """shapes: (K, V, 3) float32, metres. weights: (N, K) float32 in 0..1."""

    shapes: np.ndarray
    weights: np.ndarray


def corrections(left: np.ndarray, columns: np.ndarray) -> Corrections:
    """The fewest shapes, with weights, that make up for what is left over.

    left: (N, C), how much of each column is missing in each row. columns: (C, V, 3) metres.
    """
    flat = columns.reshape(len(columns), -1).astype(np.float32)
    step = max(1, -(-len(left) // MAX_SAMPLES))
    directions = _directions(left[::step].astype(np.float32) @ flat)
    along = np.concatenate(
        [left[k : k + CHUNK_ROWS].astype(np.float32) @ (flat @ directions.T) for k in range(0, len(left), CHUNK_ROWS)]
    )
    shapes, weights = [], []
    for direction, track in zip(directions, along.T, strict=True):
        for way in (1.0, -1.0):
            reach = float((way * track).max(initial=0.0))
            if reach * np.abs(direction).max() > NOTHING_M:
                shapes.append(way * reach * direction)
                weights.append(np.clip(way * track / reach, 0, 1))
    shape = columns.shape[1:]
    return Corrections(
        np.array(shapes, np.float32).reshape(-1, *shape),
        np.array(weights, np.float32).reshape(-1, len(left)).T,
    )


def _directions(residual: np.ndarray) -> np.ndarray:
    """(K, 3V) orthonormal: the main directions of (S, 3V) residuals, as many as it takes."""
    found = np.zeros((0, residual.shape[1]), np.float32)
    values, vectors = np.linalg.eigh(residual.astype(np.float64) @ residual.T.astype(np.float64))
    rest = residual.copy()
    for k in range(len(values) - 1, max(-1, len(values) - 1 - MAX_DIRECTIONS), -1):
        if np.linalg.norm(rest.reshape(len(rest), -1, 3), axis=2).max(initial=0.0) <= TOLERANCE_M:
            break
        direction = (vectors[:, k] @ residual).astype(np.float32)
        length = float(np.linalg.norm(direction))
        if length <= NOTHING_M:
            break
        found = np.concatenate([found, direction[None] / length])
        rest -= (rest @ found[-1])[:, None] * found[-1]
    return found
