# SPDX-License-Identifier: GPL-3.0-or-later
"""Looks after the queue while the animator goes on working: a timer that needs no window and no operator."""

import atexit
import contextlib
import time
from typing import Any

import bpy

from . import compat, session
from .translations import translated

BUSY_INTERVAL_S = 0.1
QUICK_INTERVAL_S, QUICK_S = 0.02, 1.5
"""How often, and for how long after a start: a line that was heard is baked by then."""
IDLE_INTERVAL_S = 5.0
"""Of a worker that waits for more: the queue lets it go after some minutes."""


_started = [0.0]
"""By the clock."""
held: list[object] = []
"""Who shows something on a face that a bake would mix with: what is finished waits until they are through."""


def start() -> None:
    """Call after something was put into the queue. Blender without a window runs no timers: there `session.wait` is."""
    _started[0] = time.monotonic()
    if bpy.app.timers.is_registered(_tick):
        bpy.app.timers.unregister(_tick)  # it may be idling
    bpy.app.timers.register(_tick, first_interval=0.0, persistent=True)


def attach() -> None:
    """Let the queue follow the file that is open, and end with Blender."""
    bpy.app.handlers.load_pre.append(forget_other_file)
    atexit.register(stop)


def detach() -> None:
    """The mirror of `attach`; a worker at work is ended."""
    atexit.unregister(stop)
    stop()
    bpy.app.handlers.load_pre.remove(forget_other_file)


def stop() -> None:
    """End the worker and forget its jobs: the add-on is being disabled, or Blender ends."""
    if bpy.app.timers.is_registered(_tick):
        bpy.app.timers.unregister(_tick)
    session.forget()
    session.queue.close()


@bpy.app.handlers.persistent
def forget_other_file(*_: Any) -> None:
    """What is under way belongs to the file that is being left."""
    session.forget()


def redraw() -> None:
    """Show in every sidebar, and in the status bar, what has changed."""
    compat.redraw_status_bar()
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            for region in area.regions if area.type == "VIEW_3D" else ():
                if region.type == "UI":
                    region.tag_redraw()


def push_undo(step: str) -> None:
    """One undo takes a bake, or a text, back. Timers run without a window, and undo needs one.

    Without this step an undo would be Blender's end: data-blocks that it finds unchanged between two steps stay as they
    are, and would go on using the new actions, which are freed.
    """
    windows = bpy.context.window_manager.windows
    with contextlib.suppress(RuntimeError), bpy.context.temp_override(window=windows[0] if windows else None):
        bpy.ops.ed.undo_push(message=translated(step))


def _tick() -> float | None:
    session.queue.poll()
    # a render reads the data that a bake would change
    if not held and not bpy.app.is_job_running("RENDER") and (step := session.conclude()):
        push_undo(step)
    redraw()
    if session.is_busy():
        return QUICK_INTERVAL_S if time.monotonic() < _started[0] + QUICK_S else BUSY_INTERVAL_S
    return IDLE_INTERVAL_S if session.queue.worker_pid else None
