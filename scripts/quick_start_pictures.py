# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes the pictures of the first line in docs/blender.md in a real window, by the mouse. Needs Xvfb, xdotool and
ImageMagick:

    python scripts/quick_start_pictures.py BLENDER docs

quick-start-head.jpg: the head is added. quick-start-panel.jpg: the sample sound is baked, with the panel.
quick-start-timeline.jpg: what then stands on the timeline.
"""

import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "blender"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "blender" / "window"))

from PIL import Image
from window import BlenderWindow, open_window

import build_addon

DRAWN_S, ADDED_S, BAKED_S = 2.0, 30.0, 180.0
WIDTH_PX, QUALITY = 900, 82
VIEW_BOX, TIMELINE_BOX = (0, 30, 1070, 1365), (0, 1365, 1070, 1485)
"""Of the window: the 3D view with the panel, and the timeline below it."""
SPOKEN_FRAME = 44
IS_BAKED = "answer = any(action.name.startswith('Talking Face line') for action in bpy.data.actions)"
FRAME_THE_FACE = """
window = bpy.context.window_manager.windows[0]
area = max((each for each in window.screen.areas if each.type == "VIEW_3D"), key=lambda each: each.width)
region = next(each for each in area.regions if each.type == "WINDOW")
bpy.data.objects.remove(bpy.data.objects["Cube"])
with bpy.context.temp_override(window=window, area=area, region=region):
    bpy.ops.view3d.view_axis(type="FRONT")
    bpy.ops.view3d.view_selected()
area.spaces[0].region_3d.view_distance *= 1.25
area.spaces[0].region_3d.view_location.x += 0.04
"""


def take(window: BlenderWindow, folder: Path) -> None:
    """The steps of the first line, and a picture after each."""
    window.open_tab("StyleTalk")
    window.widen_sidebar(120)
    window.press("styletalk.add_face")
    window.wait_until("answer = 'Talking Face' in bpy.data.objects", ADDED_S)
    window.ask(FRAME_THE_FACE)
    _save(window, VIEW_BOX, folder / "quick-start-head.jpg")
    window.press("styletalk.sample_sound", 0.8)
    window.press("styletalk.bake")
    window.wait_until(IS_BAKED, BAKED_S)
    window.ask(f"bpy.context.scene.frame_set({SPOKEN_FRAME})")
    _save(window, VIEW_BOX, folder / "quick-start-panel.jpg")
    _save(window, TIMELINE_BOX, folder / "quick-start-timeline.jpg")


def _save(window: BlenderWindow, box: tuple[int, int, int, int], path: Path) -> None:
    window.over_view()
    time.sleep(DRAWN_S)
    picture = Image.open(window.picture(window.folder / "picture.png")).convert("RGB").crop(box)
    picture.thumbnail((WIDTH_PX, WIDTH_PX), Image.Resampling.LANCZOS)
    picture.save(path, quality=QUALITY, optimize=True)


def main() -> None:
    """Build the add-on, open Blender with it, and take the pictures."""
    program, target = Path(sys.argv[1]), Path(sys.argv[2]).resolve()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with open_window(program, build_addon.build(folder / "styletalk_blender.zip"), folder) as window:
            take(window, target)


if __name__ == "__main__":
    main()
