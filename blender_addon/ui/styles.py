# SPDX-License-Identifier: GPL-3.0-or-later
"""The menu of styles, and the styles of the user. Only draws."""

from pathlib import Path
from typing import Any

import bpy

from ..data.lines import CUSTOM_STYLE
from ..data.user_styles import is_own, own_style, own_styles
from ..operators.films import STYLETALK_OT_style_from_film
from ..operators.styles import (
    STYLETALK_OT_style_add,
    STYLETALK_OT_style_choose,
    STYLETALK_OT_style_remove,
    STYLETALK_OT_style_rename,
    STYLETALK_OT_style_share,
)
from ..styletalk.styles.presets import preset_names
from .drawing import LinePanel, draw_sentence
from .thumbnails import icon_of, preset_icon

LABEL_SHARE = 0.4
"""Of a row, as Blender splits its own."""


class STYLETALK_MT_style(bpy.types.Menu):
    """Presets, then the user's own, each with its face"""

    bl_idname = "STYLETALK_MT_style"
    bl_label = "Style"

    def draw(self, context: bpy.types.Context) -> None:
        """A button for each."""
        for name in preset_names():
            _choice(self.layout, name.capitalize(), preset_icon(name), style=name)
        self.layout.separator()
        for own in (each for each in own_styles() if not each.problem):  # Your Styles says what is wrong with others
            _choice(self.layout, own.name, icon_of(own), path=str(own.path))
        self.layout.separator()
        _choice(self.layout, "Style File…", 0)


class STYLETALK_PT_styles(LinePanel):
    """The styles of the user as a list."""

    bl_idname = "STYLETALK_PT_styles"
    bl_label = "Your Styles"

    def draw(self, context: bpy.types.Context) -> None:
        """Each with what can be done with it; those that cannot be read, with the reason."""
        column = self.layout.column()
        for own in own_styles():
            if own.problem:
                draw_sentence(column, context, own.problem, "ERROR")
                continue
            row = column.row(align=True)
            icon = icon_of(own)
            chosen = row.operator(
                STYLETALK_OT_style_choose.bl_idname, text=own.name, icon_value=icon, icon="NONE" if icon else "USER"
            )
            chosen.path = str(own.path)
            for operator, sign in (
                (STYLETALK_OT_style_rename, "GREASEPENCIL"), (STYLETALK_OT_style_share, "EXPORT"),
                (STYLETALK_OT_style_remove, "TRASH"),
            ):  # fmt: skip
                row.operator(operator.bl_idname, text="", icon=sign).path = str(own.path)
        column.operator(STYLETALK_OT_style_add.bl_idname, icon="ADD")
        column.operator(STYLETALK_OT_style_from_film.bl_idname, icon="USER")


def draw_style(layout: Any, line: Any) -> None:
    """The line's style as a menu, and its file where it is neither a preset nor one of the user's."""
    split = layout.split(factor=LABEL_SHARE)
    label = split.column()
    label.alignment = "RIGHT"
    label.label(text="Style")
    text, icon = _shown(line)
    split.menu(STYLETALK_MT_style.bl_idname, text=text, icon_value=icon)
    if line.style == CUSTOM_STYLE and not is_own(Path(line.style_file)):
        layout.prop(line, "style_file")


def _shown(line: Any) -> tuple[str, int]:
    """What the line's style is called, and its icon's number."""
    if line.style in preset_names():
        return line.style.capitalize(), preset_icon(line.style)
    if line.style == CUSTOM_STYLE and line.style_file and is_own(Path(line.style_file)):
        own = own_style(Path(line.style_file))
        return own.name, icon_of(own)
    return ("Style File…" if line.style else "None"), 0


def _choice(layout: Any, text: str, icon: int, style: str = "", path: str = "") -> None:
    button = layout.operator(
        STYLETALK_OT_style_choose.bl_idname, text=text, icon_value=icon, icon="NONE" if icon else "FILE"
    )
    button.style, button.path = style, path


classes = (STYLETALK_MT_style, STYLETALK_PT_styles)
