# SPDX-License-Identifier: GPL-3.0-or-later
"""The styles of the user: choose one for the line, add, rename, remove, share."""

import os
from pathlib import Path
from typing import Any, ClassVar

import bpy
from bpy.props import EnumProperty, StringProperty

from ..data.heard import selected_word
from ..data.lines import CUSTOM_STYLE, active_line
from ..data.requests import existing_file
from ..data.user_styles import ENDING, add_style, own_style, remove_style, rename_style, share_style
from ..faces.open_face import find_face
from ..styletalk.errors import StyleError, StyleTalkError
from ..styletalk.styles.library import READABLE
from ..styletalk.styles.presets import preset_description, preset_names
from .explained import ExplainedOperator


class _StyleOperator(ExplainedOperator):
    """Says in one sentence what fails."""

    bl_options: ClassVar[set[str]] = {"INTERNAL"}
    path: StringProperty(options={"HIDDEN", "SKIP_SAVE"})  # type: ignore[valid-type]

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """The user's styles are there without a face."""
        return ""

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Do it, and say what was done."""
        try:
            self.report({"INFO"}, self.work(context))
        except StyleTalkError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}

    def work(self, context: bpy.types.Context) -> str:
        """What it does; returns the sentence. Raises StyleTalkError."""
        raise NotImplementedError


class STYLETALK_OT_style_choose(_StyleOperator):
    """Let the line speak in this style when it is baked next"""

    bl_idname = "styletalk.style_choose"
    bl_label = "Choose Style"
    bl_options: ClassVar[set[str]] = {"UNDO", "INTERNAL"}

    style: StringProperty(options={"HIDDEN", "SKIP_SAVE"})  # type: ignore[valid-type]
    role: EnumProperty(  # type: ignore[valid-type]
        items=[(each, each.title(), "") for each in ("LINE", "SECOND", "WORD")], options={"HIDDEN", "SKIP_SAVE"}
    )

    @classmethod
    def description(cls, context: bpy.types.Context, properties: Any) -> str:
        """What a face shows in that style, and where it comes from."""
        if properties.style in preset_names():
            return f"{properties.style.capitalize()}: {preset_description(properties.style)}. A preset of ours"
        if properties.path:
            own = own_style(Path(properties.path))
            return f"{own.name}: {own.about or own.problem}"
        return cls.__doc__ or ""

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """Why there is no line to choose it for, or ""."""
        face = find_face(context.object)
        return "" if face is not None and active_line(face) is not None else "Select a talking face that has a line."

    def work(self, context: bpy.types.Context) -> str:
        """A preset by its name, one of the user's by its path; with neither, the line asks for a file."""
        line: Any = active_line(find_face(context.object))
        if self.role == "LINE":
            return self._of_line(line)
        chosen = self.style if self.style in preset_names() else self.path
        called = self.style or (own_style(Path(self.path)).name if self.path else "")
        if self.role == "SECOND":
            line.second_style = chosen
            return f"The line is blended with “{called}”." if chosen else "The line has no second style."
        word = selected_word(line)
        if word is None:
            raise StyleError("Select a word in the list first.")
        word.style = chosen
        return f"“{word.word}” is spoken in the style “{called}”." if chosen else f"“{word.word}” is as the line."

    def _of_line(self, line: Any) -> str:
        if self.style in preset_names():
            line.style = self.style
            return f"The line speaks in the style “{self.style}” when it is baked next."
        line.style = CUSTOM_STYLE
        if not self.path:
            return "Choose the style's file in the panel."
        line.style_file = self.path
        return f"The line speaks in the style “{own_style(Path(self.path)).name}” when it is baked next."


class _StyleFileOperator(_StyleOperator):
    """Asks for a file first."""

    filepath: StringProperty(  # type: ignore[valid-type]
        name="File Path", description="The style's file", subtype="FILE_PATH", options={"SKIP_SAVE"}
    )
    filter_glob: StringProperty(  # type: ignore[valid-type]
        default=";".join(f"*{ending}" for ending in READABLE), options={"HIDDEN"}
    )

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Open the file browser."""
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}


class STYLETALK_OT_style_add(_StyleFileOperator):
    """Take a style file of somebody else's among your own"""

    bl_idname = "styletalk.style_add"
    bl_label = "Add Style File…"

    def work(self, context: bpy.types.Context) -> str:
        """Of any kind that is read."""
        return f"“{own_style(add_style(existing_file(self.filepath, 'style file'))).name}” is one of your styles now."


class STYLETALK_OT_style_share(_StyleFileOperator):
    """Save a copy of the style's file for somebody else, who takes it with Add Style File"""

    bl_idname = "styletalk.style_share"
    bl_label = "Share Style…"

    check_existing: bpy.props.BoolProperty(default=True, options={"HIDDEN"})  # type: ignore[valid-type]

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Open the file browser, with the style's name in it."""
        self.filepath = bpy.path.clean_name(own_style(Path(self.path)).name) + ENDING
        return super().invoke(context, event)

    def work(self, context: bpy.types.Context) -> str:
        """A copy of the file."""
        target = Path(bpy.path.abspath(self.filepath))
        if target.name and target.suffix.lower() != ENDING and not os.path.lexists(target):
            target = target.with_name(target.name + ENDING)
        share_style(Path(self.path), target)
        return f"Wrote {target}."


class STYLETALK_OT_style_rename(_StyleOperator):
    """Give the style another name. Lines that speak in it go on to"""

    bl_idname = "styletalk.style_rename"
    bl_label = "Rename Style"

    name: StringProperty(name="Name", options={"SKIP_SAVE"})  # type: ignore[valid-type]

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Ask for the name."""
        self.name = own_style(Path(self.path)).name
        return context.window_manager.invoke_props_dialog(self)

    def work(self, context: bpy.types.Context) -> str:
        """The file stays where it is."""
        rename_style(Path(self.path), self.name)
        return f"The style is called “{own_style(Path(self.path)).name}” now."


class STYLETALK_OT_style_remove(_StyleOperator):
    """Delete the style's file. Lines that are baked stay as they are"""

    bl_idname = "styletalk.style_remove"
    bl_label = "Delete Style"

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Ask first: this cannot be undone."""
        return context.window_manager.invoke_confirm(self, event)

    def work(self, context: bpy.types.Context) -> str:
        """Gone for good."""
        name = own_style(Path(self.path)).name
        remove_style(Path(self.path))
        return f"The style “{name}” was deleted."


classes = (
    STYLETALK_OT_style_choose,
    STYLETALK_OT_style_add,
    STYLETALK_OT_style_share,
    STYLETALK_OT_style_rename,
    STYLETALK_OT_style_remove,
)
