# SPDX-License-Identifier: Apache-2.0
"""The picture that a style is known by: the face from brow to chin."""

import numpy as np

from .landmarks import landmark_positions
from .model import FaceModel
from .rasteriser import Framing, render_mesh

PORTRAIT_SHARE = 0.55
BROWS, CHIN = (105, 334), 152
HEIGHT_SHARE = 0.57
"""Portraits show this much of the head's radius round a point this far up from the chin to the brows (MediaPipe
landmarks): without skull, with room for a jaw that opens and brows that rise."""


def portrait(
    face: FaceModel, coefficients: np.ndarray, size: int = 96, upper: np.ndarray | None = None
) -> np.ndarray:  # fmt: skip
    """(size, size, 3) uint8: the face with one row of coefficients (64,), and of upper (15,), from brow to chin."""
    beside = None if upper is None else upper[None]
    vertices = face.vertices(np.asarray(coefficients, np.float32)[None], upper=beside)[0]
    return render_mesh(vertices, face.triangles, face.colours, size, framing=portrait_framing(face))


def portrait_framing(face: FaceModel) -> Framing:
    """The framing in which a mood is read best: brows to chin, of the head at rest."""
    whole = Framing.of(face.mean)
    height = landmark_positions(face.mean, face.triangles, face.landmarks_mediapipe)[:, 1]
    middle = height[CHIN] + HEIGHT_SHARE * (height[list(BROWS)].mean() - height[CHIN])
    return Framing(np.array([0.0, middle, whole.centre[2]]), whole.radius * PORTRAIT_SHARE)
