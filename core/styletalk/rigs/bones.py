# SPDX-License-Identifier: Apache-2.0
"""What bones do for a line: turn the head, aim the eyes, and mix poses. Blender is not needed for it.

Turns are rotation vectors: an axis times an angle in radians. Those of one bone add up, in any order.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

GAZE_RAD = tuple(np.radians((32.0, 32.0, 19.0, 22.0)))
"""How far the eyes turn at a gaze of 1 to the person's left, right, up, down: as far as the open face's."""
MIN_PAIR = 1e-6


@dataclass(frozen=True, eq=False)
class BoneMotion:
    """What a bone does beside its rest, in its own axes. location: (N, 3). turn: (N, 3), rotation vectors. scale:
    (N, 3); each None where a line does not touch it."""

    location: np.ndarray | None = None
    turn: np.ndarray | None = None
    scale: np.ndarray | None = None

    @property
    def is_still(self) -> bool:
        """Whether a line does not touch the bone at all."""
        return self.location is None and self.turn is None and self.scale is None

    def __add__(self, other: "BoneMotion") -> "BoneMotion":
        """Both at once."""
        return BoneMotion(
            _sum(self.location, other.location), _sum(self.turn, other.turn), _product(self.scale, other.scale)
        )


def mixed(weights: np.ndarray, poses: BoneMotion) -> BoneMotion:
    """A bone in N rows, of its P poses each by its weight (N, P); `poses` has P rows. Scales are as far from 1 as the
    weights say."""
    location, turn, scale = (None if each is None else weights @ part for each, part in _moving(poses))
    return BoneMotion(location, turn, None if scale is None else 1.0 + scale)


def quaternions(vectors: np.ndarray) -> np.ndarray:
    """(N, 4) w, x, y, z of (N, 3) rotation vectors, without jumps of the sign from row to row."""
    angle = np.linalg.norm(vectors, axis=1)
    made = np.column_stack([np.cos(angle / 2), vectors * (0.5 * np.sinc(angle / (2 * np.pi)))[:, None]])
    if len(made) > 1:
        flips = np.sign(np.einsum("nk,nk->n", made[1:], made[:-1]))
        made[1:] *= np.cumprod(np.where(flips < 0, -1.0, 1.0))[:, None]
    return made


def rotation_vectors(turns: np.ndarray) -> np.ndarray:
    """(N, 3) of (N, 4) quaternions w, x, y, z of any length and sign; no turn where they are zero."""
    length = np.linalg.norm(turns, axis=1, keepdims=True)
    unit = np.where(length > 0, turns / np.maximum(length, 1e-12), (1.0, 0.0, 0.0, 0.0))
    unit = np.where(unit[:, :1] < 0, -unit, unit)
    sine = np.linalg.norm(unit[:, 1:], axis=1)
    angle = 2.0 * np.arctan2(sine, unit[:, 0])
    return unit[:, 1:] * np.where(sine > 1e-9, angle / np.maximum(sine, 1e-9), 2.0)[:, None]


def head_turns(head_pose: np.ndarray) -> np.ndarray:
    """(N, 3) rotation vectors in the face's axes for (N, 6) head poses: about x, then y, then z. Bones do not slide."""
    x, y, z = (_about(axis, head_pose[:, axis]) for axis in range(3))
    return rotation_vectors(_times(z, _times(y, x)))


def gaze_angles(gaze: np.ndarray) -> np.ndarray:
    """(N, 2) radians to the person's left and upwards for (N, 4) gaze."""
    left, right, up, down = (gaze * GAZE_RAD).T
    return np.column_stack([left - right, up - down])


def gaze_of_angles(angles: np.ndarray) -> np.ndarray:
    """(N, 4) gaze in 0..1 of (N, 2) radians to the person's left and upwards; further it does not go."""
    yaw, pitch = angles.T
    return np.clip(np.column_stack([yaw, -yaw, pitch, -pitch]) / GAZE_RAD, 0, 1)


def eye_turns(gaze: np.ndarray) -> np.ndarray:
    """(N, 3) rotation vectors of an eye in the face's axes."""
    return rotation_vectors(looking_turns(gaze_angles(gaze)))


def looking_turns(angles: np.ndarray) -> np.ndarray:
    """(N, 4) quaternions w, x, y, z in the face's axes for (N, 2) radians to the person's left and upwards."""
    yaw, pitch = angles.T
    return _times(_about(1, yaw), _about(0, -pitch))


def target_shifts(gaze: np.ndarray, distance: float) -> np.ndarray:
    """(N, 3) in the face's axes: where a target goes that lies `distance` before the eye, for the eye to aim so."""
    yaw, pitch = gaze_angles(gaze).T
    return distance * np.column_stack([np.tan(yaw), np.tan(pitch) / np.cos(yaw), np.zeros(len(gaze))])


def face_axes(left: np.ndarray, right: np.ndarray, up: np.ndarray) -> np.ndarray | None:
    """(3, 3), columns: where the person's left, up and ahead are. left, right: (P, 3) places of bones of either side,
    pair by pair; up: (3,), roughly. None without a pair that lies side by side."""
    across = np.sum(left - right, axis=0)
    up = up / max(float(np.linalg.norm(up)), MIN_PAIR)
    across = across - up * (across @ up)
    if np.linalg.norm(across) < MIN_PAIR:
        return None
    across = across / np.linalg.norm(across)
    return np.column_stack([across, up, np.cross(across, up)])


def nearest_axis(direction: np.ndarray) -> np.ndarray:
    """(3,) the axis of space that a direction is nearest to, with its sign."""
    axis = np.zeros(3)
    longest = int(np.abs(direction).argmax())
    axis[longest] = np.sign(direction[longest]) or 1.0
    return axis


def in_bone(vectors: np.ndarray, axes: np.ndarray, bone: np.ndarray) -> np.ndarray:
    """(N, 3) vectors of the face's `axes` in those of a bone (3, 3, columns), whatever its roll."""
    return vectors @ (bone.T @ axes).T


def _moving(poses: BoneMotion) -> Sequence[tuple[np.ndarray | None, np.ndarray]]:
    scale = poses.scale if poses.scale is None else poses.scale - 1.0
    return [(part, np.zeros(0) if part is None else part) for part in (poses.location, poses.turn, scale)]


def _sum(one: np.ndarray | None, other: np.ndarray | None) -> np.ndarray | None:
    return one + other if one is not None and other is not None else one if other is None else other


def _product(one: np.ndarray | None, other: np.ndarray | None) -> np.ndarray | None:
    return one * other if one is not None and other is not None else one if other is None else other


def _about(axis: int, angle: np.ndarray) -> np.ndarray:
    """(N, 4) turns about one axis."""
    made = np.zeros((len(angle), 4))
    made[:, 0], made[:, 1 + axis] = np.cos(angle / 2), np.sin(angle / 2)
    return made


def _times(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """(N, 4): first `other`, then `one`."""
    w, v, x, u = one[:, :1], one[:, 1:], other[:, :1], other[:, 1:]
    return np.hstack([w * x - np.sum(v * u, axis=1, keepdims=True), w * u + x * v + np.cross(v, u)])
