# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes the pictures of docs/styles.md in a real window: styles browsed on a character, the shelf of faces, the menu,
and a line whose style changes. Needs a display, ImageMagick and xdotool:

    xvfb-run -s "-screen 0 1280x1400x24" blender --factory-startup --window-geometry 0 0 1280 1400 \\
        --python scripts/styles_picture.py -- docs/styles
"""

import os
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("BLENDER_USER_DATAFILES", tempfile.mkdtemp())
import bpy
from mathutils import Quaternion

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import blender_addon
from blender_addon import session
from blender_addon.operators import browse_styles
from blender_addon.styletalk.demo import LINE
from blender_addon.ui import styles

TICK_S, DRAWN_S = 0.6, 3.0
FRONT = Quaternion((0.7071, 0.7071, 0.0, 0.0))
TAB_FROM_RIGHT_PX, TAB_FROM_TOP_PX = 14, 226
"""The middle of the tab StyleTalk in the sidebar, in pixels of the 3D view's area."""
MARKERS = (("happy 1.3", 70), ("neutral", 120))


def story(folder: Path) -> Iterator[None]:
    """Do one thing after another; Blender draws between them."""
    for block in list(bpy.data.objects):
        bpy.data.objects.remove(block)
    view = _view()
    space = view.spaces[0]
    space.show_region_ui, space.show_region_toolbar, space.show_gizmo = True, False, False
    _do(view, bpy.ops.styletalk.add_face)
    space.region_3d.view_perspective, space.region_3d.view_rotation = "ORTHO", FRONT
    space.region_3d.view_location, space.region_3d.view_distance = (0.07, 0.0, 0.07), 0.62
    space.overlay.show_overlays = False
    line: Any = bpy.context.view_layer.objects.active.styletalk.lines[0]
    line.audio, line.style = str(LINE), "neutral"
    yield
    _open_tab(view)
    _do(view, bpy.ops.styletalk.bake, "INVOKE_DEFAULT")
    while session.is_busy():
        yield
    bpy.context.scene.frame_set(60)
    _do(view, bpy.ops.styletalk.style_from_action, name="My take")
    line.style = "happy"
    yield
    _do(view, bpy.ops.styletalk.browse_styles, "INVOKE_DEFAULT")
    yield
    yield from _point_at("surprised", view)
    yield from _shot(folder / "browse.jpg")
    _press("Escape")
    yield
    _call(view, bpy.ops.wm.call_panel, name=styles.STYLETALK_PT_shelf.bl_idname)
    yield
    yield from _shot(folder / "shelf.jpg")
    _press("Escape")
    yield
    _call(view, bpy.ops.wm.call_menu, name=styles.STYLETALK_MT_style.bl_idname)
    yield
    yield from _shot(folder / "menu.jpg")
    _press("Escape")
    yield
    for name, frame in MARKERS:
        bpy.context.scene.timeline_markers.new(name, frame=frame)
    line.second_style, line.style_blend = "worried", 0.4
    line.heard.words[2].style = "angry"
    line.heard.active_word = 2
    line.keyframe_insert("intensity", frame=1)
    yield
    yield from _shot(folder / "along.jpg")


def _point_at(name: str, view: Any) -> Iterator[None]:
    """Move the mouse over a style's thumbnail."""
    from blender_addon.ui.style_strip import FACE_PX, layout_of

    browsing = browse_styles._open[0]
    region = next(each for each in view.regions if each.type == "WINDOW")
    layout = layout_of(bpy.context, view, region, len(browsing.shown))
    number = next(number for number, each in enumerate(browsing.shown) if each.style == name)
    x, y = layout.corner(number)
    window = bpy.context.window_manager.windows[0]
    place = region.x + x + FACE_PX / 2, window.height - (region.y + y + FACE_PX / 2)
    for step in (3, 0):
        subprocess.run(["xdotool", "mousemove", *(str(round(each) + step) for each in place)], check=True)
        yield
    for _ in range(3):
        yield
    print("browsed", browsing.current.style, "plays the line:", browsing.plays_line)


def _shot(path: Path) -> Iterator[None]:
    yield
    subprocess.run(["import", "-window", "root", "-quality", "62", str(path)], check=True)
    yield


def _press(key: str) -> None:
    subprocess.run(["xdotool", "key", key], check=True)


def _open_tab(view: Any) -> None:
    region = next(region for region in view.regions if region.type == "UI")
    try:
        region.active_panel_category = "StyleTalk"
    except AttributeError:  # 3.4 shows the tab that was clicked
        window = bpy.context.window_manager.windows[0]
        left, top = view.x + view.width - TAB_FROM_RIGHT_PX, window.height - view.y - view.height + TAB_FROM_TOP_PX
        subprocess.run(["xdotool", "mousemove", str(left), str(top), "click", "1"], check=True)


def _view() -> Any:
    areas = bpy.context.window_manager.windows[0].screen.areas
    return max((area for area in areas if area.type == "VIEW_3D"), key=lambda area: area.height)


def _call(area: Any, operator: Any, **options: Any) -> None:
    _do(area, operator, **options)


def _do(area: Any, operator: Any, *how: str, **options: Any) -> None:
    region = next(region for region in area.regions if region.type == "WINDOW")
    with bpy.context.temp_override(window=bpy.context.window_manager.windows[0], area=area, region=region):
        operator(*how, **options)


def main(folder: Path) -> None:
    """Run the story by a timer, and end Blender."""
    bpy.context.preferences.view.show_splash = False
    styles.STYLETALK_PT_style_changes.bl_options = set()
    blender_addon.register()
    told = story(folder)

    def tick() -> float | None:
        try:
            next(told)
            return TICK_S
        except StopIteration:
            os._exit(0)
        except Exception:
            traceback.print_exc()
            os._exit(1)

    bpy.app.timers.register(tick, first_interval=DRAWN_S)


if __name__ == "__main__":
    main(Path(sys.argv[sys.argv.index("--") + 1]).resolve())
