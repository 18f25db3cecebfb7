# SPDX-License-Identifier: GPL-3.0-or-later
"""What a video of a face, or a take of one, is good for. Only draws."""

import bpy

from ..operators.films import STYLETALK_OT_bake_film, STYLETALK_OT_style_from_film, missing_python
from ..operators.takes import STYLETALK_OT_bake_take
from .drawing import LinePanel, draw_sentence


class STYLETALK_PT_film(LinePanel):
    """Styles and performances out of videos and takes."""

    bl_idname = "STYLETALK_PT_film"
    bl_label = "From Video or Take"

    def draw(self, context: bpy.types.Context) -> None:
        """The buttons, and why those for videos are grey."""
        column = self.layout.column()
        column.operator(STYLETALK_OT_style_from_film.bl_idname, icon="USER")
        column.operator(STYLETALK_OT_bake_film.bl_idname, icon="REC")
        column.operator(STYLETALK_OT_bake_take.bl_idname, icon="IMPORT")
        if reason := missing_python(context):
            draw_sentence(self.layout, context, reason, "INFO")


classes = (STYLETALK_PT_film,)
