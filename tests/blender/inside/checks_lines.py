# SPDX-License-Identifier: GPL-3.0-or-later
"""Several lines on one face. Each check gets a fresh, empty scene; its docstring says what must hold."""

import dataclasses
import random
from pathlib import Path

import bpy
import numpy as np
from common import (
    TOLERANCE_M,
    add_line,
    all_strips,
    bake,
    core_samples,
    curves_of,
    first_line,
    mesh_now,
    new_face,
    raises,
    sound_named,
    use_worker,
    worst_error,
)
from harness import submodule

BLEND = 4
"""Frames in which a line takes over from another one that is still speaking."""


def our_strips(owner):
    """(track number, start, end, extrapolation) of every strip of ours."""
    tracks = owner.animation_data.nla_tracks
    return [
        (number, round(strip.frame_start), round(strip.frame_end), strip.extrapolation)
        for number, track in enumerate(tracks)
        for strip in track.strips
        if track.name.startswith("StyleTalk")
    ]


def heard(scene):
    return sorted(
        (Path(strip.sound.filepath).stem, round(strip.frame_start), strip.mute) for strip in all_strips(scene)
    )


def check_second_line(addon, inputs):
    """A second line at frame 100 leaves the first as it is: both move the face at their frames, and both are heard."""
    face = new_face()
    bake(addon, inputs, face)
    second = add_line(addon, face)
    bake(addon, inputs, face, sound_named(inputs, "second"), second, frame=100)
    _, expected = core_samples(addon, inputs)
    last = len(expected)
    assert worst_error(face, expected, 1) <= TOLERANCE_M and worst_error(face, expected, 100) <= TOLERANCE_M
    for owner in (face.data.shape_keys, face.parent):
        assert our_strips(owner) == [(0, 1, last, "HOLD"), (0, 100, 99 + last, "HOLD_FORWARD")], our_strips(owner)
        assert owner.animation_data.action is None
    if submodule(addon, "compat").has_sound():
        assert heard(bpy.context.scene) == [("line", 1, False), ("second", 100, False)]


def check_scrubbing(addon, inputs):
    """With several lines a frame looks the same from wherever one comes: before, between and after them as well."""
    face = new_face()
    bake(addon, inputs, face, audio=False, frame=20)
    bake(addon, inputs, face, False, add_line(addon, face), frame=150)
    frames, seen = [1, 19, 20, 40, 90, 149, 150, 170, 400], {}
    generator = random.Random(5)
    for _ in range(3):
        generator.shuffle(frames)
        for frame in frames:
            bpy.context.scene.frame_set(frame)
            neck = face.parent.evaluated_get(bpy.context.evaluated_depsgraph_get())
            now = (*map(float, mesh_now(face)[::997].ravel()), *neck.location, *neck.rotation_euler)
            assert np.allclose(seen.setdefault(frame, now), now, atol=1e-6), frame
    assert np.allclose(seen[1], seen[20], atol=1e-6), "before the first line the face is elsewhere"


def check_overlapping_lines(addon, inputs):
    """Lines that overlap lie on tracks one above the other; the later one wins where both play."""
    face = new_face()
    _, expected = core_samples(addon, inputs)
    last = len(expected)
    for frame in (1, 10, 200):
        line = first_line(face) if frame == 1 else add_line(addon, face)
        bake(addon, inputs, face, False, line, frame=frame)
    assert our_strips(face.data.shape_keys) == [
        (0, 1, last, "HOLD"), (1, 10, 9 + last, "HOLD_FORWARD"), (1, 200, 199 + last, "HOLD_FORWARD"),
    ]  # fmt: skip
    assert worst_error(face, expected[:9], 1) <= TOLERANCE_M
    assert worst_error(face, expected[BLEND:], 10 + BLEND) <= TOLERANCE_M
    assert worst_error(face, expected[BLEND:], 200 + BLEND) <= TOLERANCE_M


