# SPDX-License-Identifier: GPL-3.0-or-later
"""The bones of a character: which carry the head and the eyes, and poses stored as shapes. Only draws."""

from typing import Any, ClassVar

import bpy

from ..faces.bones import armature_of
from ..faces.open_face import is_character
from ..operators.bones import STYLETALK_OT_find_bones, STYLETALK_OT_store_pose, posed_face
from .drawing import TabPanel, draw_sentence


class STYLETALK_PT_bones(TabPanel):
    """Head, eyes and poses."""

    bl_idname = "STYLETALK_PT_bones"
    bl_label = "Bones"
    bl_parent_id = "STYLETALK_PT_main"
    bl_options: ClassVar[set[str]] = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Only where there is an armature."""
        face = posed_face(context)
        return face is not None and armature_of(face) is not None

    def draw(self, context: bpy.types.Context) -> None:
        """The bones, and what a pose is stored as."""
        face: Any = posed_face(context)
        armature: Any = armature_of(face)
        column = self.layout.column()
        column.use_property_split = True
        column.use_property_decorate = False
        if is_character(face):
            for name in ("head_bone", "eye_left", "eye_right"):
                column.prop_search(face.styletalk_character, name, armature.data, "bones", icon="BONE_DATA")
            column.operator(STYLETALK_OT_find_bones.bl_idname, icon="VIEWZOOM")
            column.separator()
        column.prop(face.styletalk_character, "pose_shape")
        column.operator(STYLETALK_OT_store_pose.bl_idname, icon="POSE_HLT")
        reason = STYLETALK_OT_store_pose.disabled_reason(context)
        if reason:
            draw_sentence(self.layout, context, reason, "INFO")


classes = (STYLETALK_PT_bones,)
