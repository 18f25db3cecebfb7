# SPDX-License-Identifier: GPL-3.0-or-later
"""A bare head becomes a talking one: find its landmarks, move or click them, make its shape keys."""

from typing import Any, ClassVar

import bpy

from .. import pump
from ..data.migration import bring_up_to_date
from ..faces import face_shapes
from ..faces.characters import shape_key_names, tell_apart
from ..faces.open_face import is_character
from ..styletalk.errors import StyleTalkError
from .explained import ExplainedOperator

DOUBTFUL = 0.5
"""Landmarks that are less sure than this ask to be looked at."""


class BareHeadOperator(ExplainedOperator):
    """Grey where the selected object is no mesh without shape keys."""

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """Why it cannot be given shapes, or ""."""
        mesh: Any = context.object
        if mesh is None or mesh.type != "MESH":
            return "Select the mesh of the head."
        return face_shapes.refusal(mesh)


class STYLETALK_OT_find_landmarks(BareHeadOperator):
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


class STYLETALK_OT_make_shapes(BareHeadOperator):
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


class STYLETALK_OT_face_sheet(BareHeadOperator):
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
    STYLETALK_OT_make_shapes,
    STYLETALK_OT_face_sheet,
    STYLETALK_OT_make_rest,
    STYLETALK_OT_forget_landmarks,
)
