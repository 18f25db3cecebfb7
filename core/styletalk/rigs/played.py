# SPDX-License-Identifier: Apache-2.0
"""A line on a character that has our 64 directions: its coefficients as they are, and its own lips shut by them."""

import functools
from dataclasses import replace

import numpy as np

from ..animation import EXPRESSION_DIM
from ..face.model import open_face
from ..face.movement import movement
from .closing import shut_share, wanted_partings
from .mapping import RigMapping
from .measure import open_face_mouth

RIDGE = 1e-3
"""Pull of what shuts the lips towards nothing, as a part of what the directions part them: none is asked for much."""


def rows_played(mapping: RigMapping) -> dict[int, int]:
    """The coefficient of each row that is set to one, by the row's index."""
    rows = enumerate(mapping.rows)
    return {index: row.direction for index, row in rows if row.enabled and row.direction is not None}


def without_rows(mapping: RigMapping, indices: "set[int] | dict[int, int]") -> RigMapping:
    """The mapping with these rows switched off."""
    rows = enumerate(mapping.rows)
    return replace(mapping, rows=tuple(replace(row, enabled=row.enabled and i not in indices) for i, row in rows))


def set_to_coefficients(
    mapping: RigMapping, played: dict[int, int], coefficients: np.ndarray, values: np.ndarray, gaps: np.ndarray
) -> np.ndarray:
    """(T, R) values of all rows: those that are `played` by their coefficients (T, 64), the others as in `values`.

    gaps: (T, LIP_PLACES) how far apart the open face's lips are. Where they are shut, what of the directions moves the
    face least is added until the character's lips, which rest otherwise, are shut as well.
    """
    wanted = coefficients + _shutting(mapping, played, coefficients, values, gaps)
    for index, column in played.items():
        row = mapping.rows[index]
        values[:, index] = np.clip(wanted[:, column] * row.gain + row.offset, row.low, row.high)
    return values


def _shutting(
    mapping: RigMapping, played: dict[int, int], coefficients: np.ndarray, values: np.ndarray, gaps: np.ndarray
) -> np.ndarray:
    """(T, 64) what is added to the coefficients."""
    rows = mapping.rows
    if not mapping.rest_gaps or not all(rows[index].lips for index in played):
        return np.zeros_like(coefficients)
    rest = np.array(mapping.rest_gaps)
    partings = np.zeros((EXPRESSION_DIM, len(rest)))
    for index, column in played.items():
        partings[column] = rows[index].lips
    beside = [index for index, row in enumerate(rows) if index not in played and row.lips]
    parted = coefficients @ partings
    if beside:
        parted = parted + values[:, beside] @ np.array([rows[index].lips for index in beside])
    missing = wanted_partings(gaps, open_face_mouth().rest, rest) - parted
    least = _inverse_movement() @ partings  # (64, P)
    across = partings.T @ least
    across += RIDGE * np.trace(across) / len(across) * np.eye(len(across))
    return shut_share(gaps)[:, None] * (missing @ np.linalg.solve(across, least.T))


@functools.lru_cache(maxsize=1)
def _inverse_movement() -> np.ndarray:
    """(64, 64): of how the open face's directions move it together."""
    alike = movement(open_face())[:EXPRESSION_DIM, :EXPRESSION_DIM].astype(np.float64)
    return np.linalg.inv(alike + RIDGE * np.diag(alike).mean() * np.eye(EXPRESSION_DIM))
