# SPDX-License-Identifier: GPL-3.0-or-later
"""Films the panel at work, in a real window, for docs/panel.gif. Needs Blender 4.2 or newer, an X display and ffmpeg:

    xvfb-run -s "-screen 0 1152x640x24" blender --factory-startup --window-geometry 0 0 1152 640 \\
        --python scripts/panel_film.py -- docs/panel.gif

A face is added, the sample sound baked and played, its words are written down, and it is baked from these. What is
shown is what Blender draws; only the waiting is cut.
"""

import os
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
from blender_addon import session
from blender_addon.ui import panels

TICK_S = 0.3
"""Between a change and its picture: Blender draws in the meantime."""
DRAWN_S = 8.0
"""Until the panel's tabs are there to choose from."""
BUSY_S, FILM_RATE_HZ, WIDTH_PX = 0.2, 12, 760
BESIDE_PANEL_M = 0.07
FRONT = Quaternion((0.7071, 0.7071, 0.0, 0.0))
STYLE, SEE_S, READ_S = "happy", 1.2, 2.5


def story() -> Iterator[float]:
    """Do one thing after another; yield for how many seconds of the film it is to be seen, 0 for not at all."""
    view, below = _area("VIEW_3D"), _area("DOPESHEET_EDITOR")
    next(region for region in view.regions if region.type == "UI").active_panel_category = "StyleTalk"
    yield SEE_S
    _do(view, bpy.ops.styletalk.add_face)
    region_3d = view.spaces[0].region_3d
    region_3d.view_perspective, region_3d.view_rotation = "ORTHO", FRONT
    _do(view, bpy.ops.view3d.view_selected)
    region_3d.view_distance *= 1.1
    region_3d.view_location.x += BESIDE_PANEL_M
    yield SEE_S
    line = bpy.context.view_layer.objects.active.styletalk.lines[0]
    _do(view, bpy.ops.styletalk.sample_sound)
    yield SEE_S
    line.style = STYLE
    yield SEE_S
    yield from _queued(view, bpy.ops.styletalk.bake)
    yield READ_S
    yield from _played()
    yield from _queued(view, bpy.ops.styletalk.write_down)
    below.type = "TEXT_EDITOR"
    below.spaces[0].text, below.spaces[0].show_word_wrap = line.transcript, True
    yield READ_S
    yield from _queued(view, bpy.ops.styletalk.bake)
    yield READ_S


def _queued(view: Any, operator: Any) -> Iterator[float]:
    """Press a button and wait for what comes of it; what looks as before is not filmed again."""
    _do(view, operator, "INVOKE_DEFAULT")
    shown = None
    while session.is_busy():
        state = [(job.stage, round(job.fraction, 2)) for job in session.queue.jobs]
        yield 0.0 if state == shown else BUSY_S
        shown = state


def _played() -> Iterator[float]:
    """The line, as often a second as the film shows."""
    scene = bpy.context.scene
    last = round(bpy.context.view_layer.objects.active.data.shape_keys.animation_data.action.frame_range[1])
    for number in range(int((last - 1) / scene.render.fps * FILM_RATE_HZ)):
        scene.frame_set(1 + round(number * scene.render.fps / FILM_RATE_HZ))
        yield 1 / FILM_RATE_HZ
    scene.frame_set(1)


def _area(kind: str) -> Any:
    return next(area for area in bpy.context.window_manager.windows[0].screen.areas if area.type == kind)


def _do(area: Any, operator: Any, *how: str) -> None:
    region = next(region for region in area.regions if region.type == "WINDOW")
    with bpy.context.temp_override(window=bpy.context.window_manager.windows[0], area=area, region=region):
        operator(*how)


def _prepare() -> None:
    """An empty scene, and the panel open from the start."""
    for block in list(bpy.data.objects):
        bpy.data.objects.remove(block)
    bpy.utils.unregister_class(panels.STYLETALK_PT_more)
    panels.STYLETALK_PT_more.bl_options = set()
    bpy.utils.register_class(panels.STYLETALK_PT_more)
    space = _area("VIEW_3D").spaces[0]
    space.show_region_ui, space.show_region_toolbar, space.show_gizmo = True, False, False
    space.overlay.show_overlays = False


class Film:
    """Pictures of the display, each with how long it is seen."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._list: list[str] = []

    def take(self, seen_s: float) -> None:
        """Add what the display shows now."""
        path = self._folder / f"{len(self._list):04}.png"
        view = _area("VIEW_3D")  # with what lies below it
        top = bpy.context.window_manager.windows[0].height - view.y - view.height
        size, place = f"{view.width}x{view.y + view.height}", f"{os.environ['DISPLAY']}+{view.x},{top}"
        grab = ["-f", "x11grab", "-draw_mouse", "0", "-video_size", size, "-i", place, "-frames:v", "1"]
        subprocess.run(["ffmpeg", "-v", "error", *grab, str(path)], check=True)
        self._list.append(f"file {path.name}\nduration {seen_s:.3f}\n")

    def write(self, output: Path) -> None:
        """All of them as a GIF."""
        listed = self._folder / "list.txt"
        listed.write_text("".join(self._list))
        colours = "split[a][b];[a]palettegen=stats_mode=diff:max_colors=128[p];[b][p]paletteuse=dither=none"
        shown = f"fps={FILM_RATE_HZ},scale={WIDTH_PX}:-1:flags=area,{colours}:diff_mode=rectangle"
        given = ["-y", "-f", "concat", "-safe", "0", "-i", str(listed)]
        subprocess.run(["ffmpeg", "-v", "error", *given, "-vf", shown, str(output)], check=True)


def main(output: Path) -> None:
    """Run the story by a timer, and end Blender."""
    bpy.context.preferences.view.show_splash = False
    blender_addon.register()
    film, told = Film(Path(tempfile.mkdtemp())), story()
    seen_s = 0.0

    def tick() -> float | None:
        nonlocal seen_s
        try:
            if seen_s:
                film.take(seen_s)
            seen_s = next(told)
            return TICK_S
        except StopIteration:
            film.write(output)
            os._exit(0)
        except Exception:
            traceback.print_exc()
            os._exit(1)

    bpy.app.timers.register(_prepare, first_interval=1.0)
    bpy.app.timers.register(tick, first_interval=DRAWN_S)


if __name__ == "__main__":
    main(Path(sys.argv[sys.argv.index("--") + 1]).resolve())
