# SPDX-License-Identifier: GPL-3.0-or-later
"""From a sound to a talking face in few clicks: Try the Demo Line, and a line of a sound that is chosen or dropped."""

from pathlib import Path
from typing import Any, ClassVar

import bpy
from bpy.props import StringProperty

from .. import compat
from ..data.lines import active_line, add_line
from ..data.migration import bring_up_to_date
from ..data.preferences import begin_line, begin_within_scene
from ..data.requests import existing_file
from ..faces.open_face import find_face
from ..faces.targets import refusal
from ..styletalk.demo import LINE
from ..styletalk.errors import StyleTalkError
from .add_face import STYLETALK_OT_add_face
from .explained import ExplainedOperator

SOUNDS = (".wav", ".flac", ".mp3", ".ogg", ".opus", ".m4a", ".aac", ".aif", ".aiff", ".mp4", ".mov", ".mkv", ".webm")


def line_of_sound(context: Any, path: str) -> Any:
    """The line of the selected talking face that is to speak a sound: its active one if it is empty, else a new one.

    Where no talking face is selected, one is added at the 3D cursor.
    """
    face: Any = find_face(context.object)
    if face is None:
        bpy.ops.styletalk.add_face()
        face = context.object
    bring_up_to_date(face)
    line = active_line(face)
    if line is None or line.audio or line.baked:
        line = begin_line(context, add_line(face))
    line.start = "PLAYHEAD" if line.start == "STRIP" else line.start
    line.audio = path
    begin_within_scene(line, context.scene)
    return line


class _FirstStep(ExplainedOperator):
    """Grey where neither the selected face nor a new one could take a line."""

    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """Why no line can be made, or ""."""
        if find_face(context.object) is not None:
            return refusal(context.object)
        return STYLETALK_OT_add_face.disabled_reason(context)


class STYLETALK_OT_try_demo(_FirstStep):
    """Let the selected face, or a new one, speak the line that comes with the add-on: one click to a talking face"""

    bl_idname = "styletalk.try_demo"
    bl_label = "Try the Demo Line"

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Make the line and bake it."""
        line = line_of_sound(context, str(LINE))
        line.style = "happy"
        how = "EXEC_DEFAULT" if bpy.app.background else "INVOKE_DEFAULT"
        return bpy.ops.styletalk.bake(how)


class STYLETALK_OT_line_from_sound(_FirstStep):
    """Choose a sound or video, or drop one onto the 3D view: the selected face, or a new one, gets it as a line"""

    bl_idname = "styletalk.line_from_sound"
    bl_label = "Line from Sound…"

    filepath: StringProperty(  # type: ignore[valid-type]
        name="Sound", description="The sound or video file that the face is to speak", subtype="FILE_PATH",
        options={"SKIP_SAVE"},
    )  # fmt: skip
    filter_glob: StringProperty(  # type: ignore[valid-type]
        default=";".join(f"*{ending}" for ending in SOUNDS), options={"HIDDEN"}
    )

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """A file that was dropped is taken at once; else the file browser opens."""
        if self.filepath:
            return self.execute(context)
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Make the line; Bake does the rest."""
        try:
            path = existing_file(self.filepath, "sound")
        except StyleTalkError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        relative = bpy.data.is_saved and context.preferences.filepaths.use_relative_paths
        line_of_sound(context, _relative(path) if relative else str(path))
        self.report({"INFO"}, f"“{path.name}” is a line of the face now. Press Bake.")
        return {"FINISHED"}


def _relative(path: Path) -> str:
    try:
        return bpy.path.relpath(str(path))
    except ValueError:  # on another drive of Windows
        return str(path)


_DROP = compat.drop_handler(
    "STYLETALK_FH_sound", "Sound for a Talking Face", STYLETALK_OT_line_from_sound.bl_idname, SOUNDS
)
classes = (STYLETALK_OT_try_demo, STYLETALK_OT_line_from_sound, *((_DROP,) if _DROP is not None else ()))
