# SPDX-License-Identifier: Apache-2.0
"""What a viewer sees of the lips of an animation."""

import numpy as np

from styletalk.animation import FaceAnimation
from styletalk.face.landmarks import landmark_positions
from styletalk.face.model import FaceModel
from styletalk.motion.closures import CLOSED_MM
from styletalk.motion.lips import LipGap, segment_rows


def closure_rate(animation: FaceAnimation, face: FaceModel) -> tuple[float, int, float]:
    """(Share of P, B and M segments whose lips meet, their number, millimetres by which lips pass into each other)."""
    gap_mm = LipGap.of(face).places_mm(animation.coefficients)
    opening_mm = gap_mm.max(axis=1)
    closed = opening_mm[nearest_rows(opening_mm, animation.phonemes)] <= CLOSED_MM
    return float(np.mean(closed)) if len(closed) else 1.0, len(closed), float(max(0.0, -gap_mm.min(initial=0.0)))


def nearest_rows(opening_mm: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """(S,) int: for each P, B or M segment the row within it where the lips are nearest. opening_mm: (T,)."""
    return np.array([a + int(np.argmin(opening_mm[a : b + 1])) for a, b in segment_rows(labels)], np.int64)


def gaps_on_the_mesh_mm(face: FaceModel, coefficients: np.ndarray) -> np.ndarray:
    """(T, C) millimetres between the lips in each column, of whole meshes, column by column, in float64."""
    found = np.empty((len(coefficients), face.lip_columns))
    for row, vertices in enumerate(face.vertices(coefficients)):
        lips = [landmark_positions(vertices, face.triangles, line) for line in (face.lip_upper, face.lip_lower)]
        upper, lower = (lip.astype(np.float64).reshape(face.lip_columns, -1, 3)[..., 1:] for lip in lips)
        found[row] = [1000.0 * _gap(*lines) for lines in zip(upper, lower, strict=True)]
    return found


def _gap(upper: np.ndarray, lower: np.ndarray) -> float:
    """Between two lines (K, 2) of y and z: the shortest way, or how far the upper lies under the lower, negative."""
    heights, ways = [], []
    for points, line, sign in ((upper, lower, 1.0), (lower, upper, -1.0)):
        start, end, point = line[:-1], line[1:], points[:, None]  # (K - 1, 2), (K, 1, 2)
        offset, along = point - start, end - start
        share = np.clip((offset * along).sum(-1) / (along**2).sum(-1), 0, 1)  # (K, K - 1)
        ways.append(np.linalg.norm(offset - share[..., None] * along, axis=-1).min())
        beside = (point[..., 1] - start[:, 1]) * (point[..., 1] - end[:, 1]) <= 0
        height = offset[..., 0] - offset[..., 1] / along[:, 1] * along[:, 0]
        heights.append((sign * height[beside]).min(initial=1.0))
    return min(heights) if min(heights) < 0 else min(ways)
