# SPDX-License-Identifier: GPL-3.0-or-later
"""Add > Mesh > Talking Face."""

from typing import ClassVar

import bpy

from ..data.migration import bring_up_to_date
from ..faces.open_face import add_face
from ..styletalk.errors import StyleTalkError
from ..styletalk.face.model import open_face
from .explained import ExplainedOperator


class STYLETALK_OT_add_face(ExplainedOperator):
    """Add a head that can talk, with a shape key for each expression coefficient, blinks and gaze"""

    bl_idname = "styletalk.add_face"
    bl_label = "Talking Face"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """Why no face can be added here, or ""."""
        if context.mode != "OBJECT":
            return "Leave the edit mode first (Tab): a talking face is an object of its own."
        if context.collection is None or context.collection.library is not None:
            return "The active collection is linked from another file. Choose another collection."
        return ""

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Make the face at the 3D cursor, with its first line."""
        try:
            bring_up_to_date(add_face(context, open_face()))
        except StyleTalkError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}


def draw_menu(self: bpy.types.Menu, context: bpy.types.Context) -> None:
    """The entry in Add > Mesh."""
    self.layout.operator(STYLETALK_OT_add_face.bl_idname, icon="USER")


classes = (STYLETALK_OT_add_face,)
