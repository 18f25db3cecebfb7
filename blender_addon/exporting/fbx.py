# SPDX-License-Identifier: GPL-3.0-or-later
"""FBX, by Blender's own exporter. Unity and Unreal differ in what a unit is."""

from pathlib import Path
from typing import Any

import bpy

from .. import compat
from .stage import Stage

UNITY, UNREAL = "FBX_SCALE_ALL", "FBX_SCALE_NONE"


def unavailable() -> str:
    """Why this Blender cannot write it, or ""."""
    return compat.exporter_missing("export_scene", "fbx", "FBX format")


def write_for_unity(context: Any, stage: Stage, path: Path) -> None:
    """Metres that stay metres. Raises RuntimeError where Blender cannot."""
    _write(context, stage, path, UNITY)


def write_for_unreal(context: Any, stage: Stage, path: Path) -> None:
    """Centimetres, as Unreal has them. Raises RuntimeError where Blender cannot."""
    _write(context, stage, path, UNREAL)


def _write(context: Any, stage: Stage, path: Path, scale: str) -> None:
    wanted = {
        "use_selection": True, "object_types": {"EMPTY", "ARMATURE", "MESH"}, "apply_scale_options": scale,
        "use_mesh_modifiers": True, "mesh_smooth_type": "FACE", "add_leaf_bones": False, "path_mode": "COPY",
        "embed_textures": True, "bake_anim": True,
        "bake_anim_use_nla_strips": False, "bake_anim_use_all_actions": False,  # with either it writes no shape keys
        "bake_anim_force_startend_keying": True, "bake_anim_simplify_factor": 0.0, "bake_anim_step": 1.0,
    }  # fmt: skip
    operator = bpy.ops.export_scene.fbx
    with stage.shown(context):
        operator(filepath=str(path), check_existing=False, **compat.known_options(operator, wanted))
