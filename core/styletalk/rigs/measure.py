# SPDX-License-Identifier: Apache-2.0
"""What a character's shapes do to its mouth: how far each parts the lips, and draws the corners apart.

The lips are found by what opens the mouth: points that lie together at rest, one above the other, and part.
"""

import functools
from dataclasses import dataclass, replace

import numpy as np

from ..errors import FaceModelError
from ..face.arkit_names import ARKIT_NAMES
from ..face.model import open_face
from .mapping import RigMapping, Row

PARTING = 0.1
"""Lips part by at least this share of the most that any two neighbours part, near the corners."""
STRAIN = 1.0
"""And by more than this times their distance at rest: skin that is stretched does not."""
NEAR = 0.1
"""Lips at rest are no further apart than this share of the mouth region's width."""
COLUMNS = 15
"""Places across the mouth; in each the frontmost pair is the lips, those behind it are teeth and tongue."""
MIDDLE = 0.5
"""The middle share of the mouth's width that says how far it is open."""
HIDDEN = 0.3
"""A point that others lie before within this share of NEAR is inside the mouth."""
MOST_POINTS = 20_000
"""Of the mouth region. Denser meshes are not measured."""
BLOCK = 256
DIRECTIONS = 16
FORWARD = 0.25
"""A mouth lies before the middle of its head by at least this share of its breadth there, unless it lies."""
MIN_COLUMNS = 3


@dataclass(frozen=True)
class Mouth:
    """Pairs of points of a mesh. upper, lower: (C,) int, the lips from side to side, opposite each other."""

    upper: np.ndarray
    lower: np.ndarray
    width: float

    def openings(self, deltas: np.ndarray) -> np.ndarray:
        """(K,) by how much shapes (K, V, 3) part the lips' middle, in widths of the mouth."""
        middle = slice(*np.rint(len(self.upper) * np.array([0.5 - MIDDLE / 2, 0.5 + MIDDLE / 2])).astype(int))
        if middle.start == middle.stop:
            middle = slice(None)
        apart = deltas[:, self.upper[middle], 2] - deltas[:, self.lower[middle], 2]
        return apart.mean(axis=1) / self.width


def find_mouth(basis: np.ndarray, opening: np.ndarray) -> Mouth | None:
    """The lips of a mesh (V, 3), z up and looking along −y, that the shape `opening` (V, 3) parts; None where it
    parts nothing."""
    moved = np.flatnonzero(np.linalg.norm(opening, axis=1) > 0.1 * np.linalg.norm(opening, axis=1).max(initial=1e-9))
    if len(moved) < MIN_COLUMNS:
        return None
    box = basis[moved]
    width = float(np.ptp(box[:, 0]))
    region = np.flatnonzero((np.abs(basis - box.mean(axis=0)) < np.ptp(box, axis=0) * 0.6 + NEAR * width).all(axis=1))
    if not 0 < len(region) <= MOST_POINTS:
        return None
    pairs = _parting_pairs(basis[region], opening[region], NEAR * width)
    if pairs is None:
        return None
    upper, lower = _frontmost(basis[region], *pairs)
    if len(upper) < MIN_COLUMNS:
        return None
    return Mouth(region[upper], region[lower], float(np.ptp(basis[region][upper][:, 0])))


def _parting_pairs(points: np.ndarray, motion: np.ndarray, near: float) -> tuple[np.ndarray, np.ndarray] | None:
    """(upper, lower) indices of points that nothing lies before, that lie within `near` of each other and part by a
    good share of the most that any such do."""
    seen = np.flatnonzero(~_hidden(points, HIDDEN * near))  # at least the frontmost
    found = []
    for start in range(0, len(seen), BLOCK):
        rows = seen[start : start + BLOCK]
        apart = np.linalg.norm(points[rows, None] - points[None, seen], axis=2)
        parting = motion[rows, None, 2] - motion[None, seen, 2]
        above = points[rows, None, 2] >= points[None, seen, 2] - near / 4
        upper, lower = np.nonzero((apart < near) & above & (parting > STRAIN * apart) & (parting > 0))
        found.append((rows[upper], seen[lower], parting[upper, lower]))
    upper, lower, parting = (np.concatenate([each[column] for each in found]) for column in range(3))
    if not len(parting):
        return None
    lips = parting >= PARTING * parting.max()
    return upper[lips], lower[lips]


