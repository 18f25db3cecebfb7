# SPDX-License-Identifier: GPL-3.0-or-later
"""Shapes made by posing: what the bones of a character show becomes an action and a row of its table."""

from contextlib import ExitStack
from typing import Any

from ..data.characters import attach_pose, mapping_of
from ..styletalk.errors import RigError
from ..styletalk.rigs.naming import meaning_of
from .characters import CharacterTarget, measure_again
from .poses import rest, shown_pose, write_pose


def store_pose(face: Any, armature: Any, name: str) -> Any:
    """Store the pose of a character's armature as the shape of that name, in place of the pose that showed it before,
    and put its bones to rest. Returns the action. Raises RigError and changes nothing."""
    meaning = meaning_of(name)
    if meaning is None:
        raise RigError(f"“{name}” is no shape that StyleTalk knows. Choose an ARKit name such as jawOpen, or a viseme.")
    pose = shown_pose(armature)
    if not pose:
        raise RigError(f"No bone of “{armature.name}” is posed. Pose what {name} shows first.")
    if not meaning.weights.any():
        raise RigError(f"“{name}” is a face at rest. Bones are at rest without a pose.")
    mapping_of(face)  # a row that says nonsense is better found before anything is stored
    action = write_pose(armature, meaning.name, pose, ExitStack())
    action.use_fake_user = True
    action.asset_mark()
    before = attach_pose(face, meaning.named, action)
    if before is not None:
        before.use_fake_user = True
    rest(armature, pose)
    measure_again(CharacterTarget(face))
    return action
