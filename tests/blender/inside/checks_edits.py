# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys edited by hand and re-bakes. Each check gets a fresh, empty scene; its docstring says what must hold."""

import dataclasses
import itertools
from pathlib import Path

import bpy
import numpy as np
from checks_bones import hero_on_rig
from checks_characters import select
from common import add_line, bake, curves_of, first_line, mesh_now, new_face
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


def check_the_curves_of_one_of_several_lines_can_be_edited(addon, inputs):
    """Edit Curves makes the action of the selected line the one that editors show, also where another strip is the
    active one; what is edited there survives a bake after Finish Editing. Meanwhile Bake is grey and says so."""
    face, line = new_face(), None
    bake(addon, inputs, face, frame=1)
    line = add_line(addon, face)
    bake(addon, inputs, face, line=line, frame=400)
    keys = face.data.shape_keys.animation_data
    reason = submodule(addon, "operators.bake").STYLETALK_OT_bake.disabled_reason
    for number, each in ((0, first_line(face)), (1, line), (0, first_line(face))):
        face.styletalk.active = number
        assert bpy.ops.styletalk.edit_curves() == {"FINISHED"} and keys.use_tweak_mode
        assert keys.action[submodule(addon, "baking.nla").LINE_MARK] == each.identity
        assert len(keys.nla_tracks) == 1, "no track of ours is left over"
        assert "are being edited" in reason(bpy.context)
    curve = curve_of(addon, face, "exp_05")
    frame = curve.keyframe_points[9].co[0]
    curve.keyframe_points[9].co[1] = 2.5
    assert bpy.ops.styletalk.finish_curves() == {"FINISHED"} and not keys.use_tweak_mode and keys.action is None
    assert edits_of(addon, face).keys == 1
    bake_again(addon, inputs, face)
    assert abs(point_at(curve_of(addon, face, "exp_05"), frame).co[1] - 2.5) < 1e-6
    assert not bpy.ops.styletalk.finish_curves.poll()


def check_what_waits_for_finish_editing(addon, inputs):
    """A sound strip that is moved while curves are edited takes its line along as soon as that is finished; meanwhile
    Blender plays the one line alone, and an export would be of that, so there is none."""
    compat, following = submodule(addon, "compat"), submodule(addon, "baking.following")
    run, forms = submodule(addon, "exporting.run"), submodule(addon, "exporting.formats").FORMATS
    face, scene = new_face(), bpy.context.scene
    bake(addon, inputs, face, audio=compat.has_sound(), frame=1)
    bake(addon, inputs, face, audio=compat.has_sound(), line=add_line(addon, face), frame=400)
    face.styletalk.active = 0
    assert bpy.ops.styletalk.edit_curves() == {"FINISHED"}
    assert all("Press Finish Editing" in run.refusal(bpy.context, face, form) for form in forms)
    strips = compat.all_strips(scene.sequence_editor) if compat.has_sound() else ()
    for strip in strips:
        strip.frame_start += 30
    following.follow_strips(scene)
    assert bpy.ops.styletalk.finish_curves() == {"FINISHED"}
    assert [line.start_frame for line in face.styletalk.lines] == ([31, 430] if strips else [1, 400])
    assert not any("Press Finish Editing" in run.refusal(bpy.context, face, form) for form in forms)


def curve_of(addon, face, key, line=None):
    """The F-curve of a shape key in the line's own action, whether that is active or a strip."""
    nla, compat = submodule(addon, "baking.nla"), submodule(addon, "compat")
    action = nla.action_of(face.data.shape_keys, (line or first_line(face)).identity)
    return next(each for each in compat.own_fcurves(action) if f'"{key}"' in each.data_path)


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


