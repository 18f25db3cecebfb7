# SPDX-License-Identifier: Apache-2.0
"""The eight points of a head that say where its face is."""

from dataclasses import dataclass

import numpy as np

from ..errors import RigError
from ..face.landmarks import landmark_positions
from ..face.model import FaceModel
from .warp import Similarity

LANDMARK_NAMES = (
    "eye outer R", "eye inner R", "eye inner L", "eye outer L", "nose tip", "mouth corner R", "mouth corner L", "chin",
)  # fmt: skip
"""The face's own sides: R is the person's right."""
_MEDIAPIPE = (33, 133, 362, 263, 1, 61, 291, 152)
MAX_MISFIT = 0.35
"""Landmarks of a face differ from the open face's by less than this part of the distance of its outer eye corners."""


@dataclass(frozen=True, eq=False)
class HeadLandmarks:
    """points: (8, 3), in the order of LANDMARK_NAMES. confidence: 0..1, how sure those are who found them."""

    points: np.ndarray
    confidence: float = 1.0

    @classmethod
    def of_open_face(cls, face: FaceModel) -> "HeadLandmarks":
        """Those of the face that is shipped."""
        points = landmark_positions(face.mean, face.triangles, face.landmarks_mediapipe)
        return cls(points[list(_MEDIAPIPE)].astype(np.float64))

    def onto(self, other: "HeadLandmarks") -> Similarity:
        """The similarity that carries them nearest to another face's. Raises RigError where they are no face's."""
        if not np.isfinite(self.points).all() or np.ptp(self.points, axis=0).max() <= 0:
            raise RigError("The landmarks of the face lie on each other. Place all eight again.")
        carry = Similarity.between(self.points, other.points)
        misfit = np.linalg.norm(carry(self.points) - other.points, axis=1)
        worst = int(misfit.argmax())
        if misfit[worst] > MAX_MISFIT * np.linalg.norm(other.points[0] - other.points[3]):
            raise RigError(
                f"The landmarks are no face's: “{LANDMARK_NAMES[worst]}” lies too far from where it belongs. Place the "
                "eight again; R is the face's own right side."
            )
        return carry


def own_sides(landmarks: HeadLandmarks, seen_along: np.ndarray) -> HeadLandmarks:
    """The landmarks, with left and right exchanged where they were named as the observer sees them.

    seen_along: (3,) the way in which they were looked at, from the front of the face.
    """
    points = landmarks.points
    ahead = np.cross(points[3] - points[0], points[[0, 3]].mean(axis=0) - points[7])
    if ahead @ seen_along <= 0:
        return landmarks
    return HeadLandmarks(points[[3, 2, 1, 0, 4, 6, 5, 7]], landmarks.confidence)
