# SPDX-License-Identifier: GPL-3.0-or-later
"""What a character's shape keys show, told by what they move, where a face is found on its meshes."""

from typing import Any

import numpy as np

from ..styletalk.errors import RigError
from ..styletalk.rigs.by_shape import told_by_shape
from ..styletalk.rigs.mapping import RigMapping

MOST_NUMBERS = 60_000_000
"""Of all shapes together, 3 for each vertex: beyond, names alone have to do."""


def told_by_meshes(
    meshes: tuple[Any, ...], mapping: RigMapping, basis: np.ndarray, deltas: np.ndarray
) -> RigMapping:  # fmt: skip
    """The mapping of meshes, checked and filled by what the shapes (R, V, 3) of their points (V, 3) in the world do.

    As it is where no face is found on them: names are all there is then.
    """
    if deltas.size > MOST_NUMBERS or not np.isfinite(deltas).all():
        return mapping
    try:
        return told_by_shape(mapping, to_core(basis), to_core(deltas), triangles_of(meshes))
    except RigError:
        return mapping


def triangles_of(meshes: tuple[Any, ...]) -> np.ndarray:
    """(F, 3) int: the triangles of meshes whose points follow each other."""
    found, start = [], 0
    for mesh in meshes:
        data = mesh.data
        data.calc_loop_triangles()
        triangles = np.empty(3 * len(data.loop_triangles), np.int32)
        data.loop_triangles.foreach_get("vertices", triangles)
        found.append(triangles.reshape(-1, 3) + start)
        start += len(data.vertices)
    return np.concatenate(found)


def to_core(points: np.ndarray) -> np.ndarray:
    """(…, 3) z up and towards −y (Blender) → y up and towards +z (core)."""
    return np.stack([points[..., 0], points[..., 2], -points[..., 1]], axis=-1)
