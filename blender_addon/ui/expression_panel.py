# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of the panel about how an expression lives, and styles that the sound suggests. Only draws."""

from typing import Any

import bpy

from ..data.lines import active_line
from ..data.suggestions import suggestions_of
from ..faces.open_face import find_face
from ..operators.bake import STYLETALK_OT_suggest
from ..operators.browse_styles import STYLETALK_OT_browse_styles
from ..operators.expression import STYLETALK_OT_take_style
from ..translations import translated
from .drawing import LinePanel


class STYLETALK_PT_expression(LinePanel):
    """How an expression comes, swells and goes."""

    bl_idname = "STYLETALK_PT_expression"
    bl_label = "Expression"

    def draw(self, context: bpy.types.Context) -> None:
        """Lead-in and lead-out, and what moves the intensity between them."""
        line: Any = active_line(find_face(context.object))
        column = self.layout.column()
        column.use_property_split = True
        column.use_property_decorate = False
        for name in ("lead_in_s", "lead_out_s", "swell", "accents", "micro_movement", "follow_voice", "use_curve"):
            column.prop(line, name)


def draw_suggestions(layout: Any, line: Any) -> None:
    """Browse and Suggest, and a button for each style that was suggested: the likeliest first, with its confidence."""
    row = layout.row(align=True)
    row.operator(STYLETALK_OT_browse_styles.bl_idname, text="Browse", icon="HIDE_OFF")
    row.operator(STYLETALK_OT_suggest.bl_idname, icon="LIGHT")
    found = suggestions_of(line)
    column = layout.column(align=True)
    for name, sure in found:
        taken = column.operator(STYLETALK_OT_take_style.bl_idname, text=f"{translated(name.capitalize())} {sure:.0%}")
        taken.style = name


classes = (STYLETALK_PT_expression,)
