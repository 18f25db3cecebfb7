# SPDX-License-Identifier: GPL-3.0-or-later
"""glTF, by Blender's own exporter: one file, one clip with shape keys, head and bones in it."""

import contextlib
from pathlib import Path
from typing import Any

import bpy

from .. import compat
from ..styletalk.files.reading import UnusableContent
from ..styletalk.files.small_glb import small_glb
from .stage import Stage


def unavailable() -> str:
    """Why this Blender cannot write it, or ""."""
    return compat.exporter_missing("export_scene", "gltf", "glTF 2.0")


def write(context: Any, stage: Stage, path: Path) -> None:
    """Write the stage. Raises RuntimeError where Blender cannot."""
    wanted = {
        "export_format": "GLB", "use_active_scene": True, "use_selection": True, "export_animations": True,
        "export_animation_mode": "ACTIVE_ACTIONS", "export_nla_strips": False, "export_force_sampling": True,
        "export_frame_range": True, "export_optimize_animation_size": False, "export_morph": True,
        "export_morph_normal": True, "export_skins": True, "export_extras": False, "export_yup": True,
        "export_nla_strips_merged_animation_name": stage.name, "export_try_sparse_sk": True,
        "export_reset_pose_bones": False, "export_cameras": False, "export_lights": False, "will_save_settings": False,
        "export_def_bones": False, "export_current_frame": False,
    }  # fmt: skip
    operator = bpy.ops.export_scene.gltf
    with stage.shown(context):
        operator(filepath=str(path), check_existing=False, **compat.known_options(operator, wanted))
    make_small(path)


def make_small(path: Path) -> None:
    """Write a binary glTF again in fewer bytes, if there is one."""
    if path.is_file():
        with contextlib.suppress(UnusableContent):  # an add-on's extension wrote into it: it stays as large as it is
            path.write_bytes(small_glb(path.read_bytes()))
