# SPDX-License-Identifier: GPL-3.0-or-later
"""Hair for a talking face, made for the head at hand: an object beside it on the same neck."""

from typing import Any

import bpy
import numpy as np

from ..styletalk.face.model import FaceModel, open_face
from .hair_locks import BALD, CUTS, grown
from .materials import COLOUR_ATTRIBUTE, hair_material

HAIR_MARK = "styletalk_hair"
"""Custom property of the hair: its cut and its colour, as they were made."""
COLOURS = {"BROWN": (0.23, 0.15, 0.10), "BLACK": (0.07, 0.06, 0.06), "BLOND": (0.62, 0.47, 0.28),
           "RED": (0.42, 0.19, 0.09), "GREY": (0.55, 0.54, 0.53)}  # fmt: skip


def hair_of(face: Any) -> Any | None:
    """The hair that was made for a face, or None."""
    if face.parent is None:
        return None
    return next((each for each in face.parent.children if each.type == "MESH" and HAIR_MARK in each), None)


def dress(face: Any, person: FaceModel, cut: str, colour: str) -> None:
    """Give a face hair of CUTS and COLOURS, or none; what it has already stays as it is, edited or not.

    person: the face model of who the face is.
    """
    hair, wanted = hair_of(face), f"{cut} {colour}"
    if hair is not None and hair[HAIR_MARK] == wanted:
        return
    if cut == BALD:
        if hair is not None:
            mesh = hair.data
            bpy.data.objects.remove(hair)
            if not mesh.users:
                bpy.data.meshes.remove(mesh)
        return
    if hair is None:
        hair = _beside(face, _mesh(person, cut, colour, f"{face.name} Hair"))
    elif hair[HAIR_MARK].split(" ")[0] == cut:
        _colour(hair.data, cut, colour)
    else:
        hair.data = _mesh(person, cut, colour, f"{face.name} Hair")
    hair[HAIR_MARK] = wanted


def _beside(face: Any, mesh: Any) -> Any:
    """An object on the face's neck, in its collections."""
    hair = bpy.data.objects.new(mesh.name, mesh)
    for collection in face.users_collection:
        collection.objects.link(hair)
    hair.parent, hair.location = face.parent, face.location
    return hair


def move_hair(face: Any, moved: np.ndarray) -> None:
    """Let the hair go along where the face's vertices go by (V, 3), in core's axes; hair of other shape stays."""
    hair = hair_of(face)
    cut = hair[HAIR_MARK].split(" ")[0] if hair is not None else BALD
    if hair is None or cut not in CUTS or hair.data.library is not None:
        return
    shape = grown(cut)
    if len(shape.points) == len(hair.data.vertices):
        places = np.empty(3 * len(shape.points), np.float32)
        hair.data.vertices.foreach_get("co", places)
        hair.data.vertices.foreach_set("co", places + _turned(shape.moved(moved)).astype(np.float32).ravel())
        hair.data.update()


def _turned(points: np.ndarray) -> np.ndarray:
    """Core's axes as Blender's."""
    return np.stack([points[:, 0], -points[:, 2], points[:, 1]], 1)


def _mesh(person: FaceModel, cut: str, colour: str, name: str) -> Any:
    """In core's axes turned to Blender's, with its material and the shades of its locks."""
    hair = grown(cut)
    mesh = bpy.data.meshes.new(name)
    places = hair.points + hair.moved(person.mean - open_face().mean)
    mesh.from_pydata(_turned(places).tolist(), [], hair.faces)
    mesh.polygons.foreach_set("use_smooth", np.ones(len(hair.faces), bool))
    mesh.color_attributes.new(name=COLOUR_ATTRIBUTE, type="BYTE_COLOR", domain="POINT")
    mesh.materials.append(hair_material(np.array(COLOURS[colour])))
    _shade(mesh, hair.shades, colour)
    mesh.update()
    return mesh


def _colour(mesh: Any, cut: str, colour: str) -> None:
    """Another colour for hair whose shape stays."""
    shades = grown(cut).shades
    if len(shades) == len(mesh.vertices):
        _shade(mesh, shades, colour)
    mesh.materials.clear()
    mesh.materials.append(hair_material(np.array(COLOURS[colour])))


def _shade(mesh: Any, shades: np.ndarray, colour: str) -> None:
    """Each point's own brightness of the colour."""
    attribute = mesh.color_attributes.get(COLOUR_ATTRIBUTE)
    if attribute is not None:
        tones = np.clip(shades[:, None] * np.array(COLOURS[colour]), 0, 1)
        opaque = np.column_stack([tones, np.ones(len(tones))]).astype(np.float32)
        attribute.data.foreach_set("color_srgb", opaque.ravel())