def check_earlier_line_added_later(addon, inputs):
    """Lines may be baked in any order: each is seen while it plays and no other has begun."""
    face = new_face()
    _, expected = core_samples(addon, inputs)
    for frame in (200, 1, 100):
        line = first_line(face) if frame == 200 else add_line(addon, face)
        bake(addon, inputs, face, False, line, frame=frame)
    for frame in (1, 100, 200):
        assert worst_error(face, expected, frame) <= TOLERANCE_M, frame


def check_later_line_wins(addon, inputs):
    """Where lines overlap the one that begins later is seen, in whatever order they are baked."""
    _, expected = core_samples(addon, inputs)
    last = len(expected)
    for frames in ((1, 10, 20), (20, 10, 1), (10, 1, 20), (10, 20, 1)):
        bpy.ops.wm.read_homefile(use_empty=True)
        face = new_face()
        for number, frame in enumerate(frames):
            line = add_line(addon, face) if number else first_line(face)
            bake(addon, inputs, face, False, line, frame=frame)
        for owner in (face.data.shape_keys, face.parent):
            assert our_strips(owner) == [
                (0, 1, last, "HOLD"), (1, 10, 9 + last, "HOLD_FORWARD"), (2, 20, 19 + last, "HOLD_FORWARD"),
            ], frames  # fmt: skip
        assert worst_error(face, expected[:9], 1) <= TOLERANCE_M, frames
        assert worst_error(face, expected[BLEND:10], 10 + BLEND) <= TOLERANCE_M, frames
        assert worst_error(face, expected[BLEND:], 20 + BLEND) <= TOLERANCE_M, frames


def check_lines_that_touch_do_not_snap(addon, inputs):
    """Where a line ends as the next begins one expression becomes the other, and each is all there while it speaks."""
    animation, phonemes = submodule(addon, "styletalk.animation"), submodule(addon, "styletalk.phonemes")
    bpy.context.scene.render.fps, bpy.context.scene.render.fps_base = 30, 1
    said = phonemes.PhonemeTrack((phonemes.PhonemeSegment("AA", 0.1, 2.0),), 2.1)
    strength = np.interp(np.arange(-12, 80), [-12, 0, 60, 78], [0, 1, 1, 0])
    face, steps = new_face(), {}
    for number, (start, level) in enumerate(((20, 1.0), (20 + 63, -1.0), (20 + 63 + 30, 2.0))):
        line = add_line(addon, face) if number else first_line(face)
        rows = np.outer(strength * level, np.ones(64)).astype(np.float32)
        made = animation.FaceAnimation.still(rows, np.full(92, 31, np.int16))
        made = dataclasses.replace(made, first_row=-12, track=said, intensity=strength.astype(np.float32))
        submodule(addon, "session").bake_line(bpy.context.scene, face, line, made, start)
    key = face.data.shape_keys.key_blocks["exp_00"]
    for frame in range(1, 240):
        bpy.context.scene.frame_set(frame)
        steps[frame] = key.value
    values = np.array(list(steps.values()))
    assert np.abs(np.diff(values)).max() <= 0.9, np.abs(np.diff(values)).max()
    assert steps[20 + 60] > 0.9, "the end of the first line"
    assert steps[20 + 63 + BLEND] < -0.9, "the beginning of the second"
    assert steps[20 + 63 + 30 + BLEND] > 1.9, "a line that begins while another speaks"
    bpy.ops.wm.save_as_mainfile(filepath=str(Path(inputs["folder"]) / "touching.blend"))
    face.styletalk.active = 0
    bpy.ops.styletalk.line_remove()
    (second, _) = (strip for track in face.data.shape_keys.animation_data.nla_tracks for strip in track.strips)
    first = second.action.frame_range[0]
    assert (second.frame_start, second.action_frame_start, second.blend_in) == (first, first, 0), "it is whole again"


