# SPDX-License-Identifier: GPL-3.0-or-later
"""What a character's bones do for a line: its head turns, its eyes aim, its poses are mixed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import compat
from ..styletalk.motion.resample import SceneSamples
from ..styletalk.rigs.bones import BoneMotion
from ..styletalk.rigs.mapping import Row
from .bones import (
    armature_of,
    bone_channels,
    bone_conflicts,
    deformed_meshes,
    eye_motion,
    found_eyes,
    found_head,
    head_motion,
)
from .channels import Part, foreign, shape_keys, some
from .open_face import is_character
from .poses import LINE_MARK, Pose, StoredPose, mixed_poses, rest
from .shape_points import points_of

SHOWN_BY_SHAPES = 1e-3
"""Eyes whose points a gaze shape moves by this share of their extent need no bones."""
HELD = 0.5
"""Points of which a bone has at least this weight are its own."""
_PROBE_POSE, _PROBE_GAZE = np.array([[0.2, 0.2, 0.2, 0, 0, 0]]), np.array([[1.0, 0, 1.0, 0]])


@dataclass(frozen=True)
class CharacterBones:
    """The bones of a face that is a mesh or an armature."""

    face: Any

    @property
    def armature(self) -> Any | None:
        """The skeleton, where this file may animate it."""
        armature = armature_of(self.face)
        return None if armature is None or foreign(armature) else armature

    def find(self) -> None:
        """Fill in the head's bone and those of the eyes."""
        armature, settings = self.armature, self.face.styletalk_character
        if armature is not None:
            settings.head_bone = found_head(armature)
            settings.eye_left, settings.eye_right = found_eyes(armature)

    def poses(self) -> dict[str, StoredPose]:
        """The pose of each row of the table that has one."""
        shapes = self.face.styletalk_character.shapes
        return {shape.name: StoredPose(shape.pose, shape.pose_frame) for shape in shapes if shape.pose is not None}

    def read_poses(self) -> dict[str, Pose]:
        """What the pose of each row that has one does to the bones; none where the armature cannot be animated."""
        armature = self.armature
        return {} if armature is None else {name: pose.read(armature) for name, pose in self.poses().items()}

    def part(self, samples: SceneSamples, rows: tuple[Row, ...], column: Mapping[str, np.ndarray]) -> Part | None:
        """The curves of the bones for `samples`, of which the rows' shapes have the values `column`."""
        armature = self.armature
        if armature is None:
            return None
        motions = self._motions(samples.head_pose, samples.gaze, rows, column)
        channels = (
            each for name, motion in motions.items() for each in bone_channels(armature.pose.bones[name], motion)
        )
        return Part(armature, "OBJECT", armature.name, tuple(channels))

    def _motions(
        self, head_pose: np.ndarray, gaze: np.ndarray, rows: tuple[Row, ...], column: Mapping[str, np.ndarray]
    ) -> dict[str, BoneMotion]:
        armature = self.armature
        poses, used = self.read_poses(), {row.shape for row in rows}
        motions = mixed_poses({name: pose for name, pose in poses.items() if name in used}, column)
        for name, motion in self._aimed(armature, head_pose, gaze, rows):
            motions[name] = motions.get(name, BoneMotion()) + motion
        return motions

    def _aimed(
        self, armature: Any, head_pose: np.ndarray, gaze: np.ndarray, rows: tuple[Row, ...]
    ) -> Iterator[tuple[str, BoneMotion]]:
        settings = self.face.styletalk_character
        if settings.head_bone in armature.pose.bones:
            yield settings.head_bone, head_motion(armature, settings.head_bone, head_pose)
        eyes = [name for name in (settings.eye_left, settings.eye_right) if name in armature.pose.bones]
        if eyes and not self._shapes_aim(armature, eyes, rows):
            yield from ((name, eye_motion(armature, name, gaze)) for name in dict.fromkeys(eyes))

    def _shapes_aim(self, armature: Any, eyes: list[str], rows: tuple[Row, ...]) -> bool:
        """Whether the shapes of the gaze move the very points that the eyes' bones hold. Where nothing tells which
        points those are, the shapes are believed."""
        names = [row.shape for row in rows if any(weight.startswith("eyeLook") for weight in row.weights)]
        if not names:
            return False
        held = [(mesh, _held_points(mesh, armature, eyes)) for mesh in deformed_meshes(armature)]
        held = [(mesh, points) for mesh, points in held if points.any()]
        return not held or any(_moves(mesh, points, names) for mesh, points in held)

    def conflicts(self, rows: tuple[Row, ...]) -> Iterator[str]:
        """A sentence for what wins over the bones' curves, and for what is not there any more."""
        armature, settings = self.armature, self.face.styletalk_character
        if armature is None:
            armature = armature_of(self.face)
            if armature is not None and settings.head_bone:
                yield f"The head does not turn: {foreign(armature)}"
            return
        chosen = (settings.head_bone, settings.eye_left, settings.eye_right)
        gone = [name for name in chosen if name and name not in armature.pose.bones]
        if gone:
            yield f"Bones of “{armature.name}” are gone or renamed: {some(gone)}. Choose others under Bones."
        others = [each.name for each in deformed_meshes(armature) if each != self.face and is_character(each)]
        if others:
            yield f"{some(others)} also moves “{armature.name}”: of lines at the same time the later one wins there."
        whole = {row.shape: np.eye(len(rows))[:, column] for column, row in enumerate(rows)}
        motions = self._motions(
            np.repeat(_PROBE_POSE, len(rows), axis=0), np.repeat(_PROBE_GAZE, len(rows), axis=0), rows, whole
        )
        yield from bone_conflicts(armature, motions)

    def rest(self, rows: tuple[Row, ...]) -> None:
        """Put bones that no action of the animator moves back to rest."""
        armature = self.armature
        if armature is not None:
            nothing = {row.shape: np.zeros(1) for row in rows}
            motions = self._motions(_PROBE_POSE, _PROBE_GAZE, rows, nothing)
            rest(armature, [name for name in motions if name not in _animated(armature)])


