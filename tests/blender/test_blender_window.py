# SPDX-License-Identifier: GPL-3.0-or-later
"""The quick start as a person does it, with the mouse, in a window of an installed Blender."""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "window"))

from window import BlenderWindow, missing_programs, open_window

BAKED = """
face = bpy.data.objects.get("Talking Face")
answer = bool(face and any(a.fcurves[:] if hasattr(a, "fcurves") else a.layers[:] for a in bpy.data.actions))
"""
LIPS = """
import numpy as np
scene, face = bpy.context.scene, bpy.data.objects["Talking Face"]
def points(frame):
    scene.frame_set(frame)
    mesh = face.evaluated_get(bpy.context.evaluated_depsgraph_get()).data
    found = np.empty(3 * len(mesh.vertices), np.float32)
    mesh.vertices.foreach_get("co", found)
    return found
rest = points(1)
answer = float(max(abs(points(frame) - rest).max() for frame in range(20, 60, 4)))
scene.frame_set(1)
"""


@pytest.fixture(scope="module")
def window(addon_zip: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BlenderWindow]:
    program, missing = os.environ.get("STYLETALK_BLENDER") or shutil.which("blender"), missing_programs()
    if program is None or missing:
        pytest.skip(
            f"needs {', '.join(missing or ['an installed Blender'])}: apt-get install blender xvfb xdotool imagemagick"
        )
    with open_window(Path(program), addon_zip, tmp_path_factory.mktemp("window")) as opened:
        opened.open_tab("StyleTalk")
        yield opened


def test_three_clicks_make_a_face_talk_and_undo_takes_it_back(window):
    window.press("styletalk.add_face")
    window.wait_until("answer = 'Talking Face' in bpy.data.objects", 20)
    window.press("styletalk.sample_sound")
    window.press("styletalk.bake")
    window.wait_until(BAKED, 120)
    assert window.ask(LIPS) > 0.005  # metres that some point of the face moves
    window.over_view()
    window.key("space")
    window.wait_until("answer = bpy.context.scene.frame_current > 3", 60)
    window.key("space")
    window.wait_until("answer = not bpy.context.window_manager.windows[0].screen.is_animation_playing", 20)
    undo_until(window, BAKED.replace("answer = bool", "answer = not bool"))
    window.key("ctrl+shift+z")
    window.wait_until(BAKED, 20)


def undo_until(window: BlenderWindow, code: str) -> None:
    """Press Ctrl+Z once; twice where that took back no more than the playing, a step of its own in Blender 5.2."""
    window.key("ctrl+z")
    try:
        window.wait_until(code, 5)
    except AssertionError:
        window.key("ctrl+z")
        window.wait_until(code, 20)


BARE_HEAD = """
import importlib, sys
import numpy as np
from bpy_extras import view3d_utils
from mathutils import Quaternion, Vector
name = next(each for each in sys.modules if each.endswith("faces.face_shapes"))
core = name.removesuffix("faces.face_shapes") + "styletalk."
face = importlib.import_module(core + "face.model").open_face()
used, corners = np.unique(face.triangles, return_inverse=True)
x, y, z = face.mean[used].T
mesh = bpy.data.meshes.new("Bare")
mesh.from_pydata(np.stack([x, -z, y], axis=1).tolist(), [], corners.reshape(-1, 3).tolist())
bare = bpy.data.objects.new("Bare", mesh)
bpy.context.scene.collection.objects.link(bare)
for each in bpy.context.selected_objects:
    each.select_set(False)
bpy.context.view_layer.objects.active = bare
bare.select_set(True)
marks = importlib.import_module(core + "rigs.head_landmarks").HeadLandmarks.of_open_face(face).points
areas = [area for area in bpy.context.window_manager.windows[0].screen.areas if area.type == "VIEW_3D"]
area = max(areas, key=lambda each: each.width)
region = next(each for each in area.regions if each.type == "WINDOW")
view = area.spaces[0].region_3d
view.view_perspective, view.view_rotation = "ORTHO", Quaternion((0.7071068, 0.7071068, 0, 0))
view.view_location, view.view_distance = Vector((0, -0.1, 0.11)), 0.5
view.update()
answer = None
"""
PIXELS = """
import importlib, sys
from bpy_extras import view3d_utils
core = next(each for each in sys.modules if each.endswith("faces.face_shapes")).removesuffix("faces.face_shapes")
core += "styletalk."
face = importlib.import_module(core + "face.model").open_face()
marks = importlib.import_module(core + "rigs.head_landmarks").HeadLandmarks.of_open_face(face).points
areas = [area for area in bpy.context.window_manager.windows[0].screen.areas if area.type == "VIEW_3D"]
area = max(areas, key=lambda each: each.width)
region = next(each for each in area.regions if each.type == "WINDOW")
view = area.spaces[0].region_3d
height = bpy.context.window_manager.windows[0].height
seen = [view3d_utils.location_3d_to_region_2d(region, view, (x, -z, y)) for x, y, z in marks]
answer = [[region.x + at[0], height - region.y - at[1]] for at in seen]
"""
"""Where the landmarks are on the screen, from the upper left corner."""
PLACED = """
bpy.context.view_layer.update()
marks = [each for each in bpy.data.objects if "styletalk_landmark" in each]
answer = {each["styletalk_landmark"]: list(each.matrix_world.translation) for each in marks}
"""


ZOOM = """
areas = [area for area in bpy.context.window_manager.windows[0].screen.areas if area.type == "VIEW_3D"]
answer = max(areas, key=lambda each: each.width).spaces[0].region_3d.view_distance
"""


def test_landmarks_are_clicked_on_the_head_also_while_one_zooms_and_one_can_be_taken_back(window):
    window.ask(BARE_HEAD)
    button = window.find("styletalk.click_landmarks")
    window.click(*button)
    clicks = window.ask(PIXELS)
    click_in_turn(window, (clicks[0], clicks[7]), 0)
    window.key("BackSpace")
    window.wait_until(f"{PLACED}answer = len(answer) == 1", 10)
    before = window.ask(ZOOM)
    window.scroll_up(2)
    window.wait_until(f"{ZOOM}answer = answer < {before}", 10)
    click_in_turn(window, window.ask(PIXELS)[1:], 1)
    placed = window.ask(PLACED)
    assert placed["eye outer R"][0] < -0.03 < 0.03 < placed["eye outer L"][0] and placed["chin"][2] < 0.07, placed
    window.click(*button)
    click_in_turn(window, window.ask(PIXELS)[4:5], 0)
    window.key("Escape")
    window.wait_until(f"{PLACED}answer = len(answer) == 8", 10)
    assert window.ask(PLACED) == placed


def click_in_turn(window, places, placed):
    """A click at each of some pixels, once the one before is seen; `placed` landmarks are there at first."""
    for number, (x, y) in enumerate(places, placed + 1):
        window.click(x, y)
        window.wait_until(f"{PLACED}answer = len(answer) == {number}", 10)
