# SPDX-License-Identifier: GPL-3.0-or-later
"""A bare head becomes a talking one: find its landmarks, move or click them, make its shape keys."""

from typing import Any, ClassVar

import bpy
import numpy as np
from bpy_extras import view3d_utils  # type: ignore[import-not-found]

from .. import pump
from ..data.migration import bring_up_to_date
from ..faces import face_shapes
from ..faces.by_shape import to_core
from ..faces.characters import shape_key_names, tell_apart
from ..faces.open_face import is_character
from ..styletalk.errors import StyleTalkError
from ..styletalk.rigs.head_landmarks import LANDMARK_NAMES, HeadLandmarks
from .explained import ExplainedOperator

DOUBTFUL = 0.5
"""Landmarks that are less sure than this ask to be looked at."""
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


class _BareHeadOperator(ExplainedOperator):
    """Grey where the selected object is no mesh without shape keys."""

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """Why it cannot be given shapes, or ""."""
        mesh: Any = context.object
        if mesh is None or mesh.type != "MESH":
            return "Select the mesh of the head."
        return face_shapes.refusal(mesh)


class STYLETALK_OT_find_landmarks(_BareHeadOperator):
    """Find eyes, nose, mouth and chin of this head, and show them as empties that can be moved"""

    bl_idname = "styletalk.find_landmarks"
    bl_label = "Find Landmarks"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Replace the empties by what is found."""
        mesh: Any = context.object
        head = face_shapes.Head.of(mesh)
        try:
            found = face_shapes.found_landmarks(head)
        except StyleTalkError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        face_shapes.show_landmarks(mesh, found)
        level = "INFO" if found.confidence >= DOUBTFUL else "WARNING"
        self.report({level}, f"Found, {found.confidence:.0%} sure. Move the empties where they are wrong.")
        pump.push_undo(self.bl_label)
        return {"FINISHED"}


class STYLETALK_OT_click_landmarks(_BareHeadOperator):
    """Click the eight landmarks on the head, one after the other"""

    bl_idname = "styletalk.click_landmarks"
    bl_label = "Click Landmarks"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Ask for the first one."""
        if context.area is None or context.area.type != "VIEW_3D":
            self.report({"ERROR"}, "Landmarks are clicked in a 3D view. Move the mouse into one.")
            return {"CANCELLED"}
        self._places: list[np.ndarray] = []
        context.window_manager.modal_handler_add(self)
        self._ask(context)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """A click places one, Backspace takes the last one back, Escape ends; the view turns as always."""
        if event.type in {"ESC", "RIGHTMOUSE"}:
            return self._end(context, {"CANCELLED"})
        if event.type == "BACK_SPACE" and event.value == "PRESS" and self._places:
            self._places.pop()
            self._ask(context)
        elif event.type == "LEFTMOUSE" and event.value == "PRESS" and _is_in_view(context, event):
            place = _clicked(context, event)
            if place is None:
                self.report({"WARNING"}, "That click was beside the head.")
                return {"RUNNING_MODAL"}
            self._places.append(place)
            if len(self._places) == len(LANDMARK_NAMES):
                found = HeadLandmarks(to_core(np.array(self._places)))
                face_shapes.show_landmarks(context.object, found)
                pump.push_undo(self.bl_label)
                return self._end(context, {"FINISHED"})
            self._ask(context)
        else:
            return {"PASS_THROUGH"}
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Without a window nothing can be clicked."""
        self.report({"ERROR"}, "Landmarks are clicked in a window. Press Find Landmarks, or place the empties.")
        return {"CANCELLED"}

    def _ask(self, context: bpy.types.Context) -> None:
        name = LANDMARK_NAMES[len(self._places)]
        text = f"{len(self._places) + 1} of {len(LANDMARK_NAMES)}: click {HINTS[name]}. Backspace: the last one again."
        context.area.header_text_set(text)

    def _end(self, context: bpy.types.Context, outcome: set[str]) -> set[str]:
        context.area.header_text_set(None)
        return outcome


def _is_in_view(context: bpy.types.Context, event: bpy.types.Event) -> bool:
    """Not on the sidebar or outside."""
    region: Any = context.region
    return 0 <= event.mouse_region_x < region.width and 0 <= event.mouse_region_y < region.height


def _clicked(context: bpy.types.Context, event: bpy.types.Event) -> "np.ndarray | None":
    """(3,) where the ray under the mouse meets the head, in the world."""
    region, view, mesh = context.region, context.region_data, context.object
    at = (event.mouse_region_x, event.mouse_region_y)
    origin = view3d_utils.region_2d_to_origin_3d(region, view, at)  # type: ignore[arg-type]
    way = view3d_utils.region_2d_to_vector_3d(region, view, at)  # type: ignore[arg-type]
    back = mesh.matrix_world.inverted()  # type: ignore[union-attr]
    start = back @ origin
    hit, place, *_ = mesh.ray_cast(start, (back @ (origin + way)) - start)  # type: ignore[union-attr]
    return np.array(mesh.matrix_world @ place) if hit else None  # type: ignore[union-attr]


class STYLETALK_OT_make_shapes(_BareHeadOperator):
    """Give this head, which has none, shape keys of the open face, so that lines can be baked onto it"""

    bl_idname = "styletalk.make_shapes"
    bl_label = "Make Face Shapes"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Make them, or change nothing; say how well."""
        mesh: Any = context.object
        try:
            found = face_shapes.make_shapes(mesh)
            tell_apart(mesh, by_shape=False)
        except StyleTalkError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        bring_up_to_date(mesh)
        mesh[face_shapes.QUALITY] = f"Made: {found}."
        if found.sure < DOUBTFUL:
            self.report({"WARNING"}, "The landmarks are not sure: look at the empties, move them, and make it again.")
        for doubt in found.doubts:
            self.report({"WARNING"}, doubt)
        self.report({"INFO"}, f"Made {len(face_shapes.names_to_make(mesh))} shape keys: {found}.")
        pump.push_undo(self.bl_label)
        return {"FINISHED"}


