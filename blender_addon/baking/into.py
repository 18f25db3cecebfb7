# SPDX-License-Identifier: GPL-3.0-or-later
"""A line in the animator's own action: in a copy of it, for theirs stays as it is."""

from contextlib import ExitStack
from typing import Any

import bpy

from .. import compat
from ..faces.channels import some
from .conflicts import channel_name
from .curve_keys import fill, keys_of
from .nla import BASE_MARK, action_of, is_shared
from .nla_layout import line_of


def with_active(owner: Any, fresh: Any, identity: str, undo: ExitStack) -> Any | None:
    """A copy of the animator's active action with the curves of `fresh` in it, which win over those of the same
    channels; None where there is no such action, or the line plays already. `undo` removes it."""
    data = owner.animation_data
    theirs = data.action if data is not None else None
    if theirs is None or line_of(theirs) or is_shared(owner) or compat.lacks_slot(data) or action_of(owner, identity):
        return None
    made = theirs.copy()
    undo.callback(bpy.data.actions.remove, made)
    made.use_fake_user = False
    compat.remember_slot(made, compat.action_slot(data))
    fcurves = compat.own_fcurves(made)
    if fcurves is None:
        return None
    present = {(curve.data_path, curve.array_index): curve for curve in fcurves}
    for curve in compat.own_fcurves(fresh) or ():
        if (curve.data_path, curve.array_index) in present:
            fcurves.remove(present[curve.data_path, curve.array_index])
        fill(fcurves.new(data_path=curve.data_path, index=curve.array_index), keys_of(curve))
    for name, value in fresh.items():
        made[name] = value
    made[BASE_MARK] = theirs
    return made


def said_of(theirs: Any, ours: Any) -> str:
    """What a line in a copy of the animator's action wins over, as a sentence."""
    channels = {(curve.data_path, curve.array_index) for curve in compat.own_fcurves(ours) or ()}
    written = channels & {(curve.data_path, curve.array_index) for curve in compat.all_fcurves(theirs)}
    before = {(c.data_path, c.array_index): c for c in compat.all_fcurves(theirs)}
    after = {(c.data_path, c.array_index): c for c in compat.own_fcurves(ours) or ()}
    lost = sorted(channel_name(*which) for which in written if not _alike(before[which], after[which]))
    over = f" It moves {some(lost)} in place of your keys." if lost else ""
    return f"The line is in a copy of your action “{theirs.name}”, which stays as it is.{over}"


def _alike(one: Any, other: Any) -> bool:
    return [tuple(point.co) for point in one.keyframe_points] == [tuple(point.co) for point in other.keyframe_points]
