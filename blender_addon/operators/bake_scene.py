# SPDX-License-Identifier: GPL-3.0-or-later
"""Bake the Scene: every sound strip that has a character, together. Bake Lip Sync: the one that was clicked on."""

from typing import Any, ClassVar

import bpy
from bpy.props import StringProperty

from .. import compat, outcomes, pump, session
from ..baking.bake import scene_refusal
from ..baking.heard import rate, sound_strips, strip_refusal
from ..data.lines import active_line, find_line, line_name
from ..data.speakers import faces_of, give_strip, heard_strips, line_for, speaker_of, use_strip
from ..faces.open_face import find_face
from ..faces.own_keys import add_talking_face
from ..faces.targets import refusal
from ..styletalk.errors import StyleTalkError
from .explained import ExplainedOperator

NO_SPEAKERS = "No sound strip has a character. Name strips “Character: …”, or give a character its channel."


def spoken(scene: Any) -> list[tuple[Any, Any]]:
    """(strip, face) of every strip that is heard and has a character who could follow it."""
    faces = faces_of(scene)
    pairs = [(strip, speaker_of(scene, strip, faces)) for strip in heard_strips(scene)]
    return [(strip, face) for strip, face in pairs if face is not None]


def lines_of(scene: Any) -> list[tuple[Any, str]]:
    """(face, identity of its line) for each of the `spoken` strips. Raises SessionError where one cannot be."""
    pairs = spoken(scene)
    if not pairs:
        raise outcomes.SessionError(NO_SPEAKERS)
    reason = next(filter(None, (strip_refusal(strip, rate(scene)) for strip, _ in pairs)), "")
    if reason:
        raise outcomes.SessionError(reason)
    found = [(face, line_for(scene, face, strip).identity) for strip, face in pairs]
    return list(dict.fromkeys(found))


def bake_together(context: Any, lines: list[tuple[Any, str]], tell: Any, place: Any = None) -> str:
    """Bake lines before returning. Returns what was done. place: of the worker, by default as the preferences say.

    Raises SessionError that names those that failed.
    """
    pairs = [(face, find_line(face, identity)) for face, identity in lines]
    pairs = [(face, line) for face, line in pairs if session.job_of(face, line) is None]
    jobs, failed = session.start_together(context, pairs, place), []
    for number, (job, (face, identity)) in enumerate(zip(jobs, lines, strict=True)):
        target = outcomes.Target.of(context.scene, face, find_line(face, identity))
        try:
            report = session.wait(job, lambda share, stage, done=number: tell((done + share) / len(jobs), stage))
            session.keep(outcomes.Outcome.of(target, report))
        except Exception as error:
            session.keep(outcomes.failure(target, error))
            failed.append(f"“{line_name(find_line(face, identity))}” of “{face.name}”: {error}")
    if failed:
        raise outcomes.SessionError(f"{len(jobs) - len(failed)} of {len(jobs)} lines were baked. {' '.join(failed)}")
    characters = len({face for face, _ in lines})
    return f"Baked {len(jobs)} lines of {characters} character{'s' if characters > 1 else ''}."


