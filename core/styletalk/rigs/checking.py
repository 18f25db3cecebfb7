# SPDX-License-Identifier: Apache-2.0
"""What a character's names say, checked by what its shapes do: empty shapes, and sides that are the other way round."""

from dataclasses import replace

import numpy as np

from .mapping import RigMapping, Row

STILL = 1e-3
"""A shape that moves nothing further than this share of what the strongest one moves is empty."""
MOVES_NOTHING = "it moves nothing"
ONE_SIDED = 0.65
"""This share of a one-sided shape's movement is on its side."""
LATERAL = {"jawLeft": 1.0, "jawRight": -1.0, "mouthLeft": 1.0, "mouthRight": -1.0}
"""Shapes of the whole mouth, and where they move it: the person's left is +x."""
LOOKS = {"eyeLookOutLeft": 1.0, "eyeLookInRight": 1.0, "eyeLookInLeft": -1.0, "eyeLookOutRight": -1.0}
"""And gaze of both eyes."""
CORRECTED = 0.85
"""How sure a row is that the mesh corrected."""


def checked(mapping: RigMapping, basis: np.ndarray, deltas: np.ndarray) -> RigMapping:
    """The mapping without shapes that do nothing, and with sides as the mesh has them.

    basis: (V, 3), z up and looking along −y. deltas: (R, V, 3), what the shape of each row moves.
    """
    size = np.linalg.norm(deltas, axis=2)  # (R, V)
    most = size.max(initial=0.0)
    if most <= 0:
        return mapping
    middle = float(np.average(basis[:, 0], weights=size.sum(axis=0)))
    rows = zip(mapping.rows, deltas, size, strict=True)
    place = basis - (middle, 0.0, 0.0)
    return replace(mapping, rows=tuple(_checked(row, delta, moved, place, most) for row, delta, moved in rows))


def _checked(row: Row, delta: np.ndarray, moved: np.ndarray, place: np.ndarray, most: float) -> Row:
    if not (row.weights or row.negative):
        return row
    if moved.max(initial=0.0) < STILL * most:
        return replace(row, enabled=False, reason=f"{row.reason}; but {MOVES_NOTHING}")
    if _is_mirrored(row, delta, moved, place):
        return replace(other_side(row), confidence=CORRECTED, reason=f"{row.reason}; but it moves the other side")
    return row


def other_side(row: Row) -> Row:
    """A row that shows the same on the other side of the face."""
    return replace(row, weights=_mirrored(row.weights), negative=_mirrored(row.negative))


def _is_mirrored(row: Row, delta: np.ndarray, moved: np.ndarray, place: np.ndarray) -> bool:
    """Whether a shape of one side moves the other one, or one that goes sideways goes the other way."""
    sides = {name.endswith("Left") for name in row.weights if name.endswith(("Left", "Right"))}
    for ways, seen in ((LATERAL, np.ones(len(place), bool)), (LOOKS, _front(place, moved))):
        if sides and all(name in ways for name in row.weights) and (ways is LATERAL or len(sides) == 2):
            way = sum(ways[name] * weight for name, weight in row.weights.items())
            return float(np.sum((delta[:, 0] * moved)[seen])) * way < 0
    if len(sides) != 1 or any(name in LATERAL for name in row.weights):
        return False
    square = moved**2
    left = square[place[:, 0] > 0].sum() / square.sum()
    return bool((1 - left if True in sides else left) > ONE_SIDED)


def _front(place: np.ndarray, moved: np.ndarray) -> np.ndarray:
    """(V,) bool: the front half of what is moved; the back of an eyeball goes the other way."""
    return place[:, 1] < np.average(place[:, 1], weights=moved)


def _mirrored(weights: dict[str, float]) -> dict[str, float]:
    return {_other_side(name): weight for name, weight in weights.items()}


def _other_side(name: str) -> str:
    for one, other in (("Left", "Right"), ("Right", "Left")):
        if name.endswith(one):
            return name.removesuffix(one) + other
    return name
