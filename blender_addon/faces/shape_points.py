# SPDX-License-Identifier: GPL-3.0-or-later
"""Points of meshes: as their shape keys have them, and as they are seen while an armature poses."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import bpy
import numpy as np

from .. import compat
from .channels import change
from .poses import Pose, added, posing, rest, show


def points_of(key: Any) -> np.ndarray:
    """(V, 3) float64 of a shape key."""
    data = compat.shape_key_points(key)
    points = np.empty(3 * len(data), np.float32)
    data.foreach_get("co", points)
    return points.reshape(-1, 3).astype(np.float64)


def posed_points(
    armature: Any, meshes: Sequence[Any], poses: Mapping[str, Pose], over: Mapping[str, str]
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """(V, 3) points of meshes in the world with the armature at rest, and by each pose (V, 3) how far it moves them.

    over: poses that correct another one, and that one: what they add to it is measured. Of the meshes' modifiers only
    armatures count, so that the points are those of the shape keys.
    """
    with posing(armature), plain(meshes):
        basis = _seen(meshes)
        moved = {}
        for name, pose in poses.items():
            below = poses.get(over.get(name, ""), {})
            show(armature, added(below, pose))
            moved[name] = (_seen(meshes) - basis).astype(np.float32)
            rest(armature, {**below, **pose})
        for name, other in over.items():
            if name in moved and other in moved:
                moved[name] -= moved[other]
    return basis, moved


@contextmanager
def plain(meshes: Sequence[Any]) -> Iterator[None]:
    """Within it the meshes show no modifiers but armatures."""
    with ExitStack() as undo:
        for modifier in (each for mesh in meshes for each in mesh.modifiers if each.type != "ARMATURE"):
            change(undo, modifier, "show_viewport", False)
        yield


def _seen(meshes: Sequence[Any]) -> np.ndarray:
    """(V, 3) in the world, as Blender shows them now."""
    bpy.context.view_layer.update()
    graph = bpy.context.evaluated_depsgraph_get()
    found = [np.empty((0, 3))]
    for mesh in meshes:
        shown, world = mesh.evaluated_get(graph).data, np.array(mesh.matrix_world)
        points = np.empty(3 * len(shown.vertices), np.float32)
        shown.vertices.foreach_get("co", points)
        found.append(points.reshape(-1, 3) @ world[:3, :3].T + world[:3, 3])
    return np.concatenate(found)
