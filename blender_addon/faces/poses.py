# SPDX-License-Identifier: GPL-3.0-or-later
"""Poses of an armature that show a shape: actions and pose assets named after it, made by posing, mixed in a bake."""

import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np

from .. import compat
from ..styletalk.rigs.bones import BoneMotion, mixed
from ..styletalk.rigs.naming import matches
from ..styletalk.rigs.spelling import Spelling
from .bones import rotation_values, rotation_vector

POSE_OF = "styletalk_pose_of"
"""Custom property of actions: the armature that the pose was made on. Another one's poses are not taken for its own."""
LINE_MARK = "styletalk_line"
_BONE_PATH = re.compile(r'pose\.bones\["((?:[^"\\]|\\.)*)"\]\.(location|rotation_\w+|scale)$')
_CHANNELS = ("location", "rotation_quaternion", "rotation_euler", "rotation_axis_angle", "scale")
MOST_KEYED_FRAMES = 2
"""A pose is keyed on one frame, or goes from rest to itself. What has more is an animation."""
AT_REST = 1e-5
Pose = dict[str, BoneMotion]
"""Of each bone by its name what it does at a weight of 1, one row each."""


@dataclass(frozen=True)
class StoredPose:
    """A frame of an action."""

    action: Any
    frame: float

    def read(self, armature: Any) -> Pose:
        """What it does to the bones that the armature has; bones at rest are left out."""
        values: dict[str, dict[str, dict[int, float]]] = {}
        for curve in compat.all_fcurves(self.action):
            found = _BONE_PATH.match(curve.data_path)
            name = bpy.utils.unescape_identifier(found[1]) if found else ""
            if found and name in armature.pose.bones:
                paths = values.setdefault(name, {})
                paths.setdefault(found[2], {})[curve.array_index] = curve.evaluate(self.frame)
        motions = {name: _motion(armature.pose.bones[name], paths) for name, paths in values.items()}
        return {name: motion for name, motion in motions.items() if not motion.is_still}


def _motion(bone: Any, paths: Mapping[str, dict[int, float]]) -> BoneMotion:
    """Of a bone whose action says these values; None for what is at rest."""
    location = np.array([paths.get("location", {}).get(axis, 0.0) for axis in range(3)])
    scale = np.array([paths.get("scale", {}).get(axis, 1.0) for axis in range(3)])
    turns = [rotation_vector(bone, path, said) for path, said in paths.items() if path.startswith("rotation_")]
    turn = max(turns, key=np.linalg.norm, default=np.zeros(3))
    return BoneMotion(
        *(each[None] if np.abs(each - rest).max() > AT_REST else None
          for each, rest in ((location, 0.0), (turn, 0.0), (scale, 1.0)))
    )  # fmt: skip


def found_poses(armature: Any) -> dict[str, StoredPose]:
    """The poses of this file whose names say what they show, by name: actions, and the markers of a pose library."""
    candidates: dict[str, StoredPose] = {}
    for action in sorted(bpy.data.actions, key=lambda each: each.get(POSE_OF) != armature):
        if LINE_MARK not in action and action.get(POSE_OF) in (None, armature) and _moves_bones(action, armature):
            for name, pose in _poses_of(action):
                candidates.setdefault(name, pose)
    once: dict[tuple, str] = {}
    for name in matches(list(candidates)):
        once.setdefault(Spelling.of(name).key, name)
    return {name: candidates[name] for name in once.values()}


def _moves_bones(action: Any, armature: Any) -> bool:
    """Whether most of what an action moves are bones of this armature."""
    paths = {curve.data_path for curve in compat.all_fcurves(action)}
    found = [_BONE_PATH.match(path) for path in paths]
    known = [each for each in found if each and bpy.utils.unescape_identifier(each[1]) in armature.pose.bones]
    return 2 * len(known) > len(paths)


def _poses_of(action: Any) -> Iterator[tuple[str, StoredPose]]:
    """(name, pose) of a pose library's markers, or of an action that is one pose."""
    if action.pose_markers:
        yield from ((marker.name, StoredPose(action, float(marker.frame))) for marker in action.pose_markers)
        return
    curves = compat.all_fcurves(action)
    frames = {round(point.co[0], 3) for curve in curves for point in curve.keyframe_points}
    if 0 < len(frames) <= MOST_KEYED_FRAMES:
        yield action.name, StoredPose(action, max(frames))


