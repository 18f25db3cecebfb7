# SPDX-License-Identifier: GPL-3.0-or-later
"""The bones of a character: find them, and store what they show as a shape."""

from typing import Any, ClassVar

import bpy

from .. import pump
from ..data.migration import bring_up_to_date
from ..faces.bones import armature_of
from ..faces.channels import closed
from ..faces.character_bones import CharacterBones
from ..faces.open_face import FACE_MARK, find_face, is_character
from ..faces.storing import store_pose
from ..styletalk.errors import RigError
from .explained import ExplainedOperator


class STYLETALK_OT_find_bones(ExplainedOperator):
    """Find the bones of the head and the eyes by their names and places"""

    bl_idname = "styletalk.find_bones"
    bl_label = "Find Bones"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """Why there are none, or ""."""
        face = find_face(context.object)
        if face is None or not is_character(face):
            return "Select a character first, and press Use This Character."
        armature = armature_of(face)
        return f"“{face.name}” has no armature." if armature is None else closed(armature)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Fill in what is found; what is not there is said."""
        face: Any = find_face(context.object)
        CharacterBones(face).find()
        settings = face.styletalk_character
        found = [name for name in (settings.head_bone, settings.eye_left, settings.eye_right) if name]
        if found:
            self.report({"INFO"}, f"Found {', '.join(found)}.")
        else:
            self.report({"WARNING"}, "No bone has the name of a head or of eyes. Choose them by hand.")
        pump.push_undo(self.bl_label)
        return {"FINISHED"}


class STYLETALK_OT_store_pose(ExplainedOperator):
    """Store what the bones show now as a shape, an action that is a pose asset too; the bones go back to rest"""

    bl_idname = "styletalk.store_pose"
    bl_label = "Store Pose as Shape"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """Why there is nothing that could be stored, or ""."""
        face = posed_face(context)
        armature = armature_of(face) if face is not None else None
        if armature is None:
            return "Select the character or its armature."
        return closed(armature)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Make the action, and a row of the table that shows it."""
        face: Any = posed_face(context)
        name = face.styletalk_character.pose_shape.strip()
        try:
            action = store_pose(face, armature_of(face), name)
        except RigError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        bring_up_to_date(face)
        self.report({"INFO"}, f"Stored “{action.name}”.")
        pump.push_undo(self.bl_label)
        return {"FINISHED"}


def posed_face(context: bpy.types.Context) -> Any | None:
    """The character that is selected or whose armature is; an armature that is none yet becomes one by its poses."""
    thing: Any = context.object
    face = find_face(thing)
    if face is not None:
        return face if FACE_MARK not in face else None
    return thing if thing is not None and thing.type == "ARMATURE" else None


classes = (STYLETALK_OT_find_bones, STYLETALK_OT_store_pose)
