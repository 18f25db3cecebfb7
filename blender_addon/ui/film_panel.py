# SPDX-License-Identifier: GPL-3.0-or-later
"""What a video of a face is good for. Only draws."""

from typing import ClassVar

import bpy

from ..data.lines import active_line
from ..faces.open_face import find_face
from ..operators.films import STYLETALK_OT_bake_film, STYLETALK_OT_style_from_film, missing_python
from .panels import _draw_sentence


class STYLETALK_PT_film(bpy.types.Panel):
    """Styles and performances out of videos."""

    bl_idname = "STYLETALK_PT_film"
    bl_label = "From Video"
    bl_category = "StyleTalk"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_parent_id = "STYLETALK_PT_main"
    bl_options: ClassVar[set[str]] = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Only for a line."""
        face = find_face(context.object)
        return face is not None and active_line(face) is not None

    def draw(self, context: bpy.types.Context) -> None:
        """Both buttons, and why they are grey."""
        column = self.layout.column()
        column.operator(STYLETALK_OT_style_from_film.bl_idname, icon="USER")
        column.operator(STYLETALK_OT_bake_film.bl_idname, icon="REC")
        if reason := missing_python(context):
            _draw_sentence(self.layout, context, reason, "INFO")


classes = (STYLETALK_PT_film,)
