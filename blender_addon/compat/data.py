# SPDX-License-Identifier: GPL-3.0-or-later
"""Properties, shape keys, materials and identities of data-blocks."""

from typing import Any

import bpy

_RELATIVE = "is_path_supports_blend_relative" in bpy.types.Property.bl_rna.properties
PATH_OPTIONS = {"ANIMATABLE", "PATH_SUPPORTS_BLEND_RELATIVE"} if _RELATIVE else {"ANIMATABLE"}
"""Of a property that holds a path: where Blender asks (4.5), it may begin beside the .blend."""
OVERRIDDEN_GROUP = {"override": {"LIBRARY_OVERRIDABLE"}}
"""Of a property that holds a group: what is set in it on a library override is kept in the file; from 5.0 on lines are,
and tables of characters are not."""


def overridable(group: Any) -> Any:
    """Let all properties that a class declares be set, and its collections grow, on library overrides."""
    for declared in group.__annotations__.values():
        grows = {"USE_INSERTION"} if declared.function is bpy.props.CollectionProperty else set()
        declared.keywords["override"] = {"LIBRARY_OVERRIDABLE", *grows}
    return group


def shape_key_points(key: Any) -> Any:
    """The coordinates of a shape key: `points` (4.1 and newer) is fifty times as fast as `data`."""
    return getattr(key, "points", key.data)


def session_uid(data_block: Any) -> int | None:
    """A number that names a data-block as long as the file is open, whatever it is renamed to (4.2 and newer)."""
    return getattr(data_block, "session_uid", None)


def use_nodes(material: Any) -> None:
    """Materials have nodes from the start in 5.0, where setting the switch is deprecated."""
    if material.node_tree is None:
        material.use_nodes = True


_PRINCIPLED = {
    "base_colour": ("Base Color",), "roughness": ("Roughness",), "metallic": ("Metallic",),
    "specular": ("Specular IOR Level", "Specular"), "scatter": ("Subsurface Weight", "Subsurface"),
    "scatter_radius": ("Subsurface Radius",), "scatter_scale": ("Subsurface Scale",),
    "scattered_colour": ("Subsurface Color",),
}  # fmt: skip


def principled_input(shader: Any, name: str) -> Any | None:
    """An input of a Principled BSDF under its name of 4.0 and newer or of 3.x; None where it has none.

    4.0 renamed Specular and Subsurface, brought Subsurface Scale, and took Subsurface Color away.
    """
    return next((shader.inputs[each] for each in _PRINCIPLED[name] if each in shader.inputs), None)


def see_through(material: Any) -> None:
    """EEVEE draws what is behind: a render method from 4.2, before that a blend mode, and a shadow to switch off."""
    if hasattr(material, "surface_render_method"):
        material.surface_render_method = "BLENDED"
        material.use_transparent_shadow = True
    else:
        material.blend_method, material.shadow_method = "BLEND", "NONE"
    material.use_backface_culling = True


def hidden_properties(block: Any) -> Any | None:
    """What add-ons stored on a block that are not enabled now: 5.0 keeps it apart from custom properties."""
    read = getattr(block, "bl_system_properties_get", None)
    return None if read is None else read()


FORGETS_TABLES = bpy.app.version >= (5, 0, 0)
"""Whether the table of a character that is a library override is lost when the file is saved: from 5.0 on."""