def check_lines_that_remain(addon, inputs):
    """A line is held before and after it as if the lines that were removed, or baked elsewhere, had never been."""
    use_worker(addon, inputs["fake_python"])
    for frames, removed, again, left in (
        ((1, 100), 0, None, [(100, "HOLD")]),
        ((1, 10), 0, None, [(10, "HOLD")]),
        ((1, 10), 1, None, [(1, "HOLD")]),
        ((1, 10, 20), 0, None, [(10, "HOLD"), (20, "HOLD_FORWARD")]),
        ((1, 300), None, (0, 600), [(300, "HOLD"), (600, "HOLD_FORWARD")]),
        ((1, 10), None, (1, 300), [(1, "HOLD"), (300, "HOLD_FORWARD")]),
    ):
        face = _face_with_lines(addon, inputs, frames)
        if again is not None:
            bake(addon, inputs, face, False, face.styletalk.lines[again[0]], frame=again[1])
        if removed is not None:
            face.styletalk.active = removed
            bpy.ops.styletalk.line_remove()
        for owner in (face.data.shape_keys, face.parent):
            assert [strip[1::2] for strip in our_strips(owner)] == left, (frames, our_strips(owner))
        _is_held_before(face, left[0][0])


def check_short_line_remains(addon, inputs):
    """A short line in the middle of a long one lets it go on, and is held once the long one is removed."""
    face = _face_with_lines(addon, inputs, (1, 10))
    keys = face.data.shape_keys
    animation = submodule(addon, "styletalk.animation")
    short = animation.FaceAnimation.still(np.ones((10, 64), np.float32), np.full(10, 31, np.int16))
    bpy.context.scene.render.fps = 30
    submodule(addon, "session").bake_line(bpy.context.scene, face, face.styletalk.lines[1], short, 10)
    assert [strip[3] for strip in our_strips(keys)] == ["HOLD", "NOTHING"]
    face.styletalk.active = 0
    bpy.ops.styletalk.line_remove()
    for owner in (keys, face.parent):
        assert [strip[3] for strip in our_strips(owner)] == ["HOLD"]
    _is_held_before(face, 10)
    bpy.context.scene.frame_set(400)
    assert abs(keys.key_blocks["exp_00"].value - 1.0) < 1e-6, "the end of the short line is not held"


def check_moved_strip_keeps_its_settings(addon, inputs):
    """A strip that makes room for an earlier line keeps what the animator set on it; one of theirs is left alone."""
    face = _face_with_lines(addon, inputs, (10, 200))
    keys = face.data.shape_keys
    moved = keys.animation_data.nla_tracks[0].strips[0]
    moved.influence, moved.scale, action = 0.5, 2.0, moved.action
    end = moved.frame_end
    mine = bpy.data.actions.new("Mine")
    keys.animation_data.nla_tracks[0].strips.new("Mine", 500, mine)
    bake(addon, inputs, face, False, add_line(addon, face), frame=1)
    (strip,) = (strip for track in keys.animation_data.nla_tracks for strip in track.strips if strip.action == action)
    assert (strip.frame_start, strip.frame_end, strip.influence, strip.scale) == (10, end, 0.5, 2.0)
    assert keys.animation_data.nla_tracks[1].strips[0] == strip and len(keys.animation_data.nla_tracks[1].strips) == 2
    bake(addon, inputs, face, False, add_line(addon, face), frame=490)
    (theirs,) = (strip for strip in keys.animation_data.nla_tracks[0].strips if strip.action == mine)
    assert theirs.frame_start == 500


def _face_with_lines(addon, inputs, frames):
    """A face in an empty scene, with a line baked on each of the frames."""
    bpy.ops.wm.read_homefile(use_empty=True)
    face = new_face()
    for number, frame in enumerate(frames):
        bake(addon, inputs, face, False, add_line(addon, face) if number else first_line(face), frame=frame)
    return face


def _is_held_before(face, start):
    """Before the first line the neck and the mouth are where they are on its first frame."""
    seen = []
    for frame in (start - 5, start):
        bpy.context.scene.frame_set(frame)
        seen.append((*face.parent.location, face.data.shape_keys.key_blocks["exp_00"].value))
    assert np.allclose(*seen, atol=1e-6) and seen[0][2] > 0.05, seen


