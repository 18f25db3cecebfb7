# SPDX-License-Identifier: Apache-2.0
"""How far a photo can be moved: what lies beyond is bent back smoothly, and never reaches the limit."""

from dataclasses import dataclass

import numpy as np

from ...face.published_pose import rotation_matrix

MAX_TURN = np.radians([14.0, 20.0, 18.0])
"""Pitch, yaw and roll away from the photo's own pose."""
MAX_SHIFT_M = np.array([0.05, 0.04, 0.15])
"""The neck's way to the side, up or down, and to the camera or away from it."""
CAMERA_M = 1.0
"""How far the camera stands from the face, as in the published fitting."""
FREE = 0.6
"""The share of a limit up to which nothing is changed."""
MAX_OPENING_M = 0.026
"""Between the inner lips, beyond what the photo shows."""


@dataclass(frozen=True, eq=False)
class Pose:
    """How the head of one row stands compared with the photo's: rotation (3, 3) in the picture's axes (x right, y down,
    z away), shift (2,) pixels of the neck, factor of the size.
    """

    rotation: np.ndarray
    shift: np.ndarray
    factor: float


def soft_clamp(value: np.ndarray, limit: np.ndarray | float) -> np.ndarray:
    """The value up to FREE of the limit, and beyond it ever slower towards the limit. Smooth, odd, rising."""
    limit = np.asarray(limit, np.float64)
    free, rest = FREE * limit, (1 - FREE) * limit
    size = np.abs(value)
    return np.sign(value) * np.where(size <= free, size, free + rest * np.tanh((size - free) / rest))


def relative_pose(head_pose: np.ndarray, reference: np.ndarray, scale: float) -> Pose:
    """The pose of a row's head_pose (6,) where the photo shows `reference` (6,).

    scale: pixels a metre.
    """
    turn = rotation_matrix(np.stack([head_pose[:3], reference[:3]]).astype(np.float64))
    angles = soft_clamp(_angles(turn[0] @ turn[1].T), MAX_TURN)
    flip = np.diag([1.0, -1.0, -1.0])
    rotation = flip @ rotation_matrix(angles[None])[0] @ flip
    way = soft_clamp(head_pose[3:].astype(np.float64) - reference[3:], MAX_SHIFT_M)
    factor = float(CAMERA_M / (CAMERA_M - way[2]))
    shift = scale * way[:2] * (1, -1)
    return Pose(rotation.astype(np.float32), shift.astype(np.float32), factor)


def _angles(turn: np.ndarray) -> np.ndarray:
    """(3,) x, y, z of a rotation Rz Ry Rx."""
    pitch, roll = np.arctan2(turn[2, 1], turn[2, 2]), np.arctan2(turn[1, 0], turn[0, 0])
    return np.array([pitch, -np.arcsin(np.clip(turn[2, 0], -1, 1)), roll])
