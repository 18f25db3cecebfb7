# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes docs/polishing.jpg in a real window: a baked line, its curves in the graph editor, the offset sliders. Needs a
display, ImageMagick and, before Blender 4.2, xdotool:

    xvfb-run -s "-screen 0 1280x1500x24" blender --factory-startup --window-geometry 0 0 1280 1500 \\
        --python scripts/polishing_picture.py -- docs/polishing.jpg
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parent))
from in_window import add_face, area, do, empty_view, open_tab, output, queued, run, shot, sound, split_below

from blender_addon import compat
from blender_addon.faces.offsets import add_offset
from blender_addon.ui import curves_panel, offsets_panel

SHOWN = "jawOpen"
FRAME, SEEN_FRAMES = 75, 35
CROP = "1060x1340+0+160"
"""Of the screen: the view with our tab, the curves, the timeline."""


def story() -> Iterator[None]:
    """A line is baked, its corner is raised by an offset, and the keys of the jaw are looked at."""
    yield from split_below(0.24, "GRAPH_EDITOR")
    below = area("GRAPH_EDITOR")
    below.spaces[0].show_region_ui = False
    view = empty_view((0.06, 0.0, 0.1), 0.62)
    face = add_face(view)
    line = face.styletalk.lines[0]
    line.audio, line.style = sound(), "happy"
    yield
    open_tab(view)
    yield
    yield from queued(view, bpy.ops.styletalk.bake)
    do(view, bpy.ops.styletalk.add_offsets)
    for frame, value in ((FRAME - 15, 0.0), (FRAME, 0.5), (FRAME + 15, 0.0)):
        add_offset(face, "Corner Left", frame, value)
    bpy.context.scene.frame_set(FRAME)
    below.spaces[0].dopesheet.filter_text = SHOWN
    _select_keys(face)
    yield
    do(below, bpy.ops.graph.view_selected)
    yield from shot(output(), CROP)


def _select_keys(face: Any) -> None:
    """Those of the curve that is shown, around the frame."""
    for curve in compat.action_fcurves(face.data.shape_keys.animation_data):
        curve.select = SHOWN in curve.data_path
        for point in curve.keyframe_points:
            near = curve.select and abs(point.co[0] - FRAME) < SEEN_FRAMES
            point.select_control_point = point.select_left_handle = point.select_right_handle = near


if __name__ == "__main__":
    run(story, curves_panel.STYLETALK_PT_curves, offsets_panel.STYLETALK_PT_offsets)
