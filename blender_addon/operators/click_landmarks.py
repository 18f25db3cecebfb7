# SPDX-License-Identifier: GPL-3.0-or-later
"""Landmarks of a bare head, clicked one after the other in the 3D view."""

from typing import Any, ClassVar

import bpy
import numpy as np
from bpy_extras import view3d_utils  # type: ignore[import-not-found]
from mathutils import Vector

from .. import pump
from ..faces import face_shapes
from ..faces.by_shape import to_core
from ..styletalk.errors import RigError
from ..styletalk.face.model import open_face
from ..styletalk.rigs.head_landmarks import LANDMARK_NAMES, HeadLandmarks, own_sides
from .transfer import BareHeadOperator

HINTS = {
    "eye outer R": "the outer corner of the face's right eye",
    "eye inner R": "the inner corner of its right eye",
    "eye inner L": "the inner corner of its left eye",
    "eye outer L": "the outer corner of its left eye",
    "nose tip": "the tip of the nose",
    "mouth corner R": "the right corner of the mouth, the face's own right",
    "mouth corner L": "the left corner of the mouth",
    "chin": "the lowest point of the chin, in the middle",
}


class STYLETALK_OT_click_landmarks(BareHeadOperator):
    """Click the eight landmarks on the head, one after the other"""

    bl_idname = "styletalk.click_landmarks"
    bl_label = "Click Landmarks"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Ask for the first one."""
        if context.area is None or context.area.type != "VIEW_3D":
            self.report({"ERROR"}, "Landmarks are clicked in a 3D view. Move the mouse into one.")
            return {"CANCELLED"}
        self._name = context.object.name  # type: ignore[union-attr] - references do not survive an undo
        self._before = face_shapes.landmarks_shown(self._head())
        self._places: list[np.ndarray] = []
        self._ways: list[np.ndarray] = []
        context.window_manager.modal_handler_add(self)
        self._ask(context)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """A click places one, Backspace takes the last one back, Escape ends; the view turns as always."""
        if self._head() is None or context.area is None:
            self.report({"ERROR"}, "The head or its 3D view is gone. Press Click Landmarks again.")
            return self._end(context, {"CANCELLED"})
        if event.type in {"ESC", "RIGHTMOUSE"}:
            face_shapes.show_points(self._head(), self._before)
            return self._end(context, {"CANCELLED"})
        takes_back = event.type == "BACK_SPACE" or (event.type == "Z" and (event.ctrl or event.oskey))
        if takes_back:
            if event.value == "PRESS" and self._places and not event.shift:  # which is to do again
                self._places.pop()
                self._ways.pop()
                self._ask(context)
            return {"RUNNING_MODAL"}
        at = _in_view(context, event) if event.type == "LEFTMOUSE" and not event.alt else None
        if at is None or event.value != "PRESS":
            return {"PASS_THROUGH"}
        return self._place(context, *at)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Without a window nothing can be clicked."""
        self.report({"ERROR"}, "Landmarks are clicked in a window. Press Find Landmarks, or place the empties.")
        return {"CANCELLED"}

    def _head(self) -> Any | None:
        """The head, which may be deleted meanwhile."""
        return bpy.data.objects.get(self._name)

    def _place(self, context: bpy.types.Context, region: Any, view: Any, at: tuple[int, int]) -> set[str]:
        """Where the mouse meets the head is the next landmark; the eighth is the last."""
        way = np.array(view3d_utils.region_2d_to_vector_3d(region, view, at))
        place = _met(self._head(), view3d_utils.region_2d_to_origin_3d(region, view, at), way)
        if place is None:
            self.report({"WARNING"}, "That click was beside the head.")
            return {"RUNNING_MODAL"}
        self._places.append(place)
        self._ways.append(way)
        if len(self._places) == len(LANDMARK_NAMES):
            return self._finish(context)
        self._ask(context)
        return {"RUNNING_MODAL"}

    def _finish(self, context: bpy.types.Context) -> set[str]:
        """Show all eight; begin again where they are no face's."""
        found = HeadLandmarks(to_core(np.array(self._places)))
        turned = own_sides(found, to_core(np.mean(self._ways, axis=0)))
        try:
            turned.onto(HeadLandmarks.of_open_face(open_face()))
        except RigError as error:
            self.report({"ERROR"}, str(error))
            self._places, self._ways = [], []
            self._ask(context)
            return {"RUNNING_MODAL"}
        if turned is not found:
            self.report({"WARNING"}, "Left and right were clicked the other way round: they are the face's own sides.")
        face_shapes.show_landmarks(self._head(), turned)
        pump.push_undo(self.bl_label)
        return self._end(context, {"FINISHED"})

    def _ask(self, context: bpy.types.Context) -> None:
        """Show what is placed, and say what comes next."""
        face_shapes.show_points(self._head(), dict(zip(LANDMARK_NAMES, self._places, strict=False)))
        name = LANDMARK_NAMES[len(self._places)]
        text = f"{len(self._places) + 1} of {len(LANDMARK_NAMES)}: click {HINTS[name]}. Backspace: the last one again."
        context.area.header_text_set(text)

    def _end(self, context: bpy.types.Context, outcome: set[str]) -> set[str]:
        if context.area is not None:
            context.area.header_text_set(None)
        return outcome


def _in_view(context: bpy.types.Context, event: bpy.types.Event) -> "tuple[Any, Any, tuple[int, int]] | None":
    """The region of the 3D view under the mouse, its view, and where in it; None over bars and the sidebar.

    The operator's own region is the sidebar, where its button was pressed.
    """
    area: Any = context.area
    under = [each for each in area.regions if _is_over(each, event)]
    views = [each for each in area.regions if each.type == "WINDOW"]
    region = next((each for each in under if each.type == "WINDOW"), None)
    if region is None or any(each.type != "WINDOW" for each in under):
        return None
    space = area.spaces.active
    view = space.region_quadviews[views.index(region)] if len(space.region_quadviews) else space.region_3d
    return region, view, (event.mouse_x - region.x, event.mouse_y - region.y)


def _is_over(region: Any, event: bpy.types.Event) -> bool:
    across, up = event.mouse_x - region.x, event.mouse_y - region.y
    return 0 <= across < region.width and 0 <= up < region.height and region.width > 1


def _met(mesh: Any, origin: Any, way: np.ndarray) -> "np.ndarray | None":
    """(3,) where a ray meets a mesh, in the world."""
    back = mesh.matrix_world.inverted()
    start = back @ origin
    hit, place, *_ = mesh.ray_cast(start, (back @ (origin + Vector(way))) - start)
    return np.array(mesh.matrix_world @ place) if hit else None


classes = (STYLETALK_OT_click_landmarks,)
