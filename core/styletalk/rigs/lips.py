# SPDX-License-Identifier: Apache-2.0
"""How far apart the two lips of a mesh are as seen from the front: at rest, and by what its shapes do.

In each column across the mouth the upper lip has a lowest point and the lower lip a highest one. Their distance is
nearly a linear function of the shapes, and where it is nothing, nobody sees between the lips.
"""

from dataclasses import dataclass

import numpy as np

from .mapping import LIP_PLACES
from .mouth import Mouth

COLUMNS = 11
ACROSS = 0.6
"""The share of the mouth's width, in the middle, in which lips meet."""
DEPTHS = 60
BEHIND = 0.3
"""Lips meet within this share of the mouth's width behind their frontmost points."""
RINGS = 12
"""How far along the mesh's edges from the lips' outer points the surface is still a lip."""
MOVED = 0.5
"""A point that the opening moves down by more than this share of the lower lip's way belongs to the lower lip."""
EDGE = 1e-9


@dataclass(frozen=True, eq=False)
class LipContact:
    """Columns at which the lips meet, C across the mouth.

    columns: (C,) int of COLUMNS. upper, lower: (C, 3) int corners of the triangle there, and (C, 3) how much each
    counts. apart: (C,) distance at rest, in the mesh's unit, negative where the lips pass into each other.
    """

    columns: np.ndarray

    upper: np.ndarray
    upper_weights: np.ndarray
    lower: np.ndarray
    lower_weights: np.ndarray
    apart: np.ndarray
    width: float

    @property
    def rest(self) -> np.ndarray:
        """(LIP_PLACES,) how far apart the lips rest, in widths of the mouth."""
        return self._at_places(self.apart[None] / self.width)[0]

    def openings(self, deltas: np.ndarray) -> np.ndarray:
        """(K, LIP_PLACES) by how much shapes (K, V, 3) part the lips at each place, in widths of the mouth."""
        upper = np.einsum("kcn,cn->kc", deltas[:, self.upper, 2], self.upper_weights)
        lower = np.einsum("kcn,cn->kc", deltas[:, self.lower, 2], self.lower_weights)
        return self._at_places((upper - lower) / self.width)

    def _at_places(self, found: np.ndarray) -> np.ndarray:
        """(K, LIP_PLACES) of (K, C): between the columns in which the lips were found."""
        places = np.linspace(0, COLUMNS - 1, LIP_PLACES)
        return np.array([np.interp(places, self.columns, row) for row in found]).reshape(len(found), LIP_PLACES)


