# SPDX-License-Identifier: Apache-2.0
"""`.venv/bin/python scripts/rig_sheet.py OUT.png RIG.glb ...`: heads of several conventions say the bundled line.

Needs the bpy wheel and Pillow. A row for each head, a column for each moment; what is shown are the meshes as their
shapes move them, drawn by Workbench.
"""

import sys
import tempfile
from pathlib import Path

import bpy
import numpy as np
from mathutils import Vector
from PIL import Image, ImageDraw

from styletalk.animation import FaceAnimation
from styletalk.api import AnimationRequest, animate
from styletalk.demo import LINE, TRANSCRIPT
from styletalk.face.model import open_face
from styletalk.motion.articulation import BILABIALS
from styletalk.motion.lips import LipGap, segment_rows
from styletalk.rigs.weights import RigSolver
from styletalk_research.datasets.glb import MorphMesh, read_glb
from styletalk_research.evaluation.rig_heads import Head, head_of_file, open_face_heads

PX = 190
LABEL_PX = 130
STYLES = ("happy", "furious")


def moments(animation: FaceAnimation) -> dict[str, int]:
    """Rows that are worth a look: rest, two of the closures, and where the mouth is widest open."""
    gap = LipGap.of(open_face()).opening_mm(animation.coefficients)
    closures = [(first + last) // 2 for first, last in segment_rows(animation.phonemes, BILABIALS)]
    wide = int(gap.argmax())
    half = int(np.abs(gap - gap.max() / 2).argmin())
    return {"first closure": closures[0], "last closure": closures[-1], "half open": half, "widest": wide}


def pictures(head: Head, parts: list[MorphMesh], lines: dict[str, FaceAnimation]) -> list[tuple[str, Image.Image]]:
    """A picture for each moment of each line."""
    solver, found = RigSolver.of(head.mapping), []
    for style, animation in lines.items():
        values = solver.values(animation).astype(float)
        for name, row in moments(animation).items():
            played = dict(zip(head.mesh.names, values[row], strict=True))
            found.append((f"{style}: {name}", drawn(head, parts, played)))
    return found


def drawn(head: Head, parts: list[MorphMesh], played: dict[str, float]) -> Image.Image:
    """The meshes of a head with shapes at the values `played`."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    for part in parts:
        values = [played.get(name, 0.0) for name in part.names]
        posed = part.points + np.tensordot(values, part.targets, 1)
        mesh = bpy.data.meshes.new(part.name)
        mesh.from_pydata(np.asarray(posed).tolist(), [], part.triangles.tolist())
        mesh.shade_smooth()
        scene.collection.objects.link(bpy.data.objects.new(part.name, mesh))
    camera_at(scene, head)
    scene.render.engine = "BLENDER_WORKBENCH"
    scene.display.shading.show_cavity = True
    scene.display.shading.light = "STUDIO"
    scene.render.resolution_x = scene.render.resolution_y = PX
    with tempfile.TemporaryDirectory() as folder:
        scene.render.filepath = f"{folder}/picture.png"
        bpy.ops.render.render(write_still=True)
        return Image.open(scene.render.filepath).convert("RGB")


def camera_at(scene: bpy.types.Scene, head: Head) -> None:
    """Before the face, so that it fills the picture from chin to brow."""
    mouth = head.mesh.points[np.concatenate([head.mouth.upper, head.mouth.lower])]
    width = head.mouth.width
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    camera.data.type, camera.data.ortho_scale = "ORTHO", 3.4 * width
    middle = mouth.mean(axis=0)
    camera.location = Vector((middle[0] - 3 * width, mouth[:, 1].min() - 20 * width, middle[2] + 0.75 * width))
    camera.rotation_euler = (np.pi / 2, 0, -np.arctan2(3, 20))
    scene.collection.objects.link(camera)
    scene.camera = camera


def main(out: Path, files: list[Path]) -> None:
    """Write the sheet."""
    text = TRANSCRIPT.read_text(encoding="utf-8")
    lines = {style: animate(AnimationRequest(audio=LINE, transcript=text, style=style)) for style in STYLES}
    heads = [(head, [head.mesh]) for head in open_face_heads()]
    heads += [(head_of_file(path), list(read_glb(path))) for path in files]
    rows = [(head.name, pictures(head, parts, lines)) for head, parts in heads]
    sheet = Image.new("RGB", (LABEL_PX + PX * len(rows[0][1]), 16 + PX * len(rows)), "white")
    draw = ImageDraw.Draw(sheet)
    for y, (name, found) in enumerate(rows):
        draw.multiline_text((4, 20 + y * PX), name.replace(" ", "\n"), fill="black")
        for x, (moment, picture) in enumerate(found):
            sheet.paste(picture, (LABEL_PX + x * PX, 16 + y * PX))
            if not y:
                draw.text((LABEL_PX + x * PX + 4, 2), moment, fill="black")
    sheet.save(out, quality=80)


if __name__ == "__main__":
    main(Path(sys.argv[1]), [Path(each) for each in sys.argv[2:]])
