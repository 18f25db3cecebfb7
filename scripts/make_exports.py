# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes every export of two heads into a folder, with what Blender showed, for `read_exports.py`:

    python scripts/make_exports.py FOLDER        # with bpy; or blender -b --factory-startup --python … -- FOLDER

"Talking Face" is the open face with two lines in NLA strips, baked with few keys, its root moved by an action of its
own; "Hero" is a character on a skeleton, whose body has an action, with two lines, a constraint and a driver. With the
VRM add-on (`pip install bpy-vrm-format --no-deps --target DIR`, and DIR on PYTHONPATH) there is a "Guest" as well.
"""

import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests/blender/inside"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import addon_utils
import checks_characters
import checks_exports
import numpy as np

import blender_addon
from blender_addon import session
from blender_addon.exporting.formats import FORMATS
from blender_addon.exporting.recording import frames_of_lines
from blender_addon.styletalk.api import animate
from blender_addon.styletalk.demo import LINE
from blender_addon.styletalk.request import AnimationRequest

LOOKS = 9
"""Moments at which the files are compared."""
GAP_FRAMES = 12


def main(folder: Path) -> None:
    """Make both heads, one after the other."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("io_scene_gltf2", "io_scene_fbx"):
        addon_utils.enable(name)
    blender_addon.register()
    lines = [animate(AnimationRequest(audio=LINE, style=style)) for style in ("happy", "furious")]
    has_vrm = importlib.util.find_spec("io_scene_vrm") is not None
    if has_vrm:
        addon_utils.enable("io_scene_vrm", default_set=True)
    for make in (open_face, character, *([guest] if has_vrm else [])):
        bpy.ops.wm.read_homefile(use_empty=True)
        face = make()
        bake(face, lines)
        write(face, folder)


def open_face() -> Any:
    """Our own head, with few keys, whose root an action of its own moves."""
    bpy.ops.styletalk.add_face()
    face = bpy.context.object
    root = face.parent.parent
    for frame, turn in ((1, 0.0), (60, 0.6), (150, -0.4)):
        root.rotation_euler.z, root.location.x = turn, turn / 3
        root.keyframe_insert("rotation_euler", frame=frame)
        root.keyframe_insert("location", frame=frame)
    return face


def character() -> Any:
    """Somebody's head on bones."""
    hero = checks_characters.character("blender_addon")
    checks_exports._skeleton_of(hero)
    checks_characters.select(hero)
    bpy.ops.styletalk.use_character()
    driver = hero.data.shape_keys.key_blocks["browInnerUp"].driver_add("value").driver
    driver.expression = "frame / 300"
    return hero


def guest() -> Any:
    """A head on the skeleton of a humanoid."""
    bpy.ops.icyp.make_basic_armature()
    skeleton = bpy.context.object
    skeleton.data.vrm_addon_extension.spec_version = "1.0"
    face = checks_characters.character("blender_addon", name="Guest")
    face.location = skeleton.data.bones["head"].head_local
    face.parent = skeleton
    face.modifiers.new("Skeleton", "ARMATURE").object = skeleton
    face.vertex_groups.new(name="head").add(range(len(face.data.vertices)), 1.0, "REPLACE")
    checks_characters.select(face)
    bpy.ops.styletalk.use_character()
    return face


def bake(face: Any, lines: list[Any]) -> None:
    """One line after the other, as NLA strips."""
    start = 10
    for number, animation in enumerate(lines):
        line = face.styletalk.lines[0] if number == 0 else blender_addon.data.lines.add_line(face)
        session.bake_line(bpy.context.scene, face, line, animation, start)
        start = round(frames_of_lines(bpy.context.scene, face).first) + GAP_FRAMES
        start += frames_of_lines(bpy.context.scene, face).count
    keys = face.data.shape_keys.animation_data
    print(face.name, len(keys.nla_tracks), "tracks")


def write(face: Any, folder: Path) -> None:
    """Every file that this Blender can write, and where the vertices were."""
    is_guest = face.name == "Guest"
    frames = frames_of_lines(bpy.context.scene, face, fps=30 if is_guest else None)
    rows = np.linspace(0, frames.count - 1, LOOKS).round().astype(int)
    places, shown = list(frames.places()), []
    for row in rows:
        bpy.context.scene.frame_set(places[row][0], subframe=places[row][1])
        seen = face.evaluated_get(bpy.context.evaluated_depsgraph_get())
        points = np.empty(3 * len(seen.data.vertices), np.float32)
        seen.data.vertices.foreach_get("co", points)
        world = np.array(seen.matrix_world)
        shown.append(points.reshape(-1, 3) @ world[:3, :3].T + world[:3, 3])
    plain = face.name.replace(" ", "_")
    np.savez(folder / f"{plain}.npz", points=np.array(shown, np.float32), rows=rows, times_s=rows / frames.fps)
    (folder / f"{plain}.json").write_text(json.dumps({"name": face.name, "times_s": (rows / frames.fps).tolist()}))
    for form in FORMATS:
        if form.write is None or form.unavailable() or form.unsuitable(face) or form.is_model != is_guest:
            continue
        path = folder / f"{plain}_{form.identifier}{form.endings[0]}"
        getattr(bpy.ops.styletalk, f"export_{form.identifier.lower()}")(filepath=str(path), with_sound=False)
        print(f"{path.name}: {path.stat().st_size / 1e6:.1f} MB, {frames.count} frames")


if __name__ == "__main__":
    main(Path(sys.argv[-1]))
