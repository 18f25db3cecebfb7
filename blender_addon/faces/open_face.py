# SPDX-License-Identifier: GPL-3.0-or-later
"""The talking face as Blender objects: a mesh with shape keys, on a neck, on a root that the animator moves."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import bpy
import numpy as np

from .. import compat
from ..styletalk.animation import EXPRESSION_DIM, UPPER_SHAPES
from ..styletalk.face.model import FaceModel
from .bones import armature_of, deformed_meshes
from .materials import COLOUR_ATTRIBUTE, region_material

FACE_MARK = "styletalk_face"
"""Custom property of the mesh object: the name of the face model it was made from."""
TABLE = "styletalk_character"
"""Property of objects: a character's shape keys, told apart; empty on most."""
ROLE_MARK = "styletalk_role"
"""Custom property of the empties: NECK or ROOT."""
NECK, ROOT = "neck", "root"
EXPRESSION_KEYS = tuple(f"exp_{k:02d}" for k in range(EXPRESSION_DIM))
BLINK_KEYS = ("blink_L", "blink_R")
GAZE_KEYS = ("gaze_left", "gaze_right", "gaze_up", "gaze_down")
TONGUE_KEYS = ("tongue_out", "tongue_up", "tongue_back", "tongue_wide")
NEEDED_KEYS = EXPRESSION_KEYS + BLINK_KEYS + GAZE_KEYS
OPTIONAL_KEYS = TONGUE_KEYS + UPPER_SHAPES
"""Keys that faces of earlier releases, and of models without a tongue or ARKit shapes, have not: what is baked leaves
them out."""
SLIDER_LIMIT = 10.0
"""Blender holds a slider's range to ±10, and clamps what F-curves say to the range. Published coefficients stay < 4."""
KeyColumn = tuple[str, np.ndarray, float, float]
"""A shape key to be: name, (V, 3) what it moves in core's axes, least and greatest value of its slider."""
NECK_ROTATION_MODE = "XZY"
"""Core turns about x, then y, then z; its y is Blender's z and its z is Blender's −y."""
EMPTY_SIZE_M = 0.05
ROOT_SIZE_M = 0.15


def to_blender(points: np.ndarray) -> np.ndarray:
    """(…, 3) metres, y up and towards +z (core) → z up and towards −y (Blender)."""
    points = np.asarray(points)
    return np.stack([points[..., 0], -points[..., 2], points[..., 1]], axis=-1)


def to_core(points: np.ndarray) -> np.ndarray:
    """The inverse of `to_blender`."""
    return np.stack([points[..., 0], points[..., 2], -points[..., 1]], axis=-1)


def add_face(
    context: bpy.types.Context, model: FaceModel, name: str = "Talking Face", shapes: Sequence[KeyColumn] = ()
) -> Any:
    """Make the head at the 3D cursor, in the active collection, selected and active. Returns its mesh.

    shapes: its shape keys; by default those of the model's coefficients.
    """
    mesh_object = bpy.data.objects.new(name, _mesh(model, name))
    mesh_object[FACE_MARK] = model.name or "open face"
    add_shape_keys(mesh_object, model.mean, shapes or tuple(columns_of(model)))
    root = _empty(f"{name} Root", ROOT, "PLAIN_AXES", ROOT_SIZE_M)
    neck = _empty(f"{name} Neck", NECK, "SPHERE", EMPTY_SIZE_M)
    neck.rotation_mode = NECK_ROTATION_MODE
    pivot = to_blender(model.neck_pivot)
    root.location = context.scene.cursor.location
    neck.parent, neck.location = root, pivot
    mesh_object.parent, mesh_object.location = neck, -pivot
    _link_and_select(context, mesh_object, neck, root)
    return mesh_object


def add_shape_keys(mesh_object: Any, rest: np.ndarray, columns: Iterable[KeyColumn]) -> None:
    """One relative key per column, after the Basis where there is none yet. rest: (V, 3) of the Basis, core's axes."""
    at_rest = to_blender(rest)
    if mesh_object.data.shape_keys is None:
        _set_points(mesh_object.shape_key_add(name="Basis", from_mix=False), at_rest)
    for name, delta, low, high in columns:
        key = mesh_object.shape_key_add(name=name, from_mix=False)
        _set_points(key, at_rest + to_blender(delta))
        key.slider_min, key.slider_max, key.value, key.interpolation = low, high, 0.0, "KEY_LINEAR"


def is_face(candidate: Any) -> bool:
    """Whether that is the mesh of a talking face, under whatever name, or a character that talks."""
    if candidate is None or candidate.type not in ("MESH", "ARMATURE"):
        return False
    return FACE_MARK in candidate or is_character(candidate)


