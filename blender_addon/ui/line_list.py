# SPDX-License-Identifier: GPL-3.0-or-later
"""The lines of a face as a list: sound, where it begins, and how far its bake is. Only draws."""

from typing import Any

import bpy

from .. import session
from ..data.baked import State as Bake
from ..data.baked import state_of
from ..data.lines import line_name
from ..jobs.job import Job, State
from ..operators.bake import STYLETALK_OT_cancel
from ..operators.lines import STYLETALK_OT_line_add, STYLETALK_OT_line_move, STYLETALK_OT_line_remove

ROWS = 3


class STYLETALK_UL_lines(bpy.types.UIList):
    """A row for each line."""

    def draw_item(
        self, context: Any, layout: Any, data: Any, item: Any, icon: int, active_data: Any, active_property: str
    ) -> None:
        """Name and first frame; while it is being baked, how far it is and Cancel."""
        face = data.id_data
        job = session.job_of(face, item)
        row = layout.split(factor=0.7 if job is None else 0.5)
        row.label(text=line_name(item), icon=_icon(face, item, job))
        where = row.row(align=True)
        where.alignment = "RIGHT"
        if job is None and item.start == "PLAYHEAD":
            where.label(text="", icon="TIME")
        elif job is None:
            where.label(text=str(item.start_frame))
        else:
            where.label(text=f"{job.fraction:.0%}" if job.state is State.RUNNING else "")
            where.operator(STYLETALK_OT_cancel.bl_idname, text="", icon="X", emboss=False).line = item.identity


def draw_lines(layout: Any, settings: Any) -> None:
    """The list, with its buttons at the side."""
    row = layout.row()
    row.template_list("STYLETALK_UL_lines", "", settings, "lines", settings, "active", rows=ROWS)
    column = row.column(align=True)
    column.operator(STYLETALK_OT_line_add.bl_idname, text="", icon="ADD")
    column.operator(STYLETALK_OT_line_remove.bl_idname, text="", icon="REMOVE")
    if len(settings.lines) > 1:
        column.separator()
        column.operator(STYLETALK_OT_line_move.bl_idname, text="", icon="TRIA_UP").direction = "UP"
        column.operator(STYLETALK_OT_line_move.bl_idname, text="", icon="TRIA_DOWN").direction = "DOWN"


def _icon(face: Any, line: Any, job: Job | None) -> str:
    """How it stands with a line."""
    if job is not None:
        return "SORTTIME"
    outcome = session.outcome_of(face, line)
    if outcome is not None and (outcome.failed or outcome.doubts):
        return "CANCEL" if outcome.failed else "ERROR"  # a cross; a warning triangle
    return {Bake.NONE: "SPEAKER", Bake.BAKED: "CHECKMARK", Bake.CHANGED: "FILE_REFRESH"}[state_of(face, line)]


classes = (STYLETALK_UL_lines,)
