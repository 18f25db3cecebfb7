# SPDX-License-Identifier: Apache-2.0
"""The landmarks of a bare head, found by laying the open face onto it, and by its openings."""

import functools
from dataclasses import dataclass

import numpy as np

from ..errors import RigError
from ..face.model import open_face
from .head_landmarks import HeadLandmarks
from .openings import Opening, find_edges
from .registration import EYE_START, MOUTH_START, nearest_rows, open_face_marked, skin
from .surface import Surface
from .warp import Similarity

WAYS = 8
"""Directions in which the head may look, at first."""
ROUNDS, FIRST_ROUNDS = 40, 12
TRIMMED = 0.8
"""This share of the face's points, the nearest, says how the whole lies: noses and ears differ."""
NORMAL_M = 0.02
LEVELS = 160
NECK = 0.85
"""A neck is narrower than this part of what is above it."""
FACE_Y_M, FACE_Z_M = 0.04, 0.0
"""Of the open face, what lies above and before that is laid onto the head."""
MOST_POINTS = 1500
MOST_PIECES, LEAST_PIECE = 4, 0.05
"""Pieces on which a face is looked for, the largest first: as many, none smaller than this part of the whole."""
TWIN = 0.6
MAX_SCALING = 1.5
BEND_ROUNDS = 6
BEYOND = np.linspace(-0.35, 1.35, 35)
"""Where corners are looked for, in widths from the expected right one."""
RISE = 0.03
"""Of the width: an eye grows no higher by so much, once it grew lower towards a corner."""
GOOD_M, BAD_M = 0.002, 0.008
"""Distances of the surfaces, in the open face's size, at which a find is sure, and is none."""
ENOUGH = 0.2
"""Less sure than this, nothing was found."""
NO_FACE = (
    "No face was found on the mesh. Choose the mesh of a humanoid head, standing upright, or place the eight landmarks "
    "yourself."
)


@dataclass(frozen=True, eq=False)
class _Fit:
    carry: Similarity
    miss: float


def find_landmarks(vertices: np.ndarray, triangles: np.ndarray) -> HeadLandmarks:
    """The eight landmarks of a head (N, 3), (F, 3), y up, which may have a body, in any units, looking anywhere.

    Raises RigError where the mesh has no head, or nothing like a face on it.
    """
    pieces = _large_pieces(Surface.welded(vertices, triangles))
    surface, best = _with_face(pieces)
    twin = [each for each in pieces if each is not surface and _is_beside(each, surface)]
    if twin and _laid_on(twin[0]).miss <= BAD_M:
        raise RigError("The mesh holds two heads. Separate them, or place the eight landmarks on one.")
    to_face = best.carry.inverse()
    turned = Surface(to_face(surface.points), surface.triangles, surface.of_mesh)
    expected = _bent_landmarks(turned)
    found, seen = _snapped(turned, expected)
    sure = float(np.clip((BAD_M - best.miss) / (BAD_M - GOOD_M), 0.0, 1.0)) * seen
    if sure < ENOUGH:
        raise RigError(NO_FACE)
    return HeadLandmarks(best.carry(found), round(sure, 2))


def _with_face(pieces: list[Surface]) -> tuple[Surface, _Fit]:
    """The first piece that the open face can be laid onto, and how. Raises RigError."""
    for surface in pieces:
        fit = _laid_on(surface)
        if fit.miss <= BAD_M:
            return surface, fit
    raise RigError(NO_FACE)


def _laid_on(surface: Surface) -> _Fit:
    """The open face onto a piece: the best of WAYS directions."""
    head = surface.points[_above_neck(surface)]
    points, normals = _face_points()
    fits = [_fitted(points, normals, surface, _start(head, way)) for way in np.arange(WAYS) * 2 * np.pi / WAYS]
    return _refined(points, normals, surface, min(fits, key=lambda fit: fit.miss).carry, ROUNDS)


def _is_beside(one: Surface, other: Surface) -> bool:
    """Whether neither of two pieces reaches to the other's middle, as inner shells and hair do, and both are large."""
    boxes = [(each.points.min(axis=0), each.points.max(axis=0)) for each in (one, other)]
    middles = [(low + high) / 2 for low, high in boxes]
    within = [((m >= low) & (m <= high)).all() for m, (low, high) in zip(middles[::-1], boxes, strict=True)]
    areas = sorted((_area(one).sum(), _area(other).sum()))
    return not any(within) and areas[0] >= TWIN * areas[1]


def _area(surface: Surface) -> np.ndarray:
    """(F,) of its triangles."""
    a, b, c = (surface.points[surface.triangles[:, k]] for k in range(3))
    return np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2


