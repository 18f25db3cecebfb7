# SPDX-License-Identifier: GPL-3.0-or-later
"""Alembic: every vertex of every frame, as the modifiers make them."""

from pathlib import Path
from typing import Any

import bpy

from .. import compat
from .stage import Stage


def unavailable() -> str:
    """Why this Blender cannot write it, or ""."""
    return compat.exporter_missing("wm", "alembic_export", "Alembic")


def write(context: Any, stage: Stage, path: Path) -> None:
    """Write the stage. Raises RuntimeError where Blender cannot."""
    wanted = {
        "start": stage.scene.frame_start, "end": stage.scene.frame_end, "selected": True, "uvs": True, "normals": True,
        "visible_objects_only": False, "as_background_job": False, "export_custom_properties": False,
        "evaluation_mode": "VIEWPORT", "init_scene_frame_range": False,
    }  # fmt: skip
    operator = bpy.ops.wm.alembic_export
    with stage.shown(context):
        operator(filepath=str(path), check_existing=False, **compat.known_options(operator, wanted))
