# SPDX-License-Identifier: GPL-3.0-or-later
"""Styles that change along a line, styles seen on a character before they are chosen, and styles of actions. Each check
has a new scene."""

import itertools
import json
from pathlib import Path
from unittest import mock

import bpy
import numpy as np
from checks_panel import drawn
from common import add_line, bake, curves_of, first_line, new_face, raises
from harness import submodule


def _line(addon, inputs):
    """A face's line at 25 frames a second, whose sound begins on frame 11, and which was heard."""
    bpy.context.scene.render.fps, bpy.context.scene.render.fps_base = 25, 1
    face = new_face()
    bake(addon, {**inputs, "animation": inputs["spoken"]}, face, frame=11)
    line = first_line(face)
    line.start, line.style = "FRAME", "sad"
    return face, line


def _changes(addon, line):
    """The rows of the file that the worker is given."""
    path = submodule(addon, "data.requests").request_from(line, "cpu").style_changes
    return [] if path is None else json.loads(Path(path).read_text(encoding="utf-8"))


def check_markers_named_like_styles(addon, inputs):
    """They change the style of lines that they lie in, from there on, in seconds of the sound; others do nothing."""
    face, line = _line(addon, inputs)
    markers = bpy.context.scene.timeline_markers
    ours = (("Happy 1.3", 36), ("neutral", 61))
    for name, frame in (*ours, ("cut here", 40), ("· happy", 45), ("angry", 5), ("sad", 9000)):
        markers.new(name, frame=frame)
    markers.new("Ben: furious", frame=50)
    markers.new(f"{face.name}: furious", frame=51)
    found = [(row["seconds"], row["style"], row["intensity"]) for row in _changes(addon, line)]
    assert found == [(1.0, "happy", 1.3), (1.6, "furious", None), (2.0, "neutral", None)], found
    assert "3 markers" in submodule(addon, "data.style_track").said_of(line, bpy.context.scene)
    line.style_markers = False
    assert _changes(addon, line) == []


def check_the_panel_says_which_style_holds_and_why(addon, inputs):
    """Nothing for a line in one style; at the playhead its own style until the first key or marker, and from there on
    what that says; a word's own style goes before; nowhere outside the line."""
    _, line = _line(addon, inputs)
    scene, holding = bpy.context.scene, submodule(addon, "data.style_track").style_holding
    assert holding(line, scene, 20) == ""
    scene.timeline_markers.new("Happy 1.3", frame=36)
    assert holding(line, scene, 20) == "Frame 20: Sad, the line's own."
    assert holding(line, scene, 36) == "Frame 36: Happy 1.3, by the marker on frame 36."
    assert holding(line, scene, 9000) == ""
    line.style_key = "angry"
    line.keyframe_insert("style_key", frame=5)
    assert holding(line, scene, 20) == "Frame 20: Angry, by the key before it."
    line.style_key = "furious"
    line.keyframe_insert("style_key", frame=40)
    assert holding(line, scene, 45) == "Frame 45: Furious, by the key on frame 40."
    word = line.heard.words[1]
    word.style = "worried"
    frame = int(11 + 25 * (word.start_s + word.end_s) / 2)
    assert holding(line, scene, frame) == f"Frame {frame}: Worried 1, by its word."
    scene.frame_set(frame)
    panels = submodule(addon, "ui.panels")
    assert "by its word" in drawn(addon, panels.STYLETALK_PT_main, width=900)


def check_takes_say_what_moves_along_the_line(addon, inputs):
    """A take's name has the intensity where that is one number, “keyed” where it has keys, whatever the playhead shows
    of them, and “changing” where the style changes."""
    face, line = _line(addon, inputs)
    scene, take_name = bpy.context.scene, submodule(addon, "data.take_names").take_name
    line.intensity = 1.25
    named = take_name(line, scene)
    assert named.endswith(" sad 1.25"), named
    line.keyframe_insert("intensity", frame=1)
    line.intensity = 0.2
    line.keyframe_insert("intensity", frame=60)
    for frame in (1, 30, 60):
        scene.frame_set(frame)
        assert take_name(line, scene).endswith(" sad, keyed"), take_name(line, scene)
    scene.timeline_markers.new("happy", frame=36)
    assert take_name(line, scene).endswith(" sad, changing, keyed"), take_name(line, scene)
    bake(addon, {**inputs, "animation": inputs["spoken"]}, face, frame=11)
    assert any("keyed" in action.name for action in bpy.data.actions)


