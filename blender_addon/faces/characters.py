# SPDX-License-Identifier: GPL-3.0-or-later
"""Characters of the animator's own: shape keys and poses that were told apart, and what follows them."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from mathutils import Vector

from ..data.characters import mapping_of, write_mapping
from ..styletalk.errors import RigError
from ..styletalk.motion.resample import SceneSamples
from ..styletalk.rigs.agreeing import agreeing
from ..styletalk.rigs.checking import checked
from ..styletalk.rigs.closing import least_gap
from ..styletalk.rigs.direct import recorded_values
from ..styletalk.rigs.mapping import MAX_GAIN, RigMapping, Row
from ..styletalk.rigs.measure import measured, turn_to_front
from ..styletalk.rigs.weights import RigSolver, arkit_extras
from .bone_faces import MADE, with_made_poses
from .bones import armature_of, axes_of, deformed_meshes
from .by_shape import told_by_meshes
from .channels import (
    Part,
    carrier,
    closed,
    foreign,
    intensity_channel,
    is_offset,
    keep_intensity,
    own_data,
    shape_key_channel,
    shape_key_conflicts,
    shape_keys,
    some,
)
from .character_bones import CharacterBones
from .choosing import mouth_mesh
from .open_face import is_face
from .poses import Pose, StoredPose, found_poses
from .said import said_of
from .shape_points import points_of, posed_points
from .surfaces import refuse_unusable, triangles_of

ANY_VALUE = (-MAX_GAIN, MAX_GAIN)
"""A pose has no slider that would hold it."""
_NO_POSES = "“{}” has no poses any more. Pose a shape and press Store Pose as Shape."
_NO_FACE_BONES = (
    "No bone of “{}” is known to be a jaw or lips, and it has no poses that are named as shapes. Pose a shape and "
    "press Store Pose as Shape, or select the mesh that has the mouth's shape keys."
)
MADE_CONFIDENCE = 0.75
PARTED_LIPS = 0.03
"""Lips that cannot come nearer than this part of the mouth's width are seen to stay open."""
BOX_SLACK = 0.1
"""Lashes and teeth lie inside the head's box, or this part of it outside."""


