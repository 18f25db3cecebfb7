# SPDX-License-Identifier: GPL-3.0-or-later
"""Points of a face that say how far off its curves may be: the lips, and others spread over all that moves."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..data.characters import mapping_of
from ..styletalk.errors import RigError, StyleTalkError
from ..styletalk.face.landmarks import LIPS
from ..styletalk.face.model import open_face
from ..styletalk.rigs.measure import find_mouth, opening_row, turn_to_front
from ..styletalk.rigs.surface import FARTHEST
from .open_face import FACE_MARK, is_character
from .shape_points import points_of

MOUTH_MM = 50.0
"""Millimetres are those of a face whose mouth is so wide, whatever unit it was made in."""
COUNT = 60
"""Points beside the lips, and beside those that a key moves most."""
MOVED_SHARE = 0.02
"""Of the most that any point moves: what moves less is not looked at."""


@dataclass(frozen=True)
class Probes:
    """lips, others: (P,) int, vertices. mm: of one unit of the mesh's own space."""

    lips: np.ndarray
    others: np.ndarray
    mm: float

    @classmethod
    def of(cls, mesh: Any, deltas: np.ndarray) -> "Probes":
        """The points of a mesh that keys (C, V, 3) move. Where no lips are found, all points count as they."""
        basis = points_of(mesh.data.shape_keys.reference_key)
        lips = _lips(mesh, basis)
        lengths = np.sqrt((deltas * deltas).sum(axis=2))
        moved = lengths.max(axis=0)
        others = _spread(basis, np.flatnonzero(moved > MOVED_SHARE * moved.max(initial=0.0)))
        others = np.union1d(others, lengths.argmax(axis=1))
        if lips is None:
            return cls(others, others[:0], MOUTH_MM / max(float(np.ptp(basis[others][:, 0])) / 3, 1e-9))
        return cls(lips, np.setdiff1d(others, lips), MOUTH_MM / max(float(np.ptp(basis[lips][:, 0])), 1e-9))


def key_deltas(keys: Any, names: list[str]) -> np.ndarray:
    """(C, V, 3): what each of the shape keys of these names moves. Raises RigError for points without a place."""
    blocks = [keys.key_blocks[name] for name in names]
    rest = {block.relative_key.name: points_of(block.relative_key) for block in blocks}
    deltas = np.array([points_of(block) - rest[block.relative_key.name] for block in blocks])
    for name, delta in zip(names, deltas, strict=True):
        if not (np.abs(delta) <= FARTHEST).all():
            raise RigError(f"The shape key {name} has points without a place (NaN). Repair or remove it first.")
    return deltas


def _lips(mesh: Any, basis: np.ndarray) -> np.ndarray | None:
    """(L,) vertices, or None where they cannot be told."""
    if is_character(mesh):
        return _lips_of_character(mesh, basis)
    face = open_face()
    if FACE_MARK not in mesh or len(basis) != face.vertex_count:
        return None
    return np.unique(face.triangles[face.landmarks_mediapipe.triangles[list(LIPS)]])


def _lips_of_character(mesh: Any, basis: np.ndarray) -> np.ndarray | None:
    try:
        mapping = mapping_of(mesh)
    except StyleTalkError:
        return None
    row, keys = opening_row(mapping), mesh.data.shape_keys.key_blocks
    if row is None or row.shape not in keys:
        return None
    opening = key_deltas(mesh.data.shape_keys, [row.shape])
    front = turn_to_front(type(mapping)((row,)), basis, opening)
    if front is None:
        return None
    mouth = find_mouth(basis @ front.T, opening[0] @ front.T)
    return None if mouth is None else np.unique(np.concatenate([mouth.upper, mouth.lower]))


def _spread(points: np.ndarray, candidates: np.ndarray) -> np.ndarray:
    """(P,) of the candidates, each as far as can be from those before it."""
    if len(candidates) <= COUNT:
        return candidates
    places = points[candidates]
    chosen, distance = [0], np.linalg.norm(places - places[0], axis=1)
    while len(chosen) < COUNT:
        chosen.append(int(distance.argmax()))
        apart = places - places[chosen[-1]]
        distance = np.minimum(distance, np.sqrt((apart * apart).sum(axis=1)))
    return candidates[chosen]
