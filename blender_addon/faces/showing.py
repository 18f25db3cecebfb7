# SPDX-License-Identifier: GPL-3.0-or-later
"""Looking at a character's shapes one by one."""

from typing import Any

import numpy as np

from ..styletalk.errors import RigError
from ..styletalk.rigs.bones import BoneMotion
from .channels import shape_keys
from .characters import CharacterTarget
from .poses import Pose, rest, show, shown_pose

CLOSE = 1e-4


def show_alone(target: CharacterTarget, shape: str) -> None:
    """Show what a shape does, on every mesh that has it and by its pose, and none of the table's others; once more:
    rest. Raises RigError where neither a key nor a pose of that name is left."""
    blocks = [key for mesh in target.meshes() for key in _key_blocks(mesh)]
    wanted = next((key for key in blocks if key.name == shape), None)
    armature, poses = target.bones.armature, target.bones.read_poses()
    if wanted is None and shape not in poses:
        raise RigError(f"There is no shape “{shape}” any more. Press Tell Apart Again.")
    pose = poses.get(shape, {})
    shown = not _is_shown(armature, pose) if wanted is None else wanted.value < wanted.slider_max - CLOSE
    names = {row.name for row in target.mesh.styletalk_character.shapes}
    for key in blocks:
        if key.name in names:
            key.value = key.slider_max if shown and key.name == shape else max(0.0, key.slider_min)
    if poses:
        rest(armature, {name for each in poses.values() for name in each})
        show(armature, pose if shown else {})


def _is_shown(armature: Any, pose: Pose) -> bool:
    """Whether the bones of a pose are as it says."""
    now = shown_pose(armature)
    return all(_alike(now.get(name, BoneMotion()), motion) for name, motion in pose.items())


def _alike(one: BoneMotion, other: BoneMotion) -> bool:
    rests = (("location", 0.0), ("turn", 0.0), ("scale", 1.0))
    parts = [[getattr(each, name) for each in (one, other)] + [rest_value] for name, rest_value in rests]
    return all(np.allclose(rest_value if a is None else a, rest_value if b is None else b, atol=CLOSE)
               for a, b, rest_value in parts)  # fmt: skip


def _key_blocks(mesh: Any) -> Any:
    keys = shape_keys(mesh)
    return keys.key_blocks if keys is not None else ()
