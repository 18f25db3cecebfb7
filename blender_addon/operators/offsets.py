# SPDX-License-Identifier: GPL-3.0-or-later
"""The offset layer: add it, set it back, take it away."""

from typing import ClassVar

import bpy

from ..faces import offsets
from ..faces.open_face import find_face
from ..styletalk.errors import StyleTalkError
from .explained import ExplainedOperator


class STYLETALK_OT_add_offsets(ExplainedOperator):
    """Add sliders for jaw, lips, corners, lids, brows and cheeks that add to every line, and that no bake touches"""

    bl_idname = "styletalk.add_offsets"
    bl_label = "Add Offset Sliders"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """Why the face cannot have them, or ""."""
        return offsets.refusal(find_face(context.object))

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Make properties, twins of the shape keys, and drivers."""
        try:
            count = offsets.add_layer(find_face(context.object))
        except StyleTalkError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        self.report({"INFO"}, f"Added {count} sliders. Key them with I over a slider; bakes leave them alone.")
        return {"FINISHED"}


class _WithOffsets(ExplainedOperator):
    """For faces that have the sliders already."""

    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """Why there is nothing to do, or ""."""
        face = find_face(context.object)
        if not offsets.names_of_offsets(face):
            return "The face has no offset sliders yet. Press Add Offset Sliders."
        return offsets.refusal(face)


class STYLETALK_OT_reset_offsets(_WithOffsets):
    """Set all offset sliders to zero and remove their keys. Lines stay as they are"""

    bl_idname = "styletalk.reset_offsets"
    bl_label = "Reset Offsets"

    def execute(self, context: bpy.types.Context) -> set[str]:
        """All sliders of the face."""
        count = offsets.reset(find_face(context.object))
        self.report({"INFO"}, f"Set {count} sliders to zero and removed their keys.")
        return {"FINISHED"}


class STYLETALK_OT_remove_offsets(_WithOffsets):
    """Take the offset sliders off the face, with their keys and the shape keys that they drive"""

    bl_idname = "styletalk.remove_offsets"
    bl_label = "Remove Offset Sliders"

    def execute(self, context: bpy.types.Context) -> set[str]:
        """All that the layer has added."""
        try:
            offsets.remove_layer(find_face(context.object))
        except StyleTalkError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}


classes = (STYLETALK_OT_add_offsets, STYLETALK_OT_reset_offsets, STYLETALK_OT_remove_offsets)
