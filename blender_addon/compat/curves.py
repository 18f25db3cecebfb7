# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys and handles of F-curves, written and read all at once."""

from typing import Any

import bpy
import numpy as np


def set_linear_keys(fcurve: Any, frames: np.ndarray, values: np.ndarray) -> None:
    """Fill an empty F-curve: (N,) frames, rising, and (N,) values, linear in between.

    Raises ValueError for arrays that do not go together; `foreach_set` would speak of an internal error.
    """
    if frames.shape != values.shape or frames.ndim != 1:
        raise ValueError(f"{frames.shape} frames for {values.shape} values")
    points = fcurve.keyframe_points
    points.add(len(frames))
    points.foreach_set("co", np.column_stack([frames, values]).astype(np.float32).ravel())
    linear = bpy.types.Keyframe.bl_rna.properties["interpolation"].enum_items["LINEAR"].value
    points.foreach_set("interpolation", np.full(len(frames), linear, np.int32))
    fcurve.update()  # new points have their handles at the origin


def shift_curve(fcurve: Any, frames: int) -> None:
    """Move all keys of an F-curve, with their handles."""
    points = fcurve.keyframe_points
    for name in ("co", "handle_left", "handle_right"):
        values = np.empty(2 * len(points), np.float32)
        points.foreach_get(name, values)
        values[::2] += frames
        points.foreach_set(name, values)
    fcurve.update()


def set_smooth_keys(fcurve: Any, frames: np.ndarray, values: np.ndarray, slopes: np.ndarray) -> None:
    """Fill an empty F-curve: (K,) frames, rising, (K,) values, and (K,) slopes a frame, which the handles show.

    Handles end a third of the way to the next key: then the Bezier curve is the cubic of these values and slopes.
    """
    points = fcurve.keyframe_points
    points.add(len(frames))
    points.foreach_set("co", np.column_stack([frames, values]).astype(np.float32).ravel())
    for point in points:  # 3.4 passes over handle types in `foreach_set` and says nothing
        point.interpolation = "BEZIER"
        point.handle_left_type = point.handle_right_type = "ALIGNED"
    gaps = np.diff(frames.astype(np.float64)) / 3 if len(frames) > 1 else np.zeros(0)
    for side, reach in (("left", -np.append(gaps[:1], gaps)), ("right", np.append(gaps, gaps[-1:]))):
        reach = reach if len(gaps) else np.full(1, -1.0 if side == "left" else 1.0)
        handles = np.column_stack([frames + reach, values + reach * slopes])
        points.foreach_set(f"handle_{side}", handles.astype(np.float32).ravel())
    fcurve.update()


def handle_types(points: Any) -> tuple[np.ndarray, np.ndarray]:
    """(K,) int32 each, of the left and the right handles. Before 4.2 not by `foreach_get`, which gives zeros in 3.4."""
    if bpy.app.version < (4, 2, 0):
        numbers = {each.identifier: each.value for each in bpy.types.Keyframe.bl_rna.properties[_LEFT].enum_items}
        kinds = [(numbers[each.handle_left_type], numbers[each.handle_right_type]) for each in points]
        left, right = np.array(kinds, np.int32).reshape(-1, 2).T
        return left, right
    left, right = np.empty(len(points), np.int32), np.empty(len(points), np.int32)
    points.foreach_get(_LEFT, left)
    points.foreach_get("handle_right_type", right)
    return left, right


def set_handle_types(points: Any, left: np.ndarray, right: np.ndarray) -> None:
    """The mirror of `handle_types`."""
    if bpy.app.version < (4, 2, 0):
        names = {each.value: each.identifier for each in bpy.types.Keyframe.bl_rna.properties[_LEFT].enum_items}
        for point, own_left, own_right in zip(points, left.tolist(), right.tolist(), strict=True):
            point.handle_left_type, point.handle_right_type = names[own_left], names[own_right]
        return
    points.foreach_set(_LEFT, left.astype(np.int32))
    points.foreach_set("handle_right_type", right.astype(np.int32))


_LEFT = "handle_left_type"