def is_character(candidate: Any) -> bool:
    """Whether that is another mesh than ours, or an armature, whose shapes were told apart."""
    if candidate is None or candidate.type not in ("MESH", "ARMATURE") or TABLE not in candidate.bl_rna.properties:
        return False
    return candidate.is_property_set(TABLE) and len(candidate.styletalk_character.shapes) > 0  # reading alone makes one


def find_face(candidate: Any) -> Any | None:
    """The talking face that `candidate` is, or whose neck or root it is, or that it hangs on, as hair does; or whose
    armature it is."""
    held = candidate
    while held is not None and not is_face(held):
        if ROLE_MARK in held:
            return next((child for child in held.children_recursive if is_face(child)), None)
        held = held.parent
    return held if held is not None or candidate is None else _face_on_bones(candidate)


def _face_on_bones(candidate: Any) -> Any | None:
    """The face of an armature's meshes, or the armature that deforms a mesh and is a face itself."""
    if candidate.type == "ARMATURE":
        return next((each for each in deformed_meshes(candidate) if is_face(each)), None)
    armature = armature_of(candidate) if candidate.type == "MESH" else None
    return armature if is_face(armature) else None


def find_neck(mesh_object: Any) -> Any | None:
    """The empty that carries the head's pose, or None where the mesh hangs on none."""
    parent = mesh_object.parent
    while parent is not None and parent.get(ROLE_MARK) != NECK:
        parent = parent.parent
    return parent


def absent_keys(mesh_object: Any, names: tuple[str, ...]) -> tuple[str, ...]:
    """Which of these shape keys an object has not."""
    keys = mesh_object.data.shape_keys
    present = set(keys.key_blocks.keys()) if keys else set()
    return tuple(name for name in names if name not in present)


def columns_of(model: FaceModel) -> Iterator[KeyColumn]:
    """One for each expression, blink, gaze, tongue and upper column; the key's value is the coefficient."""
    for names, deltas, signed in (
        (EXPRESSION_KEYS, model.expression, True),
        (BLINK_KEYS, model.blink, False),
        (GAZE_KEYS, model.gaze, False),
        (TONGUE_KEYS if len(model.tongue) else (), model.tongue, False),
        (UPPER_SHAPES if len(model.upper) else (), model.upper, False),
    ):
        nothing = np.zeros_like(model.mean)
        for k, name in enumerate(names):
            low, high = (-SLIDER_LIMIT, SLIDER_LIMIT) if signed else (0.0, 1.0)
            yield name, deltas[k] if len(deltas) else nothing, low, high


def _mesh(model: FaceModel, name: str) -> Any:
    mesh = bpy.data.meshes.new(name)
    sizes = model.face_sizes.astype(np.int32)
    mesh.vertices.add(model.vertex_count)
    mesh.loops.add(len(model.face_loops))
    mesh.polygons.add(len(sizes))
    mesh.vertices.foreach_set("co", to_blender(model.mean).astype(np.float32).ravel())
    mesh.loops.foreach_set("vertex_index", model.face_loops.astype(np.int32))
    mesh.polygons.foreach_set("loop_start", np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int32))
    mesh.polygons.foreach_set("loop_total", sizes)
    mesh.polygons.foreach_set("use_smooth", np.ones(len(sizes), bool))
    mesh.polygons.foreach_set("material_index", model.face_regions.astype(np.int32))
    _paint(mesh, model.colours)
    for region, colour in zip(model.region_names, model.region_colours, strict=True):
        mesh.materials.append(region_material(region, colour))
    mesh.uv_layers.new(name="UVMap").data.foreach_set("uv", model.uv.astype(np.float32).ravel())
    mesh.update(calc_edges=True)
    mesh.validate()
    return mesh


def _paint(mesh: Any, colours: np.ndarray) -> None:
    """A colour of each vertex, (V, 3) sRGB 0..1."""
    attribute = mesh.color_attributes.new(name=COLOUR_ATTRIBUTE, type="BYTE_COLOR", domain="POINT")
    opaque = np.column_stack([colours, np.ones(len(colours))]).astype(np.float32)
    attribute.data.foreach_set("color_srgb", opaque.ravel())


def _set_points(key: Any, points: np.ndarray) -> None:
    compat.shape_key_points(key).foreach_set("co", points.astype(np.float32).ravel())


def _empty(name: str, role: str, display: str, size_m: float) -> Any:
    empty = bpy.data.objects.new(name, None)
    empty[ROLE_MARK] = role
    empty.empty_display_type = display
    empty.empty_display_size = size_m
    return empty


def _link_and_select(context: bpy.types.Context, mesh_object: Any, *empties: Any) -> None:
    for other in context.view_layer.objects:
        other.select_set(False)
    for each in (mesh_object, *empties):
        context.collection.objects.link(each)
    mesh_object.select_set(True)
    context.view_layer.objects.active = mesh_object
