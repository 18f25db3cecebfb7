# SPDX-License-Identifier: Apache-2.0
"""What lies in and on a head as pieces of its own: teeth, tongue, eyes, lashes, brows, beard."""

import functools
from dataclasses import dataclass

import numpy as np

from ..face.arkit_names import ARKIT_NAMES
from ..face.model import FaceModel, open_face
from .registration import FRAME_REACH_M, Registration, nearest_rows
from .surface import Surface
from .warp import Similarity

INSIDE_M = 0.006
"""Teeth and tongue lie no further than this outside the open face's own."""
EYE_M = 0.014
"""An eyeball's middle lies no further than this from the open face's."""
ROUND = 1.6
"""An eyeball is no longer than this times its breadth."""
HELD = 1.2
"""What lies within this times an eyeball's radius is part of the eye."""
ROOT_M = 0.0015
"""Hairs, lashes and brows grow from what lies so near to the skin, or nearest."""
ROOT_SHARE = 20
SOFT_ROUNDS, SHIFT_ROUNDS = 8, 10
FAR_M = 0.05
"""What lies further from the skin than this does not follow it."""
TOOTH_M, COLUMN_M, ROWS_APART_M = 0.016, 0.006, 0.004
"""A piece in the mouth that is smaller than the first is a single tooth; what lies nearer to it than the second, seen
from above, is in its column; a column that is higher than the third has teeth of both rows."""
LOWER_M = 0.002
"""Teeth that an open jaw moves further than this are lower ones."""
PLAINLY = 0.7
"""A piece of which so much lies nearest to lower teeth is lower teeth."""
ONE_LID = 0.3
"""Lashes whose roots belong so much to one lid on the average do not follow the other one."""


@dataclass(frozen=True, eq=False)
class Inside:
    """The open face's teeth, gums and tongue: vertices (V,) int and which they are."""

    vertices: np.ndarray
    is_lower: np.ndarray
    is_tongue: np.ndarray


@functools.lru_cache(maxsize=1)
def inside() -> Inside:
    """Of the open face."""
    face = open_face()
    tongue, teeth = _vertices(face, "tongue"), _vertices(face, "teeth")
    vertices = np.concatenate([tongue, teeth])
    opened = np.linalg.norm(face.arkit[ARKIT_NAMES.index("jawOpen"), vertices], axis=1)
    is_tongue = np.arange(len(vertices)) < len(tongue)
    return Inside(vertices, (opened > LOWER_M) & ~is_tongue, is_tongue)


def _vertices(face: FaceModel, *regions: str) -> np.ndarray:
    return np.unique(face.triangles[face.region_triangles(*regions)])


def carried_parts(
    registration: Registration, of_skin: np.ndarray, whole: Surface, loose: np.ndarray, shown: np.ndarray | None = None
) -> np.ndarray:
    """(K, N, 3) in the open face's space: what the pieces loose (N,) bool of a mesh do, beside zeros elsewhere.

    of_skin: (K, V, 3), what its skin does in each of K shapes. whole: the surface of all of the mesh. shown: (K, 52),
    the ARKit shapes that each of them is made of; None where they are those 52.
    """
    shown = np.eye(len(ARKIT_NAMES)) if shown is None else shown
    points = registration.to_face(whole.points)
    moved, soft = np.zeros((len(points), len(of_skin), 3)), np.zeros(len(points))
    is_loose = np.zeros(len(points), bool)
    is_loose[whole.of_mesh] = loose
    mouth, roots = [], _Roots.of(registration, points, is_loose)
    place = np.zeros_like(points)
    place[is_loose] = registration.back(points[is_loose])
    groups = _groups(whole.pieces, is_loose)
    balls = _eyeballs([(place[own], points[own]) for own in groups])
    for own in groups:
        ball = next((each for each in balls if each.holds(points[own])), None)
        if ball is not None:
            moved[own] = np.tensordot(shown, ball.turned(points[own]), 1).transpose(1, 0, 2)
        elif _lies_inside(place[own]):
            mouth.append((own, place[own]))
        else:
            moved[own] = roots.carried(of_skin, own).transpose(1, 0, 2)
            soft[own] = 0.5
    shift = _shift_onto_ours([on_face for _, on_face in mouth])
    rows = _rows_of_teeth([on_face for _, on_face in mouth])
    for (own, on_face), row in zip(mouth, rows, strict=True):
        moved[own] = np.tensordot(shown, _with_the_jaw(registration, on_face + shift, row), 1).transpose(1, 0, 2)
    moved = whole.smoothed(moved, soft, SOFT_ROUNDS)
    return moved[whole.of_mesh].transpose(1, 0, 2) * loose[:, None]


