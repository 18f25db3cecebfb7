# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a baked face is seen to move: its evaluated mesh, where the line moves it most and where least.

Looked at in a scene of its own, for the animator's must not change its frame: what they have posed and not keyed yet
would be lost.
"""

import contextlib
from typing import Any

import bpy
import numpy as np

from ..faces.channels import Part

STILL_M = 1e-6
"""A vertex that moves by less is still."""


def stillness(scene: Any, mesh: Any, parts: tuple[Part, ...], frames: np.ndarray) -> str:
    """A sentence where the mesh stays still between frames where what was baked on its shape keys differs, or "".

    frames: (N,) float32 of the keys.
    """
    values = _shape_values(mesh, parts)
    if values is None:
        return ""
    least = int(np.abs(values).sum(axis=0).argmin())
    most = int(np.abs(values - values[:, least : least + 1]).sum(axis=0).argmax())
    if np.abs(values[:, most] - values[:, least]).max() < 1e-3:
        return ""  # nothing is said
    try:
        seen = _looked_at(scene, mesh, (int(frames[least]), int(frames[most])))
    except RuntimeError:
        return ""
    if len(seen[0]) != len(seen[1]) or np.abs(seen[0] - seen[1]).max(initial=0.0) > STILL_M:
        return ""
    return (
        f"“{mesh.name}” does not move on frame {int(frames[most])} though it was baked: something covers it. Look at "
        "its modifiers, and at its shape keys' tracks in the NLA editor."
    )


def _shape_values(mesh: Any, parts: tuple[Part, ...]) -> np.ndarray | None:
    """(C, N) of the channels on the mesh's own shape keys; without the intensity, which moves nothing."""
    own = [part for part in parts if part.owner == getattr(mesh.data, "shape_keys", None)]
    values = [channel.values for part in own for channel in part.channels if channel.data_path.startswith("key_blocks")]
    return np.array(values) if values else None


def _looked_at(scene: Any, mesh: Any, frames: tuple[int, ...]) -> list[np.ndarray]:
    """(V, 3) of the evaluated mesh on each frame."""
    looking = bpy.data.scenes.new("StyleTalk")
    try:
        looking.render.fps, looking.render.fps_base = scene.render.fps, scene.render.fps_base
        looking.collection.objects.link(mesh)
        return [_points_at(looking, mesh, frame) for frame in frames]
    finally:
        with contextlib.suppress(RuntimeError):
            bpy.data.scenes.remove(looking)


def _points_at(scene: Any, mesh: Any, frame: int) -> np.ndarray:
    scene.frame_set(frame)
    found = mesh.evaluated_get(scene.view_layers[0].depsgraph).data
    points = np.empty(3 * len(found.vertices), np.float32)
    found.vertices.foreach_get("co", points)
    return points.reshape(-1, 3)
