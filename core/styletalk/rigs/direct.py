# SPDX-License-Identifier: Apache-2.0
"""ARKit weights that were recorded, on a character's shapes and back: no coefficients in between."""

from dataclasses import replace

import numpy as np

from ..animation import EXPRESSION_DIM
from ..face.arkit_names import ARKIT_NAMES
from .mapping import RigMapping, Row
from .weights import RigSolver

WHOLE = 0.95
"""A shape that shows this much of one ARKit name, and nothing else, is that shape."""


def recorded_values(mapping: RigMapping, weights: np.ndarray) -> np.ndarray:
    """(N, R) float32: what R shapes are set to for ARKit weights (N, 52).

    A shape that is one of the 52 gets its weight as it is; of what nobody is, the others show what they can. Raises
    RigError where no shape takes part.
    """
    owners = _owners(mapping)
    values = np.zeros((len(weights), len(mapping.rows)), np.float32)
    rest = np.array(weights, np.float64)
    for index, column in owners.items():
        row = mapping.rows[index]
        values[:, index] = np.clip(weights[:, column] * row.gain + row.offset, row.low, row.high)
        rest[:, column] = 0.0
    others = _without(mapping, owners)
    if others.used and (rest.any() or not owners):
        nothing = np.zeros((len(weights), EXPRESSION_DIM))
        rest_values = RigSolver.of(others).values_of(nothing, rest, closing=False)
        values += np.where([index in owners for index in range(len(mapping.rows))], 0.0, rest_values)
    elif not owners:
        RigSolver.of(mapping)  # says what is missing
    return values.astype(np.float32)


def weights_shown(mapping: RigMapping, values: np.ndarray) -> np.ndarray:
    """(N, 52) float32 in 0..1: the ARKit weights that shapes show that are set to `values` (N, R)."""
    weights = np.zeros((len(values), len(ARKIT_NAMES)))
    for row, track in zip(mapping.rows, np.asarray(values, np.float64).T, strict=True):
        if row in mapping.used and row.gain > 0:
            amount = (track - row.offset) / row.gain
            weights += np.outer(np.maximum(amount, 0), row.vector()) + np.outer(
                np.maximum(-amount, 0), row.vector(True)
            )
    return np.clip(weights, 0, 1).astype(np.float32)


def _owners(mapping: RigMapping) -> dict[int, int]:
    """The row that is each ARKit shape, by the row's index: of several the surest."""
    found: dict[int, int] = {}
    for index, row in enumerate(mapping.rows):
        column = only_shape(row)
        if column is None:
            continue
        other = next((each for each, owned in found.items() if owned == column), None)
        if other is None or mapping.rows[other].confidence < row.confidence:
            found.pop(other, None)  # type: ignore[arg-type]
            found[index] = column
    return found


def only_shape(row: Row) -> int | None:
    """The column of the only ARKit shape that a row shows, all of it."""
    if not row.enabled or row.negative or len(row.weights) != 1 or row.gain <= 0:
        return None
    ((name, weight),) = row.weights.items()
    return ARKIT_NAMES.index(name) if weight >= WHOLE else None


def _without(mapping: RigMapping, owners: dict[int, int]) -> RigMapping:
    rows = enumerate(mapping.rows)
    return replace(mapping, rows=tuple(replace(row, enabled=False) if index in owners else row for index, row in rows))
