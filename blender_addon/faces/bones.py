# SPDX-License-Identifier: GPL-3.0-or-later
"""The bones of a character: its skeleton, which way its face looks, and the curves of a head, of eyes, of any bone."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from mathutils import Matrix, Quaternion, Vector

from ..styletalk.rigs import bones as core
from ..styletalk.rigs.bone_names import eye_pairs, head_bones, sided_pairs
from ..styletalk.rigs.bones import BoneMotion
from .channels import Channel, some

TRACKING = ("DAMPED_TRACK", "TRACK_TO", "LOCKED_TRACK")
RULING = ("COPY_TRANSFORMS", "COPY_ROTATION", "COPY_LOCATION", "CHILD_OF", "ARMATURE", "IK", "ACTION", *TRACKING)
"""Constraints that may win over what F-curves say of a bone."""
MOST_INFLUENCE = 0.9
_PATHS = {"QUATERNION": "rotation_quaternion", "AXIS_ANGLE": "rotation_axis_angle"}


def armature_of(face: Any) -> Any | None:
    """The armature object that a face is, is deformed by, or hangs on."""
    if face.type == "ARMATURE":
        return face
    deforming = (each.object for each in face.modifiers if each.type == "ARMATURE" and each.object is not None)
    parent = face.parent
    while parent is not None and parent.type != "ARMATURE":
        parent = parent.parent
    return next(deforming, parent)


def deformed_meshes(armature: Any) -> tuple[Any, ...]:
    """The meshes that an armature moves, in the scenes that it is in: deformed by it, or hung on one of its bones."""
    objects = dict.fromkeys(each for scene in armature.users_scene for each in scene.objects if each.type == "MESH")
    return tuple(each for each in objects if armature_of(each) == armature)


def found_head(armature: Any) -> str:
    """The bone that turns the head, "" where there is none: by its name, and because nothing else moves it."""
    return next((name for name in head_bones(_names(armature)) if not ruled(armature.pose.bones[name])), "")


def found_eyes(armature: Any) -> tuple[str, str]:
    """(left, right) bones that aim the eyes, or that eyes look at; ("", "") where there are none: by their names, and
    because they lie side by side."""
    bones = armature.pose.bones
    axes = axes_of(armature)
    for left, right in eye_pairs(_names(armature)):
        apart = axes.T @ np.array(bones[left].bone.head_local - bones[right].bone.head_local)
        if not (ruled(bones[left]) or ruled(bones[right])) and apart[0] > 2 * np.abs(apart[1:]).max():
            return left, right
    return "", ""


def axes_of(armature: Any) -> np.ndarray:
    """(3, 3) in the armature's space, columns: where the person's left, up and ahead are.

    Up is from the root to the head, or the world's up of a head alone; left is where most bones say so.
    """
    bones = armature.data.bones
    pairs = [(bones[left].head_local, bones[right].head_local) for left, right in sided_pairs(bones.keys())]
    left, right = (np.array([pair[side] for pair in pairs]).reshape(-1, 3) for side in range(2))
    axes = core.face_axes(left, right, _up(armature))
    if axes is not None:
        snapped = core.nearest_axis(axes[:, 0])
        if snapped @ axes[:, 0] > 0.97:  # a few odd bones do not turn the head aside
            axes = np.column_stack([snapped, axes[:, 1], np.cross(snapped, axes[:, 1])])
        return axes
    world = np.array(armature.matrix_world.to_3x3().normalized().inverted())
    return world @ np.array([[1.0, 0, 0], [0, 0, -1.0], [0, 1.0, 0]])


def _up(armature: Any) -> np.ndarray:
    head = next((armature.data.bones[name] for name in head_bones(_names(armature))), None)
    roots = head.parent_recursive if head is not None else []
    rise = np.zeros(3)
    if head is not None and len(roots) > 1:
        rise = np.array(head.head_local - roots[-1].head_local)
    if np.linalg.norm(rise) > 1e-3 * max(np.linalg.norm(armature.dimensions), 1e-6):
        return core.nearest_axis(rise)
    return core.nearest_axis(np.array(armature.matrix_world.to_3x3().inverted() @ Vector((0.0, 0.0, 1.0))))


def rest_axes(bone: Any) -> np.ndarray:
    """(3, 3) a pose bone's own axes at rest, in the armature's space."""
    return np.array(bone.bone.matrix_local.to_3x3())


def location_axes(bone: Any) -> np.ndarray:
    """(3, 3) the axes of a pose bone's location."""
    return rest_axes(bone) if bone.bone.use_local_location else np.eye(3)


def head_motion(armature: Any, name: str, head_pose: np.ndarray) -> BoneMotion:
    """What the head's bone does for (N, 6) head poses: it turns, and stays in its socket."""
    bone = armature.pose.bones[name]
    return BoneMotion(turn=core.in_bone(core.head_turns(head_pose), axes_of(armature), rest_axes(bone)))


def eye_motion(armature: Any, name: str, gaze: np.ndarray) -> BoneMotion:
    """What an eye's bone does for (N, 4) gaze: it turns; one that eyes look at is moved before them instead."""
    bone, axes = armature.pose.bones[name], axes_of(armature)
    eyes = trackers(armature, name)
    if not eyes:
        return BoneMotion(turn=core.in_bone(core.eye_turns(gaze), axes, rest_axes(bone)))
    middle = np.mean([np.array(each.bone.head_local) for each in eyes], axis=0)
    distance = float(np.linalg.norm(np.array(bone.bone.head_local) - middle))
    return BoneMotion(location=core.in_bone(core.target_shifts(gaze, distance), axes, location_axes(bone)))


