# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a head and its eyes turned, as seen: of our own neck, or of a character's bones."""

from typing import Any

import numpy as np

from ..faces.bones import armature_of, axes_of, trackers
from ..faces.open_face import find_neck, to_blender
from ..styletalk.face.arkit_names import ARKIT_NAMES
from ..styletalk.face.retarget import GAZE_SHAPES
from ..styletalk.rigs.bone_names import is_neck
from ..styletalk.rigs.bones import gaze_of_angles
from .recording import Recording

STILL_RAD = 1e-4


def head_turns(face: Any, seen: Recording) -> np.ndarray:
    """(N, 3, 3) of the head on its shoulders, in core's axes: of our neck on its root, or of a character's head bone
    with its neck; none where the face has neither."""
    neck = find_neck(face)
    if neck is None or neck not in seen.worlds:
        return _head_bone_turns(face, seen)
    necks = seen.worlds[neck]
    roots = seen.worlds.get(neck.parent)
    turns = necks if roots is None else [root.inverted_safe() @ turn for root, turn in zip(roots, necks, strict=True)]
    blender = np.array([np.array(turn.to_quaternion().to_matrix()) for turn in turns])
    axes = to_blender(np.eye(3)).T  # columns: core's axes in Blender's
    return axes.T @ blender @ axes


def with_looks(face: Any, seen: Recording, weights: np.ndarray) -> np.ndarray:
    """(N, 52) ARKit weights with the looks of eyes that bones turn, where shapes show none."""
    columns = [ARKIT_NAMES.index(name) for pair in GAZE_SHAPES for name in pair]
    armature, settings = armature_of(face), getattr(face, "styletalk_character", None)
    if armature is None or armature not in seen.bones or settings is None or weights[:, columns].any():
        return weights
    found = weights.copy()
    for side, name in enumerate((settings.eye_left, settings.eye_right)):
        if name not in armature.pose.bones:
            continue
        aimed = trackers(armature, name)
        eye = name if not aimed else aimed[min(side, len(aimed) - 1)].name
        ahead = _turns(armature, [eye], seen)[:, :, 2]
        angles = np.column_stack([np.arctan2(ahead[:, 0], ahead[:, 2]), np.arcsin(np.clip(ahead[:, 1], -1, 1))])
        if np.abs(angles).max() > STILL_RAD:
            for shapes, look in zip(GAZE_SHAPES, gaze_of_angles(angles).T, strict=True):
                found[:, ARKIT_NAMES.index(_of_side(shapes, side))] = look
    return found


def _of_side(shapes: tuple[str, ...], side: int) -> str:
    return next(name for name in shapes if name.endswith(("Left", "Right")[side]))


def _head_bone_turns(face: Any, seen: Recording) -> np.ndarray:
    armature, settings = armature_of(face), getattr(face, "styletalk_character", None)
    name = "" if settings is None else settings.head_bone
    if armature is None or armature not in seen.bones or name not in armature.pose.bones:
        return np.tile(np.eye(3), (seen.frames.count, 1, 1))
    chain = [armature.data.bones[name]]
    while chain[-1].parent is not None and is_neck(chain[-1].parent.name):
        chain.append(chain[-1].parent)
    return _turns(armature, [bone.name for bone in reversed(chain)], seen)


def _turns(armature: Any, chain: list[str], seen: Recording) -> np.ndarray:
    """(N, 3, 3) in the face's axes: by how much the last of a chain of bones has turned since its rest, seen from what
    carries the first."""
    axes, total = axes_of(armature), np.tile(np.eye(3), (seen.frames.count, 1, 1))
    for name in chain:
        rest = np.array(armature.data.bones[name].matrix_local.to_3x3())
        bases = np.array([np.array(basis.to_quaternion().to_matrix()) for basis in seen.bones[armature][name]])
        total = total @ (rest @ bases @ rest.T)
    return axes.T @ total @ axes