class STYLETALK_OT_face_sheet(_BareHeadOperator):
    """Draw the head in seven expressions from three sides, as an image of the file"""

    bl_idname = "styletalk.face_sheet"
    bl_label = "Contact Sheet"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Draw it; the Image Editor shows it."""
        mesh: Any = context.object
        try:
            picture = face_shapes.sheet(mesh)
        except StyleTalkError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        image = face_shapes.as_image(picture, f"{mesh.name} face shapes")
        self.report({"INFO"}, f"Drawn: choose “{image.name}” in an Image Editor.")
        pump.push_undo(self.bl_label)
        return {"FINISHED"}


class STYLETALK_OT_make_rest(ExplainedOperator):
    """Give teeth, tongue, eyes, lashes and brows beside this face shape keys, made from its own"""

    bl_idname = "styletalk.make_rest"
    bl_label = "Make Shapes for the Rest"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """Why there is nothing to make, or ""."""
        mesh: Any = context.object
        if mesh is None or mesh.type != "MESH" or not is_character(mesh) or not shape_key_names(mesh):
            return "Select a character with shape keys first, and press Use This Character."
        if context.mode != "OBJECT":
            return "Leave Edit Mode first."
        return "" if face_shapes.rest_of(mesh) else "All meshes beside it have shape keys, or there are none."

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Make them, or change nothing; say what moves from now on."""
        try:
            made = face_shapes.make_rest(context.object)
        except StyleTalkError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        if not made:
            self.report({"WARNING"}, "Nothing beside the face moves with it: no teeth, tongue, eyes or lashes.")
            return {"CANCELLED"}
        self.report({"INFO"}, f"Move with the face: {', '.join(made)}.")
        pump.push_undo(self.bl_label)
        return {"FINISHED"}


class STYLETALK_OT_forget_landmarks(ExplainedOperator):
    """Remove the landmarks' empties"""

    bl_idname = "styletalk.forget_landmarks"
    bl_label = "Remove Landmarks"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """Why there are none, or ""."""
        mesh: Any = context.object
        has_some = mesh is not None and any(face_shapes.LANDMARK in each for each in mesh.children)
        return "" if has_some else "This object has no landmarks."

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Shape keys stay as they are."""
        face_shapes.forget_landmarks(context.object)
        pump.push_undo(self.bl_label)
        return {"FINISHED"}


classes = (
    STYLETALK_OT_find_landmarks,
    STYLETALK_OT_click_landmarks,
    STYLETALK_OT_make_shapes,
    STYLETALK_OT_face_sheet,
    STYLETALK_OT_make_rest,
    STYLETALK_OT_forget_landmarks,
)
