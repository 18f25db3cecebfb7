# SPDX-License-Identifier: GPL-3.0-or-later
"""What scripts share that take pictures of Blender's own window: they run inside it, and tell a story step by step.

A story is a generator: Blender draws between its steps, each of which may yield how many seconds it needs for that.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import bpy
from mathutils import Quaternion

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import blender_addon
from blender_addon import session
from blender_addon.styletalk.demo import LINE

STEP_S, DRAWN_S = 0.5, 3.0
"""Between two steps; until the window is there."""
FRONT = Quaternion((0.7071, 0.7071, 0.0, 0.0))
TAB_FROM_RIGHT_PX, TAB_FROM_TOP_PX = 14, 226
"""The middle of the tab StyleTalk in the sidebar, in pixels of the 3D view's area."""
QUALITY = "62"


def run(story: Callable[[], Iterator[float | None]], *open_panels: Any) -> None:
    """Register the add-on, with these panels open, tell the story by a timer, and end Blender."""
    bpy.context.preferences.view.show_splash = False
    for panel in open_panels:
        panel.bl_options = set()
    blender_addon.register()
    told = story()

    def tick() -> float:
        try:
            return next(told) or STEP_S
        except StopIteration:
            os._exit(0)
        except Exception:
            traceback.print_exc()
            os._exit(1)

    bpy.app.timers.register(tick, first_interval=DRAWN_S)


def output() -> Path:
    """The file or folder that stands behind -- on the command line."""
    return Path(sys.argv[sys.argv.index("--") + 1]).resolve()


def window() -> Any:
    """The only one."""
    return bpy.context.window_manager.windows[0]


def area(kind: str) -> Any:
    """The tallest area of a kind."""
    return max((each for each in window().screen.areas if each.type == kind), key=lambda each: each.height)


def region(of: Any, kind: str) -> Any:
    """An area's region of a kind."""
    return next(each for each in of.regions if each.type == kind)


def do(where: Any, operator: Any, *how: str, **options: Any) -> None:
    """Call an operator in an area."""
    with bpy.context.temp_override(window=window(), area=where, region=region(where, "WINDOW")):
        operator(*how, **options)


def split_below(factor: float, kind: str) -> Iterator[None]:
    """Make a part of the 3D view an editor of another kind."""
    do(area("VIEW_3D"), bpy.ops.screen.area_split, direction="HORIZONTAL", factor=factor)
    yield
    views = [each for each in window().screen.areas if each.type == "VIEW_3D"]
    min(views, key=lambda each: each.height).type = kind


def empty_view(location: tuple[float, float, float], distance: float) -> Any:
    """An empty scene seen from the front, with the sidebar and without what lies over the view; the view's area."""
    for block in list(bpy.data.objects):
        bpy.data.objects.remove(block)
    view = area("VIEW_3D")
    space = view.spaces[0]
    space.show_region_ui, space.show_region_toolbar, space.show_gizmo = True, False, False
    space.overlay.show_overlays = False
    look(view, location, distance)
    return view


def look(view: Any, location: tuple[float, float, float], distance: float) -> None:
    """See the scene from the front, around a place."""
    seen = view.spaces[0].region_3d
    seen.view_perspective, seen.view_rotation = "ORTHO", FRONT
    seen.view_location, seen.view_distance = location, distance


def add_face(view: Any) -> Any:
    """A new head; the view stays where it looks."""
    seen = view.spaces[0].region_3d
    before = tuple(seen.view_location), seen.view_distance
    do(view, bpy.ops.styletalk.add_face)
    look(view, *before)
    return bpy.context.view_layer.objects.active


def sound() -> str:
    """The bundled line in a folder of no one: whose folders these are is nobody's business."""
    return shutil.copy(LINE, tempfile.mkdtemp())


def open_tab(view: Any) -> None:
    """Show our tab of the sidebar."""
    try:
        region(view, "UI").active_panel_category = "StyleTalk"
    except AttributeError:  # 3.4 shows the tab that was clicked
        top = window().height - view.y - view.height
        xdotool("mousemove", view.x + view.width - TAB_FROM_RIGHT_PX, top + TAB_FROM_TOP_PX, "click", 1)


def xdotool(*command: object) -> None:
    """Move the mouse, click or type."""
    subprocess.run(["xdotool", *map(str, command)], check=True)


def queued(view: Any, operator: Any) -> Iterator[None]:
    """Press a button and wait for what comes of it."""
    do(view, operator, "INVOKE_DEFAULT")
    while session.is_busy():
        yield


def shot(path: Path, part: str = "") -> Iterator[None]:
    """Save what is on the screen. part: an ImageMagick geometry such as 400x300+10+20."""
    for each in window().screen.areas:
        each.tag_redraw()  # what a script changes is not drawn by itself
    yield from (None, None)  # panels slide to their new places
    cut = ["-crop", part, "+repage"] if part else []
    subprocess.run(["import", "-window", "root", *cut, "-quality", QUALITY, str(path)], check=True)
    yield
