# SPDX-License-Identifier: GPL-3.0-or-later
"""Films the panel at work, in a real window, for docs/panel.gif. Needs an X display, ffmpeg and,
before Blender 4.2, xdotool:

    xvfb-run -s "-screen 0 1152x640x24" blender --factory-startup --window-geometry 0 0 1152 640 \\
        --python scripts/panel_film.py -- docs/panel.gif

A face is added, the sample sound baked and played, its words are written down, and it is baked from these. What is
shown is what Blender draws; only the waiting is cut.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parent))
from in_window import add_face, area, do, empty_view, look, open_tab, output, run, sound, window

from blender_addon import session
from blender_addon.ui import panels

DRAWN_S, TICK_S = 5.0, 0.3
"""Until the panel's tabs are there to choose from; between a change and its picture."""
BUSY_S, FILM_RATE_HZ, WIDTH_PX = 0.2, 12, 760
PLACE, DISTANCE = (0.07, 0.0, 0.01), 0.55
STYLE, SEE_S, READ_S = "happy", 1.2, 2.5


def story() -> Iterator[float | None]:
    """What happens, with a picture of each step."""
    film = Film(Path(tempfile.mkdtemp()))
    yield DRAWN_S
    for seen_s in happenings():
        yield TICK_S
        if seen_s:
            film.take(seen_s)
    film.write(output())


def happenings() -> Iterator[float]:
    """Do one thing after another; yield for how many seconds of the film it is to be seen, 0 for not at all."""
    view, below = empty_view(PLACE, DISTANCE), area("DOPESHEET_EDITOR")
    yield 0.0
    open_tab(view)
    yield SEE_S
    line = add_face(view).styletalk.lines[0]
    look(view, PLACE, DISTANCE)
    yield SEE_S
    line.audio = sound()
    yield SEE_S
    line.style = STYLE
    yield SEE_S
    yield from _baked(view)
    yield READ_S
    yield from _played()
    yield from _busy(view, bpy.ops.styletalk.write_down)
    below.type = "TEXT_EDITOR"
    below.spaces[0].text, below.spaces[0].show_word_wrap = line.transcript, True
    yield READ_S
    yield from _baked(view)
    yield READ_S


def _baked(view: Any) -> Iterator[float]:
    yield from _busy(view, bpy.ops.styletalk.bake)


def _busy(view: Any, operator: Any) -> Iterator[float]:
    """Press a button and wait for what comes of it; what looks as before is not filmed again."""
    do(view, operator, "INVOKE_DEFAULT")
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


class Film:
    """Pictures of the display, each with how long it is seen."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._list: list[str] = []

    def take(self, seen_s: float) -> None:
        """Add what the display shows now."""
        path = self._folder / f"{len(self._list):04}.png"
        view = area("VIEW_3D")  # with what lies below it
        top = window().height - view.y - view.height
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


if __name__ == "__main__":
    run(story, panels.STYLETALK_PT_more)