def _large_pieces(surface: Surface) -> list[Surface]:
    """The pieces with the largest area first: a skin is among them."""
    piece = surface.pieces[surface.triangles[:, 0]]
    area = np.bincount(piece, _area(surface), minlength=len(surface.points))
    least = max(LEAST_PIECE * area.sum(), np.finfo(float).tiny)  # of points alone nothing is a face
    largest = [each for each in np.argsort(-area)[:MOST_PIECES] if area[each] >= least]
    return [_piece(surface, surface.triangles[piece == each]) for each in largest]


def _piece(surface: Surface, triangles: np.ndarray) -> Surface:
    used, numbers = np.unique(triangles, return_inverse=True)
    return Surface(surface.points[used], numbers.reshape(-1, 3), np.arange(len(used)))


def _above_neck(surface: Surface) -> np.ndarray:
    """(V,) bool: what lies above the neck, which is the narrowest part between head and shoulders; all of it where
    there are none."""
    height = surface.points[:, 1]
    levels = np.linspace(height.max(), height.min(), LEVELS + 2)[1:-1]
    breadth = _breadths(surface, levels)
    widest = np.maximum.accumulate(breadth)
    after = np.maximum.accumulate(breadth[::-1])[::-1]
    necks = np.flatnonzero((breadth < NECK * widest) & (after > breadth / NECK))
    if not len(necks):
        return np.ones(len(height), bool)
    stop = necks[0]
    while stop + 1 < LEVELS and breadth[stop + 1] <= breadth[stop] * 1.02:
        stop += 1
    return height >= levels[stop]


def _breadths(surface: Surface, levels: np.ndarray) -> np.ndarray:
    """(L,) how broad the surface is at heights, the mean of its two directions."""
    ends = surface.points[surface.edges]
    low, high = ends[..., 1].min(axis=1), ends[..., 1].max(axis=1)
    breadth = np.zeros(len(levels))
    for index, level in enumerate(levels):
        start, end = ends[(low < level) & (high >= level)].transpose(1, 0, 2)
        if len(start):
            share = ((level - start[:, 1]) / (end[:, 1] - start[:, 1]))[:, None]
            breadth[index] = np.sqrt(np.ptp((start + share * (end - start))[:, [0, 2]], axis=0).prod())
    return np.convolve(np.pad(breadth, 1, mode="edge"), np.ones(3) / 3, mode="valid")


def _face_points() -> tuple[np.ndarray, np.ndarray]:
    """Points of the open face's outer skin, and their normals."""
    ours = open_face_marked()
    face, points = open_face(), ours.surface.points
    outer = np.zeros(face.vertex_count, bool)
    outer[face.triangles[face.region_triangles("skin", "lips")]] = True
    vertices, _ = skin()
    of_welded = np.zeros(len(points), bool)
    of_welded[ours.surface.of_mesh] = outer[vertices]
    some = np.flatnonzero(of_welded & (points[:, 1] > FACE_Y_M) & (points[:, 2] > FACE_Z_M))
    some = some[np.linspace(0, len(some) - 1, min(MOST_POINTS, len(some))).astype(int)]
    return points[some], ours.surface.normals[some]


def _start(head: np.ndarray, way: float) -> Similarity:
    """The open face's crown on the head's, as large, looking `way` radians from +z about y."""
    ours = open_face_marked().surface.points
    scale = float(np.ptp(head[:, 1]) / np.ptp(ours[:, 1]))
    sideways = np.median(np.ptp(head[:, [0, 2]], axis=0) / np.ptp(ours[:, [0, 2]], axis=0))
    scale = min(scale, float(sideways) * 1.2)
    sine, cosine = np.sin(way), np.cos(way)
    turn = np.array([[cosine, 0, sine], [0, 1, 0], [-sine, 0, cosine]])
    crown = np.array([0.0, ours[:, 1].max(), (ours[:, 2].min() + ours[:, 2].max()) / 2])
    top = (head.min(axis=0) + head.max(axis=0)) / 2
    top[1] = head[:, 1].max()
    return Similarity(scale, turn, top - scale * turn @ crown)


def _fitted(points: np.ndarray, normals: np.ndarray, surface: Surface, carry: Similarity) -> _Fit:
    return _refined(points[::3], normals[::3], surface, carry, FIRST_ROUNDS)


