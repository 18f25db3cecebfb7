# SPDX-License-Identifier: GPL-3.0-or-later
"""Make a style of what a character does in the scene: of hand-made keys, a recorded take, a baked line."""

from typing import Any, ClassVar

import bpy
import numpy as np
from bpy.props import IntProperty, StringProperty

from ..data.lines import CUSTOM_STYLE, active_line
from ..data.user_styles import FROM_ACTION, own_style, put_style
from ..exporting.arkit_face import coefficients_of, has_arkit_shapes
from ..exporting.recording import Frames, as_it_was, frames_of_lines, record
from ..exporting.tables import arkit_weights_seen, no_weights_reason
from ..faces.channels import carrier
from ..faces.open_face import find_face
from ..faces.targets import CharacterTarget, refusal, target_of
from ..styletalk.animation import UPPER_DIM, UPPER_SHAPES
from ..styletalk.errors import StyleError, StyleTalkError
from ..styletalk.face.blendshapes import fit_coefficients
from ..styletalk.styles.clip import MIN_ROWS, StyleClip
from ..styletalk.timeline import FRAME_RATE_HZ
from .explained import ExplainedOperator

MAX_ROWS_SEEN = 1800
"""A minute: an encoder reads eight seconds of it, the rest is for the means."""
LEAST_SHAPE = 0.02


class STYLETALK_OT_style_from_action(ExplainedOperator):
    """Make a speaking style of what this character's face does from one frame to another, and speak the line in it"""

    bl_idname = "styletalk.style_from_action"
    bl_label = "Style from Action…"
    bl_options: ClassVar[set[str]] = {"UNDO", "INTERNAL"}

    name: StringProperty(name="Name", options={"SKIP_SAVE"})  # type: ignore[valid-type]
    first: IntProperty(  # type: ignore[valid-type]
        name="First Frame", description="The first frame that the style is taken from", options={"SKIP_SAVE"}
    )
    last: IntProperty(  # type: ignore[valid-type]
        name="Last Frame", description="The last frame that the style is taken from", options={"SKIP_SAVE"}
    )

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """Why nothing is known of what the face does, or ""."""
        reason = refusal(context.object)
        face: Any = find_face(context.object)
        return reason or no_weights_reason(face) or ("" if _action_name(face) else "The face has no action yet.")

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Ask for a name, and from where to where."""
        face = find_face(context.object)
        frames = frames_of_lines(context.scene, face)
        self.name = _action_name(face)
        self.first, self.last = round(frames.first), round(frames.first + (frames.count - 1) * frames.step)
        return context.window_manager.invoke_props_dialog(self)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Play the scene, look at the face, keep the style; the scene is left as it was."""
        face: Any = find_face(context.object)
        try:
            style = style_of_face(context, face, self._span())
            path = put_style(style if not self.name else _named(style, self.name))
        except StyleTalkError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        line = active_line(face)
        if line is not None:
            line.style, line.style_file = CUSTOM_STYLE, str(path)
        self.report({"INFO"}, f"Made the style “{own_style(path).name}” of {len(style.clip)} rows.")
        return {"FINISHED"}

    def _span(self) -> tuple[float, float] | None:
        return (self.first, self.last) if self.last > self.first else None


def style_of_face(context: Any, face: Any, span: tuple[float, float] | None) -> StyleClip:
    """What a face shows from a frame to another, by default all that it does, as a style. Raises StyleError,
    OutputError, RigError."""
    scene = context.scene
    frames = frames_of_lines(scene, face, span, round(FRAME_RATE_HZ))
    if frames.count < MIN_ROWS:
        raise StyleError("These frames are less than half a second. Choose a longer part of the action.")
    frames = Frames(frames.first, frames.step, frames.fps, min(frames.count, MAX_ROWS_SEEN))
    target: Any = target_of(face)
    seen_objects = target.meshes() if isinstance(target, CharacterTarget) else (face,)
    with as_it_was(scene, seen_objects):
        seen = record(context, seen_objects, frames)
    if has_arkit_shapes(face):
        coefficients, shown = coefficients_of(face, seen.keys[face])
        upper = shown.mean(axis=0)
    else:
        coefficients = fit_coefficients(np.clip(arkit_weights_seen(face, seen), 0.0, 1.0)).coefficients
        upper = np.zeros(UPPER_DIM)
    name = _action_name(face)
    named = zip(UPPER_SHAPES, np.clip(upper, 0.0, 1.0).tolist(), strict=True)
    shapes = {shape: weight for shape, weight in named if weight >= LEAST_SHAPE and not shape.startswith("mouth")}
    return StyleClip(coefficients, name, origin="measured", made_of=f"{FROM_ACTION} “{name}”", shapes=shapes)


def _named(style: StyleClip, name: str) -> StyleClip:
    return StyleClip(style.clip, name, origin=style.origin, made_of=style.made_of, shapes=style.shapes)


def _action_name(face: Any) -> str:
    """The action that moves a face, or the first of its strips; "" where nothing does."""
    keys = carrier(face)
    data = keys.animation_data if keys is not None else None
    if data is None:
        return ""
    if data.action is not None:
        return data.action.name
    return next((strip.name for track in data.nla_tracks for strip in track.strips), "")


classes = (STYLETALK_OT_style_from_action,)
