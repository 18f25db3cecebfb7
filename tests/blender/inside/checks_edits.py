# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys edited by hand and re-bakes. Each check gets a fresh, empty scene; its docstring says what must hold."""

import dataclasses
from pathlib import Path

import bpy
import numpy as np
from common import add_line, bake, curves_of, first_line, new_face
from harness import submodule


def animation_of(addon, inputs, gain=1.0):
    """The animation with all coefficients so many times as large."""
    animation = submodule(addon, "styletalk.animation").FaceAnimation.load(Path(inputs["animation"]))
    return dataclasses.replace(animation, coefficients=gain * animation.coefficients)


def bake_again(addon, inputs, face, gain=0.5, line=None, frame=None):
    """Another bake of a line, with other values, by default where it is."""
    line = line or first_line(face)
    frame = line.start_frame if frame is None else frame
    animation = animation_of(addon, inputs, gain)
    return submodule(addon, "session").bake_line(bpy.context.scene, face, line, animation, frame)


def curve_of(addon, face, key, line=None):
    """The F-curve of a shape key in the line's own action, whether that is active or a strip."""
    nla, compat = submodule(addon, "baking.nla"), submodule(addon, "compat")
    action = nla.action_of(face.data.shape_keys, (line or first_line(face)).identity)
    return next(each for each in compat.first_fcurves(action) if f'"{key}"' in each.data_path)


def edits_of(addon, face, line=None):
    target = submodule(addon, "faces.targets").target_of(face)
    return submodule(addon, "baking.hand_edits").hand_edits(target.blocks(), (line or first_line(face)).identity)


def values_of(curve):
    return {round(point.co[0], 3): point.co[1] for point in curve.keyframe_points}


def point_at(curve, frame):
    return next(point for point in curve.keyframe_points if abs(point.co[0] - frame) < 1e-3)


def edit(addon, face, line=None, start=1):
    """One of each: a changed value, a deleted key, a moved one, an added one, another interpolation, and a free handle.
    Returns what must be there (frame → value) and what must not, by shape key."""
    changed = curve_of(addon, face, "exp_05", line)
    point_at(changed, start + 9).co[1] = 2.5
    changed.keyframe_points.remove(point_at(changed, start + 20))
    changed.update()
    moved = curve_of(addon, face, "exp_07", line)
    moved.keyframe_points.remove(point_at(moved, start + 12))
    moved.keyframe_points.insert(start + 12.5, 1.25)
    moved.keyframe_points.insert(start + 25.25, -1.5)
    moved.update()
    typed = curve_of(addon, face, "exp_09", line)
    point_at(typed, start + 5).interpolation = "BEZIER"
    point = point_at(typed, start + 15)
    point.handle_right_type = point.handle_left_type = "FREE"
    point.handle_right[1] += 0.75
    typed.update()
    return {
        "exp_05": ({9: 2.5}, {20}), "exp_07": ({12.5: 1.25, 25.25: -1.5}, {12}),
        "exp_09": ({at: point_at(typed, start + at).co[1] for at in (5, 15)}, set()),
    }  # fmt: skip


def assert_kept(addon, face, wanted, line=None, start=1):
    for key, (there, gone) in wanted.items():
        found = values_of(curve_of(addon, face, key, line))
        for frame, value in there.items():
            assert found.get(round(start + frame, 3)) == np.float32(value), (key, frame, found.get(start + frame))
        assert not {round(start + frame, 3) for frame in gone} & found.keys(), (key, gone)
    typed = curve_of(addon, face, "exp_09", line)
    assert point_at(typed, start + 5).interpolation == "BEZIER"
    assert point_at(typed, start + 15).handle_right_type == "FREE"


def check_edits_survive(addon, inputs):
    """Keys changed, deleted, moved, added and retyped by hand are told, stay exactly through re-bakes, and the rest of
    the curves is the new bake, gone over to within the cross-fade."""
    face = new_face()
    bake(addon, inputs, face, False)
    assert edits_of(addon, face).keys == 0
    wanted = edit(addon, face)
    assert edits_of(addon, face).summary == "6 hand-edited keys on 3 channels", edits_of(addon, face).summary
    report = bake_again(addon, inputs, face)
    assert "6 hand-edited keys on 3 channels: kept." in report.done, report.done
    assert_kept(addon, face, wanted)
    samples = submodule(addon, "styletalk.motion.resample").scene_samples(animation_of(addon, inputs, 0.5), 24.0)
    found, fade = values_of(curve_of(addon, face, "exp_05")), first_line(face).edit_fade
    for frame, value in enumerate(samples.coefficients[:, 5]):
        if abs(frame - 9) > fade and not 19 - fade <= frame <= 21 + fade:
            assert abs(found[frame + 1] - value) < 1e-6, frame
    assert bake_again(addon, inputs, face, 0.7).keys > 0
    assert edits_of(addon, face).summary == "6 hand-edited keys on 3 channels"
    assert_kept(addon, face, wanted)


def check_edits_are_replaced_where_that_is_chosen(addon, inputs):
    """With Replace the next bake is as if nothing had been edited, and the former action is kept."""
    face = new_face()
    bake(addon, inputs, face, False)
    edit(addon, face)
    former = face.data.shape_keys.animation_data.action
    first_line(face).edits = "REPLACE"
    report = bake_again(addon, inputs, face)
    assert "6 hand-edited keys on 3 channels: replaced." in report.done
    assert edits_of(addon, face).keys == 0 and former.use_fake_user and former in list(bpy.data.actions)
    other = new_face("Other")
    bake_again(addon, inputs, other)
    for key in ("exp_05", "exp_07", "exp_09"):
        assert values_of(curve_of(addon, face, key)) == values_of(curve_of(addon, other, key)), key
