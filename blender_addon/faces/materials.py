# SPDX-License-Identifier: GPL-3.0-or-later
"""The materials of a talking face's regions, in the terms of Workbench, EEVEE and Cycles alike."""

from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np

from .. import compat

COLOUR_ATTRIBUTE = "Colour"
SKIN_RADIUS_M = (0.0036, 0.0013, 0.0006)
"""How far red, green and blue light wander under the skin."""
CORNEA_IOR = 1.5
"""A cornea has 1.376; more mirrors enough for a catch-light under any lamp."""
PORES_PER_UNIT, PORES_STRENGTH, AGED_PORES = 700.0, 0.06, 2.5
PORES = "StyleTalk Pores"
"""Name of the node that makes skin uneven."""


@dataclass(frozen=True)
class Look:
    """rough: of the surface in renders; drawn_rough: in solid view, whose lamps are stronger. wet: its highlight.

    scatter: share of the light that goes in and out again. pores: whether it is finely uneven.
    """

    rough: float
    drawn_rough: float = 0.55
    wet: float = 0.5
    scatter: float = 0.0
    pores: bool = False


PLAIN = Look(0.5)
LOOKS = {
    "skin": Look(0.48, scatter=0.1, wet=0.4, pores=True), "lips": Look(0.34, 0.45, scatter=0.15),
    "mouth": Look(0.4, 0.9), "throat": Look(0.8, 1.0, wet=0.2), "gums": Look(0.24, 0.6, scatter=0.1),
    "tongue": Look(0.32, 0.6, scatter=0.15), "teeth": Look(0.16, 0.35, scatter=0.05),
    "eye_white": Look(0.15, 0.25, scatter=0.05), "iris": Look(0.3, 0.12), "pupil": Look(0.2, 0.12),
    "lashes": Look(0.55, 0.8, wet=0.3), "brows": Look(0.6, 0.8, wet=0.3),
}  # fmt: skip
"""By the names of a face model's regions."""
HAIR_LOOK = Look(0.5, 0.7, wet=0.35)
GLASS = "cornea"


def region_material(region: str, colour: np.ndarray) -> Any:
    """A material for a region of the face; colour: sRGB 0..1. Made anew: the animator may change it."""
    material = bpy.data.materials.new(f"StyleTalk {region}")
    compat.use_nodes(material)
    look = LOOKS.get(region, PLAIN)
    material.diffuse_color = (*linear(colour), 0.0 if region == GLASS else 1.0)
    material.roughness = look.drawn_rough
    shader = material.node_tree.nodes.get("Principled BSDF")
    if shader is not None:
        (_glass if region == GLASS else _painted)(material, shader, look)
    return material


def linear(srgb: np.ndarray) -> tuple[float, float, float]:
    """sRGB 0..1 to the linear values that Blender's colours hold (IEC 61966-2-1)."""
    values = np.asarray(srgb, np.float64)
    red, green, blue = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    return float(red), float(green), float(blue)


def _painted(material: Any, shader: Any, look: Look) -> None:
    """The colours of the vertices, on a surface of that look."""
    nodes, links = material.node_tree.nodes, material.node_tree.links
    paint = nodes.new("ShaderNodeVertexColor")
    paint.layer_name = COLOUR_ATTRIBUTE
    paint.location = (-300, 300)
    for name in ("base_colour", "scattered_colour"):
        if (socket := compat.principled_input(shader, name)) is not None:
            links.new(paint.outputs["Color"], socket)
    values = {"roughness": look.rough, "specular": look.wet, "scatter": look.scatter, "scatter_radius": SKIN_RADIUS_M}
    values["scatter_scale"] = 1.0
    for name, value in values.items():
        if (socket := compat.principled_input(shader, name)) is not None:
            socket.default_value = value
    if look.pores:
        _uneven(nodes, links, shader)


def _uneven(nodes: Any, links: Any, shader: Any) -> None:
    """Fine bumps that stay with the skin: they lie in its UVs."""
    places, noise, bump = (nodes.new(kind) for kind in ("ShaderNodeUVMap", "ShaderNodeTexNoise", "ShaderNodeBump"))
    bump.name = PORES
    for column, node in enumerate((places, noise, bump)):
        node.location = (-700 + 220 * column, -250)
    noise.inputs["Scale"].default_value = PORES_PER_UNIT
    bump.inputs["Strength"].default_value = PORES_STRENGTH
    bump.inputs["Distance"].default_value = 0.001
    links.new(places.outputs["UV"], noise.inputs["Vector"])
    links.new(noise.outputs["Fac" if "Fac" in noise.outputs else 0], bump.inputs["Height"])
    links.new(bump.outputs["Normal"], shader.inputs["Normal"])


def _glass(material: Any, shader: Any, _look: Look) -> None:
    """Clear, but for what it mirrors: transparent and mirror mixed by Fresnel's law, so that light passes through."""
    nodes, links = material.node_tree.nodes, material.node_tree.links
    clear, mix, edge = (nodes.new(f"ShaderNode{kind}") for kind in ("BsdfTransparent", "MixShader", "Fresnel"))
    for node, place in ((edge, (0, 200)), (clear, (0, -100)), (mix, (350, 100))):
        node.location = place
    edge.inputs["IOR"].default_value = CORNEA_IOR
    for name, value in (("base_colour", (1, 1, 1, 1)), ("roughness", 0.02), ("metallic", 1.0)):
        if (socket := compat.principled_input(shader, name)) is not None:
            socket.default_value = value
    links.new(edge.outputs[0], mix.inputs[0])
    links.new(clear.outputs[0], mix.inputs[1])
    links.new(shader.outputs[0], mix.inputs[2])
    output = next(node for node in nodes if node.type == "OUTPUT_MATERIAL")
    links.new(mix.outputs[0], output.inputs["Surface"])
    compat.see_through(material)


def hair_material(colour: np.ndarray) -> Any:
    """The colours of the locks, which are shades of that one (sRGB 0..1)."""
    material = bpy.data.materials.new("StyleTalk hair")
    compat.use_nodes(material)
    material.diffuse_color = (*linear(colour), 1.0)
    material.roughness = HAIR_LOOK.drawn_rough
    shader = material.node_tree.nodes.get("Principled BSDF")
    if shader is not None:
        _painted(material, shader, HAIR_LOOK)
    return material


def draw_in(material: Any, colour: np.ndarray) -> None:
    """Another colour, sRGB 0..1, for solid view, which knows no colours of vertices."""
    if material is not None and material.library is None:
        material.diffuse_color = (*linear(colour), material.diffuse_color[3])


def set_skin_age(materials: Any, age: float) -> None:
    """Coarser pores where the skin still has its bump node. age: 0 to 1."""
    for material in materials:
        if material is None or material.node_tree is None or material.library is not None:
            continue
        bump = material.node_tree.nodes.get(PORES)
        if bump is not None:
            bump.inputs["Strength"].default_value = PORES_STRENGTH * (1 + AGED_PORES * age)