def check_words_with_a_style_of_their_own(addon, inputs):
    """Each speaks for as long as it lasts, neighbours of one style as one; a bake keeps what was chosen."""
    face, line = _line(addon, inputs)
    words = line.heard.words
    assert len(words) >= 3
    line.heard.active_word = 1
    assert bpy.ops.styletalk.style_choose(style="happy", role="WORD") == {"FINISHED"}
    line.heard.active_word = 2
    assert bpy.ops.styletalk.style_choose(style="angry", role="WORD") == {"FINISHED"}
    words[2].style_intensity = 1.5
    rows = _changes(addon, line)
    assert [row["style"] for row in rows] == ["happy", "angry"] and rows[1]["intensity"] == 1.5
    for row, word in zip(rows, words[1:3], strict=True):
        assert abs(row["seconds"] - word.start_s) < 1e-3 and abs(row["until"] - word.end_s) < 1e-3
    words[2].style, words[2].style_intensity = "happy", 1.0
    if words[2].start_s - words[1].end_s < 0.1:
        assert len(_changes(addon, line)) == 1
    line.second_style = ""
    bake(addon, {**inputs, "animation": inputs["spoken"]}, face, frame=11)
    assert [word.style for word in line.heard.words][1:3] == ["happy", "happy"]
    assert bpy.ops.styletalk.style_choose(role="WORD") == {"FINISHED"} and line.heard.words[2].style == ""


def check_keys_on_style_intensity_and_blend(addon, inputs):
    """They shape the next bake, whatever the playhead shows; a line with keys is as it was baked at every frame; keys
    go with their line when lines move, also where strips, muted or not, share the action."""
    face, line = _line(addon, inputs)
    requests, baked = submodule(addon, "data.requests"), submodule(addon, "data.baked")
    line.second_style, scene = "worried", bpy.context.scene
    for frame, intensity, blend in ((11, 0.5, 0.0), (61, 1.5, 1.0)):
        line.intensity, line.style_blend = intensity, blend
        line.keyframe_insert("intensity", frame=frame)
        line.keyframe_insert("style_blend", frame=frame)
    for frame, style in ((1, "happy"), (36, "furious")):
        line.style_key = style
        line.keyframe_insert("style_key", frame=frame)
    asked = requests.request_from(line, "cpu")
    assert asked.style == "happy" and asked.second_style == "worried"
    assert [(row["seconds"], row["style"]) for row in _changes(addon, line)] == [(1.0, "furious")]
    for path, first, last in ((asked.intensity_keys, 0.5, 1.5), (asked.style_blend_keys, 0.0, 1.0)):
        seconds, values = np.loadtxt(path, delimiter=",").T
        assert abs(values[0] - first) < 1e-4 and abs(values[-1] - last) < 1e-4 and (np.diff(values) >= 0).all()
        assert abs(seconds[0]) < 1e-6 and abs(seconds[-1] - 2.0) < 1e-6, seconds
    baked.mark(line, baked.settings_of(line))
    for frame in (1, 20, 40, 90):
        scene.frame_set(frame)
        assert baked.state_of(face, line) is baked.State.BAKED, frame
    line.keyframe_insert("intensity", frame=50)
    assert baked.state_of(face, line) is baked.State.CHANGED
    _moved_and_removed(addon, face, line)


def _moved_and_removed(addon, face, line):
    identity, keys = line.identity, submodule(addon, "data.line_keys")
    find, second = submodule(addon, "data.lines").find_line, add_line(addon, face).identity
    data = face.animation_data
    for mute in (False, True):
        data.nla_tracks.new().strips.new("Same", 200, data.action).mute = mute
    assert bpy.ops.styletalk.line_move(direction="UP") == {"FINISHED"}
    assert keys.curve_of(find(face, identity), "intensity") is not None
    assert keys.curve_of(find(face, second), "intensity") is None
    face.styletalk.active = 0
    assert bpy.ops.styletalk.line_remove() == {"FINISHED"} and face.styletalk.lines[0].identity == identity
    assert keys.curve_of(face.styletalk.lines[0], "intensity") is not None
    assert bpy.ops.styletalk.line_remove() == {"FINISHED"}
    assert not any("styletalk.lines" in curve.data_path for curve in curves_of(addon, face))


