# SPDX-License-Identifier: GPL-3.0-or-later
"""Style files that are dropped on a 3D view, where Blender lets them (4.1 and newer)."""

import bpy

from ..styletalk.styles.library import READABLE
from .styles import STYLETALK_OT_style_add

classes: tuple[type, ...] = ()
if hasattr(bpy.types, "FileHandler"):

    class STYLETALK_FH_style(bpy.types.FileHandler):
        """Takes the dropped file among the user's styles."""

        bl_idname = "STYLETALK_FH_style"
        bl_label = "StyleTalk Style"
        bl_import_operator = STYLETALK_OT_style_add.bl_idname
        bl_file_extensions = ";".join(READABLE)

        @classmethod
        def poll_drop(cls, context: bpy.types.Context) -> bool:
            """On 3D views alone."""
            return context.area is not None and context.area.type == "VIEW_3D"

    classes = (STYLETALK_FH_style,)
