# SPDX-License-Identifier: GPL-3.0-or-later
"""Saves a scene with two talking faces of the add-on at FOLDER, Anna and Ben, and three strips of SOUND: one of hers,
one of his, which is trimmed by 24 frames, and one of nobody's."""

import sys
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).parent))
from make_scene import load

if __name__ == "__main__":
    folder, sound, path = sys.argv[sys.argv.index("--") + 1 :]
    load(folder)
    from scene_maker.compat import strips
    from scene_maker.faces.open_face import add_face
    from scene_maker.styletalk.face.model import open_face

    bpy.ops.wm.read_homefile(use_empty=True)
    scene = bpy.context.scene
    for name in ("Anna", "Ben"):
        add_face(bpy.context, open_face(), name)
    all_strips = strips(scene.sequence_editor_create())
    for number, name in enumerate(("Anna: hello", "Ben_hello", "Music")):
        strip = all_strips.new_sound(name, sound, number + 1, 30 + 100 * number)
        strip.frame_offset_start = 24 if number == 1 else 0
    bpy.ops.wm.save_as_mainfile(filepath=path)
