# SPDX-License-Identifier: Apache-2.0
"""The cornea, a clear dome before each iris that catches the light, and the colours of the eyeball beneath it."""

import numpy as np

from . import eyeballs
from .head import Head
from .parts import Part, Skin, homogeneous, in_tile, still

CORNEA_DEG = 26.5
"""The dome ends on this ring of the eyeball, just outside the iris."""
BULGE_M, LIFT_M = 0.0006, 0.00006
"""Height of the dome over the eyeball's ball, and of its rim."""
COLOURS = (
    (0.0, (0.015, 0.012, 0.012)), (9.5, (0.02, 0.016, 0.015)), (10.5, (0.17, 0.10, 0.06)), (16.0, (0.44, 0.28, 0.16)),
    (22.5, (0.33, 0.21, 0.12)), (25.0, (0.13, 0.09, 0.07)), (26.5, (0.60, 0.57, 0.55)), (34.0, (0.91, 0.89, 0.87)),
    (60.0, (0.88, 0.80, 0.78)), (180.0, (0.80, 0.62, 0.60)),
)  # fmt: skip
"""Of the eyeball by the angle from the line of sight (degrees): pupil, iris with a dark rim, white, redder behind."""
FIBRES = (0.78, 1.22)
"""How dark and how light the fibres of the iris are against its colour."""


def eye_colours(cut: Head) -> np.ndarray:
    """(n, 3) of one eyeball's vertices."""
    angles, colours = zip(*COLOURS, strict=True)
    painted = np.stack([np.interp(cut.eye_angles, angles, channel) for channel in np.array(colours).T], 1)
    fibres = (cut.eye_angles > eyeballs.PUPIL_DEG) & (cut.eye_angles < eyeballs.IRIS_DEG)
    random = np.random.default_rng(7)
    painted[fibres] *= random.uniform(*FIBRES, size=(int(fibres.sum()), 1))
    return painted


def corneas(cut: Head, skin: Skin) -> list[Part]:
    """The domes, as part of the eyeballs' movement. In pictures without glass they show the eye that they cover."""
    return [
        _cornea(eye, cut.eye_angles, skin, eye_colours(cut), square) for square, eye in enumerate(cut.eye_vertices, 3)
    ]


def _cornea(eye: np.ndarray, angles: np.ndarray, skin: Skin, colours: np.ndarray, square: int) -> Part:
    chosen = angles <= CORNEA_DEG
    ball = skin.mean[eye].astype(np.float64)
    centre = (ball[0] + ball[-1]) / 2
    away = ball[chosen] - centre
    radius = np.linalg.norm(away, axis=1, keepdims=True)
    height = LIFT_M + BULGE_M * (1 - (angles[chosen] / CORNEA_DEG) ** 2)
    points = centre + away * (1 + height[:, None] / radius)
    follow = homogeneous(points) @ np.linalg.pinv(homogeneous(ball))  # (n, ball): exact for turns, shifts and slants
    faces = [face for face in eyeballs.ball_faces()[0] if max(face) < len(points)]
    flat = away[:, :2] / radius.max() / 2 + 0.5
    return Part(
        points, faces, in_tile([flat[i] for face in faces for i in face], square), ["cornea"] * len(faces),
        colours[chosen], follow @ skin.identity[:, eye], follow @ skin.arkit[:, eye], still(len(points), 4),
    )  # fmt: skip