def check_edits_survive_in_strips(addon, inputs):
    """The same in NLA strips, where one line is moved to another frame and another is not; what an animator added to
    our action, curves and modifiers, stays too."""
    face = new_face()
    bake(addon, inputs, face, False)
    second = add_line(addon, face)
    second.lips_mm = 0.0
    bake(addon, inputs, face, False, second, 100)
    first = first_line(face)
    wanted = edit(addon, face, first), edit(addon, face, second, 100)
    key = face.shape_key_add(name="Mine")
    compat, nla = submodule(addon, "compat"), submodule(addon, "baking.nla")
    action = nla.action_of(face.data.shape_keys, first.identity)
    own = compat.own_fcurves(action).new(data_path=f'key_blocks["{key.name}"].value', index=0)
    own.keyframe_points.insert(7, 0.5)
    modifier = curve_of(addon, face, "exp_30", first).modifiers.new("NOISE")
    modifier.strength = 0.25
    assert edits_of(addon, face, first).own == ("Mine",)
    bake_again(addon, inputs, face, 0.5, first, 21)
    bake_again(addon, inputs, face, 0.5, second)
    assert_kept(addon, face, wanted[0], first, 21)
    assert_kept(addon, face, wanted[1], second, 100)
    assert values_of(curve_of(addon, face, "Mine", first)) == {27.0: 0.5}
    (kept,) = curve_of(addon, face, "exp_30", first).modifiers
    assert (kept.type, kept.strength) == ("NOISE", 0.25)
    frames = edits_of(addon, face, second).channels[0].frames
    assert min(frames) == 109, "edits are told on the scene's frames"


def check_edits_survive_a_file(addon, inputs):
    """Renamed, duplicated, saved, opened, appended to another file, undone: edits are known, and survive a re-bake."""
    path = str(Path(inputs["folder"]) / "edited.blend")
    face = new_face("Anna")
    bake(addon, inputs, face, False)
    bpy.context.view_layer.update()
    bpy.ops.ed.undo_push(message="Baked")
    wanted = edit(addon, face)
    bpy.ops.ed.undo_push(message="Edited")
    bake_again(addon, inputs, face)
    bpy.ops.ed.undo_push(message="Baked again")
    bpy.ops.ed.undo()
    face = bpy.data.objects["Anna"]
    assert edits_of(addon, face).keys == 6
    face.name = face.data.shape_keys.animation_data.action.name = "Berta"
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.open_mainfile(filepath=path)
    bake_again(addon, inputs, bpy.data.objects["Berta"])
    assert_kept(addon, bpy.data.objects["Berta"], wanted)
    bpy.ops.wm.read_homefile(use_empty=True)
    with bpy.data.libraries.load(path, link=False) as (_, found):
        found.objects = ["Berta"]
    face = bpy.data.objects["Berta"]
    bpy.context.scene.collection.objects.link(face)
    assert edits_of(addon, face).keys == 6
    bake_again(addon, inputs, face)
    assert_kept(addon, face, wanted)


