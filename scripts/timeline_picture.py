# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes docs/timeline.jpg in a real window: two characters, four strips, baked together; and docs/timeline-curves.jpg:
the smile in one of the lines, open for editing. Needs a display, ImageMagick and, before Blender 4.2, xdotool:

    xvfb-run -s "-screen 0 1280x1060x24" blender --factory-startup --window-geometry 0 0 1280 1060 \\
        --python scripts/timeline_picture.py -- docs/timeline.jpg
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parent))
from in_window import add_face, area, do, empty_view, open_tab, output, queued, run, shot, sound, split_below

from blender_addon import compat
from blender_addon.ui import timeline_panel

STRIPS = (("Anna: hello", 1, 20), ("Ben: answer", 2, 150), ("Anna: more", 1, 330), ("Ben: end", 2, 440))
HALF_DISTANCE_M = 0.11
SHOWN = "mouthSmile"


def story() -> Iterator[None]:
    """Two heads, a strip for each line, and Bake the Scene."""
    yield from split_below(0.2, "SEQUENCE_EDITOR")
    below = area("SEQUENCE_EDITOR")
    below.spaces[0].timeline_overlay.show_strip_source = False
    view = empty_view((0.11, 0.0, 0.11), 0.62)
    for name, side in (("Anna", -1), ("Ben", 1)):
        face = add_face(view)
        face.name = name
        face.parent.parent.location.x = side * HALF_DISTANCE_M
    _add_strips()
    yield
    open_tab(view)
    yield
    yield from queued(view, bpy.ops.styletalk.bake_scene)
    do(below, bpy.ops.sequencer.view_all)
    bpy.context.scene.frame_set(172)
    yield from shot(output())
    below.type = "GRAPH_EDITOR"
    below.spaces[0].dopesheet.filter_text, below.spaces[0].show_region_ui = SHOWN, False
    face = bpy.context.view_layer.objects.active
    face.styletalk.active = 0
    do(view, bpy.ops.styletalk.edit_curves)
    yield
    do(below, bpy.ops.graph.view_all)
    yield from shot(output().with_stem(f"{output().stem}-curves"))


def _add_strips() -> None:
    scene, path = bpy.context.scene, sound()
    strips = compat.strips(scene.sequence_editor_create())
    for name, channel, frame in STRIPS:
        strips.new_sound(name, path, channel, frame).select = False
    compat.set_sequencer_scene(scene)


if __name__ == "__main__":
    run(story, timeline_panel.STYLETALK_PT_speakers)
