# SPDX-License-Identifier: Apache-2.0
"""Shapes for a head that has none: what the open face's shapes do, carried over by a registration."""

from dataclasses import dataclass

import numpy as np

from ..errors import RigError
from ..face.arkit_names import ARKIT_NAMES
from ..face.model import open_face
from .head_landmarks import HeadLandmarks
from .loose_parts import carried_parts
from .registration import FRAME_REACH_M, Registration, register, skin
from .surface import FARTHEST, Surface

MAX_VERTICES = 300_000
NEAR_M, FAR_M = 0.012, 0.03
"""Skin nearer to the open face's than the first moves wholly, skin further than the second not at all."""
SMOOTH_EDGE_M = 0.004
"""Meshes with shorter edges than the open face's are smoothed over about this way."""
MAX_ROUNDS = 6
STILL_M = 1e-6
CHIN_M, CHIN_STILL_M = 0.015, 0.001
"""What lies so near to its landmark is the chin; a shape that is expected to move it less says nothing of the jaw."""
EYE_SHAPES = ("eyeBlink", "eyeSquint", "eyeWide")
"""Shapes that end where something is, the other lid, and so follow the bent space rather than its stretch at rest."""


@dataclass(frozen=True, eq=False)
class Transfer:
    """deltas: (52, N, 3), what each of ARKIT_NAMES moves of the mesh, in its own units and axes."""

    deltas: np.ndarray
    registration: Registration


def checked_mesh(vertices: np.ndarray, triangles: np.ndarray) -> None:
    """Raise RigError for a mesh that no face can be found in."""
    if not len(triangles) or not len(vertices):
        raise RigError("The mesh has no faces. Choose the mesh of the head.")
    if len(vertices) > MAX_VERTICES:
        raise RigError(
            f"The mesh has {len(vertices):,} vertices; a face may have {MAX_VERTICES:,}. Make the shapes before the "
            "mesh is subdivided, or leave that to a modifier."
        )
    if not (np.abs(vertices) <= FARTHEST).all():
        raise RigError("Some vertices of the mesh have no place (NaN). Repair the mesh first.")


def transferred(vertices: np.ndarray, triangles: np.ndarray, landmarks: HeadLandmarks) -> Transfer:
    """The 52 ARKit shapes for a head (N, 3), (F, 3), in any units and orientation, with all that lies in and on it.

    The piece of the mesh that has the nose is the skin; teeth, tongue, eyes, lashes, brows are told by their place.
    Raises RigError.
    """
    checked_mesh(vertices, triangles)
    vertices = np.asarray(vertices, np.float64)
    registration = register(vertices, triangles, landmarks)
    of_skin = skin_deltas(registration, open_face().arkit)  # (52, V, 3) in the open face's space
    deltas = np.zeros((len(ARKIT_NAMES), len(vertices), 3))
    own, loose = registration.of_vertices, np.ones(len(vertices), bool)
    deltas[:, own], loose[own] = of_skin[:, registration.head.surface.of_mesh], False
    deltas += carried_parts(registration, of_skin, Surface.welded(vertices, triangles), loose)
    return Transfer(registration.to_face.inverse().vectors(deltas), registration)


def for_the_rest(
    vertices: np.ndarray, triangles: np.ndarray, deltas: np.ndarray, shown: np.ndarray, landmarks: HeadLandmarks
) -> np.ndarray:
    """(K, N, 3): what teeth, tongue, eyes, lashes, brows do in K shapes that a face has: those of `deltas` (K, N, 3),
    in which they stand still. Zeros for the skin.

    vertices (N, 3), triangles (F, 3): all as one mesh. shown: (K, 52), the ARKit shapes that each is made of.
    Raises RigError.
    """
    checked_mesh(vertices, triangles)
    registration = register(np.asarray(vertices, np.float64), triangles, landmarks)
    first = np.zeros(len(registration.head.surface.points), int)
    own, loose = registration.of_vertices, np.ones(len(vertices), bool)
    first[registration.head.surface.of_mesh] = own
    loose[own] = False
    of_skin = registration.to_face.vectors(deltas[:, first])
    expected = skin_deltas(registration, open_face().arkit)
    opened = shown * _of_the_chin(registration, of_skin, np.tensordot(shown, expected, 1))[:, None]
    moved = carried_parts(registration, of_skin, Surface.welded(vertices, triangles), loose, opened)
    return registration.to_face.inverse().vectors(moved)


def _of_the_chin(registration: Registration, moved: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """(K,) by how much of what is expected shapes (K, V, 3) move the chin; 1 where nothing is."""
    head = registration.head
    chin = np.linalg.norm(head.surface.points - head.landmarks.points[7], axis=1) < CHIN_M
    along = (moved[:, chin] * expected[:, chin]).sum(axis=(1, 2))
    size = (expected[:, chin] ** 2).sum(axis=(1, 2))
    return np.where(
        size > max(int(chin.sum()), 1) * CHIN_STILL_M**2, np.clip(along / np.maximum(size, 1e-12), 0, 2), 1.0
    )


def skin_deltas(registration: Registration, shapes: np.ndarray) -> np.ndarray:
    """(K, V, 3) metres in the open face's space: shapes (K, V', 3) of the open face for each point of the skin."""
    vertices, triangles = skin()
    corners = triangles[registration.triangle]
    near = np.flatnonzero(registration.distance < FAR_M)
    fade = np.clip((FAR_M - registration.distance[near]) / (FAR_M - NEAR_M), 0.0, 1.0)[:, None]
    weights, corners = registration.weights[near], corners[near]
    rest = np.einsum("nk,nkd->nd", weights, open_face().mean[vertices][corners])
    frames = registration.bent.frames(rest, FRAME_REACH_M)
    moved = np.zeros((len(shapes), len(registration.triangle), 3))
    for index, shape in enumerate(shapes):
        ours = np.einsum("nk,nkd->nd", weights, shape[vertices][corners])
        if index < len(ARKIT_NAMES) and ARKIT_NAMES[index].startswith(EYE_SHAPES):
            some = np.linalg.norm(ours, axis=1) > 0
            carried = np.zeros_like(ours)
            carried[some] = registration.bent(rest[some] + ours[some]) - registration.bent(rest[some])
        else:
            carried = np.einsum("nij,nj->ni", frames, ours)
        moved[index, near] = carried * fade
    return _smooth(registration, moved)


def _smooth(registration: Registration, moved: np.ndarray) -> np.ndarray:
    """Without the steps that nearest places leave on meshes finer than the open face."""
    surface = registration.head.surface
    face = registration.distance < FAR_M
    edges = surface.edges[face[surface.edges].all(axis=1)]
    length = np.median(np.linalg.norm(surface.points[edges[:, 0]] - surface.points[edges[:, 1]], axis=1))
    rounds = int(np.clip(np.rint((SMOOTH_EDGE_M / length) ** 2), 1, MAX_ROUNDS))
    stacked = moved.transpose(1, 0, 2).astype(np.float32)
    moves = (np.abs(stacked) > STILL_M).any(axis=(1, 2))
    return surface.smoothed(stacked, np.where(moves, np.float32(0.5), np.float32(0.0)), rounds).transpose(1, 0, 2)
