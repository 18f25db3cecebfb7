# SPDX-License-Identifier: Apache-2.0
"""Our head laid onto somebody else's: for each point of a mesh, where it lies on the open face.

Eight landmarks give a similarity; the edges of lips and lids, found on both, bend it; then every point is drawn to the
nearest place of the open face's skin that looks the same way and lies on the same side of mouth and eyes.
"""

import functools
from dataclasses import dataclass

import numpy as np

from ..errors import FaceModelError, RigError
from ..face.model import open_face
from .head_landmarks import HeadLandmarks
from .openings import Edges, Opening, belonging, find_edges
from .surface import Surface
from .warp import Similarity, Warp

MOUTH_START, EYE_START = (0.25, 0.3), (0.4, 0.4)
ENOUGH_COLUMNS = 5
NORMAL_M, SIDE_M = 0.010, 0.012
"""How far apart on the open face two points count that look in opposite ways, or lie on different lips, halved."""
NEAR_M = 0.03
"""What lies further from the open face's skin than this is no part of the face."""
ROUNDS = 4
SMOOTHING = 12
BLOCK = 1024
FRAME_REACH_M = 0.012
"""How widely the warp's stretch is averaged: finer detail is noise."""


@dataclass(frozen=True, eq=False)
class Marked:
    """A head's skin in the open face's space, with its landmarks, openings and their edges, and sides (V, 2):
    how much each point belongs to upper (1) or lower (−1) lip, and lid."""

    surface: Surface
    landmarks: HeadLandmarks
    mouth: Edges
    eyes: tuple[Edges, Edges]
    sides: np.ndarray


@dataclass(frozen=True, eq=False)
class Registration:
    """Where a mesh lies on the open face.

    to_face: the similarity from the mesh to the open face's space. head: the mesh there. triangle (V,) int and weights
    (V, 3): the place on the open face's skin (`skin().triangles`) for each point of head.surface. distance (V,) metres
    from there. bent: the warp from the open face to the head, in the open face's space, and back.
    of_vertices: (N,) int, the vertex of the whole mesh for each vertex of the head's mesh.
    """

    to_face: Similarity
    head: Marked
    triangle: np.ndarray
    weights: np.ndarray
    distance: np.ndarray
    bent: Warp
    back: Warp
    of_vertices: np.ndarray


def register(vertices: np.ndarray, triangles: np.ndarray, landmarks: HeadLandmarks) -> Registration:
    """Lay the open face onto the skin of a mesh (N, 3), (F, 3), in any units and orientation: the piece with the nose.

    Raises RigError where the landmarks are no face's, and where lips cannot part.
    """
    ours = open_face_marked()
    to_face = landmarks.onto(ours.landmarks)
    own, triangles = _skin_of(vertices, triangles, landmarks)
    head = marked(to_face(vertices[own]), triangles, HeadLandmarks(to_face(landmarks.points), landmarks.confidence))
    here, there = _controls(ours, head)
    bent, back = Warp.between(here, there), Warp.between(there, here)
    triangle, weights, distance = _drawn(ours, head, back)
    return Registration(to_face, head, triangle, weights, distance, bent, back, own)


def _skin_of(vertices: np.ndarray, triangles: np.ndarray, landmarks: HeadLandmarks) -> tuple[np.ndarray, np.ndarray]:
    """The vertices (V,) int of the piece that has the nose, and its triangles (F, 3) of these."""
    whole = Surface.welded(vertices, triangles)
    used = np.unique(whole.triangles)
    nose = used[np.linalg.norm(whole.points[used] - landmarks.points[4], axis=1).argmin()]
    own = (whole.pieces == whole.pieces[nose])[whole.of_mesh]
    return np.flatnonzero(own), (np.cumsum(own) - 1)[triangles[own[triangles].all(axis=1)]]


@functools.lru_cache(maxsize=1)
def open_face_marked() -> Marked:
    """The open face's own skin, lips and cavity. Read once."""
    face, (vertices, triangles) = open_face(), skin()
    try:
        return marked(face.mean[vertices].astype(np.float64), triangles, HeadLandmarks.of_open_face(face))
    except RigError as error:
        raise FaceModelError("The open face's mouth does not open. Install StyleTalk again.") from error


