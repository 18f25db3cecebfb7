# SPDX-License-Identifier: GPL-3.0-or-later
"""Opens a .blend without the add-on and writes what plays in it: F-curve values, strips, frames, as JSON."""

import json
import sys

import bpy


def curves_of(owner):
    data = owner.animation_data
    if data.action is None:
        return []
    if not hasattr(data.action, "slots"):
        return data.action.fcurves
    return data.action.layers[0].strips[0].channelbag(data.action_slot).fcurves


def contents(face):
    scene = bpy.context.scene
    editor = scene.sequence_editor
    strips = [] if editor is None else list(editor.strips if hasattr(editor, "strips") else editor.sequences)
    return {
        "curves": {
            curve.data_path: [tuple(point.co) for point in curve.keyframe_points]
            for curve in curves_of(face.data.shape_keys)
        },
        "pose": {
            f"{curve.data_path}[{curve.array_index}]": [point.co[1] for point in curve.keyframe_points]
            for curve in (curves_of(face.parent) if face.parent else ())
        },
        "strips": sorted(
            [strip.frame_start, strip.frame_end]
            for track in face.data.shape_keys.animation_data.nla_tracks
            for strip in track.strips
        ),
        "sounds": sorted(
            [strip.frame_start, strip.sound.packed_file is not None]
            for strip in strips
            if strip.type == "SOUND" and not strip.mute
        ),
        "frames": [scene.frame_start, scene.frame_end],
        "objects": sorted(each.name for each in scene.objects),
        "camera": scene.camera.name if scene.camera else None,
    }


if __name__ == "__main__":
    path, output = sys.argv[sys.argv.index("--") + 1 :]
    bpy.ops.wm.open_mainfile(filepath=path)
    faces = [each for each in bpy.context.scene.objects if each.type == "MESH" and each.data.shape_keys]
    with open(output, "w") as stream:
        json.dump({face.name: contents(face) for face in faces if face.data.shape_keys.animation_data}, stream)
