# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes a FaceAnimation onto a talking face: one F-curve per shape key, one action for the head's pose.

Nothing that was there is lost: old actions stay, with a fake user, and the scene is only ever made longer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np

from . import compat
from .face_object import (
    BLINK_KEYS,
    EXPRESSION_KEYS,
    GAZE_KEYS,
    NECK_ROTATION_MODE,
    SLIDER_LIMIT,
    find_neck,
    from_blender,
    is_face,
    missing_keys,
    to_blender,
)
from .styletalk.animation import FaceAnimation
from .styletalk.motion.resample import SceneSamples, scene_samples

CLAMP_TOLERANCE = 1e-4
NECK_REST = "styletalk_rest"
"""Custom property of the neck: where it is without a pose, since the bake animates its location."""


class BakeError(Exception):
    """The animation cannot be written onto that object. The message is one sentence for the user."""


@dataclass(frozen=True)
class BakeParameters:
    """What a bake needs to know besides the scene and the face.

    name: of the line, for the new actions. start_frame: the scene frame on which the sound begins.
    """

    name: str
    start_frame: int


@dataclass(frozen=True)
class BakeReport:
    """What a bake made. `keys` counts keyframes, on `curves` F-curves, from first_frame to last_frame."""

    action: str
    curves: int
    keys: int
    first_frame: int
    last_frame: int


def scene_fps(scene: Any) -> float:
    """Frames a second: 29.97 is stored as 30 / 1.001."""
    return scene.render.fps / scene.render.fps_base


def bake(scene: Any, face: Any, animation: FaceAnimation, parameters: BakeParameters) -> BakeReport:
    """Write `animation` onto `face` at the scene's rate. Raises BakeError and leaves the face as it was."""
    check_face(face)
    samples = scene_samples(animation, scene_fps(scene))
    values = key_values(samples)
    _check_range(values)
    frames = parameters.start_frame + np.arange(len(samples.times_s), dtype=np.float32)
    action, curves = _bake_keys(face.data.shape_keys, f"{face.name} {parameters.name}", frames, values)
    neck = find_neck(face)
    if neck is not None:
        curves += _bake_pose(neck, f"{neck.name} {parameters.name}", frames, samples.head_pose)
    last_frame = int(frames[-1])
    scene.frame_end = max(scene.frame_end, last_frame)
    return BakeReport(action.name, curves, curves * len(frames), int(frames[0]), last_frame)


def check_face(face: Any) -> None:
    """Raise BakeError where nothing can be baked onto `face`."""
    reason = refusal(face)
    if reason:
        raise BakeError(reason)


def refusal(face: Any) -> str:
    """Why nothing can be baked onto that object, as a sentence; empty where all is well. Cheap: panels ask for it."""
    if face is None:
        return "No object is selected. Select a talking face, or add one with Add > Mesh > Talking Face."
    if not is_face(face):
        return f"“{face.name}” is not a talking face. Select one, or add one with Add > Mesh > Talking Face."
    shape_keys = face.data.shape_keys
    if any(data is not None and data.library is not None for data in (face, face.data, shape_keys)):
        return f"“{face.name}” is linked from another file. Make it local first: Object > Relations > Make Local."
    missing = missing_keys(face)
    if missing:
        return f"“{face.name}” lacks the shape key {missing[0]}. Bring it back, or add a new talking face."
    if shape_keys.animation_data is not None and shape_keys.animation_data.use_tweak_mode:
        return f"A strip of “{face.name}” is being tweaked in the NLA editor. Leave tweak mode (Tab) first."
    return ""


def key_values(samples: SceneSamples) -> Mapping[str, np.ndarray]:
    """(N,) float32 for each shape key."""
    tracks = (
        (EXPRESSION_KEYS, samples.coefficients),  # (N, 64)
        (BLINK_KEYS, samples.blinks),  # (N, 2)
        (GAZE_KEYS, samples.gaze),  # (N, 4)
    )
    return {name: track[:, k] for names, track in tracks for k, name in enumerate(names)}


def neck_transforms(head_pose: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The neck's rotation_euler (N, 3) in NECK_ROTATION_MODE and its shift (N, 3) in metres, for (N, 6) head poses.

    A turn about core's z is one about Blender's −y, a turn about core's y one about Blender's z.
    """
    x, y, z = head_pose[:, 0], head_pose[:, 1], head_pose[:, 2]
    return np.column_stack([x, -z, y]), to_blender(head_pose[:, 3:6])


def evaluated_vertices(face: Any, depsgraph: Any) -> np.ndarray:
    """(V, 3) float32 in core's axes: the mesh as it stands on the current frame, before its object's transform."""
    evaluated = face.evaluated_get(depsgraph)
    points = np.empty(len(evaluated.data.vertices) * 3, np.float32)
    evaluated.data.vertices.foreach_get("co", points)
    return from_blender(points.reshape(-1, 3))


def _check_range(values: Mapping[str, np.ndarray]) -> None:
    for name, track in values.items():
        low, high = (-SLIDER_LIMIT, SLIDER_LIMIT) if name in EXPRESSION_KEYS else (0.0, 1.0)
        if not np.isfinite(track).all():
            raise BakeError(f"The animation holds values of {name} that are not numbers. Make it again.")
        worst = track[np.abs(track - (low + high) / 2).argmax()]
        if not low - CLAMP_TOLERANCE <= worst <= high + CLAMP_TOLERANCE:
            raise BakeError(
                f"{name} would be {worst:.2f}, and Blender's sliders end at {low:g} and {high:g}. Lower the intensity."
            )


def _bake_keys(shape_keys: Any, name: str, frames: np.ndarray, values: Mapping[str, np.ndarray]) -> tuple[Any, int]:
    _keep_old_action(shape_keys)
    action, fcurves = compat.new_action(shape_keys, "KEY", name)
    for key_name, track in values.items():
        _widen_slider(shape_keys.key_blocks[key_name], key_name)
        path = f'key_blocks["{bpy.utils.escape_identifier(key_name)}"].value'
        compat.set_linear_keys(fcurves.new(data_path=path), frames, track)
    return action, len(values)


def _bake_pose(neck: Any, name: str, frames: np.ndarray, head_pose: np.ndarray) -> int:
    """The head's pose, around where the neck rests. Returns the number of F-curves."""
    rest = _neck_rest(neck)
    rotation, shift = neck_transforms(head_pose)
    neck.rotation_mode = NECK_ROTATION_MODE
    _keep_old_action(neck)
    _, fcurves = compat.new_action(neck, "OBJECT", name)
    for path, track in (("location", rest + shift), ("rotation_euler", rotation)):
        for axis in range(3):
            compat.set_linear_keys(fcurves.new(data_path=path, index=axis), frames, track[:, axis])
    return 6


def _neck_rest(neck: Any) -> np.ndarray:
    """(3,) where the neck is without a pose: where it stood at the first bake."""
    if NECK_REST not in neck:
        neck[NECK_REST] = list(neck.location)
    return np.asarray(neck[NECK_REST], np.float32)


def _keep_old_action(owner: Any) -> None:
    """An action that nothing uses any more would be gone with the next save."""
    if owner.animation_data is not None and owner.animation_data.action is not None:
        owner.animation_data.action.use_fake_user = True


def _widen_slider(key: Any, name: str) -> None:
    """Blender clamps what F-curves say to the slider's range, which the animator may have narrowed."""
    low, high = (-SLIDER_LIMIT, SLIDER_LIMIT) if name in EXPRESSION_KEYS else (0.0, 1.0)
    key.slider_min, key.slider_max = min(key.slider_min, low), max(key.slider_max, high)
