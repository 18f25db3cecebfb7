# SPDX-License-Identifier: GPL-3.0-or-later
"""What importers and add-ons left in a file about a character's shapes, as plain data for the core to read."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import bpy

from .. import compat
from ..styletalk.rigs.statements import Said, said

MAX_DEPTH = 8
VRM = "vrm_addon_extension"
"""Where the VRM add-on keeps what it has read: a property of armatures."""


def said_of(meshes: Sequence[Any], armature: Any | None, shapes: Sequence[str]) -> Said:
    """What the properties of a character's objects, and their names, say of its `shapes`."""
    blocks = dict.fromkeys(_blocks(meshes, armature))
    labels = [block.name for block in blocks]
    materials = (material for mesh in meshes for material in getattr(mesh.data, "materials", ()))
    labels += [material.name for material in materials if material is not None]
    return said([content for block in blocks for content in _contents(block)], labels, shapes)


def _blocks(meshes: Sequence[Any], armature: Any | None) -> Iterator[Any]:
    """The data-blocks in which something may stand: meshes, their data and keys, the armature, parents, the scenes."""
    for thing in (*meshes, *([armature] if armature is not None else [])):
        yield thing
        yield thing.data
        keys = getattr(thing.data, "shape_keys", None)
        if keys is not None:
            yield keys
        parent = thing.parent
        while parent is not None:
            yield parent
            parent = parent.parent
    yield from meshes[0].users_scene if meshes else ()


def _contents(block: Any) -> Iterator[dict[str, Any]]:
    """A block's custom properties, and the expressions that the VRM add-on keeps on it, where it is installed."""
    stored = {key: _plain(block[key]) for key in tuple(block.keys())}
    hidden = compat.hidden_properties(block)
    if hidden is not None and VRM in hidden:
        stored[VRM] = _plain(hidden[VRM])
    yield stored
    extension = getattr(block, VRM, None)
    if isinstance(extension, bpy.types.PropertyGroup):
        for path in (("vrm1", "expressions"), ("vrm0", "blend_shape_master")):
            group = getattr(getattr(extension, path[0], None), path[1], None)
            if isinstance(group, bpy.types.PropertyGroup):
                yield {path[1]: _registered(group, 0)}


def _plain(value: Any, depth: int = 0) -> Any:
    """A custom property as dictionaries, lists, texts and numbers; a data-block as its name."""
    if depth > MAX_DEPTH or isinstance(value, (str, int, float, bool)):
        return value if depth <= MAX_DEPTH else None
    if isinstance(value, bpy.types.ID):
        return value.name
    if hasattr(value, "keys"):
        return {key: _plain(value[key], depth + 1) for key in tuple(value.keys())}
    if isinstance(value, Iterable) and not isinstance(value, bytes):
        return [_plain(each, depth + 1) for each in value]
    return None


def _registered(group: Any, depth: int) -> dict[str, Any]:
    """The same of properties that an add-on has registered."""
    found: dict[str, Any] = {}
    for each in group.bl_rna.properties if depth <= MAX_DEPTH else ():
        value = getattr(group, each.identifier, None)
        if each.type == "COLLECTION":
            found[each.identifier] = [
                _registered(one, depth + 1) for one in value or () if isinstance(one, bpy.types.PropertyGroup)
            ]
        elif isinstance(value, bpy.types.PropertyGroup):
            found[each.identifier] = _registered(value, depth + 1)
        elif isinstance(value, (str, int, float)):
            found[each.identifier] = value
    return found
