# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a new head stands, beside whatever encloses the 3D cursor, and that the view shows it."""

import contextlib
import math
from typing import Any

import bpy
from mathutils import Euler, Vector

GAP_M = 0.25
"""Between what encloses the cursor and the middle of the head."""
ROOM_M = 2.5
"""What is larger is a place to stand in."""
FRONT = Vector((0.0, -1.0, 0.0))
"""Where a new head looks."""
MOST_ASIDE = math.radians(50)
THREE_QUARTER = Euler((math.radians(85), 0.0, math.radians(25)))
"""The rotation of a view that shows mouth and cheek."""


def step_aside(context: Any, root: Any, mesh: Any) -> str:
    """Move a new head out of objects that would hide it, other heads too. Returns the first one's name, or ""."""
    context.view_layer.update()
    middle, hiding = _box(mesh)[2], ""
    others = [each for each in context.view_layer.objects if each.type == "MESH" and _root(each) != root]
    for each in sorted((other for other in others if other.visible_get()), key=lambda other: _box(other)[1].x):
        low, high, _ = _box(each)
        is_room = max(high - low) > ROOM_M
        if not is_room and all(low[axis] < middle[axis] < high[axis] for axis in range(3)):
            root.location.x += high.x + GAP_M - middle.x
            middle.x = high.x + GAP_M
            hiding = hiding or each.name
    return hiding


def _root(thing: Any) -> Any:
    while thing.parent is not None:
        thing = thing.parent
    return thing


def frame(context: Any) -> None:
    """Let the 3D view show what is selected. Without a window nothing is seen anyway."""
    area = context.area
    if bpy.app.background or area is None or area.type != "VIEW_3D":
        return
    region = next(each for each in area.regions if each.type == "WINDOW")
    _look_at_the_face(area.spaces.active.region_3d)
    with contextlib.suppress(RuntimeError), context.temp_override(area=area, region=region):
        bpy.ops.view3d.view_selected()


def _look_at_the_face(view: Any) -> None:
    """Turn a view that would show a head from the side or from behind; a camera's stays."""
    seen_from = view.view_rotation @ Vector((0.0, 0.0, 1.0))
    if view.view_perspective != "CAMERA" and seen_from.dot(FRONT) < math.cos(MOST_ASIDE):
        view.view_rotation = THREE_QUARTER.to_quaternion()


def _box(thing: Any) -> tuple[Vector, Vector, Vector]:
    """The lowest and the highest corner in the world, and the middle."""
    corners = [thing.matrix_world @ Vector(corner) for corner in thing.bound_box]
    low, high = (Vector(map(choose, zip(*corners, strict=True))) for choose in (min, max))
    return low, high, (low + high) / 2
