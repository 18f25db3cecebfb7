# SPDX-License-Identifier: GPL-3.0-or-later
"""Characters of the animator's own: meshes whose shape keys were told apart, and what follows them."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from mathutils import Vector

from .. import compat
from ..data.characters import mapping_of, write_mapping
from ..styletalk.errors import RigError
from ..styletalk.motion.resample import SceneSamples
from ..styletalk.rigs.checking import checked
from ..styletalk.rigs.mapping import RigMapping, Row
from ..styletalk.rigs.measure import measured, turn_to_front
from ..styletalk.rigs.weights import RigSolver, arkit_extras
from .by_shape import told_by_meshes
from .channels import Part, closed, intensity_channel, keep_intensity, shape_key_channel, shape_key_conflicts, some
from .open_face import is_face

BOX_SLACK = 0.1
"""Lashes and teeth lie inside the head's box, or this part of it outside."""


@dataclass(frozen=True)
class CharacterTarget:
    """A mesh whose shape keys carry the line, and the teeth, brows, lashes that have keys of the same names."""

    mesh: Any

    def refusal(self) -> str:
        """Why nothing can be baked onto it, as a sentence; empty where all is well. Cheap: panels ask for it."""
        if shape_key_names(self.mesh) == ():
            return f"“{self.mesh.name}” has no shape keys any more. Give it some, or choose another mesh."
        for block in (self.mesh, self.mesh.data, *self.blocks()):
            reason = closed(block)
            if reason:
                return reason
        return ""

    def blocks(self) -> tuple[Any, ...]:
        """The data-blocks that are animated: the shape keys of the mesh and of what follows it."""
        return tuple(mesh.data.shape_keys for mesh in self.meshes() if mesh.data.shape_keys is not None)

    def meshes(self) -> tuple[Any, ...]:
        """The mesh, and those beside it on the same skeleton or parent that have some of its shape keys."""
        names = set(shape_key_names(self.mesh))
        seen = {self.mesh.data}
        found = [self.mesh]
        for each in neighbours(self.mesh):
            if each.data not in seen and not is_face(each) and names & set(shape_key_names(each)) and _open(each):
                seen.add(each.data)
                found.append(each)
        return tuple(found)

    def parts(self, samples: SceneSamples) -> tuple[Part, ...]:
        """What `samples` become, for each of the `blocks`. Raises RigError where the mapping fits it no more."""
        mapping = self.mapping()
        values = RigSolver.of(mapping).values_of(samples.coefficients, arkit_extras(samples))
        column = {row.shape: values[:, index] for index, row in enumerate(mapping.rows) if row in mapping.used}
        own, *others = (_part(mesh, column) for mesh in self.meshes())
        return replace(own, channels=(*own.channels, *intensity_channel(samples))), *others

    def names(self) -> tuple[str, ...]:
        """The shape keys of the mesh, and after them those that only its followers have."""
        return tuple(dict.fromkeys(name for mesh in self.meshes() for name in shape_key_names(mesh)))

    def mapping(self) -> RigMapping:
        """What its shapes show, within its sliders' ranges. Raises RigError where the table says nonsense."""
        mapping = mapping_of(self.mesh).fitted_to(self.names())
        ranges = {name: (key.slider_min, key.slider_max) for mesh in self.meshes()[::-1] for name, key in _keys(mesh)}
        return RigMapping(tuple(_within(row, *ranges[row.shape]) for row in mapping.rows))

    def prepare(self, undo: ExitStack) -> None:
        """A character's sliders keep the range that its maker gave them; the style's strength gets its property."""
        keep_intensity(undo, self.mesh.data.shape_keys)

    def rest(self) -> None:
        """The shapes that take part at zero."""
        used = {row.shape for row in mapping_of(self.mesh).used}
        for mesh in self.meshes():
            for name, key in _keys(mesh):
                if name in used:
                    key.value = float(np.clip(0.0, key.slider_min, key.slider_max))

    def conflicts(self) -> Iterator[str]:
        """A sentence for each setting that wins over its F-curves, and for what it cannot show."""
        used, names = {row.shape for row in mapping_of(self.mesh).used}, self.names()
        gone = sorted(used.difference(names))
        if gone:
            yield f"Shape keys of the table are gone or renamed: {some(gone)}. Press Tell Apart Again."
        for mesh in self.meshes():
            yield from shape_key_conflicts(mesh, [name for name in shape_key_names(mesh) if name in used])


def _part(mesh: Any, column: dict[str, np.ndarray]) -> Part:
    channels = (
        shape_key_channel(name, column[name], key.slider_min, key.slider_max)
        for name, key in _keys(mesh)
        if name in column
    )
    return Part(mesh.data.shape_keys, "KEY", mesh.name, tuple(channels))


