# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a face goes from here: other programs. Only draws."""

from typing import ClassVar

import bpy

from ..exporting.formats import FORMATS
from ..exporting.run import refusal
from ..faces.open_face import find_face
from ..operators.export import STYLETALK_MT_export
from .drawing import TabPanel, draw_sentence


class STYLETALK_PT_export(TabPanel):
    """The selected face for other programs."""

    bl_idname = "STYLETALK_PT_export"
    bl_label = "Export"
    bl_parent_id = "STYLETALK_PT_main"
    bl_options: ClassVar[set[str]] = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Only for a face."""
        return find_face(context.object) is not None

    def draw(self, context: bpy.types.Context) -> None:
        """The menu, and why all or some of it is grey."""
        self.layout.menu(STYLETALK_MT_export.bl_idname, icon="EXPORT")
        reasons = {refusal(context, find_face(context.object), form) for form in FORMATS}
        for reason in sorted(reasons - {""}):
            draw_sentence(self.layout, context, reason, "INFO")


classes = (STYLETALK_PT_export,)
