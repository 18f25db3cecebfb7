# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of the panel about the curves that a bake makes. Only draws."""

from typing import Any

import bpy

from ..data.lines import active_line
from ..faces.open_face import find_face
from ..faces.own_keys import can_choose
from .drawing import LinePanel


class STYLETALK_PT_curves(LinePanel):
    """Which keys a line is baked on, and how many."""

    bl_idname = "STYLETALK_PT_curves"
    bl_label = "Curves"

    def draw(self, context: bpy.types.Context) -> None:
        """The face's keys, and the line's key error."""
        face: Any = find_face(context.object)
        column = self.layout.column()
        column.use_property_split = True
        column.use_property_decorate = False
        if can_choose(face):
            column.prop(face.styletalk, "keys")
        column.prop(active_line(face), "lips_mm")


classes = (STYLETALK_PT_curves,)
