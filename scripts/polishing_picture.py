# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes docs/polishing.jpg in a real window: a baked line, its curves in the graph editor, the offset sliders. Needs a
display, ImageMagick and, before Blender 4.2, xdotool:

    xvfb-run -s "-screen 0 1280x1200x24" blender --factory-startup --window-geometry 0 0 1280 1200 \\
        --python scripts/polishing_picture.py -- docs/polishing.jpg
"""

import os
import subprocess
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy
from mathutils import Quaternion

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import blender_addon
from blender_addon import compat, session
from blender_addon.faces.offsets import add_offset
from blender_addon.styletalk.demo import LINE
from blender_addon.ui import curves_panel, offsets_panel

TICK_S, DRAWN_S = 0.5, 3.0
FRONT = Quaternion((0.7071, 0.7071, 0.0, 0.0))
SHOWN = "jawOpen"
FRAME, SEEN_FRAMES = 75, 35
TAB_FROM_RIGHT_PX, TAB_FROM_TOP_PX = 14, 226
"""The middle of the tab StyleTalk in the sidebar, in pixels of the 3D view's area."""


def story() -> Iterator[None]:
    """Do one thing after another; Blender draws between them."""
    for block in list(bpy.data.objects):
        bpy.data.objects.remove(block)
    view = _area("VIEW_3D")
    _do(view, bpy.ops.screen.area_split, direction="HORIZONTAL", factor=0.3)
    yield
    below = min((area for area in _areas() if area.type == "VIEW_3D"), key=lambda area: area.height)
    below.type = "GRAPH_EDITOR"
    below.spaces[0].show_region_ui = False
    view = _area("VIEW_3D")
    space = view.spaces[0]
    space.show_region_ui, space.show_region_toolbar, space.show_gizmo = True, False, False
    _do(view, bpy.ops.styletalk.add_face)
    face = bpy.context.view_layer.objects.active
    space.region_3d.view_perspective, space.region_3d.view_rotation = "ORTHO", FRONT
    space.region_3d.view_location, space.region_3d.view_distance = (0.06, 0.0, 0.1), 0.62
    space.overlay.show_overlays = False
    line = face.styletalk.lines[0]
    line.audio, line.style = str(LINE), "happy"
    yield
    _open_tab(view)
    yield
    _do(view, bpy.ops.styletalk.bake, "INVOKE_DEFAULT")
    while session.is_busy():
        yield
    _do(view, bpy.ops.styletalk.add_offsets)
    for frame, value in ((FRAME - 15, 0.0), (FRAME, 0.5), (FRAME + 15, 0.0)):
        add_offset(face, "Corner Left", frame, value)
    bpy.context.scene.frame_set(FRAME)
    below.spaces[0].dopesheet.filter_text = SHOWN
    for curve in compat.action_fcurves(face.data.shape_keys.animation_data):
        curve.select = SHOWN in curve.data_path
        for point in curve.keyframe_points:
            near = curve.select and abs(point.co[0] - FRAME) < SEEN_FRAMES
            point.select_control_point = near
    yield
    _do(below, bpy.ops.graph.view_selected)
    yield


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
    for panel in (curves_panel.STYLETALK_PT_curves, offsets_panel.STYLETALK_PT_offsets):
        panel.bl_options = set()
    blender_addon.register()
    told = story()

    def tick() -> float | None:
        try:
            next(told)
            return TICK_S
        except StopIteration:
            subprocess.run(["import", "-window", "root", "-quality", "70", str(output)], check=True)
            os._exit(0)
        except Exception:
            traceback.print_exc()
            os._exit(1)

    bpy.app.timers.register(tick, first_interval=DRAWN_S)


if __name__ == "__main__":
    main(Path(sys.argv[sys.argv.index("--") + 1]).resolve())
