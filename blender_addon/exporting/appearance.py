# SPDX-License-Identifier: GPL-3.0-or-later
"""Our own face's materials as other programs understand them: no nodes, and glass that one can look through."""

from typing import Any

import bpy

from .. import compat
from ..faces.open_face import FACE_MARK
from .stage import Stage, borrow_name, remove

GLASS_ALPHA = 0.06


def simplify_materials(stage: Stage, knows_vertex_colours: bool) -> None:
    """Give copies of our own faces materials without nodes: glass at any rate, all where the format has no vertex
    colours. The animator's other objects keep theirs."""
    made: dict[Any, Any] = {}
    for thing, copy in stage.copies.items():
        if FACE_MARK not in thing:
            continue
        for index, material in enumerate(thing.data.materials):
            if material is not None and (_is_glass(material) or not knows_vertex_colours):
                if material not in made:
                    made[material] = _simple(stage, material)
                copy.data.materials[index] = made[material]


def _is_glass(material: Any) -> bool:
    return material.diffuse_color[3] == 0.0


def _simple(stage: Stage, material: Any) -> Any:
    """Its colour in solid view on a plain surface."""
    simple = bpy.data.materials.new(material.name)
    stage.undo.callback(remove, bpy.data.materials, simple)
    borrow_name(material, simple, stage.undo)
    compat.use_nodes(simple)
    simple.diffuse_color, simple.roughness = material.diffuse_color, material.roughness
    shader = simple.node_tree.nodes.get("Principled BSDF")
    if shader is None:
        return simple
    glass = _is_glass(material)
    colour, roughness = (*material.diffuse_color[:3], 1.0), 0.02 if glass else material.roughness
    for name, value in (("base_colour", colour), ("roughness", roughness)):
        if (socket := compat.principled_input(shader, name)) is not None:
            socket.default_value = value
    if glass:
        shader.inputs["Alpha"].default_value = GLASS_ALPHA
        compat.see_through(simple)
    return simple