def _groups(pieces: np.ndarray, some: np.ndarray) -> list[np.ndarray]:
    """The points of each piece that are in some (V,) bool."""
    points = np.flatnonzero(some)
    order = points[np.argsort(pieces[points], kind="stable")]
    return np.split(order, np.flatnonzero(np.diff(pieces[order])) + 1) if len(order) else []


@dataclass(frozen=True, eq=False)
class _Eyeball:
    """middle: (3,) and radius, in the open face's space. is_left: the person's."""

    middle: np.ndarray
    radius: float
    is_left: bool

    def holds(self, points: np.ndarray) -> bool:
        """Whether a piece, such as an iris or a cornea, is part of the eye."""
        return bool((np.linalg.norm(points - self.middle, axis=1) < HELD * self.radius).all())

    def turned(self, points: np.ndarray) -> np.ndarray:
        """(52, n, 3): it turns about its own middle as the open face's does."""
        face, moved = open_face(), np.zeros((len(ARKIT_NAMES), len(points), 3))
        white = _vertices(face, "eye_white", "iris")
        white = white[(face.mean[white, 0] > 0) == self.is_left]
        rest = face.mean[white].astype(np.float64)
        for index, name in enumerate(ARKIT_NAMES):
            if name.startswith("eyeLook") and name.endswith("Left" if self.is_left else "Right"):
                turn = Similarity.between(rest, rest + face.arkit[index, white]).turn
                moved[index] = (points - self.middle) @ (turn - np.eye(3)).T
        return moved


def _eyeballs(pieces: list[tuple[np.ndarray, np.ndarray]]) -> list[_Eyeball]:
    """The largest round piece at either eye, of pieces (place on the open face, points)."""
    found: dict[int, _Eyeball] = {}
    for place, points in pieces:
        low, high = points.min(axis=0), points.max(axis=0)
        spread = high - low
        away = [np.linalg.norm(place.mean(axis=0) - centre) for centre in _eye_centres()]
        eye, radius = int(np.argmin(away)), float(spread.max() / 2)
        is_ball = spread.max() < min(ROUND * np.sort(spread)[1], 4 * EYE_M) and away[eye] < EYE_M
        if is_ball and (eye not in found or radius > found[eye].radius):
            found[eye] = _Eyeball((low + high) / 2, radius, bool(eye))
    return list(found.values())


@functools.lru_cache(maxsize=1)
def _eye_centres() -> tuple[np.ndarray, np.ndarray]:
    face = open_face()
    white = face.mean[_vertices(face, "eye_white")]
    return white[white[:, 0] < 0].mean(axis=0), white[white[:, 0] > 0].mean(axis=0)


def _lies_inside(on_face: np.ndarray) -> bool:
    ours = open_face().mean[inside().vertices]
    middle = on_face.mean(axis=0)
    return bool((middle > ours.min(axis=0) - INSIDE_M).all() and (middle < ours.max(axis=0) + INSIDE_M).all())


def _shift_onto_ours(parts: list[np.ndarray]) -> np.ndarray:
    """(3,) by which all that lies in the mouth lies nearest to the open face's teeth and tongue: in other heads it
    sits higher or lower behind the lips."""
    shift = np.zeros(3)
    if parts:
        points, ours = np.concatenate(parts), open_face().mean[inside().vertices].astype(np.float64)
        for _ in range(SHIFT_ROUNDS):
            here = points + shift
            both = ours[nearest_rows(here, ours)] - here, ours - here[nearest_rows(ours, here)]
            shift = shift + (both[0].mean(axis=0) + both[1].mean(axis=0)) / 2
    return shift