@functools.lru_cache(maxsize=1)
def skin() -> tuple[np.ndarray, np.ndarray]:
    """Of the open face skin, lips and the cavity behind them: its vertices (V,) int, and (F, 3) triangles of these."""
    face = open_face()
    vertices, triangles = np.unique(face.triangles[face.region_triangles("skin", "lips", "mouth")], return_inverse=True)
    return vertices, triangles.reshape(-1, 3)


def marked(vertices: np.ndarray, triangles: np.ndarray, landmarks: HeadLandmarks) -> Marked:
    """A head in the open face's space with its openings. Raises RigError where its lips cannot part."""
    surface = Surface.welded(vertices, triangles)
    points = landmarks.points
    mouth = Opening(points[5], points[6], MOUTH_START)
    eyes = Opening(points[0], points[1], EYE_START), Opening(points[2], points[3], EYE_START)
    lips = find_edges(surface, mouth)
    if lips.found.sum() < ENOUGH_COLUMNS:
        raise RigError(
            "The mesh has no opening between the mouth's corners: the lips are one surface. Cut it open between the "
            "lips, or place the landmarks of the mouth again."
        )
    lids = find_edges(surface, eyes[0]), find_edges(surface, eyes[1])
    by_lid = sum(belonging(surface, eye, edges) for eye, edges in zip(eyes, lids, strict=True) if edges.found.any())
    sides = np.stack([belonging(surface, mouth, lips), np.broadcast_to(by_lid, len(surface.points))], axis=1)
    return Marked(surface, landmarks, lips, lids, sides)


def _controls(ours: Marked, head: Marked) -> tuple[np.ndarray, np.ndarray]:
    """Points of the open face and of the head that belong together: landmarks, the line between the lips, lids."""
    here, there = [ours.landmarks.points], [head.landmarks.points]
    seams = [(each.mouth.upper + each.mouth.lower) / 2 for each in (ours, head)]
    pairs = [(seams[0], ours.mouth.found, seams[1], head.mouth.found)]
    for our, their in zip(ours.eyes, head.eyes, strict=True):
        pairs += [(our.upper, our.found, their.upper, their.found), (our.lower, our.found, their.lower, their.found)]
    for our, our_found, their, their_found in pairs:
        both = our_found & their_found
        here.append(our[both[our_found]])
        there.append(their[both[their_found]])
    return np.concatenate(here), np.concatenate(there)


def _drawn(ours: Marked, head: Marked, back: Warp) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(triangle, weights, distance) on the open face for each point of the head."""
    surface = head.surface
    box = np.stack([ours.surface.points.min(axis=0), ours.surface.points.max(axis=0)])
    near = ((surface.points > box[0] - 2 * NEAR_M) & (surface.points < box[1] + 2 * NEAR_M)).all(axis=1)
    place = surface.points.copy()
    place[near] = back(surface.points[near])
    found = np.zeros(len(place), int), np.zeros((len(place), 3)), np.full(len(place), np.inf)
    for turn in range(ROUNDS):
        nearest = closest(ours, place[near], surface.normals[near], head.sides[near])
        for all_of_them, some in zip(found, nearest, strict=True):
            all_of_them[near] = some
        if turn == ROUNDS - 1:
            break
        step = np.zeros_like(place)
        step[near] = _places(ours.surface, found[0][near], found[1][near]) - place[near]
        step[np.linalg.norm(step, axis=1) > NEAR_M] = 0.0
        place += surface.smoothed(step, np.full(len(place), 0.7), SMOOTHING // (turn + 1))
    return found


def _places(surface: Surface, triangle: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return np.einsum("nk,nkd->nd", weights, surface.points[surface.triangles[triangle]])


def closest(
    ours: Marked, points: np.ndarray, normals: np.ndarray, sides: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The nearest places on the open face's skin that look the same way and belong to the same lip and lid:
    triangle (N,), weights (N, 3), distance (N,)."""
    theirs = np.concatenate([points, NORMAL_M * normals, SIDE_M * sides], axis=1)
    mine = np.concatenate([ours.surface.points, NORMAL_M * ours.surface.normals, SIDE_M * ours.sides], axis=1)
    vertex = nearest_rows(theirs, mine)
    around = _around(ours.surface)[vertex]  # (N, most)
    best = np.full(len(points), np.inf)
    triangle, weights = np.zeros(len(points), int), np.zeros((len(points), 3))
    for column in range(around.shape[1]):
        some = np.flatnonzero(around[:, column] >= 0)
        each = around[some, column]
        corners = ours.surface.triangles[each]
        shares = _inside(points[some], ours.surface.points[corners])
        miss = np.linalg.norm(theirs[some] - np.einsum("nk,nkd->nd", shares, mine[corners]), axis=1)
        better = miss < best[some]
        some, each = some[better], each[better]
        best[some], triangle[some], weights[some] = miss[better], each, shares[better]
    distance = np.linalg.norm(points - _places(ours.surface, triangle, weights), axis=1)
    return triangle, weights, distance