def shape_key_names(mesh: Any) -> tuple[str, ...]:
    """The shape keys of a mesh that can be set, in their order: all but the reference key."""
    return tuple(name for name, _ in _keys(mesh))


def tell_apart(mesh: Any, by_shape: bool = True) -> RigMapping:
    """Fill a character's table by the names of its shape keys and by what they do. Raises RigError.

    by_shape: whether names may be wrong; those that were made here are not.
    """
    target = CharacterTarget(mesh)
    mapping = RigMapping.of_names(target.names())
    basis, deltas = _shapes(target.meshes(), mapping)
    if by_shape:
        mapping = told_by_meshes(target.meshes(), mapping, basis, deltas)
    front = turn_to_front(mapping, basis, deltas)
    if front is not None:
        basis, deltas = basis @ front.T, deltas @ front.T
        mapping = measured(checked(mapping, basis, deltas), basis, deltas)
    mapping = _within_sliders(target, mapping)
    write_mapping(mesh, mapping)
    return mapping


def _shapes(meshes: tuple[Any, ...], mapping: RigMapping) -> tuple[np.ndarray, np.ndarray]:
    """(V, 3) points of meshes in the world, and (R, V, 3) what the shape key for each row of the table moves."""
    found = [shapes_of(mesh, mapping) for mesh in meshes]
    return np.concatenate([basis for basis, _ in found]), np.concatenate([deltas for _, deltas in found], axis=1)


def shapes_of(mesh: Any, mapping: RigMapping) -> tuple[np.ndarray, np.ndarray]:
    keys, world = mesh.data.shape_keys, np.array(mesh.matrix_world)
    points = {key.name: _points(key) @ world[:3, :3].T for key in keys.key_blocks}
    relative = {key.name: points[key.relative_key.name] for key in keys.key_blocks}
    basis = points[keys.reference_key.name]
    nothing = np.zeros_like(basis)
    deltas = [points[row.shape] - relative[row.shape] if row.shape in points else nothing for row in mapping.rows]
    return basis + world[:3, 3], np.array(deltas)


def _within_sliders(target: CharacterTarget, mapping: RigMapping) -> RigMapping:
    """Rows from and to what the sliders allow; a slider without room takes no part."""
    keys = {name: key for mesh in target.meshes()[::-1] for name, key in _keys(mesh)}
    return RigMapping(tuple(_ranged(row, keys[row.shape]) for row in mapping.rows))


def _ranged(row: Row, key: Any) -> Row:
    low, high = max(row.low, key.slider_min), min(row.high, key.slider_max)
    if low >= high:
        return replace(row, enabled=False, reason="its slider has no room from 0 to 1")
    return replace(row, low=low, high=high)


def _points(key: Any) -> np.ndarray:
    data = compat.shape_key_points(key)
    points = np.empty(3 * len(data), np.float32)
    data.foreach_get("co", points)
    return points.reshape(-1, 3).astype(np.float64)


def _keys(mesh: Any) -> Iterator[tuple[str, Any]]:
    keys = mesh.data.shape_keys
    if keys is not None:
        yield from ((key.name, key) for key in keys.key_blocks if key != keys.reference_key)


def _within(row: Row, low: float, high: float) -> Row:
    """A row held to its slider's range too."""
    low, high = max(row.low, low), min(row.high, high)
    if low >= high:
        raise RigError(f"The range of the shape key {row.shape} leaves it no room. Widen its Range Min and Max.")
    return replace(row, low=low, high=high)


def neighbours(mesh: Any) -> list[Any]:
    """Other meshes of its scenes on the same skeletons and parent, or on none as it is, that lie where it lies."""
    held = _held_by(mesh)
    meshes = (each for scene in mesh.users_scene for each in scene.objects if each.type == "MESH" and each != mesh)
    return [each for each in meshes if (_held_by(each) & held or not (_held_by(each) or held)) and _inside(each, mesh)]


def _inside(part: Any, mesh: Any) -> bool:
    """Whether the middle of a part's box lies in the mesh's box."""
    box, middle = _corners(mesh), _corners(part).mean(axis=0)
    slack = BOX_SLACK * (box.max(axis=0) - box.min(axis=0))
    return bool((middle >= box.min(axis=0) - slack).all() and (middle <= box.max(axis=0) + slack).all())


def _corners(mesh: Any) -> np.ndarray:
    """(8, 3) of its box in the world."""
    return np.array([mesh.matrix_world @ Vector(corner) for corner in mesh.bound_box])


def _held_by(mesh: Any) -> set[Any]:
    """Its skeletons and its parent."""
    skeletons = {modifier.object for modifier in mesh.modifiers if modifier.type == "ARMATURE" and modifier.object}
    return {*skeletons, mesh.parent} - {None}


def _open(mesh: Any) -> bool:
    return not any(closed(block) for block in (mesh, mesh.data, mesh.data.shape_keys))