def check_line_again(addon, inputs):
    """Baking a line again, elsewhere, replaces its own strip; the others stay, and its old action is kept."""
    face = new_face()
    lines = [first_line(face), add_line(addon, face), add_line(addon, face)]
    lines = list(face.styletalk.lines)  # adding moves them in memory
    for line, frame in zip(lines, (1, 100, 200), strict=True):
        bake(addon, inputs, face, False, line, frame=frame)
    keys = face.data.shape_keys
    strips = keys.animation_data.nla_tracks[0].strips
    others = [strips[0].action, strips[2].action]
    old = strips[1].action
    strips[0].influence = 0.5
    bake(addon, inputs, face, False, lines[1], frame=300)
    strips = keys.animation_data.nla_tracks[0].strips
    assert [strip.action for strip in strips][:2] == others and strips[0].influence == 0.5
    assert old.use_fake_user and [round(strip.frame_start) for strip in strips] == [1, 200, 300]
    _, expected = core_samples(addon, inputs)
    assert worst_error(face, expected, 300) <= TOLERANCE_M


def check_own_nla_kept(addon, inputs):
    """The animator's tracks and strips are left alone, under one line and under two."""
    face = new_face()
    keys = face.data.shape_keys
    keys.key_blocks["exp_05"].keyframe_insert("value", frame=1)
    mine = keys.animation_data.action
    keys.animation_data.action = None
    track = keys.animation_data.nla_tracks.new()
    track.name = "Mine"
    track.strips.new("Mine", 5, mine).blend_type = "ADD"

    def kept():
        (strip,) = next(each for each in keys.animation_data.nla_tracks if each.name == "Mine").strips
        return strip.action == mine and strip.frame_start == 5 and strip.blend_type == "ADD"

    bake(addon, inputs, face, False)
    assert kept()
    bake(addon, inputs, face, False, add_line(addon, face), frame=100)
    assert kept() and len(our_strips(keys)) == 2
    assert [track.name for track in keys.animation_data.nla_tracks] == ["Mine", "StyleTalk"]
    _, expected = core_samples(addon, inputs)
    assert worst_error(face, expected, 100) <= TOLERANCE_M


def check_playhead(addon, inputs):
    """A new line begins where the playhead is when Bake is pressed, and stays there when it is baked again."""
    face = new_face()
    line = first_line(face)
    line.audio = inputs["audio"]
    use_worker(addon, inputs["fake_python"])
    bpy.context.scene.frame_set(42)
    assert line.start == "PLAYHEAD" and bpy.ops.styletalk.bake() == {"FINISHED"}
    bpy.context.scene.frame_set(77)
    assert bpy.ops.styletalk.bake() == {"FINISHED"}
    assert (line.start, line.start_frame) == ("FRAME", 42)
    assert curves_of(addon, face.data.shape_keys)[0].keyframe_points[0].co[0] == 42


def check_line_list(addon, inputs):
    """Lines are added, moved and removed; a removed line leaves no strip and no sound, the rest of the face stays."""
    face = new_face()
    use_worker(addon, inputs["fake_python"])
    settings = face.styletalk
    for number, name in enumerate(("one", "two")):
        if number:
            assert bpy.ops.styletalk.line_add() == {"FINISHED"}
        line = settings.lines[settings.active]
        line.audio, line.start, line.start_frame = sound_named(inputs, name), "FRAME", 1 + 100 * number
    assert bpy.ops.styletalk.bake_all() == {"FINISHED"}
    assert len(our_strips(face.data.shape_keys)) == 2
    bpy.ops.styletalk.line_move(direction="UP")
    assert [Path(line.audio).stem for line in settings.lines] == ["two", "one"] and settings.active == 0
    assert bpy.ops.styletalk.line_move(direction="UP") == {"CANCELLED"}
    assert bpy.ops.styletalk.line_remove() == {"FINISHED"}
    assert [Path(line.audio).stem for line in settings.lines] == ["one"]
    assert [strip[1] for strip in our_strips(face.data.shape_keys)] == [1]
    if submodule(addon, "compat").has_sound():
        assert [each[0] for each in heard(bpy.context.scene)] == ["one"]
    bpy.context.scene.frame_set(20)
    bpy.ops.styletalk.line_remove()
    assert not face.data.shape_keys.animation_data.nla_tracks and not all_strips(bpy.context.scene)
    bpy.context.view_layer.update()
    values = {key.value for key in face.data.shape_keys.key_blocks[1:]}
    assert values == {0.0}, "the face stays in the middle of a word"
    assert not bpy.ops.styletalk.bake.poll() and not bpy.ops.styletalk.line_remove.poll()


