# SPDX-License-Identifier: Apache-2.0
"""What the 52 ARKit shapes cannot show of a performance, as a few more shapes: with them it plays as it was made."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

NOTHING_M = 2e-6
"""A shape whose part in what is missing moves no vertex further needs no correction."""


@dataclass(frozen=True)
class Corrections:
    """names (K,). shapes: (K, V, 3) float32, metres. weights: (N, K) float32 in 0..1."""

    names: tuple[str, ...]
    shapes: np.ndarray
    weights: np.ndarray


def corrections(left: np.ndarray, columns: np.ndarray, names: Sequence[str]) -> Corrections:
    """Shapes, with weights, that make up for what is left over.

    left: (N, C), how much of each column is missing in each row. columns: (C, V, 3) metres, called `names`.

    Of a column that is missing there is a copy, which files can hold once with the column itself. Where less than
    nothing is missing, the first shape, whose weight is 1 throughout, takes the most that is ever too much of each
    column away; the copies give back what is not too much.
    """
    count = len(left)
    reach = np.abs(left).max(axis=0, initial=0.0) * np.linalg.norm(columns, axis=2).max(axis=1, initial=0.0)
    below = np.where(reach > NOTHING_M, -left.min(axis=0, initial=0.0), 0.0)
    found_names, shapes, weights = [], [], []
    if below.any():
        found_names.append("correction_offset")
        shapes.append(-np.tensordot(below, columns, axes=1))
        weights.append(np.ones(count))
    for column in np.flatnonzero(reach > NOTHING_M):
        track = left[:, column] + below[column]
        copies = max(1, int(np.ceil(track.max() - 1e-6)))  # a weight is 1 at most
        for copy in range(copies):
            found_names.append(f"correction_{names[column]}" + (f"_{copy + 1}" if copy else ""))
            shapes.append(columns[column])
            weights.append(np.clip(track / copies, 0, 1))
    return Corrections(
        tuple(found_names),
        np.array(shapes, np.float32).reshape(-1, *columns.shape[1:]),
        np.array(weights, np.float32).reshape(-1, count).T,
    )
