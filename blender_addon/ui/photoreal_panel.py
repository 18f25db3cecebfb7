# SPDX-License-Identifier: GPL-3.0-or-later
"""The photoreal pass of the active line. Only draws."""

from typing import Any

import bpy

from .. import compat, session
from ..data.lines import active_line
from ..faces.open_face import find_face
from ..operators.bake import STYLETALK_OT_cancel
from ..operators.photoreal import STYLETALK_OT_render_pass
from .drawing import LinePanel, draw_sentence


class STYLETALK_PT_photoreal(LinePanel):
    """A film of a person in a photo who says the line."""

    bl_idname = "STYLETALK_PT_photoreal"
    bl_label = "Photoreal Pass"

    def draw(self, context: bpy.types.Context) -> None:
        """The photo, how it is rendered, and the button, or why it is grey."""
        face: Any = find_face(context.object)
        line, settings = active_line(face), face.styletalk_pass
        column = self.layout.column()
        column.use_property_split = True
        column.use_property_decorate = False
        column.prop(settings, "photo")
        column.prop(settings, "renderer")
        if settings.renderer == "neural":
            column.prop(settings, "checkpoint")
        column.prop(settings, "size")
        column.prop(settings, "background")
        if settings.background == "COLOUR":
            column.prop(settings, "colour")
        column.prop(settings, "mouth_offset_mm", text="Mouth (mm)")
        column.prop(settings, "mouth_amount", text="Mouth (×)")
        for name in ("watermark", "scene_range", "file_type", "folder"):
            column.prop(settings, name)
        job = session.job_of(face, line)
        if job is not None:
            compat.draw_progress(self.layout, job.fraction, job.stage.capitalize())
            self.layout.operator(STYLETALK_OT_cancel.bl_idname, icon="X").line = line.identity  # type: ignore[union-attr]
            return
        self.layout.operator(STYLETALK_OT_render_pass.bl_idname, icon="RENDER_ANIMATION")
        if reason := STYLETALK_OT_render_pass.disabled_reason(context):
            draw_sentence(self.layout, context, reason, "INFO")


classes = (STYLETALK_PT_photoreal,)
