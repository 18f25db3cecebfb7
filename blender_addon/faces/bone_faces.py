# SPDX-License-Identifier: GPL-3.0-or-later
"""Poses for a face that is made of bones, as Rigify's: each bone goes where the same place of the open face goes.

Nothing is assumed of the bones' axes: where a bone lies says which way is up for it, and what other bones and
constraints do to it is looked at and made up for.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import bpy
import numpy as np

from ..styletalk.face.arkit_names import ARKIT_NAMES
from ..styletalk.rigs import bones as core
from ..styletalk.rigs.bones import BoneMotion
from ..styletalk.rigs.face_bones import (
    BY_OTHERS,
    JAW_SHAPES,
    MOVED,
    TONGUE_OUT,
    FaceBones,
    displacements,
    eye_distance,
    mouth_width,
)
from ..styletalk.rigs.naming import matches
from .bones import axes_of, deformed_meshes, found_eyes, found_head, rest_axes, ruled, trackers
from .channels import change
from .poses import Pose, StoredPose, posing, rest, show, write_pose

MADE = "styletalk_made"
"""Custom property of actions: we made the pose; the animator may have changed it since."""
ENOUGH_POSES = 5
"""A face whose animator has made so many poses gets none from us."""
ROUNDS = 3
"""How often what other bones do to a bone is looked at and made up for."""
FOLLOWS = 0.2
"""A jaw that turns, and moves the lip by less than this of what it ought to, opens by sliding."""
MEETING = 0.2
"""Where lids meet: at this share of the way from the lower to the upper one."""
CORRECTIVES = {"mouthClose": "jawOpen"}
"""Shapes that are made for another one to be there as well."""
ROLLED = 0.5
"""Lips of bones fold over themselves where they are rolled in as far as the open face's."""
_ROLLS = [ARKIT_NAMES.index(name) for name in ("mouthRollLower", "mouthRollUpper")]
LIPS = ("upper_lip", "lower_lip", "corner_L", "corner_R")
SPOTS = ("squint_L", "squint_R", "puff_L", "puff_R", "sneer_L", "sneer_R")


def with_made_poses(armature: Any, poses: Mapping[str, StoredPose], undo: ExitStack) -> dict[str, StoredPose]:
    """`poses`, and where they are few those that can be made of the bones, as actions. `undo` removes them."""
    if len(poses) >= ENOUGH_POSES:
        return dict(poses)
    meanings = {match.meaning.name for match in matches(list(poses)).values()}
    made = {}
    for shape, pose in made_poses(armature).items():
        if shape not in meanings:
            action = write_pose(armature, shape, pose, undo)
            action[MADE] = True
            made[action.name] = StoredPose(action, 1.0)
    return {**made, **poses}


def made_poses(armature: Any) -> dict[str, Pose]:
    """A pose for each ARKit shape that the armature's bones can show, by its name."""
    names = [bone.name for bone in armature.pose.bones if not ruled(bone)]
    bones = FaceBones.of(names)
    if not bones.can_talk:
        return {}
    with posing(armature), _unseen(armature):
        bpy.context.view_layer.update()
        layout = _Layout.of(armature, bones)
        poses = {shape: layout.pose(shape) for shape in ARKIT_NAMES if shape not in BY_OTHERS}
    return {shape: pose for shape, pose in poses.items() if pose}


@contextmanager
def _unseen(armature: Any) -> Iterator[None]:
    """Within it the armature's meshes are hidden, for only its bones are looked at."""
    with ExitStack() as undo:
        for mesh in deformed_meshes(armature):
            change(undo, mesh, "hide_viewport", True)
        yield


