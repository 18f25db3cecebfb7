# SPDX-License-Identifier: GPL-3.0-or-later
"""Channels become the F-curves of a new action, which nothing uses yet."""

import uuid
from contextlib import ExitStack
from typing import Any

import bpy
import numpy as np

from .. import compat
from ..faces.targets import Channel, Part
from ..styletalk.errors import StyleTalkError
from ..styletalk.motion.keys import Curve

CLAMP_TOLERANCE = 1e-4


class BakeError(StyleTalkError):
    """The animation cannot be written onto that object."""


def write_action(
    part: Part, name: str, frames: np.ndarray, undo: ExitStack, curves: tuple[Curve, ...] = ()
) -> Any:  # fmt: skip
    """An action with an F-curve for each channel, keyed on (N,) frames and linear in between. `undo` removes it.

    curves: of the channels, whose few keys have handles. Here alone samples become keys.
    Raises BakeError, before anything is made, for values that are not numbers or that Blender would clamp.
    """
    for channel in part.channels:
        _check_values(channel, frames)
    action, fcurves = compat.new_action(part.id_type, name, part.owner.name)
    undo.callback(bpy.data.actions.remove, action)
    for number, channel in enumerate(part.channels):
        fcurve = fcurves.new(data_path=channel.data_path, index=channel.index)
        if curves:
            curve = curves[number]
            values = np.clip(curve.values, channel.low, channel.high)
            compat.set_smooth_keys(fcurve, frames[curve.frames], values, curve.slopes)
        else:
            compat.set_linear_keys(fcurve, frames, channel.values)
    return action


def name_newest(action: Any, name: str, line_mark: str, undo: ExitStack) -> None:
    """Let the newest take of a line bear its plain name, and the former one the number that Blender gave to this."""
    former = bpy.data.actions.get(name)
    if former is None or former == action or former.library or former.get(line_mark) != action.get(line_mark):
        return
    undo.callback(_exchange_names, action, former)
    _exchange_names(action, former)


def _exchange_names(one: Any, other: Any) -> None:
    first, second = one.name, other.name
    one.name = uuid.uuid4().hex
    other.name = first
    one.name = second


def _check_values(channel: Channel, frames: np.ndarray) -> None:
    if not (np.isfinite(channel.values).all() and np.isfinite(frames).all()):
        raise BakeError(f"{channel.name} would have keys that are not numbers. Animate again.")
    worst = channel.values[np.maximum(channel.low - channel.values, channel.values - channel.high).argmax()]
    if not channel.low - CLAMP_TOLERANCE <= worst <= channel.high + CLAMP_TOLERANCE:
        raise BakeError(
            f"{channel.name} would be {worst:.2f}, and Blender's sliders end at {channel.low:g} and "
            f"{channel.high:g}. Lower the intensity."
        )
