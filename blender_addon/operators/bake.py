# SPDX-License-Identifier: GPL-3.0-or-later
"""Bake: blocking in `execute` (scripts, headless), in the background with a Cancel button in `invoke` (the panel)."""

from typing import Any, ClassVar

import bpy

from ..baking import refusal
from ..face_object import find_face
from ..session import Session, SessionError, bake_blocking, face_request, problem_report, unexpected

TIMER_INTERVAL_S = 0.1

_current: Session | None = None
"""The job that the panel started, so that Cancel, a new file and quitting can end it."""


class STYLETALK_OT_bake(bpy.types.Operator):
    """Turn the line into a new action with one F-curve for each shape key. Older actions are kept"""

    bl_idname = "styletalk.bake"
    bl_label = "Bake"
    # no REGISTER: repeating the last operator would run the blocking road under the animator's hands
    bl_options: ClassVar[set[str]] = {"UNDO"}

    _timer: Any = None

    @staticmethod
    def disabled_reason(context: bpy.types.Context) -> str:
        """Why Bake is grey, or ""."""
        if context.window_manager.styletalk_job.running:
            return "A bake is under way. Wait for it or cancel it."
        face = find_face(context.object)
        reason = refusal(face if face is not None else context.object)
        if reason or face is None:
            return reason
        return "" if face.styletalk.audio else "Choose the sound file of the line first."

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Grey where there is nothing to bake; the tooltip says why."""
        reason = cls.disabled_reason(context)
        if reason:
            cls.poll_message_set(reason)
        return not reason

    def execute(self, context: bpy.types.Context) -> set[str]:
        """The whole bake before returning."""
        face = find_face(context.object)
        manager = context.window_manager
        manager.progress_begin(0.0, 1.0)
        try:
            request = face_request(context, face)
            _, sentence = bake_blocking(context, face, request, lambda fraction, _: manager.progress_update(fraction))
        except Exception as error:
            return self._failed(context, error)
        finally:
            manager.progress_end()
        return self._done(context, sentence)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Start the worker and let the animator go on working."""
        global _current
        face: Any = find_face(context.object)
        try:
            _current = Session(context, face, face_request(context, face))
        except Exception as error:
            return self._failed(context, error)
        state = context.window_manager.styletalk_job
        state.running, state.failed, state.message = True, False, ""
        self._timer = context.window_manager.event_timer_add(TIMER_INTERVAL_S, window=context.window)
        context.window_manager.modal_handler_add(self)
        _show_progress(context)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Look after the job a few times a second; bake when it is done."""
        if event.type != "TIMER":
            return {"PASS_THROUGH"}
        session = _current
        if session is None:  # Cancel, or the add-on is being disabled
            self._end(context)
            return {"CANCELLED"}
        session.job.poll()
        _show_progress(context)
        if not session.job.finished:
            return {"PASS_THROUGH"}
        try:
            _, sentence = session.finish()
        except Exception as error:
            return self._failed(context, error)
        finally:
            self._end(context)
        return self._done(context, sentence)

    def cancel(self, context: bpy.types.Context) -> None:
        """Blender ends the operator: another file is loaded, or the window closes."""
        self._end(context)

    def _end(self, context: bpy.types.Context) -> None:
        stop_current()
        if self._timer is not None:
            context.window_manager.event_timer_remove(self._timer)
            self._timer = None
        context.window_manager.styletalk_job.running = False
        _redraw(context)

    def _done(self, context: bpy.types.Context, sentence: str) -> set[str]:
        state = context.window_manager.styletalk_job
        state.failed, state.message, state.report = False, sentence, ""
        self.report({"INFO"}, sentence)
        return {"FINISHED"}

    def _failed(self, context: bpy.types.Context, error: Exception) -> set[str]:
        problem = error if isinstance(error, SessionError) else unexpected(error)
        state = context.window_manager.styletalk_job
        state.failed, state.message = True, str(problem)
        state.report = problem_report(str(problem), problem.report)
        self.report({"ERROR"}, str(problem))
        return {"CANCELLED"}


class STYLETALK_OT_cancel(bpy.types.Operator):
    """Stop the bake that is under way. Nothing is changed"""

    bl_idname = "styletalk.cancel"
    bl_label = "Cancel"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Shown only while a bake is under way."""
        return context.window_manager.styletalk_job.running

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Stop the worker; the bake's own timer tidies up."""
        stop_current()
        context.window_manager.styletalk_job.message = "The bake was cancelled. Nothing was changed."
        return {"FINISHED"}


def stop_current() -> None:
    """End the worker of the panel's job, if there is one."""
    global _current
    session, _current = _current, None
    if session is not None:
        session.job.cancel()


def _show_progress(context: bpy.types.Context) -> None:
    if _current is None:
        return
    state, job = context.window_manager.styletalk_job, _current.job
    if (state.fraction, state.stage) != (job.fraction, job.stage):
        state.fraction, state.stage = job.fraction, job.stage
        _redraw(context)


def _redraw(context: bpy.types.Context) -> None:
    for window in context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "VIEW_3D":
                area.tag_redraw()


classes = (STYLETALK_OT_bake, STYLETALK_OT_cancel)
