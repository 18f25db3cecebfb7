# SPDX-License-Identifier: GPL-3.0-or-later
"""The StyleTalk tab of the 3D view's sidebar. Only draws."""

from typing import Any

import bpy

from .. import compat, outcomes, session
from ..data.baked import State, rate_change, settings_of, state_of, tempo_change
from ..data.lines import CUSTOM_POSE, FROM_VIDEO, active_line
from ..faces.open_face import find_face
from ..operators.add_face import STYLETALK_OT_add_face, STYLETALK_OT_add_lights
from ..operators.bake import STYLETALK_OT_bake, STYLETALK_OT_bake_all, STYLETALK_OT_cancel, STYLETALK_OT_write_down
from ..operators.bake_scene import STYLETALK_OT_use_strip
from ..operators.characters import STYLETALK_OT_use_character
from ..operators.copy_report import STYLETALK_OT_copy_report
from ..operators.first_steps import STYLETALK_OT_line_from_sound, STYLETALK_OT_try_demo
from ..operators.lines import STYLETALK_OT_sample_sound
from ..operators.overrides import STYLETALK_OT_make_editable, can_be_editable
from ..operators.timeline import STYLETALK_OT_fit_scene, STYLETALK_OT_shift_line, fits, frames_cut
from ..styletalk.blas import SLOW_BLAS
from .drawing import LinePanel, TabPanel, draw_label, draw_sentence
from .edits_panel import draw_edits
from .expression_panel import draw_suggestions
from .line_list import draw_lines
from .status_bar import progress_text
from .styles import draw_holding, draw_style

SLOW_HERE = "Bakes are slow here: install libopenblas0."
"""Two lines of a narrow sidebar; docs/troubleshooting.md has the rest."""
CHANGED = "The line was changed since the bake. Bake it again."


class STYLETALK_PT_main(TabPanel):
    """The lines of speech of the selected face."""

    bl_idname = "STYLETALK_PT_main"
    bl_label = "StyleTalk"

    def draw(self, context: bpy.types.Context) -> None:
        """The lines, the settings of the active one, Bake, and what came of it."""
        layout = self.layout
        face = find_face(context.object)
        line = active_line(face) if face is not None else None
        if face is None:
            layout.operator(STYLETALK_OT_add_face.bl_idname, text="Add Talking Face", icon="USER")
            column = layout.column(align=True)
            column.operator(STYLETALK_OT_try_demo.bl_idname, icon="PLAY")
            column.operator(STYLETALK_OT_line_from_sound.bl_idname, icon="SOUND")
            layout.operator(STYLETALK_OT_use_character.bl_idname, icon="ARMATURE_DATA")
        else:
            draw_lines(layout, face.styletalk)
        if line is not None:
            _draw_line(layout, context, line)
        _draw_bake(layout, context, face, line)
        _draw_outcome(layout, context, face, line)
        if session.queue.note:
            draw_sentence(layout, context, session.queue.note.replace(SLOW_BLAS, SLOW_HERE), "INFO")


class STYLETALK_PT_more(LinePanel):
    """What most lines do not need."""

    bl_idname = "STYLETALK_PT_more"
    bl_label = "More"

    def draw(self, context: bpy.types.Context) -> None:
        """Words, head, eyes, timing."""
        line: Any = active_line(find_face(context.object))
        column = _properties_column(self.layout)
        column.prop(line, "words")
        if line.words == "AUTO":
            column.operator(STYLETALK_OT_write_down.bl_idname)
        elif line.words == "TEXT":
            column.prop(line, "transcript")
        elif line.words == FROM_VIDEO:
            draw_label(column, f"Seen in {line.film}", "FILE_MOVIE")
        else:
            column.prop(line, "words_file")
        if line.words in ("TEXT", "TEXT_FILE"):
            column.prop(line, "language")
        column.prop(line, "pose")
        if line.pose == CUSTOM_POSE:
            column.prop(line, "pose_file")
        for name in ("blinks", "gaze", "sync_offset_ms", "seed"):
            column.prop(line, name)
        column.prop(context.scene, "sync_mode", text="Playback")
        column.operator(STYLETALK_OT_add_lights.bl_idname, icon="LIGHT_AREA")


def _properties_column(layout: Any) -> Any:
    column = layout.column()
    column.use_property_split = True
    column.use_property_decorate = False
    return column


