# SPDX-License-Identifier: GPL-3.0-or-later
"""Shape keys for a head that has none: its meshes as one, its landmarks, and what is written onto them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import bpy
import numpy as np
from mathutils import Vector

from .. import compat
from ..data.characters import MADE_ARKIT, MADE_COEFFICIENTS, mapping_of
from ..styletalk.errors import RigError
from ..styletalk.face.arkit_names import ARKIT_NAMES
from ..styletalk.rigs.checking import MOVES_NOTHING
from ..styletalk.rigs.directions import BESIDE, DIRECTIONS, REACH, in_directions
from ..styletalk.rigs.finding import find_landmarks
from ..styletalk.rigs.head_landmarks import LANDMARK_NAMES, HeadLandmarks
from ..styletalk.rigs.mapping import RigMapping
from ..styletalk.rigs.quality import Quality, contact_sheet, quality
from ..styletalk.rigs.transfer import Transfer, checked_mesh, for_the_rest, transferred
from .by_shape import to_core
from .channels import closed
from .characters import neighbours, shape_key_names, shapes_of
from .open_face import FACE_MARK, to_blender
from .surfaces import triangles_of

LANDMARK = "styletalk_landmark"
"""Custom property of the empties that say where a head's face is: one of LANDMARK_NAMES."""
MADE = "styletalk_made"
"""Custom property of shape keys that were made here, and may be made again."""
QUALITY = "styletalk_quality"
"""Custom property of a mesh whose shape keys were made here: how well, as a sentence."""
BASIS = "Basis"
STILL = 1e-4
"""Of a mesh's size: a shape that moves nothing further is not written."""
EMPTY_SHARE = 0.03
"""Of the face's breadth: how large the empties are."""
SMALL_SHARE = 0.2
"""Of the mesh's size: the face's breadth while its eyes are not placed."""


@dataclass(frozen=True, eq=False)
class Head:
    """The meshes of a head as one, in the world. vertices: (N, 3) in core's axes. starts: where each mesh's begin."""

    meshes: tuple[Any, ...]
    starts: tuple[int, ...]
    vertices: np.ndarray
    triangles: np.ndarray

    @classmethod
    def of(cls, mesh: Any) -> "Head":
        """A mesh and the ones beside it that have no shape keys of their own."""
        meshes = (mesh, *(each for each in neighbours(mesh) if _can_be_shaped(each)))
        vertices, triangles, starts = [], [], [0]
        for each in meshes:
            points, corners = _surface(each)
            vertices.append(points)
            triangles.append(corners + starts[-1])
            starts.append(starts[-1] + len(points))
        return cls(meshes, tuple(starts), np.concatenate(vertices), np.concatenate(triangles))

    @property
    def own(self) -> tuple[np.ndarray, np.ndarray]:
        """The first mesh alone."""
        return self.vertices[: self.starts[1]], self.triangles[(self.triangles < self.starts[1]).all(axis=1)]

    def parts(self, deltas: np.ndarray) -> Iterator[tuple[Any, np.ndarray]]:
        """Each mesh and what (K, N, 3) in core's axes moves of it, in its own space."""
        for mesh, start, end in zip(self.meshes, self.starts, self.starts[1:], strict=False):
            turned = np.linalg.inv(np.array(mesh.matrix_world)[:3, :3])
            yield mesh, to_blender(deltas[:, start:end]) @ turned.T


def _can_be_shaped(mesh: Any) -> bool:
    local = mesh.library is None and mesh.data.library is None
    return local and (mesh.data.shape_keys is None or was_made(mesh)) and len(mesh.data.polygons) > 0


def _surface(mesh: Any) -> tuple[np.ndarray, np.ndarray]:
    """(V, 3) points in the world and core's axes, and (F, 3) triangles."""
    data, world = mesh.data, np.array(mesh.matrix_world)
    points = np.empty(3 * len(data.vertices), np.float32)
    data.vertices.foreach_get("co", points)
    placed = points.reshape(-1, 3).astype(np.float64) @ world[:3, :3].T + world[:3, 3]
    triangles = triangles_of((mesh,), len(placed))
    assert triangles is not None
    return to_core(placed), triangles


def was_made(mesh: Any) -> bool:
    """Whether its shape keys were made here."""
    return mesh.data.shape_keys is not None and MADE in mesh.data.shape_keys


def refusal(mesh: Any) -> str:
    """Why a mesh cannot be given shapes, as a sentence, or ""."""
    if FACE_MARK in mesh:
        return "This is a talking face already."
    if shape_key_names(mesh) and not was_made(mesh):
        return f"“{mesh.name}” has shape keys already. Press Use This Character."
    if mesh.mode != "OBJECT":
        return "Leave Edit Mode first."
    return closed(mesh) or closed(mesh.data)


