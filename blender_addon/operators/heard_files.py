# SPDX-License-Identifier: GPL-3.0-or-later
"""What was heard, into and out of files and the timeline's markers; and to hear a line anew."""

from pathlib import Path
from typing import Any, ClassVar

import bpy
from bpy.props import EnumProperty, StringProperty

from ..data import corrections
from ..data.lines import line_name
from ..data.requests import ANY_DURATION_S, existing_file
from ..data.style_track import MARKER_SIGN
from ..faces.targets import refusal
from ..styletalk.errors import StyleTalkError
from ..styletalk.phonemes import SILENCE
from ..styletalk.speech.formats.alignment_files import read_alignment, write_textgrid
from .explained import ExplainedOperator
from .phonemes import CorrectingOperator, HeardOperator, frame_of, line_of


class STYLETALK_OT_heard_export(HeardOperator):
    """Write the words and phonemes of this line, as they are corrected, into a TextGrid for Praat and others"""

    bl_idname = "styletalk.heard_export"
    bl_label = "Save TextGrid"
    bl_options: ClassVar[set[str]] = set()

    filepath: StringProperty(  # type: ignore[valid-type]
        name="File Path", description="The alignment file", subtype="FILE_PATH", options={"SKIP_SAVE"}
    )
    filter_glob: StringProperty(default="*.TextGrid", options={"HIDDEN"})  # type: ignore[valid-type]
    check_existing: bpy.props.BoolProperty(default=True, options={"HIDDEN"})  # type: ignore[valid-type]

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Open the file browser, with the sound's name."""
        self.filepath = f"{line_name(line_of(context))}.TextGrid"
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Write it whole, or say in a sentence why not."""
        line: Any = line_of(context)
        try:
            path = Path(bpy.path.abspath(bpy.path.ensure_ext(self.filepath, ".TextGrid")))
            write_textgrid(path, corrections.track_of(line.heard))
        except StyleTalkError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        self.report({"INFO"}, f"Wrote {len(line.heard.words)} words and their phonemes to {path.name}.")
        return {"FINISHED"}


class STYLETALK_OT_heard_import(ExplainedOperator):
    """Take the words and phonemes of this line from a TextGrid or another alignment, in place of what was heard"""

    bl_idname = "styletalk.heard_import"
    bl_label = "Load TextGrid"
    bl_options: ClassVar[set[str]] = {"UNDO"}

    filepath: StringProperty(  # type: ignore[valid-type]
        name="File Path", description="The alignment file", subtype="FILE_PATH", options={"SKIP_SAVE"}
    )
    filter_glob: StringProperty(default="*.TextGrid;*.json;*.eaf;*.tsv;*.txt", options={"HIDDEN"})  # type: ignore[valid-type]

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """Why there is no line to take it for, or ""."""
        return refusal(context.object) or ("" if line_of(context) is not None else "The face has no line.")

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Open the file browser."""
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Read it, or say in a sentence why not; then nothing has changed."""
        line: Any = line_of(context)
        try:
            path = existing_file(self.filepath, "TextGrid")
            track = read_alignment(path, line.heard.duration_s or ANY_DURATION_S)
        except StyleTalkError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        corrections.correct(line, track)
        self.report({"INFO"}, f"{len(track.segments)} phonemes were read from {path.name}. Bake it.")
        return {"FINISHED"}


class STYLETALK_OT_heard_forget(CorrectingOperator):
    """Drop all corrections of this line: the next bake takes the words and phonemes that are heard"""

    bl_idname = "styletalk.heard_forget"
    bl_label = "Hear Again"

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """Why there is nothing to drop, or ""."""
        line = line_of(context)
        if line is not None and not corrections.is_corrected(line.heard):
            return "Nothing was corrected."
        return super().disabled_reason(context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """The lists stay as they are until the bake."""
        line: Any = line_of(context)
        corrections.forget(line.heard)
        return {"FINISHED"}


class STYLETALK_OT_heard_markers(HeardOperator):
    """Put a marker on the timeline for each word or phoneme of this line. Markers of an earlier time are replaced"""

    bl_idname = "styletalk.heard_markers"
    bl_label = "Set Markers"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    what: EnumProperty(  # type: ignore[valid-type]
        name="Markers of", description="What of the line gets markers on the timeline",
        items=(
            ("WORD", "Words", "A marker where each word begins"),
            ("PHONEME", "Phonemes", "A marker where each phoneme begins"),
            ("NONE", "None", "Remove ours"),
        ),
    )  # fmt: skip

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Only ours are touched."""
        line: Any = line_of(context)
        markers = context.scene.timeline_markers
        for marker in [each for each in markers if each.name.startswith(MARKER_SIGN)]:
            markers.remove(marker)
        for name, start_s in _named(line.heard, self.what):
            markers.new(MARKER_SIGN + name, frame=round(frame_of(context, line, start_s)))
        return {"FINISHED"}


def _named(group: Any, what: str) -> list[tuple[str, float]]:
    """(name, start_s) of what gets a marker."""
    if what == "WORD":
        return [(each.text, each.start_s) for each in group.words if each.text]
    if what == "PHONEME":
        return [(each.symbol, each.start_s) for each in group.phonemes if each.symbol != SILENCE]
    return []


classes = (
    STYLETALK_OT_heard_export, STYLETALK_OT_heard_import, STYLETALK_OT_heard_forget, STYLETALK_OT_heard_markers,
)  # fmt: skip
