# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of the panel with the offset sliders. Only draws."""

from typing import Any, ClassVar

import bpy

from ..faces.channels import OFFSET
from ..faces.offsets import names_of_offsets, path_of
from ..faces.open_face import find_face
from ..operators.offsets import STYLETALK_OT_add_offsets, STYLETALK_OT_remove_offsets, STYLETALK_OT_reset_offsets
from .drawing import TabPanel, draw_sentence


class STYLETALK_PT_offsets(TabPanel):
    """Sliders that add to whatever is baked."""

    bl_idname = "STYLETALK_PT_offsets"
    bl_label = "Offsets"
    bl_parent_id = "STYLETALK_PT_main"
    bl_options: ClassVar[set[str]] = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Only for faces."""
        return find_face(context.object) is not None

    def draw(self, context: bpy.types.Context) -> None:
        """The sliders of the face, or a button that adds them."""
        layout, face = self.layout, find_face(context.object)
        names = names_of_offsets(face)
        if not names:
            layout.operator(STYLETALK_OT_add_offsets.bl_idname, icon="ADD")
            if reason := STYLETALK_OT_add_offsets.disabled_reason(context):
                draw_sentence(layout, context, reason, "INFO")
            return
        _draw_sliders(layout, face, names)
        row = layout.row(align=True)
        row.operator(STYLETALK_OT_reset_offsets.bl_idname, icon="LOOP_BACK")
        row.operator(STYLETALK_OT_remove_offsets.bl_idname, text="", icon="X")


def _draw_sliders(layout: Any, face: Any, names: tuple[str, ...]) -> None:
    """Left and right of one kind stand beside each other."""
    column = layout.column(align=True)
    row = column
    for number, name in enumerate(names):
        if name.endswith(" Left") and name.replace(" Left", " Right") in names[number + 1 : number + 2]:
            row = column.row(align=True)
        row.prop(face, path_of(name), text=name.removeprefix(OFFSET), slider=True)
        if not name.endswith(" Left"):
            row = column


classes = (STYLETALK_PT_offsets,)
