# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys that were edited by hand are shown one by one; Revert takes a face back to before its first bake."""

from typing import Any, ClassVar

import bpy
from bpy.props import BoolProperty, IntProperty, StringProperty

from .. import session
from ..baking import before, sound_strips
from ..baking.edits_seen import seen_edits
from ..baking.hand_edits import EditedChannel, HandEdits, hand_edits, select_keys
from ..data.lines import active_line
from ..faces.open_face import find_face
from ..faces.targets import refusal, target_of
from .explained import ExplainedOperator

NO_EDITS = "No key of this line was edited by hand since its bake."


def edits_of(face: Any, line: Any) -> HandEdits:
    """What was edited by hand in the bake of a line, as it is now."""
    target = target_of(face)
    return hand_edits(target.blocks(), line.identity) if target is not None else HandEdits()


class _OfEdits(ExplainedOperator):
    """Grey where the active line has no keys that were edited by hand."""

    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """Why there is nothing to show, or ""."""
        reason = refusal(context.object)
        if reason:
            return reason
        face: Any = find_face(context.object)
        line = active_line(face)
        if line is None:
            return "Select a line in the list."
        return "" if seen_edits(face, line).keys else NO_EDITS


class STYLETALK_OT_edits_select(_OfEdits):
    """Select the keys of this line that were edited by hand, and no others, in the Dope Sheet and the Graph Editor"""

    bl_idname = "styletalk.edits_select"
    bl_label = "Select Edited Keys"

    channel: IntProperty(default=-1, options={"HIDDEN", "SKIP_SAVE"})  # type: ignore[valid-type]

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Those of one channel, by its number in the list, or of all."""
        face: Any = find_face(context.object)
        line: Any = active_line(face)
        edits = edits_of(face, line).channels
        chosen = edits[self.channel : self.channel + 1] if self.channel >= 0 else edits
        count = select_keys(target_of(face).blocks(), line.identity, chosen)  # type: ignore[union-attr]
        gone = sum(each.keys for each in chosen) - count
        self.report({"INFO"}, f"Selected {count} keys" + (f"; {gone} were deleted." if gone > 0 else "."))
        return {"FINISHED"}


class STYLETALK_OT_edits_step(_OfEdits):
    """Put the playhead on the next key that was edited by hand"""

    bl_idname = "styletalk.edits_step"
    bl_label = "Go to Edited Key"

    back: BoolProperty(options={"HIDDEN", "SKIP_SAVE"})  # type: ignore[valid-type]
    frame: StringProperty(options={"HIDDEN", "SKIP_SAVE"})  # type: ignore[valid-type]

    def execute(self, context: bpy.types.Context) -> set[str]:
        """To the next one, the one before, or to `frame`; after the last one comes the first."""
        face: Any = find_face(context.object)
        frames = _frames(edits_of(face, active_line(face)).channels)
        if not frames:  # they went a moment ago
            self.report({"INFO"}, NO_EDITS)
            return {"CANCELLED"}
        now = context.scene.frame_current_final
        ahead = [frame for frame in frames if (frame < now - 1e-3 if self.back else frame > now + 1e-3)]
        wanted = (ahead or frames)[-1 if self.back else 0]
        try:
            wanted = float(self.frame) if self.frame else wanted
        except ValueError:
            self.report({"ERROR"}, f"“{self.frame[:40]}” is no frame.")
            return {"CANCELLED"}
        whole = int(wanted // 1)
        context.scene.frame_set(whole, subframe=wanted - whole)
        names = [each.name for each in edits_of(face, active_line(face)).channels if wanted in each.frames]
        self.report({"INFO"}, f"Frame {wanted:g}: {', '.join(names[:4])}")
        return {"FINISHED"}


def _frames(channels: tuple[EditedChannel, ...]) -> list[float]:
    return sorted({frame for each in channels for frame in each.frames})


class STYLETALK_OT_revert(ExplainedOperator):
    """Take all lines off this face and bring back what was there before the first bake. Takes stay in the file"""

    bl_idname = "styletalk.revert"
    bl_label = "Revert to Before the First Bake"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """Why there is no way back, or ""."""
        reason = refusal(context.object)
        if reason:
            return reason
        face: Any = find_face(context.object)
        if any(session.job_of(face, line) is not None for line in face.styletalk.lines):
            return "A line of this face is being worked on. Wait for it or cancel it."
        blocks = target_of(face).blocks()  # type: ignore[union-attr]
        return "" if any(map(before.is_baked, blocks)) else "No line is baked onto this face."

    def execute(self, context: bpy.types.Context) -> set[str]:
        """All of it, and say what cannot be brought back."""
        face: Any = find_face(context.object)
        target: Any = target_of(face)
        blocks = target.blocks()
        was_known = any(before.known(block) is not None for block in blocks)
        notes = [note for note in map(before.bring_back, blocks) if note]
        if not was_known:
            target.rest()
            notes.append("It was baked by an older version: your values before are not known, the face is at rest.")
        for line in face.styletalk.lines:
            line.baked = ""
        for scene in [each for each in bpy.data.scenes if each.library is None]:
            for line in face.styletalk.lines:
                sound_strips.take_away(scene, sound_strips.face_identity(face), line.identity, line.start == "STRIP")
        before.bring_back_scene(face)
        said = f"“{face.name}” is as it was before its first bake."
        self.report({"WARNING" if notes else "INFO"}, " ".join((said, *notes)))
        return {"FINISHED"}


classes = (STYLETALK_OT_edits_select, STYLETALK_OT_edits_step, STYLETALK_OT_revert)