def find(mesh: Any) -> HeadLandmarks:
    """The landmarks of a head: those that were placed, or found on its own. Raises RigError."""
    placed = placed_landmarks(mesh)
    if placed is not None:
        return placed
    return found_landmarks(Head.of(mesh))


def found_landmarks(head: Head) -> HeadLandmarks:
    """Found on the first mesh of a head. Raises RigError."""
    vertices, triangles = head.own
    checked_mesh(vertices, triangles)
    return find_landmarks(vertices, triangles)


def placed_landmarks(mesh: Any) -> HeadLandmarks | None:
    """What the empties on a mesh say; None where there are none. Raises RigError where some are missing."""
    empties = {each[LANDMARK]: each for each in mesh.children if LANDMARK in each}
    if not empties:
        return None
    missing = [name for name in LANDMARK_NAMES if name not in empties]
    if missing:
        raise RigError(f"The landmark “{missing[0]}” is missing. Press Find Landmarks to place all eight again.")
    places = np.array([empties[name].matrix_world.translation for name in LANDMARK_NAMES])
    return HeadLandmarks(to_core(places))


def show_landmarks(mesh: Any, landmarks: HeadLandmarks) -> None:
    """An empty for each, on the mesh, to be moved."""
    show_points(mesh, dict(zip(LANDMARK_NAMES, to_blender(landmarks.points), strict=True)))


def landmarks_shown(mesh: Any) -> dict[str, np.ndarray]:
    """Where the empties on a mesh stand, in the world, by the names of their landmarks."""
    return {each[LANDMARK]: np.array(each.matrix_world.translation) for each in mesh.children if LANDMARK in each}


def show_points(mesh: Any, places: dict[str, np.ndarray]) -> None:
    """An empty for each of some landmarks, at (3,) in the world; none for the others."""
    forget_landmarks(mesh)
    eyes = [places[name] for name in LANDMARK_NAMES[:4:3] if name in places]
    breadth = float(np.linalg.norm(eyes[0] - eyes[1])) if len(eyes) == 2 else SMALL_SHARE * max(mesh.dimensions)
    for name, place in places.items():
        empty = bpy.data.objects.new(f"{mesh.name} {name}", None)
        empty[LANDMARK] = name
        empty.empty_display_type, empty.empty_display_size = "SPHERE", 1.0
        empty.show_in_front = empty.show_name = True
        for collection in mesh.users_collection:
            collection.objects.link(empty)
        empty.parent = mesh
        empty.location = mesh.matrix_world.inverted() @ Vector(place)
        scale = mesh.matrix_world.to_scale()
        empty.scale = [EMPTY_SHARE * breadth / max(abs(each), 1e-9) for each in scale]


def forget_landmarks(mesh: Any) -> None:
    """Take the empties away."""
    for empty in [each for each in mesh.children if LANDMARK in each]:
        bpy.data.objects.remove(empty)


def names_to_make(mesh: Any) -> tuple[str, ...]:
    """The shape keys of a head's choice."""
    kind = mesh.styletalk_character.made_keys
    if kind == MADE_ARKIT:
        return ARKIT_NAMES
    return (*DIRECTIONS, *(BESIDE if kind == MADE_COEFFICIENTS else ARKIT_NAMES))


def make_shapes(mesh: Any) -> Quality:
    """Give a head, and the parts beside it, the shapes of its choice. Returns how well.

    Raises RigError, and has changed nothing then.
    """
    landmarks = find(mesh)
    head = Head.of(mesh)
    made = transferred(head.vertices, head.triangles, landmarks)
    _write(head, made, names_to_make(mesh))
    if placed_landmarks(mesh) is None:
        show_landmarks(mesh, landmarks)
        bpy.context.view_layer.update()
    return replace(quality(made), sure=landmarks.confidence)


def sheet(mesh: Any) -> np.ndarray:
    """(H, W, 3) uint8: what shapes made of a head's landmarks look like, from three sides. Raises RigError."""
    head = Head.of(mesh)
    return contact_sheet(head.vertices, head.triangles, transferred(head.vertices, head.triangles, find(mesh)))


def rest_of(mesh: Any) -> tuple[Any, ...]:
    """The meshes beside a character that have no shape keys, and may be given some."""
    return tuple(each for each in neighbours(mesh) if _can_be_shaped(each) and each.data.shape_keys is None)


