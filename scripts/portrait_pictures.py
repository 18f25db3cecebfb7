# SPDX-License-Identifier: GPL-3.0-or-later
"""Draws photos of nobody with Cycles, for the photoreal pass, and writes what they show. Needs bpy and Pillow:

python scripts/portrait_pictures.py tests/photoreal/data
"""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parent))
import face_pictures
from face_pictures import EXPRESSION_KEYS, coefficients, picture, stage

import blender_addon

PERSON = "MIDDLE_AGED_WOMAN"
POSES = {
    "nobody": ({}, 0.0, 0.0),
    "nobody_smiling": ({"mouthSmileLeft": 0.8, "mouthSmileRight": 0.8, "jawOpen": 0.22, "mouthUpperUpLeft": 0.3,
                        "mouthUpperUpRight": 0.3}, 14.0, 2.0),
    "nobody_profile": ({}, 80.0, 0.0),
}  # fmt: skip
"""ARKit shapes, and from where it is seen: degrees to the face's left, and up."""
SIZE, SAMPLES, LENS_MM, QUALITY = 768, 48, 105.0, 88
SMALL, SMALL_PX = ("nobody_profile",), 300
"""Of which no more is asked than whether they can be used."""
CROP = (111, 50, 657, 596)
"""Of the drawn picture, that the neck's end is not seen."""
MIDDLE_M = (0.0, -0.01, 0.13)
BACKDROP = (0.20, 0.24, 0.29)


def main(folder: Path) -> None:
    """Draw every pose into a folder, and beside it what it shows."""
    face_pictures.SIZE, face_pictures.SAMPLES, face_pictures.LENS_MM = SIZE, SAMPLES, LENS_MM
    face_pictures.MIDDLE_M = MIDDLE_M
    folder.mkdir(parents=True, exist_ok=True)
    blender_addon.register()
    face = stage(PERSON)
    add_backdrop()
    shown = {}
    for name, (shapes, yaw, pitch) in POSES.items():
        values = coefficients(shapes)
        for key, value in zip(EXPRESSION_KEYS, values, strict=True):
            face.data.shape_keys.key_blocks[key].value = value
        with tempfile.TemporaryDirectory() as scratch:
            write_photo(picture(face, yaw, pitch, Path(scratch) / "photo.png"), folder / f"{name}.jpg", name in SMALL)
        if name not in SMALL:
            shown[name] = {"expression": [round(float(each), 4) for each in values], "yaw_deg": yaw, "pitch_deg": pitch}
    (folder / "nobody.json").write_text(json.dumps(shown, indent=1) + "\n")
    blender_addon.unregister()


def add_backdrop() -> None:
    """A wall behind the head."""
    bpy.ops.mesh.primitive_plane_add(size=6, location=(0, 0.9, 0), rotation=(1.5708, 0, 0))
    wall: Any = bpy.context.object
    material: Any = bpy.data.materials.new("Wall")
    material.use_nodes = True
    material.node_tree.nodes["Principled BSDF"].inputs["Base Color"].default_value = (*BACKDROP, 1.0)
    material.node_tree.nodes["Principled BSDF"].inputs["Roughness"].default_value = 1.0
    wall.data.materials.append(material)


def write_photo(path: Path, output: Path, small: bool) -> None:
    from PIL import Image

    with Image.open(path) as image:
        photo = image.convert("RGB").crop(CROP)
        photo = photo.resize((SMALL_PX, SMALL_PX), Image.Resampling.LANCZOS) if small else photo
        photo.save(output, quality=QUALITY, optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
