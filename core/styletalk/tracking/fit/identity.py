# SPDX-License-Identifier: Apache-2.0
"""Whose face it is, as far as landmarks from the front say it."""

import numpy as np

from ...face.landmarks import landmark_positions
from ...face.model import open_face
from .reference import FaceMap

NOISE = 0.02
"""Deviation of a landmark that no identity explains, in eye distances."""
MAX_DEVIATIONS = 3.0
"""Beyond, it is the lens or the landmarks and not the person."""


def identity_of(shape: np.ndarray, expression: np.ndarray, known: FaceMap, unit_m: float) -> np.ndarray:
    """(80,) float32: the open face's identity that explains best how a shape (956,) differs from the mean one.

    expression: (64,) coefficients that the shape was seen with. unit_m: the eye distance in metres. The prior of each
    number is a standard normal distribution, as in the model.
    """
    model = open_face()
    points, columns = model.landmarks_mediapipe, (model.identity, model.expression)
    identity, moves = (
        landmark_positions(part, model.triangles, points)[..., :2].reshape(len(part), -1) / unit_m for part in columns
    )
    left = shape - known.mean - (expression - known.level) @ moves  # (956,)
    precision = identity @ identity.T / NOISE**2 + np.eye(len(identity))
    found = np.linalg.solve(precision, identity @ left / NOISE**2)
    return np.clip(found, -MAX_DEVIATIONS, MAX_DEVIATIONS).astype(np.float32)