@dataclass(frozen=True)
class CharacterTarget:
    """What carries the line: a mesh with shape keys, the teeth, brows, lashes that have keys of the same names, and
    the bones of its armature; or an armature alone, whose poses are the shapes."""

    mesh: Any

    def refusal(self) -> str:
        """Why nothing can be baked onto it, as a sentence; empty where all is well. Cheap: panels ask for it."""
        if self.mesh.type == "ARMATURE":
            return closed(self.mesh) or ("" if self.bones.poses() else _NO_POSES.format(self.mesh.name))
        if shape_key_names(self.mesh) == ():
            return f"“{self.mesh.name}” has no shape keys any more. Give it some, or choose another mesh."
        for block in (self.mesh, self.mesh.data, *self.blocks()):
            reason = closed(block)
            if reason:
                return reason
        return ""

    @property
    def bones(self) -> CharacterBones:
        """Its head, eyes and poses."""
        return CharacterBones(self.mesh)

    def blocks(self) -> tuple[Any, ...]:
        """The data-blocks that are animated: the shape keys of the mesh and of what follows it, and its armature."""
        blocks = (*map(shape_keys, self.meshes()), self.bones.armature)
        return tuple(block for block in blocks if block is not None)

    def meshes(self) -> tuple[Any, ...]:
        """The mesh, and those beside it on the same skeleton or parent that have some of its shape keys."""
        names = set(shape_key_names(self.mesh))
        seen = {self.mesh.data}
        found = [self.mesh]
        for each in neighbours(self.mesh) if names else ():
            if each.data not in seen and not is_face(each) and names & set(shape_key_names(each)) and _open(each):
                seen.add(each.data)
                found.append(each)
        return tuple(found)

    def parts(self, samples: SceneSamples) -> tuple[Part, ...]:
        """What `samples` become, for each of the `blocks`. Raises RigError where the mapping fits it no more."""
        mapping = self.mapping()
        values = _values(mapping, samples)
        column = {row.shape: values[:, index] for index, row in enumerate(mapping.rows) if row in mapping.used}
        meshes = (_part(mesh, column) for mesh in self.meshes() if shape_keys(mesh) is not None)
        own, *others = filter(None, (*meshes, self.bones.part(samples, mapping.used, column)))
        return replace(own, channels=(*own.channels, *intensity_channel(samples))), *others

    def names(self) -> tuple[str, ...]:
        """The shape keys of the mesh, after them those that only its followers have, and its poses."""
        keys = (name for mesh in self.meshes() for name in shape_key_names(mesh))
        return tuple(dict.fromkeys((*keys, *self.bones.poses())))

    def mapping(self) -> RigMapping:
        """What its shapes show, within its sliders' ranges. Raises RigError where the table says nonsense."""
        mapping = mapping_of(self.mesh).fitted_to(self.names())
        ranges = {name: (key.slider_min, key.slider_max) for mesh in self.meshes()[::-1] for name, key in _keys(mesh)}
        return replace(mapping, rows=tuple(_within(row, *ranges.get(row.shape, ANY_VALUE)) for row in mapping.rows))

    def prepare(self, undo: ExitStack, parts: tuple[Part, ...]) -> None:
        """A character's sliders keep the range that its maker gave them; the style's strength gets its property."""
        keep_intensity(undo, carrier(self.mesh))

    def other_keys(self) -> tuple[str, ...]:
        """A character has one set of shape keys."""
        return ()

    def remarks(self, samples: SceneSamples, parts: tuple[Part, ...]) -> str:
        """Nothing to say of a character here."""
        return ""

    def rest(self) -> None:
        """The shapes that take part at zero, and the bones at rest."""
        rows = mapping_of(self.mesh).used
        self.bones.rest(rows)
        used = {row.shape for row in rows}
        for mesh in self.meshes():
            for name, key in _keys(mesh):
                if name in used:
                    key.value = float(np.clip(0.0, key.slider_min, key.slider_max))

    def conflicts(self) -> Iterator[str]:
        """A sentence for each setting that wins over its F-curves, and for what it cannot show."""
        mapping, names = mapping_of(self.mesh), self.names()
        rows = mapping.used
        used = {row.shape for row in rows}
        gone = sorted(used.difference(names))
        if gone:
            kind = "Poses" if self.mesh.type == "ARMATURE" else "Shape keys"
            yield f"{kind} of the table are gone or renamed: {some(gone)}. Press Tell Apart Again."
        for mesh in self.meshes():
            if shape_keys(mesh) is not None:
                yield from shape_key_conflicts(mesh, [name for name in shape_key_names(mesh) if name in used])
        yield from self.bones.conflicts(rows)
        held = [name for mesh in self.meshes() for name, key in _keys(mesh) if name in used and key.slider_min > 0]
        if held:
            yield f"Sliders that do not reach 0 stay on: {some(list(dict.fromkeys(held)))}. Set their Range Min to 0."
        gap = least_gap(mapping)
        if gap > PARTED_LIPS:
            yield f"The lips of “{self.mesh.name}” rest apart and no shape closes them: P, B and M stay open."


def _values(mapping: RigMapping, samples: SceneSamples) -> np.ndarray:
    """(N, R): a take's own weights where it is one, else what the coefficients want."""
    if samples.recorded is not None:
        return recorded_values(mapping, samples.recorded)
    return RigSolver.of(mapping).values_of(samples.coefficients, arkit_extras(samples))


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


def able_to_talk(thing: Any) -> Any | None:
    """What of an object can be made a character: itself with its shape keys, or its armature; None for neither."""
    mesh = mouth_mesh(thing)
    if mesh is not None and shape_key_names(mesh) and not closed(mesh):
        return None if closed(mesh.data) and mesh.override_library is None else mesh
    armature = armature_of(thing) if thing.type in ("MESH", "ARMATURE") else None
    return None if armature is None or closed(armature) else armature