def _hidden(points: np.ndarray, radius: float) -> np.ndarray:
    """(N,) bool: points that others lie before, as the lips do before the cavity behind them."""
    hidden = np.zeros(len(points), bool)
    for start in range(0, len(points), BLOCK):
        rows = points[start : start + BLOCK, None]
        beside = np.linalg.norm(rows[..., ::2] - points[None, :, ::2], axis=2) < radius
        hidden[start : start + BLOCK] = (beside & (points[None, :, 1] < rows[..., 1] - radius)).any(axis=1)
    return hidden


def _frontmost(points: np.ndarray, upper: np.ndarray, lower: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of the pairs in each column across the mouth, the one whose points lie frontmost and nearest each other."""
    across = points[upper, 0]
    column = np.minimum((across - across.min()) / max(np.ptp(across), 1e-9) * COLUMNS, COLUMNS - 1).astype(int)
    depth = points[upper, 1] + points[lower, 1] + np.linalg.norm(points[upper] - points[lower], axis=1)
    best = [np.flatnonzero(column == each)[np.argmin(depth[column == each])] for each in np.unique(column)]
    return upper[best], lower[best]


@functools.lru_cache(maxsize=1)
def open_face_openings() -> tuple[np.ndarray, float]:
    """(116,) how far the open face's 64 columns and 52 ARKit shapes part its lips, in mouth widths; its width, m."""
    face = open_face()
    deltas = _z_up(np.concatenate([face.expression, face.arkit]).astype(np.float64))
    mouth = find_mouth(_z_up(face.mean.astype(np.float64)), deltas[len(face.expression) + ARKIT_NAMES.index("jawOpen")])
    if mouth is None:
        raise FaceModelError("The open face's mouth does not open. Install StyleTalk again.")
    return mouth.openings(deltas), mouth.width


def _z_up(points: np.ndarray) -> np.ndarray:
    """Core's axes (y up, looking along z) as Blender's."""
    return np.stack([points[..., 0], -points[..., 2], points[..., 1]], axis=-1)


def measured(mapping: RigMapping, basis: np.ndarray, deltas: np.ndarray) -> RigMapping:
    """The mapping, with what each of its shapes does to the lips of the mesh.

    basis: (V, 3), z up and looking along −y. deltas: (R, V, 3), what the shape of each row moves.
    """
    row = opening_row(mapping)
    mouth = find_mouth(basis, deltas[mapping.rows.index(row)]) if row is not None else None
    if mouth is None:
        return mapping
    pairs = zip(mapping.rows, mouth.openings(deltas), strict=True)
    return RigMapping(tuple(replace(row, opening=round(float(opening), 4)) for row, opening in pairs))


def turn_to_front(mapping: RigMapping, basis: np.ndarray, deltas: np.ndarray) -> np.ndarray | None:
    """(3, 3) turn about z after which a head (V, 3), z up, looks along −y: its mouth, which the rows' shapes (R, V, 3)
    open, lies before the middle of what is at that height; without a mouth, all that the shapes move. None where that
    tells nothing, as of a head that lies on its back."""
    row = opening_row(mapping)
    size = np.linalg.norm(deltas if row is None else deltas[[mapping.rows.index(row)]], axis=2).sum(axis=0)
    if not size.any():
        return None
    face = np.average(basis, axis=0, weights=size)
    height = np.abs(basis[:, 2] - face[2]) < np.ptp(basis[size > 0.1 * size.max(), 2])
    middle, breadth = _outline(basis[height, :2])
    x, y = face[:2] - middle
    length = np.hypot(x, y)
    if length < FORWARD * breadth:
        return None
    sine, cosine = -x / length, -y / length
    return np.array([[cosine, -sine, 0.0], [sine, cosine, 0.0], [0.0, 0.0, 1.0]])


def _outline(points: np.ndarray) -> tuple[np.ndarray, float]:
    """The middle (2,) of points (N, 2) as seen from all round, however densely they lie, and their greatest breadth."""
    angle = np.arange(DIRECTIONS) * np.pi / DIRECTIONS
    ways = np.column_stack([np.cos(angle), np.sin(angle)])
    across = points @ ways.T
    low, high = across.min(axis=0), across.max(axis=0)
    return ways.T @ (low + high) / DIRECTIONS, float((high - low).max())


def opening_row(mapping: RigMapping) -> Row | None:
    """The shape that opens the mouth most, by its meaning; None where none does."""
    rows = [row for row in mapping.rows if row.weights.get("jawOpen", 0.0) >= 0.3]
    return max(rows, key=lambda row: row.weights["jawOpen"] / np.sum(np.abs(row.vector())), default=None)
