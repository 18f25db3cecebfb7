# SPDX-License-Identifier: Apache-2.0
"""How a head stands before the camera, from landmarks that the face hardly moves."""

from dataclasses import dataclass

import numpy as np

from ...face.landmarks import EYE_DISTANCE

STILL = (33, 133, 362, 263, 168, 6, 197, 195, 5, 4, 1, 19, 94, 10, 151, 9, 8, 127, 356, 234, 454)
"""MediaPipe landmarks of eye corners, nose, forehead and temples."""
TO_FACE = np.array([1.0, -1.0, -1.0])
"""Pixels have y down and z away; faces have y up and z to the front."""


@dataclass(frozen=True, eq=False)
class Pose:
    """How N heads stand: landmark = scale * rotation @ face + place, in pixels, y up, z towards the camera.

    rotation: (N, 3, 3). scale: (N,) pixels a metre. place: (N, 3) pixels.
    """

    rotation: np.ndarray
    scale: np.ndarray
    place: np.ndarray

    @property
    def angles(self) -> np.ndarray:
        """(N, 3) radians x, y, z of rotation = Rz Ry Rx."""
        r = self.rotation
        return np.stack(
            [
                np.arctan2(r[:, 2, 1], r[:, 2, 2]),
                -np.arcsin(np.clip(r[:, 2, 0], -1, 1)),
                np.arctan2(r[:, 1, 0], r[:, 0, 0]),
            ],
            axis=1,
        )

    def faces(self, points: np.ndarray) -> np.ndarray:
        """(N, 478, 3) metres: the points (N, 478, 3) as they lie in faces that look straight ahead."""
        return (points - self.place[:, None]) @ self.rotation / self.scale[:, None, None]


def head_pose(points: np.ndarray, template: np.ndarray) -> Pose:
    """The pose that lays the still landmarks of a template (478, 3) best over points (N, 478, 3), in closed form.

    Least squares with scale (Umeyama, "Least-squares estimation of transformation parameters", 1991).
    """
    still, seen = template[list(STILL)], points[:, list(STILL)]
    centre, middle = still.mean(0), seen.mean(1)
    u, size, vt = np.linalg.svd(np.swapaxes(seen - middle[:, None], 1, 2) @ (still - centre))
    sign = np.linalg.det(u) * np.linalg.det(vt)
    u[:, :, 2] *= sign[:, None]
    size[:, 2] *= sign
    rotation, scale = u @ vt, size.sum(1) / ((still - centre) ** 2).sum()
    return Pose(rotation, scale, middle - scale[:, None] * (rotation @ centre))


def eye_distance(template: np.ndarray) -> float:
    """Between the outer eye corners of (478, 3)."""
    return float(np.linalg.norm(template[EYE_DISTANCE[0]] - template[EYE_DISTANCE[1]]))