@dataclass(frozen=True, eq=False)
class _Layout:
    """Where the bones of a face lie. axes: of the face, see `axes_of`. places: (3,) of each bone in the face's axes.
    eyes: the distance between them. wanted: (52, 3) of each bone in the face's axes, where it goes in each shape."""

    armature: Any
    bones: FaceBones
    axes: np.ndarray
    places: dict[str, np.ndarray]
    eyes: float
    wanted: dict[str, np.ndarray] = field(default_factory=dict)

    @classmethod
    def of(cls, armature: Any, bones: FaceBones) -> "_Layout":
        """Of an armature at rest."""
        axes = axes_of(armature)
        names = [name for found in bones.places.values() for name in found]
        places = {name: axes.T @ np.array(armature.pose.bones[name].matrix.translation) for name in names}
        layout = cls(armature, bones, axes, places, _eye_distance(armature, bones, axes, places))
        for place in bones.places:
            layout._want(place)
        return layout

    def _want(self, place: str) -> None:
        names = self.bones.places[place]
        if place in SPOTS:
            names = (min(names, key=lambda name: self.places[name][1]),)  # of Rigify's nose the nostril, not the bridge
        size = np.full(3, self.eyes)
        if place in LIPS:
            size[0] = self._mouth() / mouth_width()
        moves = displacements(place, np.array([self._along(place, name) for name in names])) * size
        if "lid" in place:
            self._close_lids(place, names, moves)
        moves[_ROLLS] *= ROLLED
        self.wanted.update(zip(names, moves.transpose(1, 0, 2), strict=True))

    def _mouth(self) -> float:
        """The width of the mouth, between its corners where there are bones in both."""
        corners = [self.places[self.bones.places[each][0]][0] for each in LIPS[2:] if each in self.bones.places]
        return abs(corners[0] - corners[1]) if len(corners) == 2 else self.eyes * mouth_width()

    def _along(self, place: str, name: str) -> float:
        """−1 to 1 from the right end of a line to its left end."""
        if place in LIPS:
            return float(np.clip(2.0 * self.places[name][0] / self._mouth(), -1, 1))
        group = [each for each in self.bones.places if each.split("_")[-2:] == place.split("_")[-2:]]
        across = [self.places[other][0] for each in group for other in self.bones.places[each]]
        middle, half = (max(across) + min(across)) / 2, np.ptp(across) / 2
        return float((self.places[name][0] - middle) / half) if half > 0.05 * self.eyes else 0.0

    def _close_lids(self, place: str, names: tuple[str, ...], moves: np.ndarray) -> None:
        """Let the lids of this rig meet, wherever its own are."""
        facing = place.replace("upper", "*").replace("lower", "upper").replace("*", "lower")
        others = sorted((self.places[name] for name in self.bones.places.get(facing, ())), key=lambda each: each[0])
        if others:
            shape = ARKIT_NAMES.index("eyeBlinkLeft" if place.endswith("L") else "eyeBlinkRight")
            share = 1.0 - MEETING if place.startswith("upper") else MEETING
            line = np.array(others)
            for column, name in enumerate(names):
                x = self.places[name][0]
                met = np.array([np.interp(x, line[:, 0], line[:, axis]) for axis in range(3)])
                moves[shape, column] = share * (met - self.places[name])

    def pose(self, shape: str) -> Pose:
        """Bones moved until they are where they are wanted; none where the shape moves nothing. What corrects another
        shape is what it adds to that."""
        corrected = CORRECTIVES.get(shape)
        if corrected is None:
            return self._posed([shape], self._start(shape))
        below = self._posed([corrected], self._start(corrected))
        whole = self._posed([corrected, shape], dict(below))
        return {name: _added(whole[name], below.get(name)) for name in whole if name != self.bones.jaw}

    def _start(self, shape: str) -> Pose:
        """The jaw and the tongue."""
        if self.bones.jaw and shape in JAW_SHAPES:
            return self._jaw(shape)
        if self.bones.tongue and shape == "tongueOut":
            ahead = np.array([[0.0, -0.2, 1.0]]) * TONGUE_OUT * self._mouth()
            return {self.bones.tongue: self._shifted(self.bones.tongue, ahead)}
        return {}

    def _posed(self, shapes: list[str], pose: Pose) -> Pose:
        columns = [ARKIT_NAMES.index(shape) for shape in shapes]
        wanted = {name: moves[columns].sum(axis=0) for name, moves in self.wanted.items()}
        if not pose and max(map(np.linalg.norm, wanted.values()), default=0.0) < MOVED * self.eyes:
            return {}
        for _ in range(ROUNDS if wanted else 0):
            self._correct(pose, wanted)
        rest(self.armature, pose)
        return pose

    def _correct(self, pose: Pose, wanted: Mapping[str, np.ndarray]) -> None:
        """Move each bone by what is left between where it is in the pose and where it is wanted."""
        show(self.armature, pose)
        bpy.context.view_layer.update()
        for name, move in wanted.items():
            bone = self.armature.pose.bones[name]
            left = move - (self.axes.T @ np.array(bone.matrix.translation) - self.places[name])
            if all(bone.lock_location) or np.linalg.norm(left) < MOVED * self.eyes:
                continue
            frame = np.eye(3)
            if bone.bone.use_local_location:
                frame = np.array((bone.matrix @ bone.matrix_basis.inverted()).to_3x3())
            step = np.linalg.solve(frame, self.axes @ left)
            pose[name] = pose.get(name, BoneMotion()) + BoneMotion(location=step[None])

    def _jaw(self, shape: str) -> Pose:
        """The jaw as far as the open face's lip goes; by sliding where turning it moves no lip."""
        name = self.bones.jaw
        jaw = self.armature.pose.bones[name]
        lips = [self.places[each] for each in self.bones.places.get("lower_lip", ())]
        lip = lips[0] if lips else self.axes.T @ np.array(jaw.bone.tail_local)
        lever = max(abs(lip[2] - (self.axes.T @ np.array(jaw.bone.head_local))[2]), 0.3 * self.eyes)
        move = displacements("lower_lip", np.zeros(1))[ARKIT_NAMES.index(shape), 0] * self.eyes
        if shape == "jawForward":
            return {name: self._shifted(name, np.array([[0.0, 0.0, move[2]]]))}
        down, aside = (float(np.arcsin(np.clip(each / lever, -0.7, 0.7))) for each in (-move[1], move[0]))
        turn = np.array([[down, 0.0, 0.0]]) if shape == "jawOpen" else np.array([[0.0, aside, 0.0]])
        turned = {name: BoneMotion(turn=core.in_bone(turn, self.axes, rest_axes(jaw)))}
        if not lips or self._lip_moves(turned) > FOLLOWS * np.linalg.norm(move):
            return turned
        slid = {name: self._shifted(name, move[None])}
        got = self._lip_moves(slid)
        if got < 1e-3 * self.eyes:
            return turned
        return {name: self._shifted(name, move[None] * np.linalg.norm(move) / got)}

    def _lip_moves(self, pose: Pose) -> float:
        """How far a pose moves the middle of the lower lip."""
        show(self.armature, pose)
        bpy.context.view_layer.update()
        name = self.bones.places["lower_lip"][0]
        now = self.axes.T @ np.array(self.armature.pose.bones[name].matrix.translation)
        rest(self.armature, pose)
        return float(np.linalg.norm(now - self.places[name]))

    def _shifted(self, name: str, move: np.ndarray) -> BoneMotion:
        bone = self.armature.pose.bones[name]
        frame = rest_axes(bone) if bone.bone.use_local_location else np.eye(3)
        return BoneMotion(location=core.in_bone(move, self.axes, frame))


