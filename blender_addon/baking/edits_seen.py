# SPDX-License-Identifier: GPL-3.0-or-later
"""Hand edits for panels, which draw many times a second: looked for again only when an action has changed."""

from typing import Any

import bpy

from ..compat import all_fcurves
from ..faces.targets import target_of
from .hand_edits import HandEdits, hand_edits
from .nla import action_of

_seen: dict[tuple[Any, ...], HandEdits] = {}


def seen_edits(face: Any, line: Any) -> HandEdits:
    """What was edited by hand in the bake of a line."""
    target = target_of(face)
    if target is None:
        return HandEdits()
    blocks = target.blocks()
    actions = [action_of(block, line.identity) for block in blocks]
    states = tuple(_state(action) for action in actions if action is not None)
    which = (line.identity, states)
    if which not in _seen:
        _seen.clear()
        _seen[which] = hand_edits(blocks, line.identity)
    return _seen[which]


def _state(action: Any) -> tuple[int, int]:
    """What changes where keys are added or removed; other changes are told by Blender."""
    return action.as_pointer(), sum(len(curve.keyframe_points) for curve in all_fcurves(action))


@bpy.app.handlers.persistent
def forget(scene: Any = None, depsgraph: Any = None) -> None:
    """To be called when something has changed: edits are looked for again where an action was it."""
    if depsgraph is None or depsgraph.id_type_updated("ACTION"):
        _seen.clear()


_HANDLERS = ("depsgraph_update_post", "undo_post", "redo_post", "load_post")


def attach() -> None:
    """Have Blender call us."""
    for name in _HANDLERS:
        getattr(bpy.app.handlers, name).append(forget)


def detach() -> None:
    """The mirror of `attach`."""
    _seen.clear()
    for name in reversed(_HANDLERS):
        getattr(bpy.app.handlers, name).remove(forget)
