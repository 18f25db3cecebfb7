# SPDX-License-Identifier: GPL-3.0-or-later
"""Edits that go to the offset layer, and bakes that fail on their way. Each check gets a fresh, empty scene; its
docstring says what must hold."""

from unittest import mock

import bpy
import numpy as np
from checks_edits import bake_again, difference, edit, edits_of, point_at, shown, state_of
from common import add_line, bake, curves_of, first_line, new_face, raises
from harness import submodule


def check_a_damaged_record_is_no_record(addon, inputs):
    """Where what a bake remembers is damaged, nothing counts as edited and the next bake works; where it is what
    was before the first bake, Revert takes the lines off yet."""
    face = new_face()
    bake(addon, inputs, face, False)
    written = submodule(addon, "baking.written")
    action = face.data.shape_keys.animation_data.action
    whole = action[written.WRITTEN_MARK]
    edit(addon, face)
    for damaged in (b"", b"x" * 99, whole[: len(whole) // 2], 3, "x", [1.0, 2.0]):
        del action[written.WRITTEN_MARK]  # bytes that replace bytes come out empty from 4.2 on
        action[written.WRITTEN_MARK] = damaged
        assert edits_of(addon, face).keys == 0
    bake_again(addon, inputs, face)
    assert edits_of(addon, face).keys == 0
    face.data.shape_keys["styletalk_before"] = '{"values": 3}'
    face.select_set(True)
    bpy.context.view_layer.objects.active = face
    assert bpy.ops.styletalk.revert() == {"FINISHED"}
    data = face.data.shape_keys.animation_data
    assert data is None or data.action is None


def check_edits_move_to_the_offset_layer(addon, inputs):
    """Moved to Offsets, edits of shape keys look as they did under the same bake, are no edits any more, and add to the
    next one; edits of the neck stay keys. What cannot be moved is refused, and nothing is changed."""
    face = new_face()
    line, neck = first_line(face), face.parent
    line.edits = "OFFSETS"
    bake(addon, inputs, face, False)
    edit(addon, face)
    (curve,) = (each for each in curves_of(addon, neck) if (each.data_path, each.array_index) == ("location", 2))
    point_at(curve, 9).co[1] += 0.25
    curve.update()
    frames = (5, 6, 9, 10, 11, 13, 14, 20, 21, 22, 26, 30)
    seen = [shown(face, frame) for frame in frames]
    report = bake_again(addon, inputs, face, 1.0)
    assert "6 hand-edited keys on 3 channels: moved to the offset layer." in report.done, report.done
    assert "1 hand-edited key on 1 channel: kept" in report.done
    for frame, before in zip(frames, seen, strict=True):
        assert np.abs(shown(face, frame) - before).max() < 1e-5, frame
    assert edits_of(addon, face).summary == "1 hand-edited key on 1 channel"
    added = face.data.shape_keys.key_blocks["Offset exp_05"]
    bpy.context.scene.frame_set(10)
    strength = added.value
    bake_again(addon, inputs, face, 0.5)
    bpy.context.scene.frame_set(10)
    assert added.value == strength > 1.0, "the offset layer adds the same to another bake"
    edit(addon, face)
    actions, face.data.shape_keys.key_blocks["exp_05"].name = len(bpy.data.actions), "x" * 62
    raises(lambda: bake_again(addon, inputs, face), "exp_05")
    assert len(bpy.data.actions) == actions


def check_the_newest_take_has_the_plain_name(addon, inputs):
    """Former takes are numbered; another line's take of that name keeps it, and a bake that fails leaves all names."""
    face, nla = new_face(), submodule(addon, "baking.nla")
    for _ in range(3):
        bake(addon, inputs, face, False)
    line, names = first_line(face), {each.name for each in bpy.data.actions}
    for block in (face.data.shape_keys, face.parent):
        newest = nla.action_of(block, line.identity).name
        assert ".0" not in newest and {f"{newest}.001", f"{newest}.002"} <= names, (newest, names)
    other = add_line(addon, face)
    bake(addon, inputs, face, False, line=other, frame=400)
    assert nla.action_of(face.data.shape_keys, other.identity).name not in names
    assert nla.action_of(face.data.shape_keys, line.identity).name in names
    names = {each.name for each in bpy.data.actions}
    layer, error = submodule(addon, "baking.edits_as_offsets"), submodule(addon, "faces.offset_controls").OffsetError
    with mock.patch.object(layer, "add", mock.Mock(side_effect=error("The layer is full."))):
        raises(lambda: bake(addon, inputs, face, False), "The layer is full.")
    assert {each.name for each in bpy.data.actions} == names


def check_a_bake_that_fails_at_last_leaves_all_as_it_was(addon, inputs):
    """Also the scene's end, which was put behind the line by then, and what Revert goes back to."""
    face, scene = new_face(), bpy.context.scene
    scene.frame_end = 20
    before, layer = state_of(face), submodule(addon, "baking.edits_as_offsets")
    error, add = submodule(addon, "faces.offset_controls").OffsetError("The layer is full."), layer.add
    layer.add = mock.Mock(side_effect=error)
    try:
        raises(lambda: bake(addon, inputs, face), "The layer is full.")
    finally:
        layer.add = add
    assert state_of(face) == before, difference(state_of(face), before)
    assert not bpy.data.actions and not bpy.ops.styletalk.revert.poll()


def check_a_move_to_the_offset_layer_is_whole_or_not_at_all(addon, inputs):
    """Where Blender refuses a key in the middle of it, sliders, their keys and twins are what they were before, and so
    are the edits: on a face without a layer, and on one whose sliders are keyed already."""
    offsets = submodule(addon, "faces.offsets")
    for keyed in (False, True):
        bpy.ops.wm.read_homefile(use_empty=True)
        face = new_face()
        line = first_line(face)
        line.edits = "OFFSETS"
        bake(addon, inputs, face, False)
        if keyed:
            offsets.add_offset(face, "exp_05", 9, 0.5)
            offsets.add_offset(face, "exp_05", 14, 0.0)
        edit(addon, face)
        before, add, calls = layer_of(addon, face), offsets.add_offset, []

        def refused(*given, add=add, calls=calls):
            calls.append(given)
            if len(calls) > 9:
                raise submodule(addon, "faces.offset_controls").OffsetError("Blender would not key it.")
            add(*given)

        with mock.patch.object(offsets, "add_offset", refused):
            raises(lambda face=face: bake_again(addon, inputs, face), "Blender would not key it.")
        assert layer_of(addon, face) == before, (layer_of(addon, face), before)
        assert edits_of(addon, face).summary == "6 hand-edited keys on 3 channels"


def check_offsets_are_keyed_in_an_action_of_the_object(addon, inputs):
    """Whoever keys a slider, this add-on or the animator, keys it away from the action of the line, so that it moves
    the face after the next bake, and when the line's former actions are gone."""
    offsets, nla = submodule(addon, "faces.offsets"), submodule(addon, "baking.nla")
    for keyed_by_hand in (False, True):
        bpy.ops.wm.read_homefile(use_empty=True)
        face = new_face()
        bake(addon, inputs, face, False)
        offsets.ensure(face, ("exp_05",))
        if keyed_by_hand:
            face[f"{offsets.OFFSET}exp_05"] = 0.5
            assert face.keyframe_insert(offsets.path_of("exp_05"), frame=9)
        else:
            offsets.add_offset(face, "exp_05", 9, 0.5)
        assert nla.LINE_MARK not in face.animation_data.action, face.animation_data.action.name
        bake(addon, inputs, face, False)
        for action in [each for each in bpy.data.actions if each.users == int(each.use_fake_user)]:
            bpy.data.actions.remove(action)
        assert abs(offsets.curve_of(face, "exp_05").evaluate(9) - 0.5) < 1e-6


def layer_of(addon, face):
    """What there is of the offset layer: sliders, their keys, twins, drivers, and the face object's action."""
    offsets, data = submodule(addon, "faces.offsets"), face.animation_data
    names = offsets.names_of_offsets(face)
    curves = [offsets.curve_of(face, name) for name in names]
    keys, drivers = face.data.shape_keys, face.data.shape_keys.animation_data
    return (
        {name: face[f"Offset {name}"] for name in names},
        [[(*each.co, *each.handle_left) for each in curve.keyframe_points] for curve in curves if curve],
        [key.name for key in keys.key_blocks],
        sorted((each.data_path, each.driver.expression) for each in drivers.drivers),
        data and data.action and data.action.name,
    )
