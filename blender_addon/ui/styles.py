# SPDX-License-Identifier: GPL-3.0-or-later
"""The menus and the shelf of styles, and the styles of the user. Only draws."""

from pathlib import Path
from typing import Any, ClassVar

import bpy

from ..data.lines import CUSTOM_STYLE, active_line
from ..data.style_track import said_of, style_holding
from ..data.user_styles import is_own, own_style, own_styles
from ..faces.open_face import find_face
from ..operators.browse_styles import STYLETALK_OT_browse_styles
from ..operators.films import STYLETALK_OT_style_from_film
from ..operators.style_from_action import STYLETALK_OT_style_from_action
from ..operators.styles import (
    STYLETALK_OT_style_add,
    STYLETALK_OT_style_choose,
    STYLETALK_OT_style_remove,
    STYLETALK_OT_style_rename,
    STYLETALK_OT_style_share,
)
from ..styletalk.styles.presets import preset_description, preset_names
from .drawing import LinePanel, draw_sentence
from .thumbnails import icon_of, preset_icon

LABEL_SHARE = 0.4
"""Of a row, as Blender splits its own."""
COLUMNS, FACE_SCALE, SHELF_UNITS = 4, 4.0, 20
LONGEST_NAME = 14
AS_THE_LINE = "As the Line"


class STYLETALK_MT_style(bpy.types.Menu):
    """Presets, then the user's own, each with its face"""

    bl_idname = "STYLETALK_MT_style"
    bl_label = "Style"

    def draw(self, context: bpy.types.Context) -> None:
        """A button for each."""
        _draw_choices(self.layout, "LINE", "Style File…")


class STYLETALK_MT_second_style(bpy.types.Menu):
    """What the style is blended with"""

    bl_idname = "STYLETALK_MT_second_style"
    bl_label = "Second Style"

    def draw(self, context: bpy.types.Context) -> None:
        """A button for each, and for none."""
        _draw_choices(self.layout, "SECOND", "None")


class STYLETALK_MT_word_style(bpy.types.Menu):
    """How the selected word is spoken"""

    bl_idname = "STYLETALK_MT_word_style"
    bl_label = "Style of the Word"

    def draw(self, context: bpy.types.Context) -> None:
        """A button for each, and for the line's own."""
        _draw_choices(self.layout, "WORD", AS_THE_LINE)


class STYLETALK_PT_shelf(bpy.types.Panel):
    """All styles as faces; opens at the button beside Style"""

    bl_idname = "STYLETALK_PT_shelf"
    bl_label = "Styles"
    bl_space_type = "VIEW_3D"
    bl_region_type = "HEADER"
    bl_options: ClassVar[set[str]] = {"INSTANCED"}
    bl_ui_units_x = SHELF_UNITS

    def draw(self, context: bpy.types.Context) -> None:
        """A face with its name for each, and what the line's own shows."""
        face = find_face(context.object)
        line = active_line(face) if face is not None else None
        grid = self.layout.grid_flow(row_major=True, columns=COLUMNS, even_columns=True, even_rows=True, align=True)
        for name in preset_names():
            _face(grid, name.capitalize(), preset_icon(name), _is_chosen(line, name), style=name)
        for own in (each for each in own_styles() if not each.problem):
            _face(grid, own.name, icon_of(own), _is_chosen(line, str(own.path)), path=str(own.path))
        if line is not None and (about := _about(line)):
            draw_sentence(self.layout, context, about, "INFO")
        row = self.layout.row()
        row.operator(STYLETALK_OT_browse_styles.bl_idname, icon="HIDE_OFF")
        row.operator(STYLETALK_OT_style_add.bl_idname, text="Add…", icon="ADD")


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
        column.operator(STYLETALK_OT_style_from_action.bl_idname, icon="ACTION")
        column.operator(STYLETALK_OT_style_from_film.bl_idname, icon="FILE_MOVIE")
        column.operator(STYLETALK_OT_style_add.bl_idname, icon="IMPORT")


class STYLETALK_PT_style_changes(LinePanel):
    """What lets the style change along the line."""

    bl_idname = "STYLETALK_PT_style_changes"
    bl_label = "Style Along the Line"

    def draw(self, context: bpy.types.Context) -> None:
        """The second style, markers, a file, and what changes there are."""
        line: Any = active_line(find_face(context.object))
        column = self.layout.column()
        column.use_property_split = True
        text, icon = _shown_as(line.second_style, "None")
        _menu(column, "Second Style", STYLETALK_MT_second_style.bl_idname, text, icon)
        row = column.row()
        row.active = bool(line.second_style)
        row.prop(line, "style_blend", slider=True)
        column.prop(line, "style_key")
        column.use_property_decorate = False
        column.prop(line, "style_markers")
        column.prop(line, "style_changes")
        if said := said_of(line, context.scene):
            draw_sentence(column, context, said, "MARKER_HLT")


