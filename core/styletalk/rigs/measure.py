# SPDX-License-Identifier: Apache-2.0
"""What a character's shapes do to its mouth: how far each parts the lips, and how far apart they rest."""

import functools
from dataclasses import dataclass, replace

import numpy as np

from ..errors import FaceModelError
from ..face.arkit_names import ARKIT_NAMES
from ..face.landmarks import EYE_OPENINGS, landmark_positions
from ..face.model import open_face
from .lips import find_contact
from .mapping import MAX_GAIN, RigMapping, Row
from .mouth import find_mouth
from .surface import FARTHEST

DIRECTIONS = 16
TWO_HEADS = 1.0
"""What one key moves in two places is two heads where they are further apart than this, counted in their sizes."""
FORWARD = 0.25
"""A mouth lies before the middle of its head by at least this share of its breadth there, unless it lies."""


@dataclass(frozen=True, eq=False)
class OwnMouth:
    """The open face's. openings: (116, LIP_PLACES) how far its 64 columns and 52 ARKit shapes part the lips, in widths
    of the mouth; width: in metres; rest: (LIP_PLACES,) how far apart the lips rest, in widths."""

    openings: np.ndarray
    width: float
    rest: np.ndarray


@functools.lru_cache(maxsize=1)
def open_face_mouth() -> OwnMouth:
    """Measured once. Raises FaceModelError for a face without a mouth."""
    face = open_face()
    deltas = _z_up(np.concatenate([face.expression, face.arkit]).astype(np.float64))
    points, opening = _z_up(face.mean.astype(np.float64)), deltas[len(face.expression) + ARKIT_NAMES.index("jawOpen")]
    mouth = find_mouth(points, opening)
    contact = find_contact(points, face.triangles, opening, mouth) if mouth is not None else None
    if contact is None:
        raise FaceModelError("The open face's mouth does not open. Install StyleTalk again.")
    return OwnMouth(contact.openings(deltas), contact.width, contact.rest)


def open_face_openings() -> tuple[np.ndarray, float]:
    """(116,) how far the open face's 64 columns and 52 ARKit shapes part its lips, in mouth widths; its width, m."""
    own = open_face_mouth()
    return own.openings.mean(axis=1), own.width


@functools.lru_cache(maxsize=1)
def open_face_lids() -> np.ndarray:
    """(116, 2): by what share of their height at rest the open face's 64 columns and 52 ARKit shapes open the person's
    left and right eye; negative where they narrow it."""
    face = open_face()
    lids = np.array(EYE_OPENINGS[::-1]).T
    rest, *moved = (
        landmark_positions(points, face.triangles, face.landmarks_mediapipe)[..., lids, 1]
        for points in (face.mean, face.expression, face.arkit)
    )
    height, change = (each[..., 0, :] - each[..., 1, :] for each in (rest, np.concatenate(moved)))
    return (change / height).astype(np.float64)


def _z_up(points: np.ndarray) -> np.ndarray:
    """Core's axes (y up, looking along z) as Blender's."""
    return np.stack([points[..., 0], -points[..., 2], points[..., 1]], axis=-1)


def measured(
    mapping: RigMapping, basis: np.ndarray, deltas: np.ndarray, triangles: np.ndarray | None = None
) -> RigMapping:  # fmt: skip
    """The mapping, with what each of its shapes does to the lips of the mesh, and how far apart they rest.

    basis: (V, 3), z up and looking along −y. deltas: (R, V, 3), what the shape of each row moves. triangles: (F, 3)
    int; without them the lips are measured at their outer points, which says nothing of how they rest.
    """
    opening = opening_of(mapping, deltas)
    mouth = find_mouth(basis, opening) if opening is not None else None
    if mouth is None or opening is None:
        return mapping
    contact = find_contact(basis, triangles, opening, mouth) if triangles is not None and len(triangles) else None
    if contact is None:
        found = zip(mapping.rows, mouth.openings(deltas), strict=True)
        return replace(mapping, rows=tuple(replace(row, opening=_short(opening)) for row, opening in found))
    pairs = zip(mapping.rows, contact.openings(deltas), strict=True)
    rows = tuple(replace(row, opening=_short(lips.mean()), lips=tuple(map(_short, lips))) for row, lips in pairs)
    return replace(mapping, rows=rows, rest_gaps=tuple(map(_short, contact.rest)))


def _short(number: float) -> float:
    """With as many digits as a table needs, and within what it may hold."""
    return round(float(np.clip(number, -MAX_GAIN, MAX_GAIN)), 4)


def turn_to_front(mapping: RigMapping, basis: np.ndarray, deltas: np.ndarray) -> np.ndarray | None:
    """(3, 3) turn about z after which a head (V, 3), z up, looks along −y: its mouth, which the rows' shapes (R, V, 3)
    open, lies before the middle of what is at that height; without a mouth, all that the shapes move. None where that
    tells nothing, as of a head that lies on its back."""
    opening = opening_of(mapping, deltas)
    size = np.linalg.norm(deltas if opening is None else opening[None], axis=2).sum(axis=0)
    if not size.any():
        return None
    face = np.average(basis, axis=0, weights=size)
    height = np.abs(basis[:, 2] - face[2]) <= np.ptp(basis[size > 0.1 * size.max(), 2])
    middle, breadth = _outline(basis[height, :2])
    x, y = face[:2] - middle
    length = np.hypot(x, y)
    if length <= FORWARD * breadth:
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


def opening_of(mapping: RigMapping, deltas: np.ndarray) -> np.ndarray | None:
    """(V, 3) what opens the mouth most, of shapes (R, V, 3): one of them, or of a face that has nothing but our 64
    directions what these make of jawOpen; None where nothing does."""
    row = opening_row(mapping)
    if row is not None:
        return deltas[mapping.rows.index(row)]
    directions = [(index, row.direction) for index, row in enumerate(mapping.rows) if row.direction is not None]
    if not directions:
        return None
    of_jaw = np.linalg.pinv(open_face().arkit_matrix.astype(np.float64))[:, ARKIT_NAMES.index("jawOpen")]
    rows, columns = np.array(directions).T
    return np.tensordot(of_jaw[columns], deltas[rows], 1)


def usable_or_not(basis: np.ndarray, deltas: np.ndarray, mapping: RigMapping) -> str:
    """Why a mesh (V, 3) with shapes (R, V, 3) cannot be told apart, in words for the middle of a sentence; or ""."""
    if not (np.abs(basis) <= FARTHEST).all():
        return "has points without a place (NaN, or beyond all measure)"
    finite = (np.abs(deltas) <= FARTHEST).all(axis=(1, 2))
    broken = [row.shape for row, sound in zip(mapping.rows, finite, strict=True) if not sound]
    if broken:
        return f"has a shape key with points without a place (NaN): {broken[0]}"
    opening = opening_of(mapping, deltas)
    if opening is not None and _moves_two(basis, opening):
        return "holds two heads that share their shape keys"
    return ""


def _moves_two(basis: np.ndarray, opening: np.ndarray) -> bool:
    """Whether what opens a mouth moves points in two places, further from each other than each is large."""
    size = np.linalg.norm(opening, axis=1)
    place = basis[size > 0.3 * size.max(initial=0.0)]
    if len(place) < 2:
        return False
    along = np.sort(place[:, np.ptp(place, axis=0).argmax()])
    steps = np.diff(along)
    cut = int(steps.argmax())
    return bool(steps[cut] > TWO_HEADS * max(along[cut] - along[0], along[-1] - along[cut + 1], 1e-9))