def nearest_rows(here: np.ndarray, there: np.ndarray) -> np.ndarray:
    """(N,) int: for each row of `here` (N, D) the nearest row of `there` (M, D)."""
    middle = there.mean(axis=0)
    a, b = (here - middle).astype(np.float32), (there - middle).astype(np.float32)
    square = (b**2).sum(axis=1)
    found = np.empty(len(a), int)
    for start in range(0, len(a), BLOCK):
        found[start : start + BLOCK] = (square - 2 * a[start : start + BLOCK] @ b.T).argmin(axis=1)
    return found


def _around(surface: Surface) -> np.ndarray:
    """(V, most) int: the triangles at each point, −1 where there are fewer."""
    return _triangles_around(surface)


@functools.lru_cache(maxsize=2)
def _triangles_around(surface: Surface) -> np.ndarray:
    corners = surface.triangles.ravel()
    order = np.argsort(corners, kind="stable")
    start = np.searchsorted(corners[order], np.arange(len(surface.points) + 1))
    place = np.arange(len(corners)) - start[corners[order]]
    table = np.full((len(surface.points), int(place.max()) + 1), -1)
    table[corners[order], place] = order // 3
    return table


def _inside(points: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """(N, 3) weights of the nearest place in triangles (N, 3 corners, 3)."""
    a, b, c = corners.transpose(1, 0, 2)
    ab, ac, ap = b - a, c - a, points - a
    d00, d01, d11 = (np.einsum("nd,nd->n", x, y) for x, y in ((ab, ab), (ab, ac), (ac, ac)))
    d20, d21 = np.einsum("nd,nd->n", ap, ab), np.einsum("nd,nd->n", ap, ac)
    area = np.maximum(d00 * d11 - d01 * d01, 1e-30)
    v, w = (d11 * d20 - d01 * d21) / area, (d00 * d21 - d01 * d20) / area
    weights = np.stack([1 - v - w, v, w], axis=1)
    outside = (weights < 0).any(axis=1)
    weights[outside] = _on_sides(points[outside], corners[outside])
    return weights


def _on_sides(points: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """(N, 3) weights of the nearest place on the sides of triangles."""
    best, weights = np.full(len(points), np.inf), np.zeros((len(points), 3))
    for start, end in ((0, 1), (1, 2), (2, 0)):
        a, along = corners[:, start], corners[:, end] - corners[:, start]
        share = np.einsum("nd,nd->n", points - a, along) / np.maximum(np.einsum("nd,nd->n", along, along), 1e-30)
        share = np.clip(share, 0.0, 1.0)
        miss = np.linalg.norm(a + share[:, None] * along - points, axis=1)
        better = miss < best
        best[better] = miss[better]
        weights[better] = 0.0
        weights[better, start], weights[better, end] = 1 - share[better], share[better]
    return weights
