# SPDX-License-Identifier: GPL-3.0-or-later
"""How far the work is, in the status bar at the bottom of the window, also where the sidebar is closed. Only draws."""

from typing import Any

import bpy

from .. import compat, session
from ..operators.waiting import STYLETALK_OT_cancel_all, under_way
from ..translations import translated

WIDTH = 1.2
"""Of the bar, in Blender's units."""


def attach() -> None:
    """Draw in the status bar from now on."""
    bpy.types.STATUSBAR_HT_header.append(draw)


def detach() -> None:
    """The mirror of `attach`."""
    bpy.types.STATUSBAR_HT_header.remove(draw)


def draw(header: Any, context: bpy.types.Context) -> None:
    """The line that is worked on, how many wait behind it, and Cancel."""
    jobs = under_way()
    if not jobs:
        return
    row = header.layout.row(align=True)
    bar = row.row()
    bar.ui_units_x = 14
    compat.draw_progress(bar, jobs[0].fraction, progress_text(jobs[0], len(jobs) - 1))
    row.operator(STYLETALK_OT_cancel_all.bl_idname, text="", icon="X")


def progress_text(job: session.Job, waiting: int = 0) -> str:
    """What is being done, how long it may take, and how many lines wait, in the user's language."""
    parts = [translated(job.stage.capitalize())]
    left = session.queue.seconds_left(job)
    if left is not None:
        parts.append(translated(_time_left(left)))
    if waiting:
        parts.append(translated(f"Waiting behind it: {waiting}"))
    return ", ".join(parts)


def _time_left(seconds: float) -> str:
    if seconds < 60:
        return f"Time left: {max(1, round(seconds))} s"
    return f"Time left: {seconds // 60:.0f} min {seconds % 60:.0f} s"
