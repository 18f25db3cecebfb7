# SPDX-License-Identifier: Apache-2.0
"""The edges of mouth and eyes: two rims each, point against point, from one corner to the other."""

from dataclasses import dataclass

import numpy as np

POINTS = 25
MOUTH = (
    (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308),
    (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308),
)
EYES = (
    ((362, 398, 384, 385, 386, 387, 388, 466, 263), (362, 382, 381, 380, 374, 373, 390, 249, 263)),
    ((33, 246, 161, 160, 159, 158, 157, 173, 133), (33, 7, 163, 144, 145, 153, 154, 155, 133)),
)
"""MediaPipe landmarks of the upper and lower rim, from the picture's left to its right; of the person's left and right
eye."""
TOUCHING_M, TOUCHING_PX = 0.0012, 1.0
"""Lips that stand less apart in the photo than the first are taken to touch, the more so the nearer they are; those
that then stand less apart than the second do."""


@dataclass(frozen=True, eq=False)
class Rims:
    """upper, lower: (POINTS, 2) pixels; the first and last points are the corners."""

    upper: np.ndarray
    lower: np.ndarray

    @property
    def width(self) -> float:
        """Between the corners."""
        return float(np.linalg.norm(self.upper[-1] - self.upper[0]))

    def frame(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(2,) the first corner, (2,) the direction to the last one, (2,) the direction downwards."""
        first, last = (self.upper[0] + self.lower[0]) / 2, (self.upper[-1] + self.lower[-1]) / 2
        along = (last - first) / max(float(np.linalg.norm(last - first)), 1e-6)
        return first, along, np.array([-along[1], along[0]])

    def gap(self) -> np.ndarray:
        """(POINTS,) how far each lower point lies under its upper one, pixels; negative where they have passed."""
        return (self.lower - self.upper) @ self.frame()[2]

    def heights(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Of points x, y (...,): how far each lies above the upper and below the lower rim, pixels.

        Beyond the corners both rims go on as one line, level with the corner.
        """
        origin, along, down = self.frame()
        across = (x - origin[0]) * along[0] + (y - origin[1]) * along[1]
        depth = (x - origin[0]) * down[0] + (y - origin[1]) * down[1]
        upper, lower = (
            np.interp(across, np.maximum.accumulate((rim - origin) @ along), (rim - origin) @ down).astype(np.float32)
            for rim in (self.upper, self.lower)
        )
        return upper - depth, depth - lower


def rims_of(landmarks: np.ndarray, which: tuple[tuple[int, ...], tuple[int, ...]]) -> Rims:
    """The rims through landmarks (478, 2 or more): points at equal shares of the way along each, nowhere crossed."""
    rims = Rims(*(_along(landmarks[list(rim), :2].astype(np.float64)) for rim in which))
    crossed = np.minimum(rims.gap(), 0)[:, None] / 2 * rims.frame()[2]
    return Rims(rims.upper + crossed, rims.lower - crossed)


def narrowed(rims: Rims, share: float) -> Rims:
    """The rims with that share of their gap; at 0 both lie on the line in their middle."""
    middle, half = (rims.upper + rims.lower) / 2, (rims.lower - rims.upper) / 2
    return Rims(middle - share * half, middle + share * half)


def lips_of(landmarks: np.ndarray, gap_m: float) -> Rims:
    """The rims of lips that stand `gap_m` metres apart in the middle: those that touch have one line in common."""
    rims = rims_of(landmarks, MOUTH)
    share = float(np.clip(gap_m / TOUCHING_M, 0, 1))
    return narrowed(rims, share if share * rims.gap().max() > TOUCHING_PX else 0.0)


def _along(points: np.ndarray) -> np.ndarray:
    """(POINTS, 2) on a smooth curve through (n, 2), evenly by length."""
    ends = np.concatenate([[2 * points[0] - points[1]], points, [2 * points[-1] - points[-2]]])
    fine = []
    for k in range(len(points) - 1):
        a, b, c, d = ends[k : k + 4]
        t = np.linspace(0, 1, 8, endpoint=False)[:, None]
        fine.append(b + t * ((c - a) + t * ((2 * a - 5 * b + 4 * c - d) + t * (3 * (b - c) + d - a))) / 2)
    curve = np.concatenate([*fine, points[-1:]])
    length = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(curve, axis=0), axis=1))])
    at = np.linspace(0, length[-1], POINTS)
    return np.stack([np.interp(at, length, curve[:, axis]) for axis in (0, 1)], axis=1)
