# SPDX-License-Identifier: GPL-3.0-or-later
"""What a character's shape keys show, told by what they move, where a face is found on its meshes."""

from typing import Any

import numpy as np

from ..styletalk.errors import RigError
from ..styletalk.rigs.by_shape import told_by_shape
from ..styletalk.rigs.mapping import RigMapping
from .surfaces import triangles_of

MOST_NUMBERS = 60_000_000
"""Of all shapes together, 3 for each vertex: beyond, names alone have to do."""


def told_by_meshes(
    meshes: tuple[Any, ...], mapping: RigMapping, basis: np.ndarray, deltas: np.ndarray
) -> RigMapping:  # fmt: skip
    """The mapping of meshes, checked and filled by what the shapes (R, V, 3) of their points (V, 3) in the world do.

    As it is where no face is found on them: names are all there is then.
    """
    triangles = triangles_of(meshes, len(basis))
    if triangles is None or deltas.size > MOST_NUMBERS or not np.isfinite(deltas).all():
        return mapping
    try:
        return told_by_shape(mapping, to_core(basis), to_core(deltas), triangles)
    except RigError:
        return mapping


def to_core(points: np.ndarray) -> np.ndarray:
    """(…, 3) z up and towards −y (Blender) → y up and towards +z (core)."""
    return np.stack([points[..., 0], points[..., 2], -points[..., 1]], axis=-1)