def check_browsing_leaves_all_as_it_was(addon, inputs):
    """While styles are browsed the face differs by style; afterwards every value, key and action is as before. Another
    file ends it."""
    face, line = _line(addon, inputs)
    browse = submodule(addon, "operators.browse_styles")
    bpy.context.scene.frame_set(30)
    values, actions = _state(face), [action.name for action in bpy.data.actions]
    face.data.shape_keys.key_blocks["exp_00"].slider_max = 0.5
    line.audio = ""  # no worker here: the style's clip plays
    browsing = browse.Browsing(bpy.context, face)
    assert browsing.current.style == "sad" and browsing.shown[0].about
    seen = []
    for number in range(4):
        browsing.select(number)
        browsing._player.show(10)
        seen.append(_state(face)[0])
    assert all(np.abs(one - other).max() > 0.05 for one, other in itertools.pairwise(seen))
    assert not browsing.plays_line and bpy.ops.styletalk.browse_styles.poll() is False
    browsing.close()
    assert abs(face.data.shape_keys.key_blocks["exp_00"].slider_max - 0.5) < 1e-6
    for before, after in zip(values, _state(face), strict=True):
        np.testing.assert_allclose(after, before, atol=1e-6)
    assert actions == [action.name for action in bpy.data.actions] and line.style == "sad"
    browse.choose(line, browsing.shown[2])
    assert line.style == browsing.shown[2].style
    browse.Browsing(bpy.context, face)
    bpy.ops.wm.read_homefile(use_empty=True)
    assert browse._open == []


def check_what_is_done_waits_while_styles_are_browsed(addon, inputs):
    """A bake that ends meanwhile would take the style that plays for what was before it."""
    face, _ = _line(addon, inputs)
    browse, pump = submodule(addon, "operators.browse_styles"), submodule(addon, "pump")
    with mock.patch.object(pump.session, "conclude", return_value="") as conclude:
        browsing = browse.Browsing(bpy.context, face)
        pump._tick()
        assert not conclude.called
        browsing.close()
        pump._tick()
        assert conclude.called and not pump.held


def _state(face):
    keys = np.array([key.value for key in face.data.shape_keys.key_blocks])
    neck = face.parent
    return keys, np.array([*neck.location, *neck.rotation_euler])


def check_style_of_an_action(addon, inputs):
    """What the face does becomes a style with a face for a thumbnail; the scene stays; too short a part is refused."""
    face, line = _line(addon, inputs)
    own = submodule(addon, "data.user_styles")
    for path in own.styles_folder().iterdir():
        path.unlink()
    bpy.context.scene.frame_set(33)
    before = _state(face)
    assert bpy.ops.styletalk.style_from_action(name="Take") == {"FINISHED"}
    (made,) = own.own_styles()
    assert made.name == "Take" and "from the action" in made.about and made.thumbnail is not None
    assert line.style == "FILE" and Path(line.style_file) == made.path
    style = submodule(addon, "styletalk.styles.library").read_style(made.path)
    baked = submodule(addon, "styletalk.animation").FaceAnimation.load(Path(inputs["spoken"]))
    np.testing.assert_allclose(style.clip.mean(axis=0), baked.coefficients.mean(axis=0), atol=0.05)
    assert bpy.context.scene.frame_current == 33
    for one, other in zip(before, _state(face), strict=True):
        np.testing.assert_allclose(other, one, atol=1e-6)
    assert bpy.ops.styletalk.style_from_action(name="Take") == {"FINISHED"}
    assert sorted(each.name for each in own.own_styles()) == ["Take", "Take 2"], "names do not clash"
    raises(lambda: bpy.ops.styletalk.style_rename(path=str(made.path), name="happy"), "Another style is called")
    raises(lambda: bpy.ops.styletalk.style_from_action(first=20, last=25), "less than half a second")


def check_the_panel_shows_how_a_style_changes(addon, inputs):
    """The second style with its blend, what changes the style, and each style of the shelf by its name."""
    _, line = _line(addon, inputs)
    styles = submodule(addon, "ui.styles")
    assert bpy.ops.styletalk.style_choose(style="worried", role="SECOND") == {"FINISHED"}
    bpy.context.scene.timeline_markers.new("happy", frame=40)
    shown = drawn(addon, styles.STYLETALK_PT_style_changes, rows=False)
    assert "Worried" in shown and "changes by 1 marker" in shown, shown
    shelf = drawn(addon, styles.STYLETALK_PT_shelf, rows=False)
    assert all(name.capitalize() in shelf for name in submodule(addon, "styletalk.styles.presets").preset_names())
    assert "Sad: inner brows up" in shelf
    assert bpy.ops.styletalk.style_choose(role="SECOND") == {"FINISHED"} and line.second_style == ""
