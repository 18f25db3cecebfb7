# SPDX-License-Identifier: GPL-3.0-or-later
"""The surface of a character's meshes, and meshes that nothing can be told of."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..styletalk.errors import RigError
from ..styletalk.rigs.mapping import RigMapping
from ..styletalk.rigs.measure import usable_or_not
from .channels import shape_keys


def triangles_of(meshes: Sequence[Any], points: int) -> np.ndarray | None:
    """(F, 3) int corners of the triangles of meshes whose points stand one after the other, `points` in all; None
    where there are more or fewer."""
    found, start = [np.empty((0, 3), np.int64)], 0
    for mesh in meshes:
        mesh.data.calc_loop_triangles()
        corners = np.empty(3 * len(mesh.data.loop_triangles), np.int32)
        mesh.data.loop_triangles.foreach_get("vertices", corners)
        found.append(corners.reshape(-1, 3) + start)
        start += len(mesh.data.vertices)
    return np.concatenate(found) if start == points else None


def refuse_unusable(mesh: Any, mapping: RigMapping, basis: np.ndarray, deltas: np.ndarray) -> None:
    """Raises RigError for absolute shape keys, for points that are nowhere, and for two heads in one mesh."""
    keys = shape_keys(mesh)
    if keys is not None and not keys.use_relative:
        raise RigError(f"The shape keys of “{mesh.name}” are absolute. Switch Relative on below Shape Keys first.")
    reason = usable_or_not(basis, deltas, mapping)
    if reason:
        raise RigError(f"“{mesh.name}” {reason}. Correct it or choose another mesh; nothing was changed.")
