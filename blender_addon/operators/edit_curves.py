# SPDX-License-Identifier: GPL-3.0-or-later
"""Edit Curves: the keys of a line that is one of several, in the Graph Editor, and back."""

from typing import Any, ClassVar

import bpy

from .. import session
from ..baking.following import follow
from ..baking.nla import plays
from ..baking.tweaking import close_curves, is_tweaked, open_curves, strip_of_line
from ..data.lines import active_line
from ..faces.open_face import find_face
from ..faces.targets import target_of
from .explained import ExplainedOperator


def blocks_of(face: Any) -> tuple[Any, ...]:
    """The data-blocks that the lines of a face move."""
    target = target_of(face) if face is not None else None
    return tuple(target.blocks()) if target is not None else ()


def is_open(face: Any) -> bool:
    """Whether curves of that face are open for editing."""
    return any(map(is_tweaked, blocks_of(face)))


def has_strips(face: Any, line: Any) -> bool:
    """Whether a line of that face plays as a strip."""
    return any(strip_of_line(block, line.identity) is not None for block in blocks_of(face))


class STYLETALK_OT_edit_curves(ExplainedOperator):
    """Open this line's keys in the Graph Editor and the Dope Sheet, to polish its smile or lips by hand"""

    bl_idname = "styletalk.edit_curves"
    bl_label = "Edit Curves"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """Why there is nothing to open, or ""."""
        face = find_face(context.object)
        line = active_line(face) if face is not None else None
        if line is None:
            return "Select a line in the list."
        if session.job_of(face, line) is not None:
            return "A line of this face is being worked on. Wait for it or cancel it."
        if not any(plays(block, line.identity) for block in blocks_of(face)):
            return "Bake the line first."
        return "" if has_strips(face, line) else "This line's keys are in the Graph Editor already."

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Open them; those of another line are closed."""
        face: Any = find_face(context.object)
        line: Any = active_line(face)
        blocks = blocks_of(face)
        close_curves(blocks)
        if not open_curves(blocks, line.identity):
            self.report({"ERROR"}, "Blender does not open the strip of this line. Is its track locked?")
            return {"CANCELLED"}
        self.report({"INFO"}, "The line's keys are in the Graph Editor and the Dope Sheet now.")
        return {"FINISHED"}


class STYLETALK_OT_finish_curves(ExplainedOperator):
    """Let all lines of this face play again; the keys that you have edited stay through the next bakes"""

    bl_idname = "styletalk.finish_curves"
    bl_label = "Finish Editing"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """Why there is nothing to finish, or ""."""
        return "" if is_open(find_face(context.object)) else "No curves of this face are open for editing."

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Leave tweak mode; sound strips that were moved meanwhile take their lines along."""
        face: Any = find_face(context.object)
        close_curves(blocks_of(face))
        follow(context.scene, face)
        return {"FINISHED"}


classes = (STYLETALK_OT_edit_curves, STYLETALK_OT_finish_curves)
