# SPDX-License-Identifier: GPL-3.0-or-later
"""Bake Take: a face that was recorded elsewhere as ARKit weights, or one of our animation files, as the line."""

from pathlib import Path
from typing import Any, ClassVar

import bpy
from bpy.props import EnumProperty, FloatProperty, StringProperty

from .. import outcomes, session
from ..data.line_strips import start_frame
from ..data.lines import active_line
from ..data.requests import existing_file
from ..faces.open_face import find_face
from ..styletalk.animation import FaceAnimation
from ..styletalk.face.live_link_file import APP, MIRRORED, PERSON
from ..styletalk.face.take import read_take
from .explained import ExplainedOperator
from .films import line_reason


class STYLETALK_OT_bake_take(ExplainedOperator):
    """Bake a Live Link Face CSV, ARKit weights as JSON or an animation of ours as this line, with the line's sound"""

    bl_idname = "styletalk.bake_take"
    bl_label = "Bake Take…"
    bl_options: ClassVar[set[str]] = {"UNDO"}

    filepath: StringProperty(  # type: ignore[valid-type]
        name="File Path", description="The take to read", subtype="FILE_PATH", options={"SKIP_SAVE"}
    )
    filter_glob: StringProperty(default="*.csv;*.json;*.npz", options={"HIDDEN"})  # type: ignore[valid-type]
    sides: EnumProperty(  # type: ignore[valid-type]
        name="Left Is",
        description="Whose left the take's columns mean",
        items=(
            (PERSON, "The Person's", "Left is the person's left in every column"),
            (APP, "As in the App", "Live Link Face names jaw and mouth sideways from the observer"),
            (MIRRORED, "Mirrored", "The other side in every column: the actor's mirror image"),
        ),
    )
    rate_hz: FloatProperty(  # type: ignore[valid-type]
        name="Rows a Second", description="Of a take that does not say so, or wrongly; 0 is as it says", min=0.0,
        max=1000.0,
    )  # fmt: skip

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """Why no take can be baked as the selected face's active line, or ""."""
        return line_reason(context)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Open the file browser."""
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Read and bake it, or say in a sentence why not."""
        face: Any = find_face(context.object)
        line = active_line(face)
        target = outcomes.Target.of(context.scene, face, line)
        try:
            animation = self._read(existing_file(self.filepath, "take"))
            report = session.bake_line(context.scene, face, line, animation, start_frame(line, context.scene))
        except Exception as error:
            outcome = outcomes.failure(target, error)
            session.keep(outcome)
            self.report({"ERROR"}, outcome.message)
            return {"CANCELLED"}
        session.keep(outcomes.Outcome.of(target, report))
        self.report({"INFO"}, f"{report} {animation.metadata.get('note', '')}".strip())
        return {"FINISHED"}

    def _read(self, path: Path) -> FaceAnimation:
        if path.suffix.lower() == ".npz":
            return FaceAnimation.load(path)
        return read_take(path, self.rate_hz or None, self.sides)


classes = (STYLETALK_OT_bake_take,)
