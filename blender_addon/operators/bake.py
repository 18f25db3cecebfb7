# SPDX-License-Identifier: GPL-3.0-or-later
"""Bake, Write Down Words and Cancel: blocking in `execute` (scripts), into the queue in `invoke` (the panel)."""

from typing import Any, ClassVar

import bpy
from bpy.props import StringProperty

from .. import outcomes, pump, session
from ..baking.bake import scene_refusal
from ..data.line_strips import strip_reason
from ..data.lines import FROM_VIDEO, active_line, find_line, line_name
from ..data.requests import SEEN_IN_VIDEO
from ..faces.open_face import find_face
from ..faces.targets import refusal
from .explained import ExplainedOperator, Operator


class _QueuedLines(ExplainedOperator):
    """What Bake, Bake All and Write Down Words do, with the lines that `lines_of` names: by default the active one."""

    start = staticmethod(session.start)
    """Puts a line into the queue."""

    # no REGISTER: repeating the last operator would block Blender; no UNDO: a bake in the queue is not done yet
    bl_options: ClassVar[set[str]] = set()

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """Why nothing can be made of the selected face's lines, or ""."""
        reason = refusal(context.object) or scene_refusal(context.scene)
        if reason:
            return reason
        face: Any = find_face(context.object)
        if not len(face.styletalk.lines):
            return "The face has no line yet. Add one with the plus button."
        return cls.lines_reason(face)

    @staticmethod
    def lines_reason(face: Any) -> str:
        """Why nothing can be made of these lines, or ""."""
        line = active_line(face)
        if line is None:
            return "Select a line in the list."
        if session.job_of(face, line) is not None:
            return "This line is being worked on. Wait for it or cancel it."
        reason = strip_reason(line, bpy.context.scene)
        return reason or ("" if line.audio else "Choose the sound file of the line first.")

    def lines_of(self, face: Any) -> list[Any]:
        """Which lines of the face."""
        return [active_line(face)]

    def execute(self, context: bpy.types.Context) -> set[str]:
        """The whole work before returning, and a step of undo: from scripts, Blender itself makes none."""
        context.window_manager.progress_begin(0.0, 1.0)
        try:
            return self._work(context)
        finally:
            context.window_manager.progress_end()
            pump.push_undo(self.bl_label)

    def _work(self, context: bpy.types.Context) -> set[str]:
        manager, face = context.window_manager, find_face(context.object)
        for line in self.lines_of(face):
            target = outcomes.Target.of(context.scene, face, line)
            try:
                job = self.start(context, face, line)
                report = session.wait(job, lambda fraction, _: manager.progress_update(fraction))
            except Exception as error:
                return self._failed(target, error)
            session.keep(outcomes.Outcome.of(target, report))
            self.report({"WARNING" if report.notes else "INFO"}, str(report))
        return {"FINISHED"}

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Put the lines into the queue and let the animator go on working."""
        if bpy.app.background:
            return self.execute(context)
        face = find_face(context.object)
        for line in self.lines_of(face):
            try:
                self.start(context, face, line)
            except Exception as error:
                return self._failed(outcomes.Target.of(context.scene, face, line), error)
            finally:
                pump.start()
        return {"FINISHED"}

    def _failed(self, target: outcomes.Target, error: Exception) -> set[str]:
        outcome = outcomes.failure(target, error)
        session.keep(outcome)
        self.report({"ERROR"}, outcome.message)
        return {"CANCELLED"}


class STYLETALK_OT_bake(_QueuedLines):
    """Turn the line into an action with one F-curve for each shape key. Older actions are kept"""

    bl_idname = "styletalk.bake"
    bl_label = "Bake"

    @staticmethod
    def lines_reason(face: Any) -> str:
        """Why the active line cannot be baked, or ""."""
        reason = _QueuedLines.lines_reason(face)
        return reason or (SEEN_IN_VIDEO if _is_seen(active_line(face)) else "")


class STYLETALK_OT_write_down(_QueuedLines):
    """Recognise the English words of the sound and write them into a text of this .blend, to be corrected"""

    bl_idname = "styletalk.write_down"
    bl_label = "Write Down Words"

    start = staticmethod(session.start_words)


class STYLETALK_OT_suggest(_QueuedLines):
    """Listen to the sound for the three presets that it may want, and say how sure that is"""

    bl_idname = "styletalk.suggest"
    bl_label = "Suggest"

    start = staticmethod(session.start_suggestion)


class STYLETALK_OT_bake_all(_QueuedLines):
    """Bake all lines of the face, one after another"""

    bl_idname = "styletalk.bake_all"
    bl_label = "Bake All"

    @staticmethod
    def lines_reason(face: Any) -> str:
        """Why Bake All is grey, or ""."""
        lines = [line for line in face.styletalk.lines if not _is_seen(line)]
        if not lines:
            return SEEN_IN_VIDEO
        if all(session.job_of(face, line) is not None for line in lines):
            return "All lines are being baked. Wait for them or cancel them."
        if not all(line.audio for line in lines):
            return "A line has no sound file yet. Choose one, or remove the line."
        reasons = (strip_reason(line, bpy.context.scene) for line in lines)
        if reason := next(filter(None, reasons), ""):
            return reason
        if sum(line.start == "PLAYHEAD" for line in lines) > 1:
            return "Several lines begin at the playhead. Give all but one a start frame."
        return ""

    def lines_of(self, face: Any) -> list[Any]:
        """All that are not in the queue already, but what was seen in videos."""
        lines = face.styletalk.lines
        return [line for line in lines if session.job_of(face, line) is None and not _is_seen(line)]


def _is_seen(line: Any) -> bool:
    """Whether a line came from a video: there are no words to bake it again from."""
    return line is not None and line.words == FROM_VIDEO


class STYLETALK_OT_cancel(Operator):
    """Stop the work on this line. Nothing is changed"""

    bl_idname = "styletalk.cancel"
    bl_label = "Cancel"

    line: StringProperty(options={"HIDDEN", "SKIP_SAVE"})  # type: ignore[valid-type]

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Stop the job of the line of that identity; the pump says so."""
        face: Any = find_face(context.object)
        line = find_line(face, self.line) if face is not None else None
        job = session.job_of(face, line) if line is not None else None
        if job is None:
            self.report({"INFO"}, "That work has ended already.")
            return {"CANCELLED"}
        session.queue.cancel(job)
        self.report({"INFO"}, f"The work on “{line_name(line)}” was cancelled.")
        return {"FINISHED"}


classes = (STYLETALK_OT_bake, STYLETALK_OT_write_down, STYLETALK_OT_suggest, STYLETALK_OT_bake_all, STYLETALK_OT_cancel)