def _draw_line(layout: Any, context: bpy.types.Context, line: Any) -> None:
    column = _properties_column(layout)
    row = column.row()
    row.enabled = line.start != "STRIP"  # the strip's own sound
    row.prop(line, "audio")
    if not line.audio:
        buttons = column.column(align=True)  # beside each other they are cut off
        buttons.operator(STYLETALK_OT_try_demo.bl_idname, icon="PLAY")
        buttons.operator(STYLETALK_OT_sample_sound.bl_idname, icon="SOUND")
    draw_style(column, line)
    draw_holding(column, context, line)
    draw_suggestions(column, line)
    row = column.row()
    row.use_property_decorate = True  # a dot that sets a key
    row.prop(line, "intensity", slider=True)
    column.prop(line, "start")
    if line.start == "FRAME":
        column.prop(line, "start_frame")
    elif line.start == "STRIP":
        _draw_strip(column, context.scene, line)


def _draw_strip(column: Any, scene: Any, line: Any) -> None:
    """The strip that a line follows, and a button that takes the one that is selected."""
    editor = scene.sequence_editor
    if editor is None:
        column.label(text="The sequencer has no strips yet.", icon="INFO")
        return
    row = column.row(align=True)
    row.prop_search(line, "strip", editor, compat.strips_name(editor), icon="SOUND")
    row.operator(STYLETALK_OT_use_strip.bl_idname, text="", icon="EYEDROPPER")


def _draw_bake(layout: Any, context: bpy.types.Context, face: Any, line: Any) -> None:
    """Bake, or how far it is; Bake All where there are several lines."""
    job = session.job_of(face, line) if line is not None else None
    reason = STYLETALK_OT_bake.disabled_reason(context)
    if line is not None and job is not None:
        compat.draw_progress(layout, job.fraction, progress_text(job))
        layout.operator(STYLETALK_OT_cancel.bl_idname, icon="X").line = line.identity
    else:
        row = layout.row()
        row.scale_y = 1.4
        row.operator(STYLETALK_OT_bake.bl_idname, icon="REC")
        if reason:
            draw_sentence(layout, context, reason, "INFO")
        if can_be_editable(context):
            layout.operator(STYLETALK_OT_make_editable.bl_idname, icon="LIBRARY_DATA_OVERRIDE")
    if line is not None:
        draw_edits(layout, context, face, line)
        layout.prop(context.scene.styletalk_view, "live")
    if face is not None and len(face.styletalk.lines) > 1:
        layout.operator(STYLETALK_OT_bake_all.bl_idname)


def _draw_outcome(layout: Any, context: bpy.types.Context, face: Any, line: Any) -> None:
    if line is None:
        outcome = session.latest_outcome()
    else:
        outcome = session.outcome_of(face, line) if session.job_of(face, line) is None else None
    state = state_of(face, line) if line is not None else State.BAKED
    if state is State.CHANGED:
        why = rate_change(line, context.scene) or tempo_change(line, context.scene)
        draw_sentence(layout, context, why or CHANGED, "FILE_REFRESH")
    if state is State.BAKED and line is not None:
        _draw_range(layout, context)
    if outcome is None or (outcome.is_bake and state is not State.BAKED):
        return  # what it says was taken back since, or is not as the line is now
    if line is None and not outcome.failed:
        return  # a bake of a face that is not selected, which its own lines say
    if outcome.failed and line is not None and outcome.target.settings != settings_of(line, context.scene):
        return  # what failed was set otherwise since
    plain = "INFO" if outcome.doubts or outcome.message in outcomes.STOPPED else "CHECKMARK"
    draw_sentence(layout, context, outcome.message, "CANCEL" if outcome.failed else plain)
    for doubt in outcome.doubts:
        draw_sentence(layout, context, doubt, "ERROR")
    _draw_details(layout, context, outcome.details)
    if outcome.failed:
        layout.operator(STYLETALK_OT_copy_report.bl_idname, icon="COPYDOWN")


def _draw_details(layout: Any, context: bpy.types.Context, details: tuple[str, ...]) -> None:
    """The rest of the report, closed until someone wants to know."""
    if not details:
        return
    view = context.scene.styletalk_view
    row = layout.row()
    row.alignment = "LEFT"
    row.prop(view, "details", icon="TRIA_DOWN" if view.details else "TRIA_RIGHT", emboss=False)
    for sentence in details if view.details else ():
        draw_sentence(layout, context, sentence, "DOT")


def _draw_range(layout: Any, context: bpy.types.Context) -> None:
    """What one click makes right where the scene's range and its lines do not go together."""
    if frames := frames_cut(context):
        draw_sentence(layout, context, f"Frames of the lead-in before the scene: {frames}.", "INFO")
        layout.operator(STYLETALK_OT_shift_line.bl_idname, icon="FORWARD")
    if not fits(context.scene):
        layout.operator(STYLETALK_OT_fit_scene.bl_idname, icon="PREVIEW_RANGE")


classes = (STYLETALK_PT_main, STYLETALK_PT_more)