def trackers(armature: Any, name: str) -> list[Any]:
    """The pose bones that look at a bone, or at one that goes where it goes."""
    goes_along = {name, *(child.name for child in armature.data.bones[name].children_recursive)}
    bones = armature.pose.bones
    goes_along |= {each.name for each in bones if _aims(each, goes_along, ("COPY_LOCATION", "COPY_TRANSFORMS"))}
    return [each for each in bones if _aims(each, goes_along, TRACKING)]


def _aims(bone: Any, names: set[str], kinds: tuple[str, ...]) -> bool:
    return any(each.type in kinds and not each.mute and each.subtarget in names for each in bone.constraints)


def ruled(bone: Any) -> list[str]:
    """The constraints of a pose bone that win over its F-curves: those that replace what it does, nearly wholly."""
    return [each.name for each in bone.constraints if each.type in RULING and not each.mute and _replaces(each)]


def _replaces(constraint: Any) -> bool:
    """Whether it leaves nothing of a bone's own motion; one with an offset, or that mixes, adds to it."""
    adds = getattr(constraint, "use_offset", False) or getattr(constraint, "mix_mode", "REPLACE") != "REPLACE"
    return constraint.influence > MOST_INFLUENCE and not adds


def bone_channels(bone: Any, motion: BoneMotion) -> Iterator[Channel]:
    """The curves of a pose bone, in its own rotation mode, without those that are locked."""
    if motion.location is not None:
        yield from _axes(bone, "location", _unlocked(motion.location, bone.lock_location), bone.lock_location)
    if motion.turn is not None and not all(bone.lock_rotation):
        path = _PATHS.get(bone.rotation_mode, "rotation_euler")
        yield from _axes(bone, path, rotation_values(bone, _unlocked(motion.turn, bone.lock_rotation)))
    if motion.scale is not None:
        yield from _axes(bone, "scale", motion.scale, bone.lock_scale)


def _axes(bone: Any, path: str, values: np.ndarray, locks: Any = ()) -> Iterator[Channel]:
    whole = bone.path_from_id(path)
    for axis in range(values.shape[1]):
        if not (locks and locks[axis]):
            yield Channel(f"{path} of {bone.name}", whole, axis, values[:, axis].astype(np.float32))


def _unlocked(values: np.ndarray, locks: Any) -> np.ndarray:
    return np.where(np.array([bool(each) for each in locks]), 0.0, values)


def rotation_values(bone: Any, turns: np.ndarray) -> np.ndarray:
    """(N, 3 or 4) of rotation vectors (N, 3), in a pose bone's rotation mode."""
    turned = core.quaternions(turns)
    if bone.rotation_mode == "QUATERNION":
        return turned
    if bone.rotation_mode == "AXIS_ANGLE":
        angle = np.linalg.norm(turns, axis=1, keepdims=True)
        return np.hstack([angle, np.where(angle > 1e-9, turns / np.maximum(angle, 1e-9), (0.0, 1.0, 0.0))])
    eulers: list[Any] = []
    for each in turned:
        before = eulers[-1:] or []
        eulers.append(Quaternion(each).to_euler(bone.rotation_mode, *before))
    return np.array(eulers).reshape(-1, 3)


def rotation_vector(bone: Any, path: str, values: dict[int, float]) -> np.ndarray:
    """(3,) of what an action says by axis on one of a bone's rotation paths; what it leaves out is at rest."""
    if path == "rotation_euler":
        order = bone.rotation_mode if len(bone.rotation_mode) == 3 else "XYZ"
        from_euler = Matrix.Identity(3).to_euler(order)
        for axis, value in values.items():
            from_euler[axis] = value
        turn = np.array([*from_euler.to_quaternion()])
    elif path == "rotation_axis_angle":
        turn = np.array([*Quaternion([values.get(axis, float(axis == 2)) for axis in (1, 2, 3)], values.get(0, 0.0))])
    else:
        turn = np.array([values.get(axis, float(axis == 0)) for axis in range(4)])
    return core.rotation_vectors(turn[None])[0]


def bone_conflicts(armature: Any, motions: dict[str, BoneMotion]) -> Iterator[str]:
    """A sentence for what wins over the curves of bones, or keeps them from being made."""
    name = armature.name
    if armature.data.pose_position == "REST":
        yield f"The armature “{name}” shows its rest position: switch to Pose Position to see the line."
    bones = [armature.pose.bones[each] for each in motions]
    locked = [bone.name for bone in bones if _asks_for_locked(bone, motions[bone.name])]
    if locked:
        yield f"Locked bones of “{name}” stay as they are: {some(locked)}. Unlock them to move them."
    constrained = [f"{bone.name} ({ruled(bone)[0]})" for bone in bones if ruled(bone)]
    if constrained:
        yield f"Constraints may win over the line on “{name}”: {some(constrained)}."


def _asks_for_locked(bone: Any, motion: BoneMotion) -> bool:
    pairs = ((motion.location, bone.lock_location), (motion.turn, bone.lock_rotation))
    return any(values is not None and (np.abs(values).max(axis=0) > 1e-6)[[*locks]].any() for values, locks in pairs)


def _names(armature: Any) -> list[str]:
    return armature.data.bones.keys()
