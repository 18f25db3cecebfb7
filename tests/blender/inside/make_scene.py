# SPDX-License-Identifier: GPL-3.0-or-later
"""Saves a scene at 25 frames a second from frame 11, with a cube and COUNT talking faces of the add-on at FOLDER.

Its 3D cursor stands off the origin.
"""

import importlib.util
import sys

import bpy


def load(folder):
    spec = importlib.util.spec_from_file_location(
        "scene_maker", f"{folder}/__init__.py", submodule_search_locations=[folder]
    )
    sys.modules["scene_maker"] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)


if __name__ == "__main__":
    folder, count, path = sys.argv[sys.argv.index("--") + 1 :]
    load(folder)
    from scene_maker.faces.open_face import add_face
    from scene_maker.styletalk.face.model import open_face

    bpy.ops.wm.read_homefile(use_empty=True)
    scene = bpy.context.scene
    scene.cursor.location = (3.0, -2.0, 1.0)
    scene.render.fps, scene.frame_start, scene.frame_end = 25, 11, 20
    cube = bpy.data.objects.new("Cube", bpy.data.meshes.new("Cube"))
    scene.collection.objects.link(cube)
    for number in range(int(count)):
        add_face(bpy.context, open_face(), f"Face {number}")
    bpy.context.view_layer.objects.active = cube
    bpy.ops.wm.save_as_mainfile(filepath=path)
