# SPDX-License-Identifier: GPL-3.0-or-later
"""The pictures of docs/words-and-phonemes.md, of a real window. Needs an X display, ImageMagick and xdotool:

    xvfb-run -s "-screen 0 1300x1700x24" blender --factory-startup --window-geometry 0 0 1300 1700 \\
        --python scripts/words_picture.py -- docs/words-and-phonemes.png --tab 1060 253 --word 922 664

The bundled line is baked, the fourth word is typed over by mouse and keyboard at --word, it is baked again, and a
phoneme is split. --tab: where our tab is clicked in Blender 3.4, which has no other way to choose it.
"""

import argparse
import os
import subprocess
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import blender_addon
from blender_addon import session
from blender_addon.ui import phonemes_panel

DRAWN_S, TICK_S, TYPED_S = 5.0, 0.3, 2.0
"""Until the window is there; between a change and its picture; for Blender to take what was clicked or typed."""
PANEL_PX = 1230
NEW_WORD = "cashwood"


def story(tab: list[int] | None, word: list[int] | None) -> Iterator[float]:
    """Do one thing after another; yield the seconds that Blender needs to draw it."""
    view = _area("VIEW_3D")
    view.spaces[0].show_region_ui = True
    _do(view, bpy.ops.styletalk.add_face)
    yield TYPED_S
    if tab is not None:
        _x("mousemove", *map(str, tab), "click", "1")
    else:
        _region(view, "UI").active_panel_category = "StyleTalk"
    yield TYPED_S
    _do(view, bpy.ops.styletalk.sample_sound)
    line = bpy.context.view_layer.objects.active.styletalk.lines[0]
    line.style = "happy"
    yield from _baked(view)
    yield TYPED_S
    if word is not None:
        _x("mousemove", *map(str, word), "click", "--repeat", "2", "--delay", "60", "1")
        yield TYPED_S
        _x("key", "ctrl+a")
        _x("type", NEW_WORD)
        _x("key", "Return")
        yield TYPED_S
    print(f"The fourth word is “{line.heard.words[3].word}”.")
    yield from _baked(view)
    _do(view, lambda: bpy.ops.styletalk.heard_show(what="WORD", place=3))
    _do(view, bpy.ops.styletalk.phoneme_split)
    _do(view, bpy.ops.styletalk.phoneme_at_playhead)
    yield TYPED_S


def _baked(view: Any) -> Iterator[float]:
    _do(view, lambda: bpy.ops.styletalk.bake("INVOKE_DEFAULT"))
    while session.is_busy():
        yield TICK_S


def _x(*command: str) -> None:
    subprocess.run(["xdotool", *command], check=True)


def _area(kind: str) -> Any:
    return next(area for area in bpy.context.window_manager.windows[0].screen.areas if area.type == kind)


def _region(area: Any, kind: str) -> Any:
    return next(region for region in area.regions if region.type == kind)


def _do(area: Any, operator: Any) -> None:
    window = bpy.context.window_manager.windows[0]
    with bpy.context.temp_override(window=window, area=area, region=_region(area, "WINDOW")):
        operator()


def _crop(whole: Path, part: Any, height: int, output: Path) -> None:
    """The top of an area or region as a picture of its own."""
    top = bpy.context.window_manager.windows[0].height - part.y - part.height
    place = f"{part.width}x{min(height, part.height)}+{part.x}+{top}"
    subprocess.run(["convert", str(whole), "-crop", place, "+repage", "-colors", "128", str(output)], check=True)


def take(output: Path) -> None:
    """The panel, and beside it, under a name that ends with -timeline, what lies over the timeline."""
    whole = output.with_suffix(".whole.png")
    subprocess.run(["import", "-window", "root", str(whole)], check=True)
    _crop(whole, _region(_area("VIEW_3D"), "UI"), PANEL_PX, output)
    _crop(whole, _area("DOPESHEET_EDITOR"), PANEL_PX, output.with_stem(f"{output.stem}-timeline"))
    whole.unlink()


def main(arguments: list[str]) -> None:
    """Run the story by a timer, and end Blender."""
    parser = argparse.ArgumentParser(description="Take the picture of words and phonemes.")
    parser.add_argument("output", type=Path)
    parser.add_argument("--tab", type=int, nargs=2)
    parser.add_argument("--word", type=int, nargs=2)
    given = parser.parse_args(arguments)
    bpy.context.preferences.view.show_splash = False
    phonemes_panel.STYLETALK_PT_phonemes.bl_options = set()
    blender_addon.register()
    told = story(given.tab, given.word)

    def tick() -> float | None:
        try:
            return next(told)
        except StopIteration:
            take(given.output.resolve())
            os._exit(0)
        except Exception:
            traceback.print_exc()
            os._exit(1)

    bpy.app.timers.register(tick, first_interval=DRAWN_S)


if __name__ == "__main__":
    main(sys.argv[sys.argv.index("--") + 1 :])
