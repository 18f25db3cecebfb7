# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines on the timeline: how the line plays, old takes, and who speaks which strip of the scene. Only draws."""

from typing import Any, ClassVar

import bpy

from ..baking.conflicts import overridden
from ..compat import draw_field
from ..data.lines import active_line
from ..data.speakers import faces_of, heard_strips, name_of, speaker_of
from ..faces.open_face import find_face, is_face
from ..faces.targets import target_of
from ..operators.bake_scene import STYLETALK_OT_assign_strip, STYLETALK_OT_bake_scene
from ..operators.timeline import STYLETALK_OT_fit_scene, STYLETALK_OT_remove_old_takes, takes_of
from ..translations import translated
from .drawing import LinePanel, TabPanel, draw_label, draw_sentence

MOST_STRIPS = 12
"""Named in the panel; the rest is counted."""


class STYLETALK_PT_timeline(LinePanel):
    """How the active line plays."""

    bl_idname = "STYLETALK_PT_timeline"
    bl_label = "On the Timeline"

    def draw(self, context: bpy.types.Context) -> None:
        """Output, blends, what the line plays over, and what can be done with takes and the scene's range."""
        layout, face = self.layout, find_face(context.object)
        line: Any = active_line(face)
        target: Any = target_of(face)
        column = layout.column()
        column.use_property_split = True
        column.use_property_decorate = False
        for name in ("output", "blend_in", "blend_out"):
            column.prop(line, name)
        for sentence in overridden(target, line.identity):
            draw_sentence(layout, context, sentence, "NLA")
        layout.operator(STYLETALK_OT_fit_scene.bl_idname, icon="PREVIEW_RANGE")
        count = len(takes_of(face))
        text = f"Remove Old Takes ({count})" if count else "Remove Old Takes"
        layout.operator(STYLETALK_OT_remove_old_takes.bl_idname, text=translated(text), icon="TRASH")


class STYLETALK_PT_speakers(TabPanel):
    """Who speaks which sound strip."""

    bl_idname = "STYLETALK_PT_speakers"
    bl_label = "The Scene's Strips"
    bl_parent_id = "STYLETALK_PT_main"
    bl_options: ClassVar[set[str]] = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Only where there are strips and faces."""
        return context.scene.sequence_editor is not None and any(is_face(each) for each in context.scene.objects)

    def draw(self, context: bpy.types.Context) -> None:
        """A row for each face and for each strip, and Bake the Scene."""
        layout, scene = self.layout, context.scene
        faces = faces_of(scene)
        _draw_faces(layout, faces)
        _draw_strips(layout, scene, faces)
        row = layout.row()
        row.scale_y = 1.4
        row.operator(STYLETALK_OT_bake_scene.bl_idname, icon="SEQUENCE")
        if reason := STYLETALK_OT_bake_scene.disabled_reason(context):
            draw_sentence(layout, context, reason, "INFO")


def _draw_faces(layout: Any, faces: list[Any]) -> None:
    """What each face's strips are called, and on which channel they lie."""
    column = layout.column(align=True)
    head = column.split(factor=0.4)
    for text in ("Character", "Speaks As, Channel"):
        head.label(text=text)
    for face in faces:
        row = column.split(factor=0.4, align=True)
        row.label(text=face.name, icon="USER")
        cells = row.split(factor=0.65, align=True)
        draw_field(cells, face.styletalk, "speaks_as", name_of(face))
        cells.prop(face.styletalk, "channel", text="")


def _draw_strips(layout: Any, scene: Any, faces: list[Any]) -> None:
    """Who speaks each strip."""
    strips = heard_strips(scene)
    column = layout.column(align=True)
    for strip in strips[:MOST_STRIPS]:
        face = speaker_of(scene, strip, faces)
        row = column.row(align=True)
        names = row.split(factor=0.55)
        names.label(text=strip.name, icon="SOUND")
        names.label(text=face.name if face is not None else "nobody", icon="FORWARD")
        row.operator(STYLETALK_OT_assign_strip.bl_idname, text="", icon="EYEDROPPER", emboss=False).strip = strip.name
    if len(strips) > MOST_STRIPS:
        draw_label(column, f"and {len(strips) - MOST_STRIPS} more")


classes = (STYLETALK_PT_timeline, STYLETALK_PT_speakers)
