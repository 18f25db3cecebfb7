# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of the tab for a bare head: its landmarks, and Make Face Shapes. Only draws."""

from typing import Any, ClassVar

import bpy

from ..faces import face_shapes
from ..faces.characters import shape_key_names
from ..faces.open_face import FACE_MARK
from ..operators.click_landmarks import STYLETALK_OT_click_landmarks
from ..operators.transfer import (
    STYLETALK_OT_face_sheet,
    STYLETALK_OT_find_landmarks,
    STYLETALK_OT_forget_landmarks,
    STYLETALK_OT_make_rest,
    STYLETALK_OT_make_shapes,
)
from .drawing import TabPanel, draw_sentence


class STYLETALK_PT_transfer(TabPanel):
    """Shape keys for a mesh that has none, and for what lies beside a face that has some."""

    bl_idname = "STYLETALK_PT_transfer"
    bl_label = "Face Shapes"
    bl_parent_id = "STYLETALK_PT_main"
    bl_options: ClassVar[set[str]] = set()

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Only for a mesh without shape keys, or with those that were made here."""
        mesh: Any = context.object
        return mesh is not None and mesh.type == "MESH" and FACE_MARK not in mesh

    def draw(self, context: bpy.types.Context) -> None:
        """Make; find or click; what came of it."""
        layout, mesh = self.layout, context.object
        made = face_shapes.was_made(mesh)
        if shape_key_names(mesh) and not made:
            layout.operator(STYLETALK_OT_make_rest.bl_idname, icon="OUTLINER_OB_MESH")
            return
        label = "Make Them Again" if made else STYLETALK_OT_make_shapes.bl_label
        layout.operator(STYLETALK_OT_make_shapes.bl_idname, text=label, icon="SHAPEKEY_DATA")
        layout.row(align=True).prop(mesh.styletalk_character, "made_keys", expand=True)  # type: ignore[union-attr]
        column = layout.column(align=True)
        column.operator(STYLETALK_OT_find_landmarks.bl_idname, icon="VIEWZOOM")
        column.operator(STYLETALK_OT_click_landmarks.bl_idname, icon="RESTRICT_SELECT_OFF")
        if any(face_shapes.LANDMARK in each for each in mesh.children):  # type: ignore[union-attr]
            layout.operator(STYLETALK_OT_forget_landmarks.bl_idname, icon="TRASH")
        if made:
            layout.operator(STYLETALK_OT_face_sheet.bl_idname, icon="IMAGE_DATA")
        if made and face_shapes.QUALITY in mesh:  # type: ignore[operator]
            draw_sentence(layout, context, str(mesh[face_shapes.QUALITY]), "INFO")  # type: ignore[index]


classes = (STYLETALK_PT_transfer,)
