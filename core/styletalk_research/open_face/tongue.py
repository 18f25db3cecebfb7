# SPDX-License-Identifier: Apache-2.0
"""The tongue: rings round a line from root to tip, and four shapes that are the same rings round other lines."""

from dataclasses import dataclass

import numpy as np

from styletalk.face.retarget import ARKIT_NAMES

from .mouth import shaded
from .parts import TONGUE_SHAPES, Jaws, Part, in_tile

RINGS, AROUND = 30, 28
TIP_FROM = 0.72
"""From here (0 root, 1 tip) the outline is round."""
GROOVE, SQUARE = 0.16, 0.72
"""Depth of the groove along the middle, of the height; exponent that makes the sections squarer than an ellipse."""
PLACES = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
ROOT_FOLLOWS = 0.45
"""The part of the jaw's movement that the root makes; the body makes all."""
BACK_RGB, SIDE_RGB, UNDER_RGB = (0.78, 0.47, 0.46), (0.70, 0.36, 0.37), (0.62, 0.27, 0.30)


@dataclass(frozen=True)
class Pose:
    """The tongue's line: depth (z) and height (y) of its middle at PLACES; half its width and height there. Metres."""

    depth: tuple[float, ...]
    height: tuple[float, ...]
    wide: tuple[float, ...]
    thick: tuple[float, ...]


WIDE, THICK = (0.0135, 0.0155, 0.0165, 0.0163, 0.0150, 0.0120), (0.0100, 0.0095, 0.0088, 0.0075, 0.0056, 0.0034)
REST = Pose((0.026, 0.032, 0.043, 0.058, 0.0725, 0.0850), (0.0715, 0.0835, 0.0895, 0.0893, 0.0888, 0.0897), WIDE, THICK)
POSES = {
    "out": Pose(
        (0.026, 0.036, 0.055, 0.0785, 0.1040, 0.1285), (0.0715, 0.0850, 0.0930, 0.0968, 0.0985, 0.0970),
        (0.0135, 0.0155, 0.0160, 0.0152, 0.0145, 0.0125), (0.0100, 0.0092, 0.0080, 0.0062, 0.0050, 0.0034),
    ),
    "up": Pose(
        (0.026, 0.032, 0.0435, 0.0595, 0.0765, 0.0893), (0.0715, 0.0830, 0.0895, 0.0930, 0.1035, 0.1150),
        (0.0135, 0.0155, 0.0165, 0.0163, 0.0145, 0.0110), THICK,
    ),
    "back": Pose(
        (0.025, 0.0285, 0.0375, 0.0510, 0.0625, 0.0735), (0.0735, 0.0880, 0.0993, 0.0965, 0.0895, 0.0877),
        (0.0135, 0.0155, 0.0160, 0.0160, 0.0150, 0.0125), (0.0100, 0.0098, 0.0098, 0.0090, 0.0066, 0.0040),
    ),
    "wide": Pose(
        (0.026, 0.032, 0.043, 0.058, 0.0715, 0.0830), (0.0715, 0.0832, 0.0885, 0.0880, 0.0875, 0.0885),
        (0.0135, 0.0180, 0.0205, 0.0203, 0.0190, 0.0155), (0.0100, 0.0088, 0.0075, 0.0062, 0.0046, 0.0028),
    ),
}  # fmt: skip
"""Relative to a closed jaw. Up touches the ridge behind the upper teeth where the jaw is open by 10 mm."""


def tongue(jaws: Jaws) -> Part:
    """The tongue at rest behind the lower teeth, with its four shapes; it follows the jaw."""
    points = surface(REST)
    shapes = np.array([surface(POSES[name]) - points for name in TONGUE_SHAPES])
    along = np.repeat(_stations(), AROUND)
    along = np.append(along, 1.0)
    share = np.clip(along / 0.35, 0, 1)
    arkit = jaws.arkit(points, ROOT_FOLLOWS + (1 - ROOT_FOLLOWS) * share * share * (3 - 2 * share))
    arkit[ARKIT_NAMES.index("tongueOut")] = shapes[TONGUE_SHAPES.index("out")]
    faces, uv = _faces()
    return Part(
        points, faces, in_tile(uv, 2), ["tongue"] * len(faces), _colours(points), jaws.identity(points), arkit, shapes
    )


def surface(pose: Pose) -> np.ndarray:
    """(RINGS × AROUND + 1, 3): the rings from the root on, and the tip."""
    along = _stations()
    depth, height, wide, thick = (_smooth(values)(along) for values in (pose.depth, pose.height, pose.wide, pose.thick))
    end = np.sqrt(np.clip(1 - (np.clip(along - TIP_FROM, 0, 1) / (1 - TIP_FROM)) ** 2, 0, 1))
    slope = np.stack([_smooth(pose.depth).deriv()(along), _smooth(pose.height).deriv()(along)], 1)
    slope /= np.linalg.norm(slope, axis=1, keepdims=True)
    turn = np.arange(AROUND) * 2 * np.pi / AROUND
    across, up = (np.sign(wave) * np.abs(wave) ** SQUARE for wave in (np.cos(turn), np.sin(turn)))
    dent = 1 - GROOVE * np.exp(-((across / 0.22) ** 2)) * (up > 0)
    off = (thick * np.sqrt(end))[:, None] * (up * dent)[None]
    x = (wide * end)[:, None] * across[None]
    rings = np.stack([x, height[:, None] + off * slope[:, :1], depth[:, None] - off * slope[:, 1:]], 2)
    tip = np.array([0.0, pose.height[-1], pose.depth[-1]])
    return np.concatenate([rings.reshape(-1, 3), tip[None]])


def _stations() -> np.ndarray:
    """(RINGS,) places of the rings: close together where the tip is round."""
    body = np.linspace(0, TIP_FROM, RINGS - 10, endpoint=False)
    return np.append(body, TIP_FROM + (1 - TIP_FROM) * np.sin(np.linspace(0, np.pi / 2 * 0.97, 10)))


def _smooth(values: tuple[float, ...]) -> np.polynomial.Polynomial:
    """A polynomial of the fourth degree nearly through values at PLACES."""
    return np.polynomial.Polynomial.fit(PLACES, values, 4)


def _faces() -> tuple[list[list[int]], list[np.ndarray]]:
    faces, uv = [], []
    for ring in range(RINGS - 1):
        for k in range(AROUND):
            following = (k + 1) % AROUND
            a, b = ring * AROUND, (ring + 1) * AROUND
            faces.append([a + k, a + following, b + following, b + k])
            uv += [np.array([(k + c) / AROUND, (ring + r) / RINGS]) for c, r in ((0, 0), (1, 0), (1, 1), (0, 1))]
    last, tip = (RINGS - 1) * AROUND, RINGS * AROUND
    for k in range(AROUND):
        faces.append([last + k, last + (k + 1) % AROUND, tip])
        uv += [np.array([(k + c) / AROUND, (RINGS - 1 + r) / RINGS]) for c, r in ((0, 0), (1, 0), (0.5, 1))]
    return faces, uv


def _colours(points: np.ndarray) -> np.ndarray:
    up = np.append(np.tile(np.sin(np.arange(AROUND) * 2 * np.pi / AROUND), RINGS), 0.5)[:, None]
    top, under = np.clip(up, 0, 1), np.clip(-up, 0, 1)
    colours = top * BACK_RGB + under * UNDER_RGB + (1 - top - under) * SIDE_RGB
    return shaded(colours, points)
