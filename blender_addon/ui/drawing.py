# SPDX-License-Identifier: GPL-3.0-or-later
"""What several panels share: their place, when they are seen, and sentences that wrap."""

import textwrap
from typing import Any, ClassVar

import bpy

from ..data.lines import active_line
from ..faces.open_face import find_face

PIXELS_PER_CHARACTER = 7


class TabPanel(bpy.types.Panel):
    """Lies in our tab of the sidebar."""

    bl_category = "StyleTalk"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"


class LinePanel(TabPanel):
    """A closed part of the main panel, for faces with a line."""

    bl_parent_id = "STYLETALK_PT_main"
    bl_options: ClassVar[set[str]] = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Only for a line."""
        face = find_face(context.object)
        return face is not None and active_line(face) is not None


def draw_sentence(layout: Any, context: bpy.types.Context, sentence: str, icon: str) -> None:
    """Labels do not wrap by themselves."""
    scale = context.preferences.system.ui_scale or 1.0  # 0 without a window
    width = max(20, int(context.region.width / (PIXELS_PER_CHARACTER * scale)) - 7)
    column = layout.column(align=True)
    for number, text in enumerate(textwrap.wrap(sentence, width)):
        column.label(text=text, icon=icon if number == 0 else "BLANK1")
