# SPDX-License-Identifier: Apache-2.0
"""Tracks of the open face, made with known coefficients, poses and noise."""

import numpy as np

from styletalk.face.landmarks import landmark_positions
from styletalk.face.model import open_face
from styletalk.tracking.fit.pose import TO_FACE
from styletalk.tracking.fit.reference import face_map
from styletalk.tracking.tracks import FaceTrack

PIXELS_A_METRE = 2000.0


def speaking(frames: int, rate_hz: float = 30.0) -> np.ndarray:
    """(frames, 64) coefficients of a mouth that opens and widens, four and three times a second."""
    times_s = np.arange(frames) / rate_hz
    rows = np.zeros((frames, 64))
    rows[:, 0] = -0.8 + 0.8 * np.sin(2 * np.pi * 4 * times_s) * np.sin(2 * np.pi * 0.7 * times_s)
    rows[:, 3] = 0.5 * np.sin(2 * np.pi * 3 * times_s)
    return rows


def rotations(angles: np.ndarray) -> np.ndarray:
    """(N, 3, 3) Rz Ry Rx of (N, 3) radians."""
    (cx, cy, cz), (sx, sy, sz) = np.cos(angles).T, np.sin(angles).T
    zero, one = np.zeros_like(cx), np.ones_like(cx)
    x = np.stack([one, zero, zero, zero, cx, -sx, zero, sx, cx], 1).reshape(-1, 3, 3)
    y = np.stack([cy, zero, sy, zero, one, zero, -sy, zero, cy], 1).reshape(-1, 3, 3)
    z = np.stack([cz, -sz, zero, sz, cz, zero, zero, zero, one], 1).reshape(-1, 3, 3)
    return z @ y @ x


def track_of(
    coefficients: np.ndarray,
    angles: np.ndarray | None = None,
    rate_hz: float = 30.0,
    noise_px: float = 0.0,
    place_px: tuple[float, float] = (320.0, 240.0),
) -> FaceTrack:
    """The track of a film of 640 x 480 in which frame i shows coefficients[i] (N, 64), the head at angles (N, 3)."""
    model, known = open_face(), face_map()
    moves = landmark_positions(model.expression, model.triangles, model.landmarks_mediapipe)
    faces = known.template + np.tensordot(coefficients, moves, 1)
    turned = np.zeros((len(faces), 3)) if angles is None else angles
    points = PIXELS_A_METRE * faces @ np.swapaxes(rotations(turned + known.angle_offset), 1, 2) * TO_FACE
    points = points + np.array([*place_px, 0.0]) + np.random.default_rng(3).normal(0, noise_px + 1e-9, points.shape)
    times_s = np.arange(len(faces)) / rate_hz
    return FaceTrack(points.astype(np.float32), times_s, np.ones(len(faces), np.float32), 640, 480)