def _rows_of_teeth(parts: list[np.ndarray]) -> list[float | None]:
    """For each part of a mouth: 1 a single tooth of the lower row, 0 of the upper one, None where that is not known.

    Told by the teeth above and below it, wherever a head has its rows.
    """
    middles = np.array([part.mean(axis=0) for part in parts]).reshape(-1, 3)
    single = np.array([np.ptp(part, axis=0).max() < TOOTH_M for part in parts], bool)
    rows: list[float | None] = []
    for index, middle in enumerate(middles):
        beside = single & (np.linalg.norm((middles - middle)[:, [0, 2]], axis=1) < COLUMN_M)
        heights = middles[beside, 1]
        is_pair = single[index] and len(heights) > 1 and np.ptp(heights) > ROWS_APART_M
        rows.append(float(middle[1] < (heights.min() + heights.max()) / 2) if is_pair else None)
    return rows


def _with_the_jaw(registration: Registration, on_face: np.ndarray, row: float | None = None) -> np.ndarray:
    """Teeth stay hard: lower ones move with the jaw, upper ones not at all. The tongue moves as the open face's.

    row: 1 for a tooth that is known to be a lower one, 0 for an upper one.
    """
    face, ours = open_face(), inside()
    mean = face.mean[ours.vertices].astype(np.float64)
    nearest = nearest_rows(on_face, mean)
    frame = registration.bent.frames(mean.mean(axis=0)[None], 2 * FRAME_REACH_M)[0]
    if row is None and ours.is_tongue[nearest].mean() > 0.5:
        tongue = face.arkit[:, ours.vertices[ours.is_tongue]]
        near = nearest_rows(on_face, mean[ours.is_tongue])
        return tongue[:, near] @ frame.T
    teeth = np.flatnonzero(~ours.is_tongue)
    lower = ours.is_lower[teeth[nearest_rows(on_face, mean[teeth])]].astype(np.float64)
    if lower.mean() > PLAINLY or lower.mean() < 1 - PLAINLY:
        lower[:] = np.rint(lower.mean())
    if row is not None:
        lower[:] = row
    rest = mean[ours.is_lower]
    moved = np.zeros((len(ARKIT_NAMES), len(on_face), 3))
    for index, shape in enumerate(face.arkit[:, ours.vertices[ours.is_lower]]):
        if np.abs(shape).max() > 0:
            jaw = Similarity.between(rest, rest + shape)
            moved[index] = (on_face @ (jaw.turn - np.eye(3)).T + jaw.shift) * lower[:, None]
    return moved @ frame.T


@dataclass(frozen=True, eq=False)
class _Roots:
    """For each point of a mesh (V,), the nearest point of the skin, and the nearest of its upper and of its lower lids.

    points: (V, 3). skin: (S, 3). lid: (S,) −1..1."""

    points: np.ndarray
    skin: np.ndarray
    lid: np.ndarray
    nearest: np.ndarray
    upper: np.ndarray
    lower: np.ndarray

    @classmethod
    def of(cls, registration: Registration, points: np.ndarray, some: np.ndarray) -> "_Roots":
        """For some (V,) bool of the points."""
        skin, lid = registration.head.surface.points, registration.head.sides[:, 1]
        found = []
        for own in (np.arange(len(skin)), np.flatnonzero(lid > 0), np.flatnonzero(lid < 0)):
            nearest = np.zeros(len(points), int)
            if len(own):
                nearest[some] = own[nearest_rows(points[some], skin[own])]
            found.append(nearest)
        return cls(points, skin, lid, *found)

    def carried(self, of_skin: np.ndarray, own: np.ndarray) -> np.ndarray:
        """(52, n, 3) what lashes, brows, hairs do, the points own (n,) of one piece: each as the skin at its root."""
        points, nearest = self.points[own], self.nearest[own]
        belongs = self.lid[nearest].mean()
        if abs(belongs) > ONE_LID:
            nearest = (self.upper if belongs > 0 else self.lower)[own]
        away = np.linalg.norm(points - self.skin[nearest], axis=1)
        roots = np.flatnonzero(away <= max(ROOT_M, np.percentile(away, ROOT_SHARE)))
        of_root = nearest[roots][nearest_rows(points, points[roots])]
        fade = np.clip(2 * (1 - away / FAR_M), 0.0, 1.0)
        return of_skin[:, of_root] * fade[:, None]
