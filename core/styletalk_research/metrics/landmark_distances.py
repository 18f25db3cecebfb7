# SPDX-License-Identifier: Apache-2.0
"""How far landmarks of a made picture lie from those of the real one, in distances between the outer eye corners."""

import numpy as np

from styletalk.face.landmarks import EYE_DISTANCE, LIPS
from styletalk.tracking.fit.pose import TO_FACE, eye_distance, head_pose
from styletalk.tracking.fit.reference import face_map

FACE_LANDMARKS = 468
"""Those without the irises."""


def face_distance(made: np.ndarray, real: np.ndarray) -> float:
    """Mean over the face, as it lies in the picture: pose and expression. made, real: (478, 3) pixels."""
    corners = real[EYE_DISTANCE[0], :2] - real[EYE_DISTANCE[1], :2]
    apart = np.linalg.norm((made - real)[:FACE_LANDMARKS, :2], axis=1)
    return float(apart.mean() / np.linalg.norm(corners))


def mouth_distance(made: np.ndarray, real: np.ndarray) -> float:
    """Mean over the lips, once the head's rigid pose and size are taken out of each. made, real: (478, 3) pixels."""
    lips = lips_without_pose(np.stack([made, real]))
    return float(np.linalg.norm(lips[0] - lips[1], axis=1).mean())


def lips_without_pose(points: np.ndarray) -> np.ndarray:
    """(N, 20, 2): the lips of landmarks (N, 478, 3) in pixels, as if all heads looked straight ahead from one place."""
    template = face_map().template
    points = np.asarray(points, np.float64) * TO_FACE
    return head_pose(points, template).faces(points)[:, list(LIPS), :2] / eye_distance(template)
