# SPDX-License-Identifier: GPL-3.0-or-later
"""Take a style that was suggested."""

from typing import Any, ClassVar

import bpy
from bpy.props import StringProperty

from ..data.lines import active_line
from ..faces.open_face import find_face
from ..styletalk.styles.presets import preset_names
from .explained import Operator


class STYLETALK_OT_take_style(Operator):
    """Speak the line in this style"""

    bl_idname = "styletalk.take_style"
    bl_label = "Take Style"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO", "INTERNAL"}

    style: StringProperty(options={"HIDDEN", "SKIP_SAVE"})  # type: ignore[valid-type]

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Set the style of the active line."""
        face = find_face(context.object)
        line: Any = active_line(face) if face is not None else None
        if line is None or self.style not in preset_names():
            self.report({"INFO"}, "That style is none of this version, or the line is gone.")
            return {"CANCELLED"}
        line.style = self.style
        return {"FINISHED"}


classes = (STYLETALK_OT_take_style,)