def tell_apart(mesh: Any, by_shape: bool = True) -> RigMapping:
    """Fill a character's table by the names of its shape keys and poses and by what they do; a face made of bones gets
    poses where it has none. Finds its bones, too. Raises RigError.

    by_shape: whether names may be wrong; those that were made here are not.
    """
    target = CharacterTarget(mesh)
    for each in (mesh, *neighbours(mesh)):
        own_data(each)
    with ExitStack() as undo:
        poses = _poses(target, undo)
        keys = (name for each in target.meshes() for name in shape_key_names(each))
        names = tuple(dict.fromkeys((*keys, *poses)))
        if mesh.type == "ARMATURE" and not names:
            raise RigError(_NO_FACE_BONES.format(mesh.name))
        found = said_of(target.meshes(), target.bones.armature, names)
        named = _named(names, poses, found.families)
        mapping = agreeing(named, found)
        if by_shape and not poses:
            told = told_by_meshes(target.meshes(), mapping, *_shapes(target, mapping, poses))
            mapping = _believing_the_file(named, mapping, told)
        basis, deltas = _seen_from_front(target, mapping, poses)
        if len(basis):
            mapping = measured(checked(mapping, basis, deltas), basis, deltas, _triangles(target, len(basis)))
        mapping = _within_sliders(target, mapping)
        undo.pop_all()
    write_mapping(mesh, mapping, {name: (pose.action, pose.frame) for name, pose in poses.items()})
    target.bones.find()
    return mapping


def _believing_the_file(named: RigMapping, agreed: RigMapping, told: RigMapping) -> RigMapping:
    """What shapes show by what they move, but for those of which the file itself says what they show."""
    rows = zip(named.rows, agreed.rows, told.rows, strict=True)
    return replace(told, rows=tuple(seen if by_file == name else by_file for name, by_file, seen in rows))


def measure_again(target: CharacterTarget) -> None:
    """Let the table know how far each shape parts the lips by now; all else in it stays. Raises RigError."""
    mapping = mapping_of(target.mesh)
    basis, deltas = _seen_from_front(target, mapping, target.bones.poses())
    if len(basis):
        write_mapping(target.mesh, measured(mapping, basis, deltas, _triangles(target, len(basis))))


def _seen_from_front(
    target: CharacterTarget, mapping: RigMapping, poses: Mapping[str, StoredPose]
) -> tuple[np.ndarray, np.ndarray]:
    """`_shapes` turned so that the face looks along −y; nothing where it is not known which way it looks."""
    basis, deltas = _shapes(target, mapping, poses)
    refuse_unusable(target.mesh, mapping, basis, deltas)
    front = _front(target.mesh) if target.mesh.type == "ARMATURE" else turn_to_front(mapping, basis, deltas)
    if front is None:
        return np.empty((0, 3)), np.empty((len(mapping.rows), 0, 3))
    return basis @ front.T, deltas @ front.T


def _named(names: tuple[str, ...], poses: Mapping[str, StoredPose], families: tuple[str, ...]) -> RigMapping:
    """What the names say; poses that we made are less sure than their names."""
    mapping = RigMapping.of_names(names, families)
    made = {name for name, pose in poses.items() if MADE in pose.action}
    rows = (
        replace(row, confidence=MADE_CONFIDENCE, reason="made of where the face's bones lie")
        if row.shape in made
        else row
        for row in mapping.rows
    )
    return replace(mapping, rows=tuple(rows))


def _poses(target: CharacterTarget, undo: ExitStack) -> dict[str, StoredPose]:
    """The poses that show something on the character's armature: those of its table, of the file, and for a face that
    is nothing but bones those that its bones allow."""
    armature = target.bones.armature
    if armature is None:
        return {}
    poses = {**found_poses(armature), **target.bones.poses()}
    return with_made_poses(armature, poses, undo) if target.mesh.type == "ARMATURE" else poses