def make_rest(mesh: Any) -> tuple[str, ...]:
    """Give teeth, tongue, eyes, lashes beside a character shape keys made from its face's own, of the same names.

    Returns the names of the meshes that move. Raises RigError, and has changed nothing then.
    """
    mapping = mapping_of(mesh)
    head = Head.of(mesh)
    shapes = {key.name: key for key in mesh.data.shape_keys.key_blocks}
    rows = [row for row in mapping.rows if row.weights and row.shape in shapes]
    _, own = shapes_of(mesh, RigMapping(tuple(rows)))
    deltas = np.zeros((len(rows), len(head.vertices), 3))
    deltas[:, : head.starts[1]] = to_core(own)
    shown = np.array([row.vector() for row in rows]).reshape(len(rows), -1)
    moved = for_the_rest(head.vertices, head.triangles, deltas, shown, find(mesh))
    names, size = [row.shape for row in rows], float(np.ptp(head.own[0], axis=0).max())
    done = []
    for part, part_shapes in list(head.parts(moved))[1:]:
        lengths = np.linalg.norm(part_shapes @ np.array(part.matrix_world)[:3, :3].T, axis=2).max(axis=1, initial=0.0)
        some = np.flatnonzero(lengths > STILL * size)
        if len(some):
            write_keys(part, [names[index] for index in some], part_shapes[some])
            done.append(part.name)
            _enable(mesh, {names[index] for index in some})
    return tuple(done)


def _enable(mesh: Any, names: set[str]) -> None:
    """Rows that were switched off because nothing moved take part again."""
    for shape in mesh.styletalk_character.shapes:
        if shape.name in names and shape.reason.endswith(MOVES_NOTHING):
            shape.enabled, shape.reason = True, shape.reason.removesuffix(f"; but {MOVES_NOTHING}")


def _write(head: Head, made: Transfer, names: tuple[str, ...]) -> None:
    """The shape keys `names`, in their order, and none of the others that are made here."""
    size = float(np.ptp(head.vertices[made.registration.of_vertices], axis=0).max())
    shapes = dict(zip(ARKIT_NAMES, made.deltas, strict=True))
    if DIRECTIONS[0] in names:
        shapes.update(zip(DIRECTIONS, in_directions(made.deltas), strict=True))
    deltas = np.array([shapes[name] for name in names])
    moves = np.linalg.norm(deltas, axis=2)
    for (mesh, own), start, end in zip(head.parts(deltas), head.starts, head.starts[1:], strict=False):
        some = np.flatnonzero((moves[:, start:end].max(axis=1, initial=0.0) > STILL * size) | (mesh == head.meshes[0]))
        _remove_keys(mesh, {*ARKIT_NAMES, *DIRECTIONS}.difference(names[index] for index in some))
        if len(some):
            write_keys(mesh, [names[index] for index in some], own[some])


def _remove_keys(mesh: Any, names: set[str]) -> None:
    """Take shape keys away that were made here."""
    if was_made(mesh):
        for key in [key for key in mesh.data.shape_keys.key_blocks if key.name in names]:
            mesh.shape_key_remove(key)


def write_keys(mesh: Any, names: list[str], deltas: np.ndarray) -> None:
    """Shape keys (K, V, 3) by their names, relative to the mesh as it is; those of that name are overwritten."""
    if mesh.data.shape_keys is None:
        mesh.shape_key_add(name=BASIS, from_mix=False)
    keys: Any = mesh.data.shape_keys
    keys[MADE] = True
    basis = compat.shape_key_points(keys.reference_key)
    rest = np.empty(3 * len(basis), np.float32)
    basis.foreach_get("co", rest)
    for name, delta in zip(names, deltas, strict=True):
        key = keys.key_blocks.get(name)
        if key is None:
            key = mesh.shape_key_add(name=name, from_mix=False)
            key.value = 0.0  # 5.0 makes them at 1
            if name in DIRECTIONS:
                key.slider_min, key.slider_max = -REACH, REACH
        compat.shape_key_points(key).foreach_set("co", rest + delta.astype(np.float32).ravel())


def as_image(picture: np.ndarray, name: str) -> Any:
    """A picture (H, W, 3) uint8 as an image of the file, packed into it."""
    height, width = picture.shape[:2]
    image = bpy.data.images.get(name)
    if image is not None:
        bpy.data.images.remove(image)
    image = bpy.data.images.new(name, width, height)
    pixels = np.ones((height, width, 4), np.float32)
    pixels[..., :3] = picture[::-1] / 255
    image.pixels.foreach_set(pixels.ravel())
    image.pack()
    return image
