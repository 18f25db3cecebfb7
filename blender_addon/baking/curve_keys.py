# SPDX-License-Identifier: GPL-3.0-or-later
"""The keys of an F-curve as arrays, read and written whole."""

from typing import Any

import numpy as np

from .. import compat
from ..styletalk.motion.hand_edits import Keys

_NUMBERS = {"interpolation": 0, "easing": 3, "type": 4}
"""Which column of `Keys.kinds` each is; handles are 1 and 2."""
_EASE = ("back", "amplitude", "period")


def keys_of(fcurve: Any) -> Keys:
    """All keys of an F-curve."""
    points = fcurve.keyframe_points
    count = len(points)
    values = np.empty((count, 6), np.float32)
    for column, name in enumerate(("co", "handle_left", "handle_right")):
        pair = np.empty(2 * count, np.float32)
        points.foreach_get(name, pair)
        values[:, 2 * column : 2 * column + 2] = pair.reshape(-1, 2)
    kinds, ease = np.empty((count, 5), np.uint8), np.empty((count, 3), np.float32)
    kinds[:, 1], kinds[:, 2] = compat.handle_types(points)
    for name, column in _NUMBERS.items():
        numbers = np.empty(count, np.int32)
        points.foreach_get(name, numbers)
        kinds[:, column] = numbers
    for column, name in enumerate(_EASE):
        numbers = np.empty(count, np.float32)
        points.foreach_get(name, numbers)
        ease[:, column] = numbers
    return Keys(values, kinds, ease)


def fill(fcurve: Any, keys: Keys) -> None:
    """Let an F-curve have these keys and no others; its modifiers and colours stay."""
    points = fcurve.keyframe_points
    points.clear()
    points.add(len(keys))
    for name, column in _NUMBERS.items():
        points.foreach_set(name, keys.kinds[:, column].astype(np.int32))
    for column, name in enumerate(_EASE):
        points.foreach_set(name, np.ascontiguousarray(keys.ease[:, column]))
    compat.set_handle_types(points, keys.kinds[:, 1], keys.kinds[:, 2])
    for column, name in enumerate(("co", "handle_left", "handle_right")):
        points.foreach_set(name, np.ascontiguousarray(keys.points[:, 2 * column : 2 * column + 2]).ravel())
    fcurve.update()


def seen_values(fcurve: Any, frames: np.ndarray) -> np.ndarray:
    """(K,) what the keys of an F-curve give on (K,) frames, its modifiers left aside."""
    active = [modifier for modifier in fcurve.modifiers if not modifier.mute]
    for modifier in active:
        modifier.mute = True
    try:
        return np.array([fcurve.evaluate(float(frame)) for frame in frames])
    finally:
        for modifier in active:
            modifier.mute = False