def _animated(armature: Any) -> set[str]:
    """The bones that an action of the animator moves."""
    data = armature.animation_data
    users = [data, *(strip for track in data.nla_tracks for strip in track.strips)] if data is not None else []
    theirs = [user for user in users if user.action is not None and LINE_MARK not in user.action]
    paths = [curve.data_path for user in theirs for curve in compat.action_fcurves(user)]
    return {bone.name for bone in armature.pose.bones if any(path.startswith(bone.path_from_id()) for path in paths)}


def _held_points(mesh: Any, armature: Any, eyes: list[str]) -> np.ndarray:
    """(V,) bool: the points of a mesh that belong to the eyes' bones or to bones below those."""
    names = {
        each for eye in eyes for each in (eye, *(child.name for child in armature.data.bones[eye].children_recursive))
    }
    held = np.zeros(len(mesh.data.vertices), bool)
    if mesh.parent_type == "BONE":
        held[:] = mesh.parent_bone in names
        return held
    groups = {group.index for group in mesh.vertex_groups if group.name in names}
    for vertex in mesh.data.vertices if groups else ():
        held[vertex.index] = sum(each.weight for each in vertex.groups if each.group in groups) > HELD
    return held


def _moves(mesh: Any, points: np.ndarray, names: list[str]) -> bool:
    """Whether one of the mesh's shape keys of these names moves these points."""
    keys = shape_keys(mesh)
    for key in keys.key_blocks if keys is not None else ():
        if key.name in names:
            moved = np.linalg.norm(points_of(key) - points_of(key.relative_key), axis=1)
            if moved[points].max(initial=0.0) > SHOWN_BY_SHAPES * np.ptp(points_of(key)[points], axis=0).max():
                return True
    return False
