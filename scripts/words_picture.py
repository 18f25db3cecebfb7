# SPDX-License-Identifier: GPL-3.0-or-later
"""The pictures of docs/words-and-phonemes.md, of a real window. Needs an X display, ImageMagick and xdotool:

    xvfb-run -s "-screen 0 1300x1700x24" blender --factory-startup --window-geometry 0 0 1300 1700 \\
        --python scripts/words_picture.py -- docs/words-and-phonemes.png

The bundled line is baked, its fourth word gets another one, it is baked again, and a phoneme is split.
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parent))
from in_window import add_face, area, do, open_tab, output, queued, region, run, shot, sound, window

from blender_addon.ui import phonemes_panel

TYPED_S = 2.0
PANEL_PX = 1230
WORD, NEW_WORD = 3, "cashwood"


def story() -> Iterator[float | None]:
    """What was heard, a word corrected, a phoneme split; then the panel, and beside it what lies over the timeline."""
    view = area("VIEW_3D")
    view.spaces[0].show_region_ui = True
    line: Any = add_face(view).styletalk.lines[0]
    line.audio, line.style = sound(), "happy"
    yield TYPED_S
    open_tab(view)
    yield TYPED_S
    yield from queued(view, bpy.ops.styletalk.bake)
    line.heard.words[WORD].word = NEW_WORD
    yield from queued(view, bpy.ops.styletalk.bake)
    do(view, bpy.ops.styletalk.heard_show, what="WORD", place=WORD)
    do(view, bpy.ops.styletalk.phoneme_split)
    do(view, bpy.ops.styletalk.phoneme_at_playhead)
    yield TYPED_S
    whole = output().with_suffix(".whole.png")
    yield from shot(whole)
    _crop(whole, region(view, "UI"), output())
    _crop(whole, area("DOPESHEET_EDITOR"), output().with_stem(f"{output().stem}-timeline"))
    whole.unlink()


def _crop(whole: Path, part: Any, path: Path) -> None:
    """The top of an area or region as a picture of its own."""
    top = window().height - part.y - part.height
    place = f"{part.width}x{min(PANEL_PX, part.height)}+{part.x}+{top}"
    subprocess.run(["convert", str(whole), "-crop", place, "+repage", "-colors", "128", str(path)], check=True)


if __name__ == "__main__":
    run(story, phonemes_panel.STYLETALK_PT_phonemes)
