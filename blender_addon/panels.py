# SPDX-License-Identifier: GPL-3.0-or-later
"""The StyleTalk tab of the 3D view's sidebar. Only draws."""

import textwrap
from typing import Any, ClassVar

import bpy

from . import compat
from .face_object import find_face
from .operators.add_face import STYLETALK_OT_add_face
from .operators.bake import STYLETALK_OT_bake, STYLETALK_OT_cancel
from .operators.copy_report import STYLETALK_OT_copy_report
from .properties import CUSTOM_STYLE

PIXELS_PER_CHARACTER = 7


class STYLETALK_PT_main(bpy.types.Panel):
    """A line of speech for the selected face."""

    bl_idname = "STYLETALK_PT_main"
    bl_label = "StyleTalk"
    bl_category = "StyleTalk"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"

    def draw(self, context: bpy.types.Context) -> None:
        """Settings of the selected face, Bake, and what came of it."""
        layout = self.layout
        face = find_face(context.object)
        if face is None:
            layout.operator(STYLETALK_OT_add_face.bl_idname, text="Add Talking Face", icon="USER")
        else:
            _draw_line(layout, face.styletalk)
        _draw_bake(layout, context)
        _draw_outcome(layout, context)


class STYLETALK_PT_more(bpy.types.Panel):
    """What most lines do not need."""

    bl_idname = "STYLETALK_PT_more"
    bl_label = "More"
    bl_parent_id = "STYLETALK_PT_main"
    bl_category = "StyleTalk"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_options: ClassVar[set[str]] = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Only for a face."""
        return find_face(context.object) is not None

    def draw(self, context: bpy.types.Context) -> None:
        """Words, head, timing."""
        face = find_face(context.object)
        if face is None:
            return
        column, settings = _properties_column(self.layout), face.styletalk
        column.prop(settings, "words")
        if settings.words == "TEXT":
            column.prop(settings, "transcript")
        elif settings.words != "AUTO":
            column.prop(settings, "words_file")
        column.prop(settings, "pose")
        if settings.pose == "FILE":
            column.prop(settings, "pose_file")
        column.prop(settings, "sync_offset_ms")
        column.prop(settings, "seed")
        column.prop(context.scene, "sync_mode", text="Playback")


def _properties_column(layout: Any) -> Any:
    column = layout.column()
    column.use_property_split = True
    column.use_property_decorate = False
    return column


def _draw_line(layout: Any, settings: Any) -> None:
    column = _properties_column(layout)
    column.prop(settings, "audio")
    column.prop(settings, "style")
    if settings.style == CUSTOM_STYLE:
        column.prop(settings, "style_file")
    column.prop(settings, "intensity", slider=True)


def _draw_bake(layout: Any, context: bpy.types.Context) -> None:
    state = context.window_manager.styletalk_job
    if state.running:
        compat.draw_progress(layout, state.fraction, state.stage.capitalize(), (state, "fraction"))
        layout.operator(STYLETALK_OT_cancel.bl_idname, icon="X")
        return
    row = layout.row()
    row.scale_y = 1.4
    row.operator(STYLETALK_OT_bake.bl_idname, icon="REC")
    reason = STYLETALK_OT_bake.disabled_reason(context)
    if reason:
        _draw_sentence(layout, context, reason, "INFO")


def _draw_outcome(layout: Any, context: bpy.types.Context) -> None:
    state = context.window_manager.styletalk_job
    if state.running or not state.message:
        return
    _draw_sentence(layout, context, state.message, "ERROR" if state.failed else "CHECKMARK")
    if state.failed:
        layout.operator(STYLETALK_OT_copy_report.bl_idname, icon="COPYDOWN")


def _draw_sentence(layout: Any, context: bpy.types.Context, sentence: str, icon: str) -> None:
    """Labels do not wrap by themselves."""
    scale = context.preferences.system.ui_scale or 1.0  # 0 without a window
    width = max(20, int(context.region.width / (PIXELS_PER_CHARACTER * scale)) - 5)
    column = layout.column(align=True)
    for number, text in enumerate(textwrap.wrap(sentence, width)):
        column.label(text=text, icon=icon if number == 0 else "BLANK1")


classes = (STYLETALK_PT_main, STYLETALK_PT_more)
