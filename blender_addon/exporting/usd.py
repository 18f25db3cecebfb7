# SPDX-License-Identifier: GPL-3.0-or-later
"""USD with blend shapes, by Blender's own exporter."""

from pathlib import Path
from typing import Any

import bpy

from .. import compat
from .stage import Stage


def unavailable() -> str:
    """Why this Blender cannot write it, or ""."""
    return compat.exporter_missing("wm", "usd_export", "USD")


def write(context: Any, stage: Stage, path: Path) -> None:
    """Write the stage. Raises RuntimeError where Blender cannot."""
    wanted = {
        "selected_objects_only": True, "visible_objects_only": False, "export_animation": True,
        "export_shapekeys": True, "export_armatures": True, "export_custom_properties": False,
        "export_materials": True, "export_lights": False, "export_cameras": False, "convert_world_material": False,
        "author_blender_name": False,
    }  # fmt: skip
    operator = bpy.ops.wm.usd_export
    with stage.shown(context):
        operator(filepath=str(path), check_existing=False, **compat.known_options(operator, wanted))
