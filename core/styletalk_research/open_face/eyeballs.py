# SPDX-License-Identifier: Apache-2.0
"""Round eyeballs with iris and pupil, in the place of the base mesh's coarse ones."""

import numpy as np

from .makehuman import BaseMesh
from .surgery import Surface

SEGMENTS = 32
ANGLES_DEG = (5.0, 9.5, 10.5, 16.0, 22.5, 25.0, 26.5, 34.0, 46.0, 60.0, 80.0, 105.0, 140.0)
"""Rings from the pupil outwards, as angles from the line of sight."""
PUPIL_DEG, IRIS_DEG = 9.5, 25.0
RADIUS = 0.983
"""Of the base mesh's eyeball: a little smaller, so that the lids clear it on their way."""
GAZE_DEG = {"left": 32.0, "right": 32.0, "up": 19.0, "down": 22.0}
"""How far the eyes turn at a gaze of 1."""


def eyeball(base: BaseMesh, vertices: np.ndarray, group: str) -> tuple[Surface, np.ndarray, list[str]]:
    """One eyeball as a surface whose vertices follow the base mesh's eye in position, size and slant.

    vertices: (N, 3), the shape at which the eyeball is round. Returns the surface, its vertices' angle from the line
    of sight (degrees), and the region of each face.
    """
    old = np.unique(base.quads[base.group_quads(group)])
    centre = vertices[old].mean(0)
    radius = np.linalg.norm(vertices[old] - centre, axis=1).mean() * RADIUS
    directions, angles = _sphere()
    rows = _affine_rows(old, vertices[old] - centre, radius * directions)
    faces, regions = ball_faces()
    uv = [[0.5 + 0.5 * directions[i, :2] * np.radians(angles[i]) / np.pi for i in face] for face in faces]
    return Surface(rows, faces, uv, [-1] * len(faces)), angles, regions


def _sphere() -> tuple[np.ndarray, np.ndarray]:
    """Unit directions and angles: front pole, rings, back pole."""
    turn = np.arange(SEGMENTS) * 2 * np.pi / SEGMENTS
    directions, angles = [np.array([[0.0, 0.0, 1.0]])], [np.zeros(1)]
    for angle in ANGLES_DEG:
        polar = np.radians(angle)
        ring = np.stack(
            [np.cos(turn) * np.sin(polar), np.sin(turn) * np.sin(polar), np.full(SEGMENTS, np.cos(polar))], 1
        )
        directions.append(ring)
        angles.append(np.full(SEGMENTS, angle))
    directions.append(np.array([[0.0, 0.0, -1.0]]))
    angles.append(np.array([180.0]))
    return np.concatenate(directions), np.concatenate(angles)


def _affine_rows(old: np.ndarray, rest: np.ndarray, wanted: np.ndarray) -> list[dict[int, float]]:
    """Weights over the old eye's vertices that give `wanted` at rest and follow any affine movement of it."""
    basis = np.concatenate([np.ones((len(rest), 1)), rest], 1)  # (n, 4)
    points = np.concatenate([np.ones((len(wanted), 1)), wanted], 1)  # (m, 4)
    weights = points @ np.linalg.pinv(basis)  # (m, n): weights @ basis = points
    return [{int(i): float(w) for i, w in zip(old, row, strict=True)} for row in weights]


def ball_faces() -> tuple[list[list[int]], list[str]]:
    """Polygons of one eyeball, and the region of each."""

    def at(ring: int, k: int) -> int:
        return 1 + ring * SEGMENTS + k % SEGMENTS

    last = len(ANGLES_DEG) - 1
    faces, regions = [], []
    for k in range(SEGMENTS):
        faces.append([0, at(0, k), at(0, k + 1)])
        regions.append("pupil")
        for ring, outer in enumerate(ANGLES_DEG[1:]):
            faces.append([at(ring, k), at(ring + 1, k), at(ring + 1, k + 1), at(ring, k + 1)])
            regions.append("pupil" if outer <= PUPIL_DEG else "iris" if outer <= IRIS_DEG else "eye_white")
        faces.append([at(last, k + 1), at(last, k), 1 + len(ANGLES_DEG) * SEGMENTS])
        regions.append("eye_white")
    return faces, regions


def turned(points: np.ndarray, centre: np.ndarray, direction: str) -> np.ndarray:
    """Displacement of eyeball points (n, 3) that look all the way in a direction (the person's left is +x)."""
    angle = np.radians(GAZE_DEG[direction])
    cos, sin = np.cos(angle), np.sin(angle)
    if direction in ("left", "right"):
        sin = sin if direction == "left" else -sin
        rotation = np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]])
    else:
        sin = -sin if direction == "up" else sin
        rotation = np.array([[1, 0, 0], [0, cos, -sin], [0, sin, cos]])
    return (points - centre) @ (rotation - np.eye(3)).T
