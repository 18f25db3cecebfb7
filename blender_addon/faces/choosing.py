# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of a character's objects has the mouth: what is selected may be its body, its armature or its parent."""

from collections.abc import Iterator
from typing import Any

from ..styletalk.rigs.naming import known_names
from .bones import armature_of, deformed_meshes
from .channels import shape_keys
from .said import said_of

ENOUGH = 4
"""A mesh beside the selected one is meant where so many of its shape keys are known."""


def mouth_mesh(thing: Any) -> Any | None:
    """The mesh whose shape keys can talk: the object itself, or one of its character that says more; else None."""
    own = thing if thing.type == "MESH" and shape_keys(thing) is not None else None
    if own is not None and _known(own):
        return own
    others = [(_known(each), len(each.data.vertices), each.name, each) for each in _beside(thing)]
    best = max(others, key=lambda each: each[:3], default=None)
    return best[3] if best is not None and best[0] >= ENOUGH else own


def instance_refusal(thing: Any) -> str:
    """Why an instance of a collection cannot talk, or ""."""
    if thing is None or thing.type != "EMPTY" or thing.instance_type != "COLLECTION":
        return ""
    shown = thing.instance_collection
    if shown is None:
        return ""
    if shown.library is not None:
        return f"“{thing.name}” shows a linked character. Append it instead, or make it local."
    return f"“{thing.name}” only shows a collection. Select the character's mesh in “{shown.name}”."


def _beside(thing: Any) -> Iterator[Any]:
    """The other meshes of its character: on the same armature, or below it in the outliner."""
    armature = armature_of(thing) if thing.type in ("MESH", "ARMATURE") else None
    if armature is not None:
        yield from (each for each in deformed_meshes(armature) if each != thing)
    if thing.type == "EMPTY":
        yield from (each for each in thing.children_recursive if each.type == "MESH")


def _known(mesh: Any) -> int:
    """How many of its shape keys mean something: by their names, or because the file says so."""
    keys = shape_keys(mesh)
    if keys is None:
        return 0
    names = tuple(keys.key_blocks.keys())
    bound = {shape for each in said_of([mesh], armature_of(mesh), names).expressions for shape, _ in each.binds}
    return max(known_names(names), len(bound))
