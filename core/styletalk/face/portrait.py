# SPDX-License-Identifier: Apache-2.0
"""The picture that a style is known by: the face from brow to chin."""

import numpy as np

from .model import FaceModel
from .rasteriser import Framing, render_mesh

PORTRAIT_SHARE = 0.55
FRONT_PERCENTILE = 60
"""Portraits show this much of the head's radius round the middle of its front: without neck and skull."""


def portrait(
    face: FaceModel, coefficients: np.ndarray, size: int = 96, upper: np.ndarray | None = None
) -> np.ndarray:  # fmt: skip
    """(size, size, 3) uint8: the face with one row of coefficients (64,), and of upper (11,), from brow to chin."""
    beside = None if upper is None else upper[None]
    vertices = face.vertices(np.asarray(coefficients, np.float32)[None], upper=beside)[0]
    return render_mesh(vertices, face.triangles, face.colours, size, framing=portrait_framing(face))


def portrait_framing(face: FaceModel) -> Framing:
    """The framing in which a mood is read best: brows to chin, of the head at rest."""
    whole = Framing.of(face.mean)
    front = face.mean[face.mean[:, 2] > np.percentile(face.mean[:, 2], FRONT_PERCENTILE)]
    return Framing(np.array([0.0, front[:, 1].mean(), whole.centre[2]]), whole.radius * PORTRAIT_SHARE)