class _TogetherOperator(ExplainedOperator):
    """Bakes the lines that `lines` finds or makes: in the queue with a window, else before it returns."""

    bl_options: ClassVar[set[str]] = set()

    def lines(self, context: bpy.types.Context) -> list[tuple[Any, str]]:
        """(face, identity of its line). Raises StyleTalkError."""
        raise NotImplementedError

    def execute(self, context: bpy.types.Context) -> set[str]:
        """The whole work, and one step of undo."""
        manager = context.window_manager
        manager.progress_begin(0.0, 1.0)
        try:
            lines = self.lines(context)
            self.report({"INFO"}, bake_together(context, lines, lambda share, _: manager.progress_update(share)))
            return {"FINISHED"}
        except Exception as error:
            return self._failed(error)
        finally:
            manager.progress_end()
            pump.push_undo(self.bl_label)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Put the lines into the queue; they come into the scene together."""
        if bpy.app.background:
            return self.execute(context)
        try:
            lines = [(face, find_line(face, identity)) for face, identity in self.lines(context)]
            waiting = [(face, line) for face, line in lines if session.job_of(face, line) is None]
            session.start_together(context, waiting)
            what = "The line is" if len(waiting) == 1 else f"{len(waiting)} lines are"
            self.report({"INFO"}, f"{what} being baked; the panel says how far.")
            return {"FINISHED"}
        except Exception as error:
            return self._failed(error)
        finally:
            pump.start()

    def _failed(self, error: Exception) -> set[str]:
        problem = error if isinstance(error, StyleTalkError) else outcomes.unexpected(error)
        self.report({"ERROR"}, str(problem))
        return {"CANCELLED"}


class STYLETALK_OT_bake_scene(_TogetherOperator):
    """Bake every sound strip that has a character, onto that character: all at once, one undo"""

    bl_idname = "styletalk.bake_scene"
    bl_label = "Bake the Scene"

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """Why there is nothing to bake, or ""."""
        return scene_refusal(context.scene) or ("" if spoken(context.scene) else NO_SPEAKERS)

    def lines(self, context: bpy.types.Context) -> list[tuple[Any, str]]:
        """One for each strip."""
        return lines_of(context.scene)


class STYLETALK_OT_bake_strip(_TogetherOperator):
    """Let the character of this strip speak it: who it is named after, the selected one, or a new talking face"""

    bl_idname = "styletalk.bake_strip"
    bl_label = "Bake Lip Sync"

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """Why the active strip cannot be spoken, or ""."""
        return scene_refusal(context.scene) or active_strip_reason(context)

    def lines(self, context: bpy.types.Context) -> list[tuple[Any, str]]:
        """That of the active strip."""
        scene, strip = context.scene, compat.active_strip(context)
        faces = faces_of(scene)
        face = speaker_of(scene, strip, faces) or _selected(context) or (faces[0] if len(faces) == 1 else None)
        if face is None and faces:
            raise outcomes.SessionError(
                "Several characters could speak this strip. Select one, or name the strip after it."
            )
        if face is None:
            face = add_talking_face(context)
        return [(face, line_for(scene, face, strip).identity)]


class STYLETALK_OT_use_strip(ExplainedOperator):
    """Let the selected face's line speak the active strip of the sequencer, and follow it"""

    bl_idname = "styletalk.use_strip"
    bl_label = "Use Selected Strip"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """Why the line cannot follow it, or ""."""
        reason = refusal(context.object) or active_strip_reason(context)
        face: Any = find_face(context.object)
        return reason or ("" if active_line(face) is not None else "Select a line in the list, or add one.")

    def execute(self, context: bpy.types.Context) -> set[str]:
        """The active line follows it from now on."""
        use_strip(context.scene, active_line(find_face(context.object)), compat.active_strip(context))
        return {"FINISHED"}


class STYLETALK_OT_assign_strip(ExplainedOperator):
    """Let the selected character speak this strip, whoever spoke it before"""

    bl_idname = "styletalk.assign_strip"
    bl_label = "Give to Selected Character"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    strip: StringProperty(options={"HIDDEN", "SKIP_SAVE"})  # type: ignore[valid-type]

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """Why there is nobody to give it to, or ""."""
        return refusal(context.object)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """A line of the selected character follows it; those of others no longer do."""
        scene = context.scene
        strip = next((each for each in sound_strips(scene) if each.name == self.strip), None)
        reason = strip_refusal(strip, rate(scene))
        if strip is None or reason:
            self.report({"ERROR"}, reason)
            return {"CANCELLED"}
        give_strip(scene, find_face(context.object), strip)
        return {"FINISHED"}


def active_strip_reason(context: bpy.types.Context) -> str:
    """Why the active strip of the sequencer cannot be spoken, or ""."""
    if compat.sequencer_scene(context) != context.scene:
        shown = compat.sequencer_scene(context).name
        return (
            f"The sequencer shows the scene “{shown}”, and the faces are in “{context.scene.name}”. Choose one of them."
        )
    strip = compat.active_strip(context)
    if strip is None:
        return "No strip is selected in the sequencer. Click on a sound strip."
    return strip_refusal(strip, rate(context.scene))


def _selected(context: bpy.types.Context) -> Any | None:
    return find_face(context.object) if context.object is not None and not refusal(context.object) else None


def draw_menu(menu: bpy.types.Menu, context: bpy.types.Context) -> None:
    """Bake Lip Sync in the menu of a sound strip."""
    strip = compat.active_strip(context)
    if strip is not None and strip.type == "SOUND":
        menu.layout.separator()
        menu.layout.operator_context = "INVOKE_DEFAULT"
        menu.layout.operator(STYLETALK_OT_bake_strip.bl_idname, icon="REC")


classes = (STYLETALK_OT_bake_scene, STYLETALK_OT_bake_strip, STYLETALK_OT_use_strip, STYLETALK_OT_assign_strip)
