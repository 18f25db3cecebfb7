# SPDX-License-Identifier: GPL-3.0-or-later
"""Channels become the F-curves of a new action, which nothing uses yet."""

from contextlib import ExitStack
from typing import Any

import bpy
import numpy as np

from .. import compat
from ..faces.targets import Part


def write_action(part: Part, name: str, frames: np.ndarray, undo: ExitStack) -> Any:
    """An action with a linear F-curve for each channel, keyed on (N,) frames. `undo` removes it."""
    action, fcurves = compat.new_action(part.id_type, name, part.owner.name)
    undo.callback(bpy.data.actions.remove, action)
    for channel in part.channels:
        curve = fcurves.new(data_path=channel.data_path, index=channel.index)
        compat.set_linear_keys(curve, frames, channel.values)
    return action
