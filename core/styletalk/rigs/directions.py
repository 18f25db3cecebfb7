# SPDX-License-Identifier: Apache-2.0
"""Our 64 directions as shapes of a character: a line sets them to its coefficients, and nothing is solved."""

from collections.abc import Iterable

import numpy as np

from ..animation import EXPRESSION_DIM, UPPER_SHAPES
from ..face.arkit_names import ARKIT_NAMES
from ..face.model import open_face

DIRECTIONS = tuple(f"exp_{k:02d}" for k in range(EXPRESSION_DIM))
"""The names of the coefficients' shapes, on our own head and on those that were given them."""
COLUMN_OF = {name: k for k, name in enumerate(DIRECTIONS)}
REACH = 10.0
"""Coefficients go both ways; Blender lets no slider go further."""
BESIDE = tuple(
    name for name in ARKIT_NAMES
    if name.startswith(("eyeBlink", "eyeLook")) or name == "tongueOut" or name in UPPER_SHAPES
)  # fmt: skip
"""The ARKit shapes that a line moves beside the coefficients."""


def arkit_of(direction: str) -> np.ndarray:
    """(52,) float64: the ARKit weights that move the open face as a direction does at 1."""
    return open_face().arkit_matrix[:, COLUMN_OF[direction]].astype(np.float64)


def in_directions(arkit: np.ndarray) -> np.ndarray:
    """(64, V, 3): the directions of a head, of its ARKit shapes (52, V, 3) as the open face's are of its own."""
    return np.tensordot(open_face().arkit_matrix.T.astype(arkit.dtype), arkit, 1)


def directions_among(names: Iterable[str]) -> dict[str, str]:
    """The direction that each of those names is, where all 64 are there; else none: one alone says nothing."""
    found = {name: name.lower() for name in names if name.lower() in COLUMN_OF}
    return found if len(set(found.values())) == EXPRESSION_DIM else {}
