# SPDX-License-Identifier: GPL-3.0-or-later
"""The list of lines: add, remove, move."""

from typing import Any, ClassVar

import bpy
from bpy.props import EnumProperty

from .. import session
from ..baking import nla, sound_strips
from ..data import line_keys
from ..data.lines import active_line, add_line
from ..data.migration import bring_up_to_date
from ..data.preferences import begin_line, begin_within_scene
from ..faces.open_face import find_face
from ..faces.targets import refusal, target_of
from ..styletalk.demo import LINE
from .explained import ExplainedOperator


class _LineOperator(ExplainedOperator):
    """Grey where the selected face's lines cannot be changed."""

    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO", "INTERNAL"}

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """Why the list cannot be changed, or ""."""
        reason = refusal(context.object)
        return reason or ("" if active_line(find_face(context.object)) is not None else "The face has no line.")


class STYLETALK_OT_line_add(_LineOperator):
    """Add a line of speech to the face"""

    bl_idname = "styletalk.line_add"
    bl_label = "Add Line"

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """Why there is no face to add it to, or ""."""
        return refusal(context.object)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """A new line, which becomes the active one."""
        face: Any = find_face(context.object)
        if (
            face.styletalk.version == 0 and face.override_library is None
        ):  # appended from a file of an older version: its line comes first
            bring_up_to_date(face)
        else:
            begin_line(context, add_line(face))
        return {"FINISHED"}


class STYLETALK_OT_line_remove(_LineOperator):
    """Remove the line, its strips and its sound from the scene. The action that was baked is kept"""

    bl_idname = "styletalk.line_remove"
    bl_label = "Remove Line"

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Cancel its bake, take away what it was baked into, and forget it."""
        face: Any = find_face(context.object)
        settings, line = face.styletalk, face.styletalk.lines[face.styletalk.active]
        job = session.job_of(face, line)
        if job is not None:
            session.queue.cancel(job)
        target: Any = target_of(face)
        nothing_left = [nla.take_away(block, line.identity) for block in target.blocks()]
        if all(nothing_left):
            target.rest()
        sound_strips.remove(context.scene, sound_strips.face_identity(face), line.identity)
        line_keys.renumber(face, [at for at in range(len(settings.lines)) if at != settings.active])
        settings.lines.remove(settings.active)
        settings.active = max(0, min(settings.active, len(settings.lines) - 1))
        return {"FINISHED"}


class STYLETALK_OT_line_move(_LineOperator):
    """Move the line in the list. Where it begins stays as it is"""

    bl_idname = "styletalk.line_move"
    bl_label = "Move Line"

    direction: EnumProperty(  # type: ignore[valid-type]
        name="Direction", description="Which way the line goes in the list",
        items=(("UP", "Up", "Towards the top of the list"), ("DOWN", "Down", "Towards the end of the list")),
    )  # fmt: skip

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Change places with the neighbour, where there is one."""
        face: Any = find_face(context.object)
        settings = face.styletalk
        place = settings.active + (-1 if self.direction == "UP" else 1)
        if not 0 <= place < len(settings.lines):
            return {"CANCELLED"}
        order = list(range(len(settings.lines)))
        order[settings.active], order[place] = place, settings.active
        line_keys.renumber(face, order)
        settings.lines.move(settings.active, place)
        settings.active = place
        return {"FINISHED"}


class STYLETALK_OT_sample_sound(_LineOperator):
    """Take the sound that comes with the add-on, to try it out"""

    bl_idname = "styletalk.sample_sound"
    bl_label = "Use Sample Sound"

    def execute(self, context: bpy.types.Context) -> set[str]:
        """It is the sound of the active line from now on."""
        line: Any = active_line(find_face(context.object))
        line.audio = str(LINE)
        begin_within_scene(line, context.scene)
        return {"FINISHED"}


classes = (STYLETALK_OT_sample_sound, STYLETALK_OT_line_add, STYLETALK_OT_line_remove, STYLETALK_OT_line_move)
