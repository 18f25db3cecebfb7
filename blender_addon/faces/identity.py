# SPDX-License-Identifier: GPL-3.0-or-later
"""Who a talking face is: its rest and all its shape keys move to another person, whatever else was done to them."""

import contextlib
from typing import Any

import numpy as np

from .. import compat
from ..styletalk.face.complexion import Look, complexion
from ..styletalk.face.model import IDENTITY_DIM, FaceModel, open_face
from ..styletalk.face.person import person
from .channels import OFFSET, closed
from .hair import move_hair
from .materials import draw_in, set_skin_age
from .open_face import BLINK_KEYS, COLOUR_ATTRIBUTE, FACE_MARK, to_blender

TINTED = ("skin", "lips", "iris", "brows")
"""Regions whose colour a person has."""
BLINK_SHAPES = (*BLINK_KEYS, "eyeBlinkLeft", "eyeBlinkRight")
"""Keys that close an eye, the person's left before the right."""
IDENTITY = "styletalk_identity"
"""Custom property of the mesh, which two objects may share: the 80 numbers of the person that its shape keys show."""


def identity_problem(face: Any) -> str:
    """Why a face cannot become another person, or ""."""
    if face is None or face.type != "MESH" or face.get(FACE_MARK) != open_face().name:
        return "Select a talking face: other meshes have no persons."
    if face.data.shape_keys is None or len(face.data.vertices) != open_face().vertex_count:
        return f"“{face.name}” was changed: its vertices are not the open face's any more."
    if face.mode != "OBJECT":
        return "Leave the edit mode first (Tab)."
    for block in (face, face.data, face.data.shape_keys):
        if block.library is not None or block.override_library is not None:
            return closed(block)
    return ""


def shown_identity(face: Any) -> np.ndarray:
    """(80,) float32 of the person that a face shows; zeros, the mean, where nothing is said."""
    with contextlib.suppress(TypeError, ValueError):
        stored = np.array([*face.data.get(IDENTITY, ())], np.float32)
        if stored.shape == (IDENTITY_DIM,) and np.isfinite(stored).all():
            return stored
    return np.zeros(IDENTITY_DIM, np.float32)


def become(face: Any, identity: np.ndarray, look: Look) -> FaceModel:
    """Move a face, and its hair, to another person. Returns the face model of that person. Raises FaceModelError.

    Only the difference between the two persons is added: what the animator sculpted stays.
    """
    model = open_face()
    before, after = (person(model, each) for each in (shown_identity(face), identity))
    moved = to_blender(after.mean - before.mean)
    blinks = dict(zip(BLINK_SHAPES, (*to_blender(after.blink - before.blink),) * 2, strict=True))
    for key in face.data.shape_keys.key_blocks:
        _shift(compat.shape_key_points(key), moved + blinks.get(key.name.removeprefix(OFFSET), 0.0))
    _shift(face.data.vertices, moved)
    move_hair(face, after.mean - before.mean)
    face.data[IDENTITY] = [float(number) for number in identity]
    _paint(face, model, complexion(model, after.mean, look))
    set_skin_age(face.data.materials, look.age)
    face.data.update()
    return after


def _shift(points: Any, moved: np.ndarray) -> None:
    places = np.empty(moved.size, np.float32)
    points.foreach_get("co", places)
    points.foreach_set("co", places + moved.astype(np.float32).ravel())


def _paint(face: Any, model: FaceModel, colours: np.ndarray) -> None:
    """Where the face still has its colour attribute; in solid view, its regions in the mean of their colours."""
    for number, region in enumerate(model.region_names[: len(face.data.materials)]):
        if region in TINTED:
            of_region = np.unique(model.triangles[model.region_triangles(region)])
            change = colours[of_region].mean(0) / model.colours[of_region].mean(0)
            draw_in(face.data.materials[number], np.clip(model.region_colours[number] * change, 0, 1))
    attribute = face.data.color_attributes.get(COLOUR_ATTRIBUTE)
    if attribute is not None and len(attribute.data) == len(colours):
        opaque = np.column_stack([colours, np.ones(len(colours))]).astype(np.float32)
        attribute.data.foreach_set("color_srgb", opaque.ravel())
