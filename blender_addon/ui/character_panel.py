# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of a character's shape keys: which is which. Only draws."""

from typing import Any, ClassVar

import bpy

from .. import compat
from ..faces.open_face import find_face, is_character
from ..operators.characters import (
    STYLETALK_OT_forget_character,
    STYLETALK_OT_load_mapping,
    STYLETALK_OT_save_mapping,
    STYLETALK_OT_show_shape,
    STYLETALK_OT_use_character,
)
from .drawing import TabPanel, draw_sentence

ROWS = 8
FORGOTTEN = (
    "Blender forgets this table when the file is saved, for the character is linked. Save the table as a file, or "
    "press Use This Character in the character's own file."
)
DOUBTFUL = 0.7
"""A row that is less sure than this asks to be looked at."""


class STYLETALK_UL_shapes(bpy.types.UIList):
    """A row for each shape key."""

    def draw_item(
        self, context: Any, layout: Any, data: Any, item: Any, icon: int, active_data: Any, active_property: str
    ) -> None:
        """Whether it is used, its name, and what it shows."""
        row = layout.row(align=True)
        row.prop(item, "enabled", text="")
        known = bool(item.shows or item.shows_negative)
        names = row.split(factor=0.5)
        names.active = known and item.enabled
        doubtful = known and item.confidence < DOUBTFUL
        names.label(text=item.name, icon="ERROR" if doubtful else "POSE_HLT" if item.pose is not None else "NONE")
        names.label(text=item.shows or item.shows_negative or "—")
        row.operator(STYLETALK_OT_show_shape.bl_idname, text="", icon="HIDE_OFF", emboss=False).shape = item.name


class STYLETALK_PT_character(TabPanel):
    """Which of a character's shape keys is which."""

    bl_idname = "STYLETALK_PT_character"
    bl_label = "Shape Keys"
    bl_parent_id = "STYLETALK_PT_main"
    bl_options: ClassVar[set[str]] = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Only for a character."""
        return is_character(find_face(context.object))

    def draw(self, context: bpy.types.Context) -> None:
        """The table, the active row, and the table's file."""
        layout, mesh = self.layout, find_face(context.object)
        settings: Any = mesh.styletalk_character  # type: ignore[union-attr]
        layout.template_list("STYLETALK_UL_shapes", "", settings, "shapes", settings, "active", rows=ROWS)
        if 0 <= settings.active < len(settings.shapes):
            _draw_row(layout, context, settings.shapes[settings.active])
        if compat.FORGETS_TABLES and mesh.override_library is not None:  # type: ignore[union-attr]
            draw_sentence(layout, context, FORGOTTEN, "ERROR")
        row = layout.row(align=True)
        row.operator(STYLETALK_OT_save_mapping.bl_idname)
        row.operator(STYLETALK_OT_load_mapping.bl_idname)
        row = layout.row(align=True)
        row.operator(STYLETALK_OT_use_character.bl_idname, text="Tell Apart Again", icon="FILE_REFRESH")
        row.operator(STYLETALK_OT_forget_character.bl_idname, text="Forget", icon="TRASH")


def _draw_row(layout: Any, context: bpy.types.Context, shape: Any) -> None:
    column = layout.column()
    column.use_property_split = True
    column.use_property_decorate = False
    column.prop(shape, "shows")
    if shape.low < 0 or shape.shows_negative:
        column.prop(shape, "shows_negative")
    for name in ("gain", "offset", "low", "high"):
        column.prop(shape, name)
    if shape.reason:
        sure = f" ({shape.confidence:.0%} sure)" if shape.confidence else ""
        draw_sentence(layout, context, f"{shape.reason.capitalize()}{sure}.", "INFO")


classes = (STYLETALK_UL_shapes, STYLETALK_PT_character)
