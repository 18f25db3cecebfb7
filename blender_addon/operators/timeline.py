# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be done with baked lines: old takes removed, the scene made as long as they are."""

from typing import Any, ClassVar

import bpy

from ..baking.bake import scene_refusal
from ..baking.nla import action_of, frames_of
from ..baking.shifting import frames_before_scene, shift_line
from ..baking.takes import old_takes, remove_takes
from ..data.lines import active_line
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
        return "" if scene_range(context.scene) is not None else "No line is baked in this scene yet."

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Set its first and last frame."""
        scene: Any = context.scene
        first, last = scene_range(scene)  # type: ignore[misc]
        scene.frame_end = max(last, 0)
        scene.frame_start, scene.frame_end = max(first, 0), max(last, 0)
        self.report({"INFO"}, f"The scene has frames {scene.frame_start} to {scene.frame_end} now.")
        return {"FINISHED"}


class STYLETALK_OT_shift_line(ExplainedOperator):
    """Move the line and its sound later, so that the face's lead-in begins on the scene's first frame"""

    bl_idname = "styletalk.shift_line"
    bl_label = "Shift to Scene Start"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """Why there is nothing to shift, or ""."""
        reason = refusal(context.object) or scene_refusal(context.scene)
        return reason or ("" if frames_cut(context) else "All of the line lies after the scene's first frame.")

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Shift it, and say by how much."""
        frames, face = frames_cut(context), find_face(context.object)
        shift_line(context.scene, face, active_line(face), frames)
        self.report({"INFO"}, f"The line begins {frames} frame{'s' if frames > 1 else ''} later now.")
        return {"FINISHED"}


def frames_cut(context: Any) -> int:
    """How many frames of the active line lie before the scene's first one."""
    face = find_face(context.object)
    line = active_line(face) if face is not None else None
    return frames_before_scene(context.scene, face, line) if line is not None else 0


def fits(scene: Any) -> bool:
    """Whether the scene is as long as its baked lines, or has none."""
    found = scene_range(scene)
    return found is None or (scene.frame_start, scene.frame_end) == (max(found[0], 0), max(found[1], 0))


def scene_range(scene: Any) -> tuple[int, int] | None:
    """The first and the last frame of all baked lines of a scene; None where there are none."""
    found = []
    for face in [each for each in scene.objects if is_face(each)]:
        for block in target_of(face).blocks():  # type: ignore[union-attr]
            baked = (line for line in face.styletalk.lines if action_of(block, line.identity) is not None)
            found += [frames_of(block, line.identity) for line in baked]
    return (int(min(first for first, _ in found)), int(max(last for _, last in found))) if found else None


classes = (STYLETALK_OT_remove_old_takes, STYLETALK_OT_fit_scene, STYLETALK_OT_shift_line)