@dataclass(frozen=True, eq=False)
class LipSurfaces:
    """upper, lower: (F, 3) int triangles of the two lips. places: (COLUMNS * DEPTHS, 2), where they are looked at."""

    upper: np.ndarray
    lower: np.ndarray
    places: np.ndarray

    def gaps(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(COLUMNS,) twice: how far apart the lips of a mesh (V, 3) are in each column, in its unit.

        First the lowest point of the upper lip above the highest of the lower one, as seen from the front; then where
        both are equally deep in the head, negative where they pass into each other. Infinite without lips.
        """
        high = _heights(points, self.upper, self.places, -1.0)[0].reshape(COLUMNS, DEPTHS)
        low = _heights(points, self.lower, self.places, 1.0)[0].reshape(COLUMNS, DEPTHS)
        return high.min(axis=1) - low.max(axis=1), (high - low).min(axis=1)

    def edges(self, points: np.ndarray) -> tuple[tuple[np.ndarray, ...], tuple[np.ndarray, ...]]:
        """The upper lip's lowest and the lower lip's highest point in each column: heights (COLUMNS,), triangles
        (COLUMNS,), weights of their corners (COLUMNS, 3)."""
        return _edge(points, self.upper, self.places, -1.0), _edge(points, self.lower, self.places, 1.0)


def find_surfaces(points: np.ndarray, triangles: np.ndarray, opening: np.ndarray, mouth: Mouth) -> LipSurfaces | None:
    """The lips of a mesh; None where its surface has none. Arguments as of `find_contact`."""
    upper, lower = _lips(points, triangles, opening, mouth)
    if not (len(upper) and len(lower)):
        return None
    return LipSurfaces(upper, lower, _places(points, mouth))


def find_contact(points: np.ndarray, triangles: np.ndarray, opening: np.ndarray, mouth: Mouth) -> LipContact | None:
    """Where the lips of a mesh meet; None where its surface does not say.

    points: (V, 3), z up and looking along −y. triangles: (F, 3) int. opening: (V, 3) what opens the `mouth`.
    """
    lips = find_surfaces(points, triangles, opening, mouth)
    if lips is None:
        return None
    (high, above, above_weights), (low, below, below_weights) = lips.edges(points)
    met = np.isfinite(high - low)
    if met.sum() < COLUMNS // 2:
        return None
    return LipContact(
        np.flatnonzero(met), lips.upper[above[met]], above_weights[met], lips.lower[below[met]], below_weights[met],
        (high - low)[met], mouth.width,
    )  # fmt: skip


def _edge(
    points: np.ndarray, triangles: np.ndarray, places: np.ndarray, way: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    """In each column the highest (way 1) or lowest (way −1) point of a lip: height, triangle, its corners' weights."""
    height, triangle, weights = _heights(points, triangles, places, way)
    columns = np.arange(COLUMNS) * DEPTHS + (way * height).reshape(COLUMNS, DEPTHS).argmax(axis=1)
    return height[columns], triangle[columns], weights[columns]


def _places(points: np.ndarray, mouth: Mouth) -> np.ndarray:
    """(COLUMNS * DEPTHS, 2) x and y of the lines along which the lips are looked at, column by column."""
    outer = points[np.concatenate([mouth.upper, mouth.lower])]
    middle = (outer[:, 0].min() + outer[:, 0].max()) / 2
    across = middle + mouth.width * ACROSS * np.linspace(-0.5, 0.5, COLUMNS)
    front = outer[:, 1].min() - 0.05 * mouth.width
    depth = front + (BEHIND + 0.05) * mouth.width * np.linspace(0, 1, DEPTHS)
    return np.stack(np.meshgrid(across, depth, indexing="ij"), axis=-1).reshape(-1, 2)


def _lips(
    points: np.ndarray, triangles: np.ndarray, opening: np.ndarray, mouth: Mouth
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Triangles of the upper and of the lower lip, round the mouth's pairs and joined to them."""
    drop = opening[:, 2]
    way = float(np.median(drop[mouth.upper] - drop[mouth.lower]))
    falls = drop < float(np.median(drop[mouth.upper])) - MOVED * way
    near = np.abs(points - points[mouth.upper].mean(axis=0)).max(axis=1) < mouth.width
    own = triangles[near[triangles].all(axis=1)]
    welded = np.unique(np.round(points / (1e-5 * mouth.width)).astype(np.int64), axis=0, return_inverse=True)[1].ravel()
    return tuple(  # type: ignore[return-value]
        _grown(own[(falls[own] == lower).all(axis=1)], welded, welded[pair])
        for lower, pair in ((False, mouth.upper), (True, mouth.lower))
    )


def _grown(triangles: np.ndarray, welded: np.ndarray, seeds: np.ndarray) -> np.ndarray:
    """Those of the triangles that hang together with the seeds, RINGS edges far."""
    reached = np.zeros(welded.max(initial=0) + 1, bool)
    reached[seeds] = True
    corners = welded[triangles]
    for _ in range(RINGS):
        reached[corners[reached[corners].any(axis=1)]] = True
    return triangles[reached[corners].all(axis=1)]


def _heights(
    points: np.ndarray, triangles: np.ndarray, places: np.ndarray, way: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    """At each place (N, 2) the surface that is highest (way 1) or lowest (way −1).

    Returns its height (N,), infinite where there is none; the triangle (N,); and its corners' weights (N, 3).
    """
    a, b, c = (points[triangles[:, corner]] for corner in range(3))
    area = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (c[:, 0] - a[:, 0]) * (b[:, 1] - a[:, 1])
    area = np.where(np.abs(area) < 1e-18, np.nan, area)
    x, y = places[:, None, 0], places[:, None, 1]
    second = ((x - a[:, 0]) * (c[:, 1] - a[:, 1]) - (c[:, 0] - a[:, 0]) * (y - a[:, 1])) / area
    third = ((b[:, 0] - a[:, 0]) * (y - a[:, 1]) - (x - a[:, 0]) * (b[:, 1] - a[:, 1])) / area
    weights = np.stack([1 - second - third, second, third], axis=-1)  # (N, F, 3)
    height = np.einsum("nfk,fk->nf", np.nan_to_num(weights), np.stack([a[:, 2], b[:, 2], c[:, 2]], axis=1))
    height = np.where((weights >= -EDGE).all(axis=2), way * height, -np.inf)
    best = height.argmax(axis=1)
    rows = np.arange(len(places))
    return way * height[rows, best], best, weights[rows, best]