def _front(armature: Any) -> np.ndarray:
    """(3, 3) turn after which a head in the world looks along −y."""
    left, up, ahead = (np.array(armature.matrix_world.to_3x3().normalized()) @ axes_of(armature)).T
    return np.stack([left, -ahead, up])


def _shapes(
    target: CharacterTarget, mapping: RigMapping, poses: Mapping[str, StoredPose]
) -> tuple[np.ndarray, np.ndarray]:
    """(V, 3) points of a character's meshes in the world, and (R, V, 3) what the shape of each row moves."""
    armature = target.bones.armature
    meshes = deformed_meshes(target.mesh) if target.mesh.type == "ARMATURE" else target.meshes()
    found = [shapes_of(mesh, mapping) for mesh in meshes if shape_keys(mesh) is not None or not poses]
    if not poses or armature is None:
        return np.concatenate([basis for basis, _ in found]), np.concatenate([deltas for _, deltas in found], axis=1)
    read: dict[str, Pose] = {name: pose.read(armature) for name, pose in poses.items()}
    opens = next((row.shape for row in mapping.rows if set(row.weights) == {"jawOpen"} and row.shape in read), "")
    over = {row.shape: opens for row in mapping.rows if opens and set(row.weights) == {"mouthClose"}}
    basis, posed = posed_points(armature, meshes, read, over)
    nothing = np.zeros_like(basis)
    deltas = np.array([posed.get(row.shape, nothing) for row in mapping.rows], np.float64)
    if found and target.mesh.type == "MESH":
        basis = np.concatenate([points for points, _ in found])
        deltas = deltas + np.concatenate([moved for _, moved in found], axis=1)
    return basis, deltas


def _triangles(target: CharacterTarget, points: int) -> np.ndarray | None:
    """(F, 3) int corners of the triangles of the meshes whose points `_shapes` gives; None where they are others."""
    meshes = deformed_meshes(target.mesh) if target.mesh.type == "ARMATURE" else target.meshes()
    return triangles_of(meshes, points)


def shapes_of(mesh: Any, mapping: RigMapping) -> tuple[np.ndarray, np.ndarray]:
    keys: Any = shape_keys(mesh)
    world = np.array(mesh.matrix_world)
    points = {key.name: points_of(key) @ world[:3, :3].T for key in keys.key_blocks}
    relative = {key.name: points[key.relative_key.name] for key in keys.key_blocks}
    basis = points[keys.reference_key.name]
    nothing = np.zeros_like(basis)
    deltas = [points[row.shape] - relative[row.shape] if row.shape in points else nothing for row in mapping.rows]
    return basis + world[:3, 3], np.array(deltas, np.float32)


def _within_sliders(target: CharacterTarget, mapping: RigMapping) -> RigMapping:
    """Rows from and to what the sliders allow; a slider without room takes no part."""
    keys = {name: key for mesh in target.meshes()[::-1] for name, key in _keys(mesh)}
    return replace(mapping, rows=tuple(_ranged(row, keys.get(row.shape)) for row in mapping.rows))


def _ranged(row: Row, key: Any | None) -> Row:
    if key is None:
        return row
    low, high = max(row.low, key.slider_min), min(row.high, key.slider_max)
    if low >= high:
        return replace(row, enabled=False, reason="its slider has no room from 0 to 1")
    return replace(row, low=low, high=high)


def _keys(mesh: Any) -> Iterator[tuple[str, Any]]:
    keys = shape_keys(mesh)
    if keys is not None:
        blocks = (key for key in keys.key_blocks if key != keys.reference_key)
        yield from ((key.name, key) for key in blocks if not is_offset(keys, key.name))


def _within(row: Row, low: float, high: float) -> Row:
    """A row held to its slider's range too; one that takes no part needs none."""
    if not row.enabled or not (row.weights or row.negative):
        return row
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
    """Whether it takes part; also while its curves are edited, so that Finish Editing ends that too."""
    return not any(foreign(block) for block in (mesh, mesh.data, shape_keys(mesh)))
