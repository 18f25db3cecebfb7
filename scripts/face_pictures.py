# SPDX-License-Identifier: GPL-3.0-or-later
"""Draws docs/open-face.jpg and docs/face-people.jpg with Cycles: poses and people. Needs bpy and Pillow:

python scripts/face_pictures.py docs
"""

import math
import sys
import tempfile
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from mathutils import Vector

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import blender_addon
from blender_addon.data.persons import LOOKS, NOBODY
from blender_addon.faces.open_face import EXPRESSION_KEYS
from blender_addon.styletalk.face.arkit_names import ARKIT_NAMES
from blender_addon.styletalk.face.model import open_face

POSES = {
    "closed": {},
    "wide open": {"jawOpen": 0.85},
    "smiling": {"mouthSmileLeft": 0.9, "mouthSmileRight": 0.9, "jawOpen": 0.08},
}
LIDS = {"smiling": 0.5}
"""How far the lower lids rise (eyeSquint), which the 64 coefficients hardly show."""
VIEWS = {"front": (0, 0), "three-quarter": (38, 4), "side": (88, 2), "below": (0, -38)}
"""Degrees to the face's left, and up."""
SIZE, SAMPLES, LENS_MM, DISTANCE_M, MIDDLE_M = 250, 24, 135.0, 1.15, (0.0, -0.01, 0.142)
WORLD_RGB, RIDGE, QUALITY = (0.28, 0.29, 0.31), 1e-3, 88


def main(folder: Path) -> None:
    """Draw both sheets into a folder."""
    blender_addon.register()
    with tempfile.TemporaryDirectory() as scratch:
        write_sheet(list(poses(Path(scratch))), folder / "open-face.jpg", len(VIEWS))
        write_sheet(list(people(Path(scratch))), folder / "face-people.jpg", 6)
    blender_addon.unregister()


def poses(scratch: Path) -> "list[Path]":
    """A young woman's poses from every side."""
    face = stage("YOUNG_WOMAN")
    keys, found = face.data.shape_keys.key_blocks, []
    for pose, shapes in POSES.items():
        for name, value in zip(EXPRESSION_KEYS, coefficients(shapes), strict=True):
            keys[name].value = value
        for side in ("Left", "Right"):
            keys[f"eyeSquint{side}"].value = LIDS.get(pose, 0.0)
        for view, (yaw, pitch) in VIEWS.items():
            found.append(picture(face, yaw, pitch, scratch / f"{pose}-{view}.png"))
    return found


def people(scratch: Path) -> "list[Path]":
    """Everybody from the front, and under it turned."""
    names = [name for name in LOOKS if name != NOBODY]
    found: dict[float, list[Path]] = {0: [], 40: []}
    for name in names:
        face = stage(name)
        for yaw, paths in found.items():
            paths.append(picture(face, yaw, 0, scratch / f"{name}-{yaw}.png"))
    return [path for paths in found.values() for path in paths]


def coefficients(shapes: dict[str, float]) -> np.ndarray:
    """(64,) that move the skin of the open face nearly like ARKit shapes."""
    model = open_face()
    skin = np.unique(model.triangles[model.region_triangles("skin", "lips", "mouth")])
    wanted = np.zeros_like(model.mean)
    for name, value in shapes.items():
        wanted += value * model.arkit[ARKIT_NAMES.index(name)]
    columns = model.expression[:, skin].reshape(len(model.expression), -1).astype(np.float64)
    gram = columns @ columns.T
    ridge = RIDGE * np.trace(gram) / len(gram) * np.eye(len(gram))
    return np.linalg.solve(gram + ridge, columns @ wanted[skin].ravel())


def stage(name: str) -> Any:
    """A new scene with somebody in the light. Returns the face."""
    bpy.ops.wm.read_homefile(use_empty=True)
    scene: Any = bpy.context.scene
    scene.render.engine, scene.cycles.samples, scene.cycles.use_denoising = "CYCLES", SAMPLES, True
    scene.render.resolution_x = scene.render.resolution_y = SIZE
    scene.world = bpy.data.worlds.new("World")
    scene.world.use_nodes = True
    scene.world.node_tree.nodes["Background"].inputs[0].default_value = (*WORLD_RGB, 1.0)
    look = LOOKS[name]
    bpy.ops.styletalk.add_face(
        person=name, hair=look["hair"], hair_colour=look.get("hair_colour", "BROWN"), keys="COEFFICIENTS"
    )  # type: ignore[attr-defined]
    bpy.ops.styletalk.add_lights()  # type: ignore[attr-defined]
    scene.camera.data.lens = LENS_MM
    return bpy.context.object


def picture(face: Any, yaw: float, pitch: float, path: Path) -> Path:
    """Draw the face from a side."""
    scene: Any = bpy.context.scene
    middle, turn, rise = face.matrix_world @ Vector(MIDDLE_M), math.radians(yaw), math.radians(pitch)
    way = Vector((math.sin(turn) * math.cos(rise), -math.cos(turn) * math.cos(rise), math.sin(rise)))
    scene.camera.location = middle + DISTANCE_M * way
    scene.camera.rotation_euler = (-way).to_track_quat("-Z", "Y").to_euler()
    scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)
    return path


def write_sheet(paths: list[Path], output: Path, columns: int) -> None:
    """Pictures of one size, row by row, as a JPEG."""
    from PIL import Image

    sheet = Image.new("RGB", (columns * SIZE, len(paths) // columns * SIZE))
    for number, path in enumerate(paths):
        with Image.open(path) as image:
            sheet.paste(image.convert("RGB"), (number % columns * SIZE, number // columns * SIZE))
    sheet.save(output, quality=QUALITY)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
