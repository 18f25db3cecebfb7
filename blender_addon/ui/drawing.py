# SPDX-License-Identifier: GPL-3.0-or-later
"""What several panels share: their place, when they are seen, and sentences that wrap."""

import re
import unicodedata
from typing import Any, ClassVar

import bpy

from ..data.lines import active_line
from ..faces.open_face import find_face
from ..translations import translated

PIXELS_PER_CHARACTER = 7
WIDE = 1.8
"""Latin characters that a Chinese or Japanese one is as wide as."""
_PIECES = re.compile(r"[\u3000-\u9fff\uff00-\uffef][、。，！？；：」”）]*|[^\s\u3000-\u9fff\uff00-\uffef]+\s*|\s+")
"""What is not torn apart: a word with the space after it, or one character with the stop after it."""


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
    """A sentence in the user's language. Labels do not wrap by themselves."""
    scale = context.preferences.system.ui_scale or 1.0  # 0 without a window
    width = max(20, int(context.region.width / (PIXELS_PER_CHARACTER * scale)) - 7)
    column = layout.column(align=True)
    for number, text in enumerate(wrapped(translated(sentence), width)):
        column.label(text=text, icon=icon if number == 0 else "BLANK1", translate=False)


def draw_label(layout: Any, text: str, icon: str = "NONE") -> None:
    """A short text with values in it, in the user's language."""
    layout.label(text=translated(text), icon=icon, translate=False)


def wrapped(text: str, width: int) -> list[str]:
    """Lines of at most `width` Latin characters; Chinese and Japanese, which have no spaces, break anywhere but before
    their full stops and commas."""
    lines = [""]
    for piece in _PIECES.findall(text):
        if lines[-1] and columns(lines[-1] + piece.rstrip()) > width:
            lines.append("")
        while columns(piece) > width and len(piece) > 1:  # a path, or a word longer than a line
            cut = max(1, next(n for n in range(1, len(piece) + 1) if columns(piece[:n]) > width) - 1)
            lines[-1:] = [piece[:cut], ""]
            piece = piece[cut:]
        lines[-1] += piece if lines[-1] else piece.lstrip()
    return [line.rstrip() for line in lines if line.strip()]


def columns(text: str) -> float:
    """The width of a text in Latin characters."""
    return sum(WIDE if unicodedata.east_asian_width(each) in "WF" else 1.0 for each in text)
