# SPDX-License-Identifier: GPL-3.0-or-later
"""Live: the active line is baked again by itself when its settings have changed and rest for a moment.

Resting, and not moving, is what bakes: a slider that is dragged makes one bake and one step of undo, not twenty.
"""

from dataclasses import dataclass
from typing import Any

import bpy

from . import session
from .baking import nla
from .data.baked import State, settings_of, state_of
from .data.corrections import redraw, settle
from .data.lines import FROM_VIDEO, active_line
from .faces.open_face import find_face
from .faces.targets import target_of
from .operators.bake import STYLETALK_OT_bake

INTERVAL_S = 0.03
RESTS_TICKS = 2
"""Settings that are the same so many times in a row are at rest."""


@dataclass
class _Seen:
    """The settings that were seen last, how often in a row, and those that were baked or tried last."""

    settings: str = ""
    times: int = 0
    tried: str = ""


_seen = _Seen()
_done: set[str] = set()
"""The settings of lines that were baked by themselves."""
_steps: list[str] = []
"""What the animator has just done: "undo" or "redo"."""


def attach() -> None:
    """Look from now on; Blender without a window runs no timers."""
    bpy.app.handlers.undo_post.append(note_undo)
    bpy.app.handlers.redo_post.append(note_redo)
    if not bpy.app.background:
        bpy.app.timers.register(_tick, first_interval=INTERVAL_S, persistent=True)


def detach() -> None:
    """The mirror of `attach`."""
    bpy.app.handlers.redo_post.remove(note_redo)
    bpy.app.handlers.undo_post.remove(note_undo)
    _done.clear()
    if bpy.app.timers.is_registered(_tick):
        bpy.app.timers.unregister(_tick)


@bpy.app.handlers.persistent
def note_undo(*_: Any) -> None:
    """To be called after an undo."""
    _steps[:] = ["undo"]


@bpy.app.handlers.persistent
def note_redo(*_: Any) -> None:
    """To be called after a redo."""
    _steps[:] = ["redo"]


def look(context: Any) -> bool:
    """Begin a bake where the active line asks for one, in place of one that is under way. Returns whether it did."""
    face = find_face(context.object)
    line = active_line(face) if face is not None else None
    state = state_of(face, line) if line is not None else State.NONE
    if line is None or line.words == FROM_VIDEO or state is not State.CHANGED:
        _seen.times = 0
        if state is State.BAKED and _seen.tried.startswith(line.identity):  # type: ignore[union-attr]
            _mark(face, line)
        return False
    settings = f"{line.identity} {settings_of(line)}"
    if _steps and settings in _done:
        # what is left of a step of ours is the change that had asked for the bake: one undo takes back both
        _seen.tried = settings
        getattr(bpy.ops.ed, _steps.pop())()
        _steps.clear()
        return False
    _steps.clear()
    _seen.times = _seen.times + 1 if settings == _seen.settings else 0
    _seen.settings = settings
    if _seen.times < RESTS_TICKS or settings == _seen.tried:
        return False
    job = session.job_of(face, line)
    if job is not None:
        session.queue.cancel(job)
        return False  # the pump says so first
    if STYLETALK_OT_bake.disabled_reason(context):
        return False
    _seen.tried = settings
    _remove_former(line)
    bpy.ops.styletalk.bake("INVOKE_DEFAULT")
    session.hurry(face, line)
    return True


def _tick() -> float:
    context = bpy.context
    scene = context.scene
    _settle(context)
    if scene is not None and scene.styletalk_view.live and not bpy.app.is_job_running("RENDER"):
        windows = context.window_manager.windows
        with context.temp_override(window=windows[0] if windows else None):
            look(bpy.context)
    return INTERVAL_S


def _mark(face: Any, line: Any) -> None:
    """What a bake by itself made is not kept for ever, as what the animator baked is."""
    target = target_of(face)
    for block in target.blocks() if target is not None else ():
        action = nla.action_of(block, line.identity)
        if action is not None and action.library is None:
            action[nla.LIVE_MARK] = line.identity
    _done.add(_seen.tried)
    _seen.tried = ""


def _remove_former(line: Any) -> None:
    """Remove what former bakes by themselves made of a line and nothing uses any more."""
    ours = [action for action in bpy.data.actions if action.get(nla.LIVE_MARK) == line.identity]
    for action in ours:
        if action.users == int(action.use_fake_user):
            bpy.data.actions.remove(action)


def _settle(context: Any) -> None:
    """Where a phoneme's boundary was moved in the list, its neighbour goes along."""
    face = find_face(context.object) if context.view_layer is not None else None
    line = active_line(face) if face is not None else None
    if line is not None and line.heard.version and settle(line.heard):
        redraw()
