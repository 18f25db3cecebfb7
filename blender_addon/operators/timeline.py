# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be done with baked lines: old takes removed, the scene made as long as they are."""

from typing import Any, ClassVar

import bpy

from ..baking.nla import action_of, frames_of
from ..baking.takes import old_takes, remove_takes
from ..faces.open_face import find_face, is_face
from ..faces.targets import refusal, target_of
from .explained import ExplainedOperator


class STYLETALK_OT_remove_old_takes(ExplainedOperator):
    """Remove the actions of this face's earlier bakes, which nothing plays any more. Exporters take them along"""

    bl_idname = "styletalk.remove_old_takes"
    bl_label = "Remove Old Takes"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """Why there is nothing to remove, or ""."""
        reason = refusal(context.object)
        return reason or ("" if takes_of(find_face(context.object)) else "The face has no old takes.")

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Remove them, and say how many they were."""
        count = remove_takes(takes_of(find_face(context.object)))
        self.report({"INFO"}, f"Removed {count} old take{'s' if count > 1 else ''}.")
        return {"FINISHED"}


def takes_of(face: Any) -> list[Any]:
    """The earlier bakes of a face's lines, and of lines that are gone."""
    others = [each for each in bpy.data.objects if is_face(each) and each != face]
    kept = {line.identity for each in others for line in each.styletalk.lines}
    return old_takes({line.identity for line in face.styletalk.lines}, kept)


class STYLETALK_OT_fit_scene(ExplainedOperator):
    """Let the scene begin and end with its baked lines, lead-in and lead-out included"""

    bl_idname = "styletalk.fit_scene"
    bl_label = "Fit Scene to Lines"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """Why the scene has no range to fit, or ""."""
        if context.scene.library is not None or context.scene.override_library is not None:
            return f"The scene “{context.scene.name}” is linked from another file. Use a scene of this file."
        return "" if _range(context.scene) is not None else "No line is baked in this scene yet."

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Set its first and last frame."""
        scene: Any = context.scene
        first, last = _range(scene)  # type: ignore[misc]
        scene.frame_end = max(last, 0)
        scene.frame_start, scene.frame_end = max(first, 0), max(last, 0)
        self.report({"INFO"}, f"The scene has frames {scene.frame_start} to {scene.frame_end} now.")
        return {"FINISHED"}


def _range(scene: Any) -> tuple[int, int] | None:
    """The first and the last frame of all baked lines of a scene; None where there are none."""
    found = []
    for face in [each for each in scene.objects if is_face(each)]:
        for block in target_of(face).blocks():  # type: ignore[union-attr]
            baked = (line for line in face.styletalk.lines if action_of(block, line.identity) is not None)
            found += [frames_of(block, line.identity) for line in baked]
    return (int(min(first for first, _ in found)), int(max(last for _, last in found))) if found else None


classes = (STYLETALK_OT_remove_old_takes, STYLETALK_OT_fit_scene)