def write_pose(armature: Any, name: str, pose: Pose, undo: ExitStack) -> Any:
    """A new action of that name that holds a pose on frame 1, in each bone's own rotation mode. `undo` removes it."""
    action, curves = compat.new_action("OBJECT", name, armature.name)
    undo.callback(bpy.data.actions.remove, action)
    action[POSE_OF] = armature
    frame = np.ones(1, np.float32)
    for bone_name, motion in pose.items():
        bone = armature.pose.bones[bone_name]
        for path, values in _stored(bone, motion):
            for axis, value in enumerate(values):
                curve = curves.new(data_path=bone.path_from_id(path), index=axis)
                compat.set_linear_keys(curve, frame, np.array([value], np.float32))
    return action


def _stored(bone: Any, motion: BoneMotion) -> Iterator[tuple[str, np.ndarray]]:
    if motion.location is not None:
        yield "location", motion.location[0]
    if motion.turn is not None:
        modes = {"QUATERNION": "rotation_quaternion", "AXIS_ANGLE": "rotation_axis_angle"}
        yield modes.get(bone.rotation_mode, "rotation_euler"), rotation_values(bone, motion.turn)[0]
    if motion.scale is not None:
        yield "scale", motion.scale[0]


def shown_pose(armature: Any) -> Pose:
    """What the armature's bones do now beside their rest."""
    shown = {}
    for bone in armature.pose.bones:
        path = {"QUATERNION": "rotation_quaternion", "AXIS_ANGLE": "rotation_axis_angle"}.get(
            bone.rotation_mode, "rotation_euler"
        )
        paths = {each: dict(enumerate(getattr(bone, each))) for each in ("location", path, "scale")}
        motion = _motion(bone, paths)
        if not motion.is_still:
            shown[bone.name] = motion
    return shown


def mixed_poses(poses: Mapping[str, Pose], weights: Mapping[str, np.ndarray]) -> dict[str, BoneMotion]:
    """What each bone does in N rows, of the poses by their weights (N,)."""
    motions: dict[str, BoneMotion] = {}
    for name in dict.fromkeys(bone for pose in poses.values() for bone in pose):
        used = [each for each in poses if name in poses[each] and each in weights]
        if used:
            rows = _stacked([poses[each][name] for each in used])
            motions[name] = mixed(np.column_stack([weights[each] for each in used]), rows)
    return motions


def _stacked(motions: list[BoneMotion]) -> BoneMotion:
    """One row for each."""
    parts = []
    for name, rest in (("location", 0.0), ("turn", 0.0), ("scale", 1.0)):
        rows = [getattr(each, name) for each in motions]
        there = any(row is not None for row in rows)
        parts.append(np.vstack([np.full((1, 3), rest) if row is None else row for row in rows]) if there else None)
    return BoneMotion(*parts)


@contextmanager
def posing(armature: Any) -> Iterator[None]:
    """Within it the armature's pose may be changed; afterwards it is as before."""
    before = [(bone, path, tuple(getattr(bone, path))) for bone in armature.pose.bones for path in _CHANNELS]
    shown = armature.data.pose_position
    try:
        armature.data.pose_position = "POSE"
        rest(armature)
        yield
    finally:
        armature.data.pose_position = shown
        for bone, path, values in before:
            setattr(bone, path, values)
        bpy.context.view_layer.update()


def rest(armature: Any, names: Any = None) -> None:
    """Bones, all or those of these names, at rest."""
    for bone in armature.pose.bones if names is None else [armature.pose.bones[name] for name in names]:
        set_motion(bone, BoneMotion(np.zeros((1, 3)), np.zeros((1, 3)), np.ones((1, 3))))


def show(armature: Any, pose: Pose) -> None:
    """Set bones to a pose; those that it leaves out stay as they are."""
    for name, motion in pose.items():
        set_motion(armature.pose.bones[name], motion)


def added(one: Pose, other: Pose) -> Pose:
    """Both poses at once."""
    return {name: one.get(name, BoneMotion()) + other.get(name, BoneMotion()) for name in {**one, **other}}


def set_motion(bone: Any, motion: BoneMotion) -> None:
    """Set a pose bone to what a motion's only row says."""
    for path, values in _stored(bone, motion):
        setattr(bone, path, values.tolist())