def check_edits_survive_on_fewer_keys(addon, inputs):
    """Bakes of few keys with handles are told from edits as well, also after Blender has aligned their handles anew."""
    face = new_face()
    first_line(face).lips_mm = 0.25
    bake(addon, inputs, face, False)
    for curve in curves_of(addon, face.data.shape_keys):
        curve.update()
        curve.update()
    assert edits_of(addon, face).keys == 0
    curve = curve_of(addon, face, "exp_05")
    frame = round(curve.keyframe_points[len(curve.keyframe_points) // 2].co[0])
    curve.keyframe_points[len(curve.keyframe_points) // 2].co[1] = 2.5
    curve.keyframe_points.insert(frame + 0.5, -1.5)
    curve.update()
    assert edits_of(addon, face).keys == 2, edits_of(addon, face)
    bake_again(addon, inputs, face)
    found = values_of(curve_of(addon, face, "exp_05"))
    assert found[frame] == 2.5 and found[frame + 0.5] == -1.5
    assert edits_of(addon, face).summary == "2 hand-edited keys on 1 channel"


def state_of(face):
    """All that Revert is to bring back, of the mesh, the neck and the scene."""
    neck, scene = face.parent, bpy.context.scene
    found = [scene.frame_end, scene.sync_mode, neck.rotation_mode, *neck.location, *neck.rotation_euler]
    for owner in (face.data.shape_keys, neck):
        data = owner.animation_data
        found += [None] if data is None else [
            data.action and data.action.name, data.action_blend_type, data.use_nla,
            *((track.name, [strip.name for strip in track.strips]) for track in data.nla_tracks),
        ]  # fmt: skip
        found.append(sorted(name for name, _ in owner.items() if not name.startswith("styletalk_before")))
    keys = face.data.shape_keys.key_blocks
    return [*found, *((key.name, key.value, key.slider_min, key.slider_max) for key in keys)]


def difference(found, wanted):
    return [pair for pair in itertools.zip_longest(found, wanted) if pair[0] != pair[1]]


def check_revert(addon, inputs):
    """Revert brings back the animator's action, values, slider ranges, tracks and the scene's end, in one undo; edited
    takes stay in the file. That another scene comes first in the file's order changes nothing."""
    bpy.data.scenes.new("Another Scene")
    face = new_face()
    keys = face.data.shape_keys
    keys.key_blocks["exp_03"].slider_max = 0.75
    keys.key_blocks["exp_11"].value = 0.25
    keys.key_blocks["exp_05"].value = 0.5
    keys.key_blocks["exp_05"].keyframe_insert("value", frame=1)
    keys.animation_data.action.name = "Mine"
    track = keys.animation_data.nla_tracks.new()
    track.name = "Body"
    track.strips.new("Other", 200, bpy.data.actions["Mine"].copy())
    bpy.context.scene.frame_end = 20
    face.select_set(True)
    bpy.context.view_layer.objects.active = face
    bpy.context.view_layer.update()
    before = state_of(face)
    assert not bpy.ops.styletalk.revert.poll()
    bake(addon, inputs, face)
    edit(addon, face)
    bake(addon, inputs, face, False, add_line(addon, face), 90)
    bake_again(addon, inputs, face)
    assert state_of(face) != before
    bpy.ops.ed.undo_push(message="Baked")
    baked = state_of(face)
    takes = [action.name for action in bpy.data.actions if "styletalk_line" in action]
    assert bpy.ops.styletalk.revert("EXEC_DEFAULT", True) == {"FINISHED"}
    face = bpy.data.objects["Talking Face"]
    bpy.context.view_layer.update()
    assert state_of(face) == before, difference(state_of(face), before)
    assert not set(takes) - {action.name for action in bpy.data.actions}
    assert not any("styletalk_face" in strip for strip in _sound_strips())
    bpy.ops.ed.undo()
    face = bpy.data.objects["Talking Face"]
    assert state_of(face) == baked
    assert bpy.ops.styletalk.revert() == {"FINISHED"}
    bake(addon, inputs, face, False)
    assert bpy.ops.styletalk.revert() == {"FINISHED"}
    bpy.context.view_layer.update()
    assert state_of(face) == before


def _sound_strips():
    from common import all_strips

    return [strip for strip in all_strips(bpy.context.scene) if strip.type == "SOUND"]


def check_edits_are_shown(addon, inputs):
    """Edited keys are selected and no others, the playhead goes from one to the next, and buttons are grey where there
    are none."""
    face = new_face()
    bake(addon, inputs, face, False)
    assert not bpy.ops.styletalk.edits_select.poll() and not bpy.ops.styletalk.edits_step.poll()
    edit(addon, face)
    submodule(addon, "baking.edits_seen").forget()
    assert bpy.ops.styletalk.edits_select() == {"FINISHED"}
    selected = {
        (curve.data_path.split('"')[1], point.co[0])
        for curve in curves_of(addon, face.data.shape_keys) for point in curve.keyframe_points
        if point.select_control_point
    }  # fmt: skip
    assert selected == {("exp_05", 10), ("exp_07", 13.5), ("exp_07", 26.25), ("exp_09", 6), ("exp_09", 16)}, selected
    scene, seen = bpy.context.scene, []
    scene.frame_set(1)
    for _ in range(3):
        bpy.ops.styletalk.edits_step()
        seen.append(scene.frame_current_final)
    bpy.ops.styletalk.edits_step(back=True)
    assert [*seen, scene.frame_current_final] == [6.0, 10.0, 13.0, 10.0], seen
    bpy.ops.styletalk.edits_step(frame="26.25")
    assert scene.frame_current_final == 26.25


def check_into_the_active_action(addon, inputs):
    """With Active Action the line's curves come into a copy of the animator's action, whose other curves go on; the
    channels that are won are named, their action stays to the bit, and comes back with Remove Line and with Revert."""
    for take_off in ("line_remove", "revert"):
        bpy.ops.wm.read_homefile(use_empty=True)
        face = new_face()
        keys = face.data.shape_keys
        face.shape_key_add(name="Smile", from_mix=False)
        for name, value in (("Smile", 0.75), ("exp_05", 0.5)):
            keys.key_blocks[name].value = value
            keys.key_blocks[name].keyframe_insert("value", frame=7)
        theirs = keys.animation_data.action
        theirs.name = "Mine"
        before = [(curve.data_path, values_of(curve)) for curve in curves_of(addon, keys)]
        first_line(face).output = "INTO"
        said = " ".join(bake(addon, inputs, face, False).notes)
        assert "copy of your action “Mine”" in said and "exp_05 in place" in said and "Smile" not in said, said
        ours = keys.animation_data.action
        assert ours != theirs and values_of(curve_of(addon, face, "Smile")) == {7.0: 0.75}
        assert len(values_of(curve_of(addon, face, "exp_05"))) > 30 and not len(keys.animation_data.nla_tracks)
        wanted = edit(addon, face)
        bake_again(addon, inputs, face)
        assert_kept(addon, face, wanted)
        assert edits_of(addon, face).own == ("Smile",)
        assert values_of(curve_of(addon, face, "Smile")) == {7.0: 0.75}
        face.select_set(True)
        assert getattr(bpy.ops.styletalk, take_off)() == {"FINISHED"}
        assert keys.animation_data.action == theirs
        assert [(curve.data_path, values_of(curve)) for curve in curves_of(addon, keys)] == before


def check_edits_of_characters(addon, inputs):
    """Edits survive on a character's shape keys and bones, whose action is not ours; Revert brings the pose back."""
    hero, rig = hero_on_rig(addon)
    rig.pose.bones["head"].rotation_quaternion = (0.8, 0.6, 0.0, 0.0)
    rig.pose.bones["spine"].keyframe_insert("location", frame=3)
    theirs = rig.animation_data.action
    hero.data.shape_keys.key_blocks["jawOpen"].value = 0.25
    first_line(hero).lips_mm = 0.0
    bake(addon, inputs, hero, False)
    blocks = submodule(addon, "faces.targets").target_of(hero).blocks()
    nla, compat = submodule(addon, "baking.nla"), submodule(addon, "compat")
    identity, wanted = first_line(hero).identity, []
    for block in blocks:
        curve = next(
            each for each in compat.own_fcurves(nla.action_of(block, identity))
            if "jawOpen" in each.data_path or '"head"' in each.data_path
        )  # fmt: skip
        point = point_at(curve, 9)
        point.co[1] += 0.125
        curve.update()
        wanted.append((block, curve.data_path, curve.array_index, point.co[1]))
    assert edits_of(addon, hero).summary == "2 hand-edited keys on 2 channels"
    bake_again(addon, inputs, hero)
    for block, path, index, value in wanted:
        curves = compat.own_fcurves(nla.action_of(block, identity))
        (curve,) = (each for each in curves if (each.data_path, each.array_index) == (path, index))
        assert point_at(curve, 9).co[1] == value
    assert edits_of(addon, hero).summary == "2 hand-edited keys on 2 channels"
    assert rig.animation_data.action == theirs
    select(hero)
    assert bpy.ops.styletalk.revert() == {"FINISHED"}
    assert rig.animation_data.action == theirs and not len(rig.animation_data.nla_tracks)
    assert hero.data.shape_keys.animation_data is None
    assert hero.data.shape_keys.key_blocks["jawOpen"].value == 0.25
    assert np.allclose(rig.pose.bones["head"].rotation_quaternion, (0.8, 0.6, 0.0, 0.0))


def check_what_was_chosen_of_a_strip_stays(addon, inputs):
    """A strip's mute, influence with its keys, and way of mixing are as they were after a re-bake, and after its line
    was moved."""
    face = new_face()
    line = first_line(face)
    line.output = "NLA"
    bake(addon, inputs, face, False)
    nla, keys = submodule(addon, "baking.nla"), face.data.shape_keys
    (strip,) = keys.animation_data.nla_tracks[0].strips
    strip.blend_type, strip.mute, strip.use_animated_influence = "ADD", True, True
    for frame, value in ((1, 0.25), (20, 0.75)):
        strip.influence = value
        strip.keyframe_insert("influence", frame=frame)
    bake_again(addon, inputs, face)
    nla.move(keys, line.identity, 11.0)
    (strip,) = keys.animation_data.nla_tracks[0].strips
    (curve,) = (each for each in strip.fcurves if each.data_path == "influence")
    assert (strip.blend_type, strip.mute, strip.use_animated_influence) == ("ADD", True, True)
    assert [tuple(point.co) for point in curve.keyframe_points] == [(11, 0.25), (30, 0.75)]


def shown(face, frame):
    """(V, 3) of the evaluated mesh on a frame."""
    bpy.context.scene.frame_set(frame)
    return mesh_now(face)
