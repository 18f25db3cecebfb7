# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of StyleTalk 0.1.0, which kept one line in the face's own settings and began it with the scene."""

from pathlib import Path

import bpy
from common import add_line, all_strips, bake, curves_of, first_line, new_face, use_worker
from harness import submodule


def saved_by_0_1_0(addon, inputs, name, is_baked=False):
    """Saves and opens a .blend whose face holds what 0.1.0 stored; returns the face."""
    bpy.context.scene.frame_start = 12
    face = new_face("Old Face")
    if is_baked:
        bake(addon, inputs, face)
        for owner in (face.data.shape_keys, face.parent):
            del owner.animation_data.action["styletalk_line"]
        for strip in all_strips(bpy.context.scene):
            del strip["styletalk_line"]
    settings = face.styletalk
    settings.lines.clear()
    settings.property_unset("version")
    settings.audio, settings.style, settings.intensity, settings.pose = inputs["audio"], "angry", 1.25, "none"
    settings.words, settings.transcript = "TEXT", bpy.data.texts.new("Line")
    settings.transcript.write("Hello there.")
    path = Path(inputs["folder"]) / f"{name}.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    bpy.ops.wm.read_homefile(use_empty=True)
    bpy.ops.wm.open_mainfile(filepath=str(path))
    face = bpy.data.objects["Old Face"]
    bpy.context.view_layer.objects.active = face
    return face


def check_old_settings(addon, inputs):
    """A face saved by 0.1.0 has its line in the list, with all that was set, where it used to begin; it bakes."""
    face = saved_by_0_1_0(addon, inputs, "old")
    (line,) = face.styletalk.lines
    assert (Path(line.audio), line.style, line.intensity) == (Path(inputs["audio"]), "angry", 1.25)
    assert (line.pose, line.words, line.transcript.as_string()) == ("none", "TEXT", "Hello there.")
    assert (line.start, line.start_frame, line.blinks) == ("FRAME", 12, True) and line.identity
    assert not face.styletalk.audio and face.styletalk.version > 0
    use_worker(addon, inputs["fake_python"])
    assert bpy.ops.styletalk.bake() == {"FINISHED"}
    assert curves_of(addon, face.data.shape_keys)[0].keyframe_points[0].co[0] == 12
    path = str(Path(inputs["folder"]) / "migrated.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.open_mainfile(filepath=path)
    assert len(bpy.data.objects["Old Face"].styletalk.lines) == 1, "it was brought up to date twice"


def check_old_bake(addon, inputs):
    """What 0.1.0 baked belongs to that line: a second line leaves it, and baking it again replaces it."""
    face = saved_by_0_1_0(addon, inputs, "old_baked", is_baked=True)
    keys = face.data.shape_keys
    old = keys.animation_data.action
    bake(addon, inputs, face, True, add_line(addon, face), frame=200)
    strips = [strip for track in keys.animation_data.nla_tracks for strip in track.strips]
    assert len(strips) == 2 and strips[0].action == old
    bake(addon, inputs, face, True, first_line(face))
    strips = [strip for track in keys.animation_data.nla_tracks for strip in track.strips]
    assert len(strips) == 2 and old not in [strip.action for strip in strips] and old.use_fake_user
    if submodule(addon, "compat").has_sound():
        assert sorted(round(strip.frame_start) for strip in all_strips(bpy.context.scene)) == [12, 200]


def check_appended_old_face(addon, inputs):
    """A face that is appended from a file of 0.1.0 gets its old line with the plus button."""
    face = saved_by_0_1_0(addon, inputs, "appended")
    face.styletalk.lines.clear()
    face.styletalk.property_unset("version")
    face.styletalk.audio = inputs["audio"]
    assert "no line yet" in submodule(addon, "operators.bake").STYLETALK_OT_bake.disabled_reason(bpy.context)
    assert bpy.ops.styletalk.line_add() == {"FINISHED"}
    (line,) = face.styletalk.lines
    assert line.audio == inputs["audio"]
