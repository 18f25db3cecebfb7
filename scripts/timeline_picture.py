# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes docs/timeline.jpg in a real window: two characters, four strips, baked together. Needs a display, ImageMagick
and, before Blender 4.2, xdotool:

    xvfb-run -s "-screen 0 1280x1060x24" blender --factory-startup --window-geometry 0 0 1280 1060 \\
        --python scripts/timeline_picture.py -- docs/timeline.jpg
"""

import os
import shutil
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy
from mathutils import Quaternion

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import blender_addon
from blender_addon import compat, session
from blender_addon.styletalk.demo import LINE
from blender_addon.ui import timeline_panel

TICK_S, DRAWN_S = 0.5, 3.0
FRONT = Quaternion((0.7071, 0.7071, 0.0, 0.0))
STRIPS = (("Anna: hello", 1, 20), ("Ben: answer", 2, 150), ("Anna: more", 1, 330), ("Ben: end", 2, 440))
HALF_DISTANCE_M = 0.11
TAB_FROM_RIGHT_PX, TAB_FROM_TOP_PX = 14, 226
"""The middle of the tab StyleTalk in the sidebar, in pixels of the 3D view's area."""


def story() -> Iterator[None]:
    """Do one thing after another; Blender draws between them."""
    for block in list(bpy.data.objects):
        bpy.data.objects.remove(block)
    view = _area("VIEW_3D")
    _do(view, bpy.ops.screen.area_split, direction="HORIZONTAL", factor=0.2)
    yield
    below = min((area for area in _areas() if area.type == "VIEW_3D"), key=lambda area: area.height)
    below.type = "SEQUENCE_EDITOR"
    below.spaces[0].timeline_overlay.show_strip_source = False
    view = _area("VIEW_3D")
    space = view.spaces[0]
    space.show_region_ui, space.show_region_toolbar, space.show_gizmo = True, False, False
    for name, side in (("Anna", -1), ("Ben", 1)):
        _do(view, bpy.ops.styletalk.add_face)
        face = bpy.context.view_layer.objects.active
        face.name = name
        face.parent.parent.location.x = side * HALF_DISTANCE_M
    space.region_3d.view_perspective, space.region_3d.view_rotation = "ORTHO", FRONT
    space.region_3d.view_location, space.region_3d.view_distance = (0.11, 0.0, 0.11), 0.62
    space.overlay.show_overlays = False
    _add_strips()
    yield
    _open_tab(view)
    yield
    _do(view, bpy.ops.styletalk.bake_scene, "INVOKE_DEFAULT")
    while session.is_busy():
        yield
    _do(below, bpy.ops.sequencer.view_all)
    bpy.context.scene.frame_set(172)
    yield


def _add_strips() -> None:
    scene = bpy.context.scene
    sound = shutil.copy(LINE, tempfile.mkdtemp())  # whose folders these are is nobody's business
    strips = compat.strips(scene.sequence_editor_create())
    for name, channel, frame in STRIPS:
        strips.new_sound(name, sound, channel, frame).select = False
    compat.set_sequencer_scene(scene)


def _open_tab(view: Any) -> None:
    region = next(region for region in view.regions if region.type == "UI")
    try:
        region.active_panel_category = "StyleTalk"
    except AttributeError:  # 3.4 shows the tab that was clicked
        window = bpy.context.window_manager.windows[0]
        left, top = view.x + view.width - TAB_FROM_RIGHT_PX, window.height - view.y - view.height + TAB_FROM_TOP_PX
        subprocess.run(["xdotool", "mousemove", str(left), str(top), "click", "1"], check=True)


def _areas() -> list[Any]:
    return list(bpy.context.window_manager.windows[0].screen.areas)


def _area(kind: str) -> Any:
    return max((area for area in _areas() if area.type == kind), key=lambda area: area.height)


def _do(area: Any, operator: Any, *how: str, **options: Any) -> None:
    region = next(region for region in area.regions if region.type == "WINDOW")
    with bpy.context.temp_override(window=bpy.context.window_manager.windows[0], area=area, region=region):
        operator(*how, **options)


def main(output: Path) -> None:
    """Run the story by a timer, take the picture, and end Blender."""
    bpy.context.preferences.view.show_splash = False
    timeline_panel.STYLETALK_PT_speakers.bl_options = set()
    blender_addon.register()
    told = story()

    def tick() -> float | None:
        try:
            next(told)
            return TICK_S
        except StopIteration:
            subprocess.run(["import", "-window", "root", "-quality", "62", str(output)], check=True)
            os._exit(0)
        except Exception:
            traceback.print_exc()
            os._exit(1)

    bpy.app.timers.register(tick, first_interval=DRAWN_S)


if __name__ == "__main__":
    main(Path(sys.argv[sys.argv.index("--") + 1]).resolve())
