# SPDX-License-Identifier: Apache-2.0
"""What every imported face needs beside its shapes: a mesh that faces outwards, UVs, landmarks, a place to stand."""

from typing import Any

import numpy as np

from ..landmarks import landmark_positions
from ..model import LANDMARKS_68, FaceModel, Landmarks, open_face

NOSE_TIP, CHIN, BROW = 30, 8, 19
"""iBUG landmarks by which a face's axes are told."""
JAW_ENDS = (0, 16)
"""The person's right and left."""
HEIGHT_M = (0.10, 0.60)
"""A face from chin to forehead, and a head with its neck: beyond, the units are others."""
MAX_STEP_M = 0.2
"""One standard deviation of an identity, or one of a coefficient, moves no point of a face farther."""


def fans(loops: np.ndarray, sizes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Triangles (F, 3) int32 of polygons, and the polygon of each, (F,) int32."""
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64)
    owners = np.repeat(np.arange(len(sizes)), sizes - 2)
    first = np.concatenate([[0], np.cumsum(sizes - 2)[:-1]])
    step = np.arange(len(owners)) - first[owners] + 1
    at = starts[owners]
    triangles = np.stack([loops[at], loops[at + step], loops[at + step + 1]], 1)
    return triangles.astype(np.int32), owners.astype(np.int32)


def outwards(points: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """The triangles with all corners in the other order where the surface (V, 3) would be seen from inside."""
    a, b, c = (points[triangles[:, k]] - points.mean(0) for k in range(3))
    return triangles if np.einsum("nk,nk->", a, np.cross(b, c)) >= 0 else triangles[:, ::-1].copy()


def round_uv(points: np.ndarray, loops: np.ndarray) -> np.ndarray:
    """(L, 2) float32 in 0..1: the surface unrolled from a cylinder round the head, its seam at the back."""
    middle = (points.min(0) + points.max(0)) / 2
    around = np.arctan2(points[:, 0] - middle[0], points[:, 2] - middle[2]) / (2 * np.pi) + 0.5
    height = (points[:, 1] - points[:, 1].min()) / max(float(np.ptp(points[:, 1])), 1e-9)
    return np.stack([around, height], 1)[loops].astype(np.float32)


def at_vertices(vertices: np.ndarray, triangles: np.ndarray) -> Landmarks:
    """Landmarks at vertices (N,), each as a corner of a triangle that it belongs to."""
    owner = np.full(int(max(triangles.max(), vertices.max())) + 1, -1, np.int64)
    corner = np.zeros_like(owner)
    for place in range(3):
        owner[triangles[:, place]], corner[triangles[:, place]] = np.arange(len(triangles)), place
    if (owner[vertices] < 0).any():
        return nowhere()
    return Landmarks(owner[vertices].astype(np.int32), np.eye(3, dtype=np.float32)[corner[vertices]])


def nowhere() -> Landmarks:
    """No landmarks."""
    return Landmarks(np.zeros(0, np.int32), np.zeros((0, 3), np.float32))


def axes_problem(points: np.ndarray) -> str:
    """What is wrong with the axes of a face by its landmarks (68, 3), for the brackets of a sentence, or ""."""
    if points[NOSE_TIP, 2] <= points[list(JAW_ENDS), 2].mean():
        return "its nose does not point towards +z"
    if points[CHIN, 1] >= points[BROW, 1]:
        return "its chin is not below its brows"
    return "" if points[JAW_ENDS[0], 0] < points[JAW_ENDS[1], 0] else "left and right are the other way round"


def size_problem(points: np.ndarray, *bases: np.ndarray) -> str:
    """What is wrong with the size of a face (V, 3), or of what moves it (n, V, 3), metres; "" where all is well."""
    if not all(np.isfinite(values).all() for values in (points, *bases)):
        return "it holds values that are not numbers"
    height = float(np.ptp(points[:, 1]))
    if not HEIGHT_M[0] <= height <= HEIGHT_M[1]:
        return f"the face would be {height:.3g} m high: its units are others"
    largest = max((float(np.abs(basis).max(initial=0.0)) for basis in bases), default=0.0)
    return "" if largest <= MAX_STEP_M else f"a shape would move the face by {largest:.3g} m: its units are others"


def placed(points: np.ndarray, marks: np.ndarray) -> np.ndarray:
    """Points (V, 3) where the open face has its face, so that its neck, lights and camera fit; sizes stay.

    marks: (68, 3) landmarks, or (0, 3) where there are none: then nose tip and middle of the height decide.
    """
    face = open_face()
    wanted = landmark_positions(face.mean, face.triangles, face.landmarks_68)
    if len(marks) == LANDMARKS_68:
        return points + (wanted.mean(0) - marks.mean(0)) * (0, 1, 1) - (marks[:, 0].mean(), 0, 0)
    low, high = points.min(0), points.max(0)
    middle = np.array([(low[0] + high[0]) / 2, (low[1] + high[1]) / 2, high[2]])
    return points + np.array([0.0, wanted[:, 1].mean(), wanted[NOSE_TIP, 2]]) - middle


def common(face: FaceModel) -> dict[str, Any]:
    """Fields that an imported face has from the open face: where the head turns, how far coefficients stray."""
    return {
        "neck_pivot": face.neck_pivot,
        "coefficient_std": face.coefficient_std,
        "landmarks_mediapipe": nowhere(),
        "lip_upper": nowhere(),
        "lip_lower": nowhere(),
        "lip_columns": 1,
    }