def check_bake_all_reasons(addon, inputs):
    """Bake All is grey where a line has no sound, and where several would begin at the playhead."""
    face = new_face()
    reason = submodule(addon, "operators.bake").STYLETALK_OT_bake_all.disabled_reason
    assert "no sound file" in reason(bpy.context)
    add_line(addon, face)
    for line in face.styletalk.lines:
        line.audio = inputs["audio"]
    assert "begin at the playhead" in reason(bpy.context)
    face.styletalk.lines[0].start = "FRAME"
    assert reason(bpy.context) == ""


def check_relative_sound(addon, inputs):
    """A strip's path begins beside the .blend where the animator's paths do, and is absolute otherwise."""
    if not submodule(addon, "compat").has_sound():
        return "no sound in this build"
    paths = bpy.context.preferences.filepaths
    before = paths.use_relative_paths
    try:
        for relative, saved, expected in ((True, True, "//"), (False, True, "/"), (True, False, "/")):
            bpy.ops.wm.read_homefile(use_empty=True)
            paths.use_relative_paths = relative
            if saved:
                bpy.ops.wm.save_as_mainfile(filepath=str(Path(inputs["folder"]) / "relative.blend"))
            bake(addon, inputs, new_face(), sound_named(inputs, "beside"))
            (strip,) = all_strips(bpy.context.scene)
            assert strip.sound.filepath.startswith("//") == (expected == "//"), strip.sound.filepath
            assert Path(bpy.path.abspath(strip.sound.filepath)) == Path(inputs["folder"]) / "beside.flac"
    finally:
        paths.use_relative_paths = before


def check_own_sound_only(addon, inputs):
    """Only our strips count as a line that is heard."""
    if not submodule(addon, "compat").has_sound():
        return "no sound in this build"
    strips = submodule(addon, "baking.sound_strips")
    scene = bpy.context.scene
    theirs = submodule(addon, "compat").strips(scene.sequence_editor_create())
    theirs.new_sound("Music", inputs["audio"], 1, 1)
    assert not strips.is_heard(scene)
    bake(addon, inputs, new_face())
    assert strips.is_heard(scene)


def check_all_options_are_asked(addon, inputs):
    """Every property of a line that bears the name of a request's field reaches the request, and comes back."""
    requests = submodule(addon, "data.requests")
    line = first_line(new_face())
    line.audio = inputs["audio"]
    shared = [name for name in requests.FIELDS if name in line.bl_rna.properties]
    assert {"audio", "style", "intensity", "pose", "blinks", "seed", "sync_offset_ms"} <= set(shared)
    line.style, line.intensity, line.blinks, line.seed, line.sync_offset_ms = "sad", 0.5, False, 9, -30.0
    request = requests.request_from(line, "cpu")
    found = (request.style, request.intensity, request.blinks, request.seed, request.sync_offset_ms, request.device)
    assert found == ("sad", 0.5, False, 9, -30.0, "cpu")
    line.sync_offset_ms = 1e9
    raises(lambda: requests.request_from(line, "cpu"), "sync offset", "out of range")
    other = add_line(addon, bpy.context.object)
    requests.fill_line(other, request)
    assert requests.request_from(other, "cpu") == request
