# SPDX-License-Identifier: Apache-2.0
"""The open face laid onto the landmarks of one photo: who it is, how it stands, and what it shows.

What a face shows and whose it is look alike in one photo. The map that `tracking.fit` learnt from films says what is
expression; the identity explains what is left.
"""

from dataclasses import dataclass

import numpy as np

from ...face.landmarks import landmark_positions, tracks
from ...face.model import open_face
from ...tracking.fit.identity import identity_of
from ...tracking.fit.pose import TO_FACE, Pose, eye_distance, head_pose
from ...tracking.fit.reference import FaceMap, face_map


@dataclass(frozen=True, eq=False)
class Fit:
    """A fitted photo, see Portrait. residual_px: mean distance of the face's landmarks from those of the photo.
    gap_m: opening between the inner lips as seen, at the open face's scale."""

    identity: np.ndarray
    expression: np.ndarray
    rotation: np.ndarray
    scale: float
    offset: np.ndarray
    residual_px: float
    gap_m: float


def fit_landmarks(landmarks: np.ndarray, known: FaceMap | None = None) -> Fit:
    """landmarks: (478, 3) pixels of the photo. known: another map than the shipped one."""
    known, model = known or face_map(), open_face()
    points = landmarks[None].astype(np.float64) * TO_FACE
    unit_m = eye_distance(known.template)
    straight = head_pose(points, known.template).faces(points)[0]
    shape = straight[:, :2].reshape(-1) / unit_m
    expression = known.level + (shape - known.mean) @ known.slope
    identity = identity_of(shape, expression, known, unit_m)
    vertices = model.vertices(expression[None], identity)[0]
    face = landmark_positions(vertices, model.triangles, model.landmarks_mediapipe)
    pose = head_pose(points, face)
    scale, rotation = float(pose.scale[0]), pose.rotation[0]
    neck = scale * (rotation @ model.neck_pivot) + pose.place[0]
    gap_m = tracks(straight[:, :2] * (1, -1))[0]
    return Fit(
        identity, expression.astype(np.float32), pose.angles[0].astype(np.float32), scale,
        np.array([neck[0], -neck[1]], np.float32), _residual_px(points[0], face, pose), float(max(gap_m, 0.0)),
    )  # fmt: skip


def _residual_px(points: np.ndarray, face: np.ndarray, pose: Pose) -> float:
    """Mean distance in the picture of points (478, 3) from the posed landmarks of a face (478, 3)."""
    posed = pose.scale[0] * face @ pose.rotation[0].T + pose.place[0]
    return float(np.linalg.norm((posed - points)[:, :2], axis=1).mean())