def _added(whole: BoneMotion, below: BoneMotion | None) -> BoneMotion:
    """What a bone's location has more in the whole than below."""
    shift = np.zeros((1, 3)) if below is None or below.location is None else below.location
    return BoneMotion(location=(np.zeros((1, 3)) if whole.location is None else whole.location) - shift)


def _eye_distance(armature: Any, bones: FaceBones, axes: np.ndarray, places: Mapping[str, np.ndarray]) -> float:
    """From eye to eye: by the lids' bones, the eyes' bones, the mouth's corners or the head's length, as there are."""
    lids = [[places[name] for part in ("upper", "lower") for name in bones.places.get(f"{part}_lid_{side}", ())]
            for side in "LR"]  # fmt: skip
    if all(lids):
        return eye_distance(np.array(lids[0]), np.array(lids[1]))
    eyes = [name for name in found_eyes(armature) if name]
    if len(eyes) == 2:
        at = [(trackers(armature, name) or [armature.pose.bones[name]])[0].bone.head_local for name in eyes]
        return float((at[0] - at[1]).length)
    corners = [places[bones.places[each][0]] for each in LIPS[2:] if each in bones.places]
    if len(corners) == 2:
        return float(np.linalg.norm(corners[0] - corners[1])) / mouth_width()
    head = found_head(armature)
    longest = max((bone.length for bone in armature.data.bones), default=1.0)
    return 0.35 * (armature.data.bones[head].length if head else longest)