def draw_style(layout: Any, line: Any) -> None:
    """The line's style as a menu, the shelf beside it; its file where it is no style of the user's."""
    text, icon = _shown(line)
    row = _menu(layout, "Style", STYLETALK_MT_style.bl_idname, text, icon)
    row.popover(STYLETALK_PT_shelf.bl_idname, text="", icon="IMGDISPLAY")
    if line.style == CUSTOM_STYLE and not is_own(Path(line.style_file)):
        layout.prop(line, "style_file")


def draw_holding(layout: Any, context: bpy.types.Context, line: Any) -> None:
    """Which style the line has at the playhead, where that is not its own throughout."""
    if said := style_holding(line, context.scene, context.scene.frame_current):
        draw_sentence(layout, context, said, "MARKER_HLT")


def draw_word_style(layout: Any, word: Any) -> None:
    """The style of one word, and how strong it is."""
    text, icon = _shown_as(word.style, AS_THE_LINE)
    _menu(layout, "Style", STYLETALK_MT_word_style.bl_idname, text, icon)
    if word.style:
        column = layout.column()
        column.use_property_split, column.use_property_decorate = True, False
        column.prop(word, "style_intensity", slider=True)


def word_icon(word: Any) -> int:
    """The number of the icon of a word's own style, 0 where it has none."""
    return _shown_as(word.style, "")[1] if word.style else 0


def _draw_choices(layout: Any, role: str, none: str) -> None:
    """A button for each style. role: whose style it becomes. none: what the button for none of them is called."""
    for name in preset_names():
        _choice(layout, name.capitalize(), preset_icon(name), role, style=name)
    layout.separator()
    for own in (each for each in own_styles() if not each.problem):  # Your Styles says what is wrong with others
        _choice(layout, own.name, icon_of(own), role, path=str(own.path))
    layout.separator()
    _choice(layout, none, 0, role)


def _menu(layout: Any, label: str, menu: str, text: str, icon: int) -> Any:
    """A label and a menu, as a property has them; returns the row, for more behind it."""
    split = layout.split(factor=LABEL_SHARE)
    left = split.column()
    left.alignment = "RIGHT"
    left.label(text=label)
    row = split.row(align=True)
    row.menu(menu, text=text, icon_value=icon)
    return row


def _shown(line: Any) -> tuple[str, int]:
    """What the line's style is called, and its icon's number."""
    if line.style == CUSTOM_STYLE and not (line.style_file and is_own(Path(line.style_file))):
        return "Style File…", 0
    return _shown_as(line.style_file if line.style == CUSTOM_STYLE else line.style, "None")


def _shown_as(style: str, none: str) -> tuple[str, int]:
    """What a preset or file is called, and its icon's number."""
    if style in preset_names():
        return style.capitalize(), preset_icon(style)
    if not style:
        return none, 0
    own = own_style(Path(style))
    return own.name, icon_of(own)


def _is_chosen(line: Any, style: str) -> bool:
    return line is not None and style == (line.style_file if line.style == CUSTOM_STYLE else line.style)


def _about(line: Any) -> str:
    """What the line's style shows, in a sentence."""
    if line.style in preset_names():
        return f"{line.style.capitalize()}: {preset_description(line.style)}."
    if line.style != CUSTOM_STYLE or not line.style_file:
        return ""
    own = own_style(Path(line.style_file))
    return own.problem or f"{own.name}: {own.about}."


def _face(layout: Any, name: str, icon: int, is_chosen: bool, style: str = "", path: str = "") -> None:
    column = layout.column(align=True)
    if icon:
        column.template_icon(icon_value=icon, scale=FACE_SCALE)
    text = name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"
    button = column.operator(STYLETALK_OT_style_choose.bl_idname, text=text, depress=is_chosen)
    button.style, button.path = style, path


def _choice(layout: Any, text: str, icon: int, role: str, style: str = "", path: str = "") -> None:
    none = "FILE" if text.endswith("…") else "X"
    sign = "NONE" if icon else ("USER" if path else none)
    button = layout.operator(STYLETALK_OT_style_choose.bl_idname, text=text, icon_value=icon, icon=sign)
    button.style, button.path, button.role = style, path, role


classes = (
    STYLETALK_MT_style, STYLETALK_MT_second_style, STYLETALK_MT_word_style, STYLETALK_PT_shelf, STYLETALK_PT_styles,
    STYLETALK_PT_style_changes,
)  # fmt: skip
