# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes the pictures of docs/styles.md in a real window: styles browsed on a character, the shelf of faces, and
a line whose style changes. Needs a display, ImageMagick and xdotool:

    xvfb-run -s "-screen 0 1280x1400x24" blender --factory-startup --window-geometry 0 0 1280 1400 \\
        --python scripts/styles_picture.py -- docs/styles
"""

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("BLENDER_USER_DATAFILES", tempfile.mkdtemp())
import bpy

sys.path.insert(0, str(Path(__file__).resolve().parent))
from in_window import (
    add_face,
    do,
    empty_view,
    open_tab,
    output,
    queued,
    region,
    run,
    shot,
    sound,
    window,
    xdotool,
)

from blender_addon.operators import browse_styles
from blender_addon.ui import styles
from blender_addon.ui.style_strip import FACE_PX, layout_of

MARKERS = (("happy 1.3", 70), ("neutral", 120))
MOST_STEPS = 60
"""Until the worker has made the line in the style that is pointed at."""


def story() -> Iterator[float | None]:
    """The three pictures, one after the other."""
    folder, view = output(), empty_view((0.07, 0.0, 0.07), 0.62)
    line: Any = add_face(view).styletalk.lines[0]
    line.audio, line.style = sound(), "neutral"
    yield
    open_tab(view)
    yield from queued(view, bpy.ops.styletalk.bake)
    bpy.context.scene.frame_set(60)
    do(view, bpy.ops.styletalk.style_from_action, name="My take")
    line.style = "happy"
    yield
    yield from _browsed(view, folder / "browse.jpg")
    do(view, bpy.ops.wm.call_panel, name=styles.STYLETALK_PT_shelf.bl_idname)
    yield
    yield from shot(folder / "shelf.jpg", "470x520+430+870")
    xdotool("key", "Escape")
    yield
    _let_it_change(line)
    yield
    yield from shot(folder / "along.jpg", "250x1400+820+0")


def _browsed(view: Any, path: Path) -> Iterator[float | None]:
    """Styles on the character, one of them pointed at."""
    do(view, bpy.ops.styletalk.browse_styles, "INVOKE_DEFAULT")
    yield
    x, y = _place_of("surprised", view)
    for step in (3, 0):
        xdotool("mousemove", x + step, y + step)
        yield
    browsing = browse_styles._open[0]
    yield from (None for _ in range(MOST_STEPS) if not browsing.plays_line)
    yield from shot(path, "1060x1100+0+330")
    xdotool("key", "Escape")
    yield


def _place_of(name: str, view: Any) -> tuple[int, int]:
    """Where a style's thumbnail lies on the screen."""
    shown, seen = browse_styles._open[0].shown, region(view, "WINDOW")
    number = next(number for number, each in enumerate(shown) if each.style == name)
    x, y = layout_of(bpy.context, view, seen, len(shown)).corner(number)
    return round(seen.x + x + FACE_PX / 2), round(window().height - (seen.y + y + FACE_PX / 2))


def _let_it_change(line: Any) -> None:
    """By markers, a second style, a word, and a key."""
    for name, frame in MARKERS:
        bpy.context.scene.timeline_markers.new(name, frame=frame)
    line.second_style, line.style_blend = "worried", 0.4
    line.heard.words[2].style = "angry"
    line.heard.active_word = 2
    line.keyframe_insert("intensity", frame=1)
    bpy.context.scene.frame_set(MARKERS[0][1] + 20)


if __name__ == "__main__":
    run(story, styles.STYLETALK_PT_style_changes)
