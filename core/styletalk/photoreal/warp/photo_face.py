# SPDX-License-Identifier: Apache-2.0
"""The open face as it lies in the photo: fitted, then bent so that its landmarks lie exactly on the photo's."""

from dataclasses import dataclass

import numpy as np

from ...animation import FaceAnimation
from ...face.landmarks import landmark_positions
from ...face.model import FaceModel, open_face
from ...face.published_pose import rotation_matrix
from ..portrait import Portrait

SKIN_LANDMARKS = 468
"""Those without the irises."""
BENDING = 2e-4
"""How far bending may leave landmarks beside the photo's, so that their noise does not crumple the face; metres."""
REACH_M = 0.03
"""Beyond the landmarks the bending fades over this way."""
APART = (0, -2.0)
"""Coefficient and value that hold the lips apart, so that the bending of one lip does not take the other along."""
TO_PICTURE = np.array([1.0, -1.0, -1.0])
"""The face has y up and z to the front, the picture y down and z away."""


@dataclass(frozen=True, eq=False)
class PhotoFace:
    """The face in pixels of the picture, relative to the pixel of the neck; x right, y down, z away.

    base: (V, 3) as in the photo. movement: (M, V, 3) what one of each of the M numbers of `motion_rows` adds.
    neck: (2,) the neck's pixel. scale: pixels a metre. lips_apart: (V, 3) base with the mouth open.
    rotation: (3, 3) from the face's axes to the picture's.
    """

    model: FaceModel
    base: np.ndarray
    movement: np.ndarray
    lips_apart: np.ndarray
    neck: np.ndarray
    scale: float
    rotation: np.ndarray


def photo_face(portrait: Portrait) -> PhotoFace:
    """The open face bent onto the portrait's landmarks."""
    model = open_face()
    turn = rotation_matrix(np.asarray(portrait.rotation, np.float64)[None])[0].astype(np.float32)
    rotation = (turn * TO_PICTURE[:, None] * portrait.scale).astype(np.float32)  # pixels of a metre
    expression = np.asarray(portrait.expression, np.float32)
    fitted = model.vertices(expression[None], portrait.identity)[0]
    apart = fitted + APART[1] * model.expression[APART[0]]
    base = (fitted - model.neck_pivot) @ rotation.T
    wanted = portrait.landmarks[:SKIN_LANDMARKS, :2] - portrait.offset
    found = landmark_positions(base, model.triangles, model.landmarks_mediapipe)[:SKIN_LANDMARKS, :2]
    base[:, :2] += _bending(model, apart, wanted - found)
    columns = np.concatenate([model.expression, model.upper])
    movement = (columns.reshape(-1, 3) @ rotation.T).reshape(columns.shape)
    return PhotoFace(
        model, base.astype(np.float32), movement.astype(np.float32),
        base + APART[1] * movement[APART[0]], np.asarray(portrait.offset, np.float32), float(portrait.scale), rotation,
    )  # fmt: skip


def motion_rows(motion: FaceAnimation) -> np.ndarray:
    """(T, M) float32: the numbers that move skin: coefficients and upper. Blinks move the rims of the lids alone."""
    return np.concatenate([motion.coefficients, motion.upper], axis=1).astype(np.float32)


def _bending(model: FaceModel, apart: np.ndarray, missing: np.ndarray) -> np.ndarray:
    """(V, 2): the landmarks' differences (468, 2) laid smoothly over the face whose lips are apart.

    Σ w |x − x_i|, the biharmonic spline in space, with a part that is linear.
    """
    points = landmark_positions(apart, model.triangles, model.landmarks_mediapipe)[:SKIN_LANDMARKS].astype(np.float64)
    count, middle = len(points), points.mean(0)
    linear = np.concatenate([np.ones((count, 1)), points - middle], axis=1)
    distances = np.linalg.norm(points[:, None] - points, axis=2)
    system = np.zeros((count + 4, count + 4))
    system[:count, :count] = distances - BENDING * np.eye(count)
    system[:count, count:], system[count:, :count] = linear, linear.T
    weights = np.linalg.solve(system, np.concatenate([missing, np.zeros((4, 2))]))
    away = np.linalg.norm(apart[:, None].astype(np.float32) - points.astype(np.float32), axis=2)  # (V, 468)
    bent = away @ weights[:count] + np.concatenate([np.ones((len(apart), 1)), apart - middle], axis=1) @ weights[count:]
    return bent * np.exp(-((away.min(1) / REACH_M) ** 2))[:, None]