def _refined(points: np.ndarray, normals: np.ndarray, surface: Surface, carry: Similarity, rounds: int) -> _Fit:
    """Iterated closest points from the open face to the head, with the nearest TRIMMED share of them."""
    there = np.concatenate([surface.points, NORMAL_M * carry.scale * surface.normals], axis=1)
    miss, bounds = np.inf, (carry.scale / MAX_SCALING, carry.scale * MAX_SCALING)
    for _ in range(rounds):
        placed = carry(points)
        scaled = np.concatenate([placed, NORMAL_M * carry.scale * normals @ carry.turn.T], axis=1)
        nearest = nearest_rows(scaled, there)
        target = surface.points[nearest]
        normal = surface.normals[nearest]  # along it: the points of a coarse mesh lie far apart
        flat = placed - np.einsum("nd,nd->n", placed - target, normal)[:, None] * normal
        aim = 0.7 * flat + 0.3 * target
        away = np.linalg.norm(scaled - there[nearest], axis=1)
        close = away <= np.quantile(away, TRIMMED)
        carry = Similarity.between(points[close], aim[close])
        carry = Similarity(float(np.clip(carry.scale, *bounds)), carry.turn, carry.shift)
        miss = float(np.mean(away[close])) / carry.scale
        there[:, 3:] = NORMAL_M * carry.scale * surface.normals
    return _Fit(carry, miss)


def _bent_landmarks(head: Surface) -> np.ndarray:
    """(8, 3) where the open face's landmarks come to lie on a head in its space, bent smoothly onto it."""
    ours = open_face_marked()
    place = ours.surface.points.copy()
    there = np.concatenate([head.points, NORMAL_M * head.normals], axis=1)
    front = place[:, 2] > 0.03
    for turn in range(BEND_ROUNDS):
        nearest = nearest_rows(np.concatenate([place, NORMAL_M * ours.surface.normals], axis=1), there)
        step = head.points[nearest] - place
        step[~front | (np.linalg.norm(step, axis=1) > 0.03)] = 0.0
        place += ours.surface.smoothed(step, np.full(len(place), 0.7), 40 - 5 * turn)
    marks = ours.landmarks.points
    vertex = nearest_rows(marks, ours.surface.points)
    return marks + (place - ours.surface.points)[vertex]


def _snapped(head: Surface, expected: np.ndarray) -> tuple[np.ndarray, float]:
    """(8, 3) landmarks drawn to the corners of the head's openings; the share of those found."""
    found = expected.copy()
    seen = 0
    for right, left, start in ((0, 1, EYE_START), (2, 3, EYE_START), (5, 6, MOUTH_START)):
        for _ in range(2):
            corners = _corners(head, Opening(found[right], found[left], start))
            if corners is None:
                break
            found[right], found[left] = corners
        if corners is not None:
            shares = _own_shares(right, left, start)
            way = found[left] - found[right]
            found[right], found[left] = found[right] + shares[0] * way, found[right] + shares[1] * way
        seen += corners is not None
    return found, seen / 3


@functools.lru_cache(maxsize=8)
def _own_shares(right: int, left: int, start: tuple[float, float]) -> tuple[float, float]:
    """Where the open face's own landmarks lie between the corners that are found on it."""
    ours = open_face_marked()
    marks = ours.landmarks.points
    corners = _corners(ours.surface, Opening(marks[right], marks[left], start))
    if corners is None:
        return 0.0, 1.0
    way = corners[1] - corners[0]
    first, last = (float((marks[each] - corners[0]) @ way / (way @ way)) for each in (right, left))
    return first, last


def _corners(head: Surface, opening: Opening) -> tuple[np.ndarray, np.ndarray] | None:
    """Where the edges of an opening near the expected one meet on either side."""
    edges = find_edges(head, opening, BEYOND)
    places = np.flatnonzero(edges.found)
    if len(places) < 8:
        return None
    middle = int(places[np.argmin(np.abs(BEYOND[places] - 0.5))])
    height = np.full(len(BEYOND), np.nan)
    height[places] = edges.upper[:, 1] - edges.lower[:, 1]
    rise = RISE * opening.width if opening.start == EYE_START else np.inf
    first, last = (_end(height, middle, way, rise) for way in (-1, 1))
    if last - first < 8:
        return None
    row, middles = np.cumsum(edges.found) - 1, (edges.upper + edges.lower) / 2
    return middles[row[first]], middles[row[last]]


def _end(height: np.ndarray, start: int, way: int, rise: float) -> int:
    """The last column from `start` on in which an opening has a height (C,): before one without, and before it grows
    by `rise` again, which is the hollow beside the nose and no eye any more."""
    at = lowest = start
    while 0 <= at + way < len(height) and not np.isnan(height[at + way]):
        at += way
        if height[at] < height[lowest]:
            lowest = at
        elif height[at] > height[lowest] + rise:
            return lowest
    return at
