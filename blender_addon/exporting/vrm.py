# SPDX-License-Identifier: GPL-3.0-or-later
"""A character as a VRM model, by the VRM add-on: at rest, with its expressions. A .vrma beside it has what it does."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from mathutils import Matrix

from ..faces.said import VRM
from ..faces.targets import CharacterTarget, target_of
from ..styletalk.errors import OutputError
from ..styletalk.rigs.expressions import MIN_WEIGHT, preset_values, shape_expressions
from .gltf import make_small
from .members import skeletons_of
from .recording import Recording
from .stage import Stage

MISSING = (
    "A .vrm is written by the add-on “VRM format”, which is not enabled here. Install it from Blender's extensions, "
    "or write a .vrma, which needs none."
)
BINDS = ("morph_target_binds", "material_color_binds", "texture_transform_binds")
VRM_0 = "0.0"


def unavailable() -> str:
    """Why this Blender cannot write it, or ""."""
    return "" if "vrm" in dir(bpy.ops.export_scene) else MISSING


def unsuitable(face: Any) -> str:
    """Why a face cannot be a VRM model, or ""."""
    target = target_of(face)
    if isinstance(target, CharacterTarget) and any(map(skeletons_of, target.meshes())):
        return ""
    return f"“{face.name}” has no skeleton, and a .vrm needs that of a humanoid. Write a .vrma for one that has."


def at_rest(seen: Recording) -> Recording:
    """One frame of it, in which no shape shows and each bone is where it rests."""
    return Recording(
        replace(seen.frames, count=1),
        {thing: worlds[:1] for thing, worlds in seen.worlds.items()},
        {mesh: np.zeros_like(values[:1]) for mesh, values in seen.keys.items()},
        {thing: {name: [Matrix.Identity(4)] for name in bones} for thing, bones in seen.bones.items()},
        {thing: joints[:1] for thing, joints in seen.joints.items()},
    )


def write(context: Any, stage: Stage, path: Path) -> None:
    """Write the stage, whose objects are at rest. Raises OutputError, RuntimeError where the add-on cannot."""
    skeleton = next(copy for copy in stage.copies.values() if copy.type == "ARMATURE")
    about = getattr(skeleton.data, VRM)
    _name_copies(about, stage.copies)
    with stage.shown(context):
        if about.spec_version != VRM_0:
            _complete(stage, skeleton, about.vrm1)
        done = bpy.ops.export_scene.vrm(filepath=str(path), armature_object_name=skeleton.name, ignore_warning=True)
    if done != {"FINISHED"}:
        raise OutputError(
            f"The VRM add-on refuses “{skeleton.name}”: bones that a humanoid must have are missing or not assigned. "
            "Assign them in its VRM tab."
        )
    make_small(path)


def _complete(stage: Stage, skeleton: Any, about: Any) -> None:
    """Bones, expressions and an author, where the animator named none."""
    bones = about.humanoid.human_bones
    if not bones.bones_are_correctly_assigned():
        bpy.ops.vrm.assign_vrm1_humanoid_human_bones_automatically(armature_object_name=skeleton.name)
    for target in filter(None, map(target_of, stage.copies)):
        if isinstance(target, CharacterTarget):
            _add_expressions(about.expressions, target, stage.copies)
            break
    about.meta.vrm_name = about.meta.vrm_name or stage.name
    if not any(author.value for author in about.meta.authors):
        (about.meta.authors[0] if len(about.meta.authors) else about.meta.authors.add()).value = "Unknown"


def _add_expressions(expressions: Any, target: CharacterTarget, copies: dict[Any, Any]) -> None:
    """Those of VRM that the animator has not bound, as what the character's shapes show of them; and one for each of
    the shapes, by which the animation beside it plays as it was seen."""
    mapping = target.mapping()
    for name, values in preset_values(mapping).items():
        bound = getattr(expressions.preset, name)
        if not any(len(getattr(bound, kind)) for kind in BINDS):
            _bind(bound, target, copies, {row.shape: value for row, value in zip(mapping.rows, values, strict=True)})
    there = {each.custom_name for each in expressions.custom}
    for shape, name in shape_expressions(mapping).items():
        if name not in there:
            bound = expressions.custom.add()
            bound.custom_name = name
            _bind(bound, target, copies, {shape: 1.0})


def _bind(bound: Any, target: CharacterTarget, copies: dict[Any, Any], values: dict[str, float]) -> None:
    for mesh in (each for each in target.meshes() if each in copies):
        names = {key.name for key in mesh.data.shape_keys.key_blocks}
        for shape, value in values.items():
            if shape in names and value >= MIN_WEIGHT:
                bind = bound.morph_target_binds.add()
                bind.node.bpy_object, bind.index, bind.weight = copies[mesh], shape, min(1.0, float(value))


def _name_copies(group: Any, copies: dict[Any, Any]) -> None:
    """Let what the add-on keeps name the copies in place of the objects that they stand for."""
    for owner, name in _pointers(group):
        if (copy := copies.get(getattr(owner, name))) is not None:
            setattr(owner, name, copy)


def _pointers(group: Any) -> Iterator[tuple[Any, str]]:
    """(owner, property) of everything below a property group that names an object."""
    for name, about in group.bl_rna.properties.items():
        if about.type == "COLLECTION":
            for each in getattr(group, name):
                yield from _pointers(each)
        elif about.type == "POINTER" and name != "rna_type":
            value = getattr(group, name)
            if isinstance(value, bpy.types.Object):
                yield group, name
            elif isinstance(value, bpy.types.PropertyGroup):
                yield from _pointers(value)
