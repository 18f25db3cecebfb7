# SPDX-License-Identifier: GPL-3.0-or-later
"""Draws one small picture with Workbench, in a process of its own: where there is no OpenGL the process aborts."""

import runpy
import tempfile
from pathlib import Path

runpy.run_path(str(Path(__file__).parents[1] / "styletalk" / "processes.py"))["die_with_parent"]()

import bpy  # noqa: E402 - it takes seconds to load


def main() -> None:
    """Render 16 × 16 pixels of the scene as it is."""
    scene = bpy.context.scene
    if scene.camera is None:
        scene.camera = bpy.data.objects.new("Probe", bpy.data.cameras.new("Probe"))
        scene.collection.objects.link(scene.camera)
    scene.render.engine = "BLENDER_WORKBENCH"
    scene.render.resolution_x = scene.render.resolution_y = 16
    with tempfile.TemporaryDirectory() as folder:
        scene.render.filepath = str(Path(folder) / "probe.png")
        bpy.ops.render.render(write_still=True)
        assert Path(scene.render.filepath).stat().st_size > 0


main()
