# SPDX-License-Identifier: GPL-3.0-or-later
"""Which objects belong to a face: what is exported with it."""

from collections.abc import Iterator
from typing import Any

from ..faces.characters import neighbours
from ..faces.open_face import ROLE_MARK
from ..faces.targets import CharacterTarget, target_of

EXPORTED_TYPES = {"MESH", "ARMATURE", "EMPTY"}


def members(face: Any) -> tuple[Any, ...]:
    """The face's meshes, what they hang on, their skeletons, what hangs on either, and what lies in the head without
    hanging on anything, as teeth do; parents before children.

    What is hidden in the viewport stays out, unless it carries the line.
    """
    target = target_of(face)
    meshes = target.meshes() if isinstance(target, CharacterTarget) else (face,)
    carriers = [*meshes, *(each for mesh in meshes for each in _carriers(mesh))]
    skeletons = [each for each in (*meshes, *carriers) if each.type == "ARMATURE"]
    hung = [each for held in (*meshes, *carriers, *_dressed_on(skeletons, face)) for each in _hung_on(held)]
    found = dict.fromkeys([*carriers, *hung, *neighbours(face)])
    wanted = [each for each in found if each in carriers or each.visible_get()]
    return tuple(sorted(wanted, key=lambda each: (_depth(each), each.name)))


def _carriers(thing: Any) -> Iterator[Any]:
    """Its skeletons and all parents of both."""
    for each in (thing.parent, *skeletons_of(thing)):
        if each is not None:
            yield each
            yield from _carriers(each)


def skeletons_of(thing: Any) -> list[Any]:
    """The armatures that deform a mesh."""
    return [modifier.object for modifier in thing.modifiers if modifier.type == "ARMATURE" and modifier.object]


def _dressed_on(skeletons: list[Any], face: Any) -> list[Any]:
    """Other meshes of its scenes that the same skeletons deform: body and clothes."""
    scenes = {each for scene in face.users_scene for each in scene.objects if each.type == "MESH"}
    return [each for each in scenes if set(skeletons_of(each)) & set(skeletons)]


def _hung_on(thing: Any) -> Iterator[Any]:
    """A mesh or a skeleton with all that hangs on it; of a strange empty nothing more, which may hold a set."""
    if thing.type not in EXPORTED_TYPES:
        return
    yield thing
    if thing.type != "EMPTY" or ROLE_MARK in thing:
        yield from (each for each in thing.children_recursive if each.type in EXPORTED_TYPES)


def _depth(thing: Any) -> int:
    return 0 if thing.parent is None else 1 + _depth(thing.parent)
