# SPDX-License-Identifier: GPL-3.0-or-later
"""Render Pass: the active line as a photoreal film, in the queue like a bake."""

from typing import Any

import bpy

from .. import session
from ..baking.bake import scene_refusal
from ..data.lines import active_line
from ..data.passes import animation_reason, folder_reason, needs_fit, request_from_pass
from ..data.preferences import device, preferences, worker_place
from ..faces.open_face import find_face
from ..faces.targets import refusal
from .bake import _QueuedLines
from .films import missing_python

NO_TORCH = (
    "The neural renderer needs PyTorch, which Blender lacks. Name a Python that has it as External Python in the "
    "preferences, or choose Warp."
)
FIT_ELSEWHERE = (
    "A photo is fitted with MediaPipe, which Blender lacks. Give a portrait (.npz) that `styletalk portrait` made, or "
    'name a Python with it (pip install "mediapipe<0.10.22" av) as External Python in the preferences.'
)


def start_pass(context: Any, face: Any, line: Any) -> Any:
    """Put the pass of a baked line into the queue. Raises StyleTalkError before anything is started."""
    request = request_from_pass(context.scene, face, line, device(context))
    return session.enqueue(context.scene, face, line, request, worker_place(context))


class STYLETALK_OT_render_pass(_QueuedLines):
    """Render the baked line with the photo as pictures, and show them in the sequencer. Frames that are there stay"""

    bl_idname = "styletalk.render_pass"
    bl_label = "Render Pass"

    start = staticmethod(start_pass)

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """Why no pass of the selected face's active line can be rendered, or ""."""
        reason = refusal(context.object) or scene_refusal(context.scene)
        if reason:
            return reason
        face: Any = find_face(context.object)
        line = active_line(face)
        if line is None:
            return "Select a line in the list."
        if session.job_of(face, line) is not None:
            return "This line is being worked on. Wait for it or cancel it."
        return animation_reason(face, line) or _settings_reason(context, face, line)


def _settings_reason(context: bpy.types.Context, face: Any, line: Any) -> str:
    """Why a pass cannot be rendered as it is set, or ""."""
    settings: Any = face.styletalk_pass
    if not settings.photo:
        return "Choose a photo of the person, or a portrait that was made of one."
    if reason := folder_reason(face):
        return reason
    if settings.renderer == "neural":
        if not settings.checkpoint:
            return "Choose the weights of the neural renderer, or the renderer Warp."
        ours = preferences(context)
        if ours is None or not ours.worker_python:
            return NO_TORCH
    return FIT_ELSEWHERE if needs_fit(face, line) and missing_python(context) else ""


classes = (STYLETALK_OT_render_pass,)
