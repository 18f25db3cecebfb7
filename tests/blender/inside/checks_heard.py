# SPDX-License-Identifier: GPL-3.0-or-later
"""Words and phonemes are seen and corrected. Each check gets a fresh, empty scene."""

import json
from pathlib import Path

import bpy
import numpy as np
from common import curves_of, first_line, new_face, poll_until, raises, use_worker
from harness import submodule


def heard_face(addon, inputs, python=""):
    """(face, line) of the bundled line, baked by Blender's own Python."""
    use_worker(addon, python)
    face = new_face()
    line = first_line(face)
    line.audio, line.style = inputs["audio"], "happy"
    assert bpy.ops.styletalk.bake() == {"FINISHED"}
    return face, line


def keys_of(addon, face):
    """(K, N) values of all shape keys' F-curves by frame, and the N frames."""
    found, frames = {}, None
    for curve in curves_of(addon, face.data.shape_keys):
        points = np.empty(2 * len(curve.keyframe_points), np.float32)
        curve.keyframe_points.foreach_get("co", points)
        found[curve.data_path], frames = points[1::2], points[::2]
    return np.stack([found[name] for name in sorted(found)]), frames


def words_of(line):
    return [each.word for each in line.heard.words]


def said(line):
    return [(each.symbol, round(each.start, 4), round(each.end, 4)) for each in line.heard.phonemes]


def check_a_word_is_corrected(addon, inputs):
    """Type another word, bake: the lips around it change, all other keys stay bit for bit, all words in time."""
    baked, corrections = submodule(addon, "data.baked"), submodule(addon, "data.corrections")
    face, line = heard_face(addon, inputs)
    group = line.heard
    assert words_of(line)[:4] == ["and", "mister", "john", "dashwood"] and group.method == "words, then alignment"
    assert all(0.0 <= each.confidence <= 1.0 for each in group.words) and not group.corrected
    before, frames = keys_of(addon, face)
    times = [(each.start_s, each.end_s) for each in group.words]
    place = words_of(line).index("power")
    group.words[place].word = "tower"
    assert corrections.has_corrections(line) and baked.state_of(face, line) is baked.State.CHANGED
    assert bpy.ops.styletalk.bake() == {"FINISHED"}
    assert words_of(line)[place] == "tower" and baked.state_of(face, line) is baked.State.BAKED
    start_s, end_s = times[place]
    spoken = [symbol for symbol, first, last in said(line) if start_s <= (first + last) / 2 < end_s]
    assert spoken[0] == "T", spoken
    after, _ = keys_of(addon, face)
    fps = bpy.context.scene.render.fps
    far = (frames < 1 + (start_s - 0.6) * fps) | (frames > 1 + (end_s + 0.6) * fps)
    assert far.sum() > 100 and np.array_equal(after[:, far], before[:, far])
    assert not np.array_equal(after[:, ~far], before[:, ~far])
    kept = [number for number in range(len(times)) if number != place]
    assert np.allclose([times[k] for k in kept], [(group.words[k].start_s, group.words[k].end_s) for k in kept])
    assert "corrected by hand" in " ".join(submodule(addon, "session").outcome_of(face, line).details)


def check_phonemes_are_corrected(addon, inputs):
    """Every operator changes what it says and nothing else; the next bake says it; dropped, all is heard again."""
    _, line = heard_face(addon, inputs)
    group, operators, original = line.heard, bpy.ops.styletalk, said(line)
    group.active_phoneme = 10
    assert operators.phoneme_split() == {"FINISHED"}
    assert group.active_phoneme == 11 and len(said(line)) == len(original) + 1
    group.phonemes[11].symbol = "M"
    assert operators.phoneme_merge() == {"FINISHED"} and operators.phoneme_remove() == {"FINISHED"}
    assert said(line)[:10] == original[:10] and said(line)[11:] == original[12:]
    group.active_phoneme = len(group.phonemes) - 1
    raises(operators.phoneme_merge, "last phoneme")
    bpy.context.scene.frame_set(1)
    assert operators.phoneme_insert(symbol="B") == {"FINISHED"} and said(line)[0] == ("B", 0.0, 0.08)
    first, second = group.phonemes[20], group.phonemes[21]
    was_touching, end = abs(first.end_s - second.start_s) < 1e-3, first.end_s
    first.end = end + 0.01
    assert submodule(addon, "data.corrections").settle(group)
    assert abs(first.end_s - end - 0.01) < 1e-5 and (not was_touching or second.start_s == first.end_s)
    wanted = said(line)
    assert bpy.ops.styletalk.bake() == {"FINISHED"}
    for (symbol, *times), (expected, *expected_times) in zip(said(line), wanted, strict=True):
        assert symbol == expected and np.allclose(times, expected_times, atol=1e-3)
    assert operators.heard_forget() == {"FINISHED"} and operators.bake() == {"FINISHED"}
    assert said(line) == original and not group.corrected
    forgetting = submodule(addon, "operators.heard_files").STYLETALK_OT_heard_forget
    assert "Nothing was corrected" in forgetting.disabled_reason(bpy.context)


def check_going_to_what_was_heard(addon, inputs):
    """Next, previous, a click on a word, the phoneme at the playhead; markers are ours alone; playing says why not."""
    _, line = heard_face(addon, inputs)
    scene, group, operators = bpy.context.scene, line.heard, bpy.ops.styletalk
    scene.timeline_markers.new("mine", frame=7)
    group.active_phoneme = 4
    assert operators.phoneme_step(direction="NEXT") == {"FINISHED"} and group.active_phoneme == 5
    assert scene.frame_current == round(1 + group.phonemes[5].start_s * scene.render.fps)
    operators.phoneme_step(direction="PREVIOUS")
    assert group.active_phoneme == 4
    assert operators.heard_show(what="WORD", place=6) == {"FINISHED"} and group.active_word == 6
    assert scene.frame_current == round(1 + group.words[6].start_s * scene.render.fps)
    selected, group.active_phoneme = group.active_phoneme, 0
    operators.phoneme_at_playhead()
    assert selected - group.active_phoneme in (0, 1), "the frame may be just before the sound"
    assert operators.heard_show(what="PHONEME", place=9999) == {"CANCELLED"}
    for what, count in (("WORD", len(group.words)), ("PHONEME", len(group.phonemes)), ("NONE", 0)):
        assert operators.heard_markers(what=what) == {"FINISHED"}
        assert len(scene.timeline_markers) == count + 1 and "mine" in scene.timeline_markers
    blocks = list(submodule(addon, "ui.phoneme_strip").blocks(bpy.context, float, 200.0, 1.0))
    assert [each.text for each in blocks] == [symbol for symbol, *_ in said(line)] + words_of(line)
    low = list(submodule(addon, "ui.phoneme_strip").blocks(bpy.context, float, 45.0, 1.0))
    assert [each.text for each in low] == [symbol for symbol, *_ in said(line)], "words only where there is room"
    scene.styletalk_view.show_strip = False
    assert not list(submodule(addon, "ui.phoneme_strip").blocks(bpy.context, float, 200.0, 1.0))


def check_corrections_are_saved(addon, inputs):
    """In the .blend, through undo, in a copy of the face and as TextGrid; another sound does not get them."""
    bpy.context.preferences.edit.use_global_undo = True
    face, line = heard_face(addon, inputs)
    original, folder = said(line), Path(inputs["folder"])
    bpy.ops.ed.undo_push(message="Before")
    line.heard.active_phoneme = 3
    bpy.ops.styletalk.phoneme_split()
    bpy.ops.ed.undo_push(message="Split")
    split = said(line)
    bpy.ops.ed.undo()
    line = first_line(bpy.data.objects["Talking Face"])
    assert said(line) == original and not line.heard.corrected
    bpy.ops.ed.redo()
    face = bpy.data.objects["Talking Face"]
    line = first_line(face)
    assert said(line) == split and line.heard.corrected
    assert bpy.ops.styletalk.heard_export(filepath=str(folder / "corrected")) == {"FINISHED"}
    copy = face.copy()
    assert said(first_line(copy)) == split
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "heard.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(folder / "heard.blend"))
    face = bpy.data.objects["Talking Face"]
    bpy.context.view_layer.objects.active = face
    line = first_line(face)
    assert said(line) == split and words_of(line)[1] == "mister"
    requests = submodule(addon, "data.requests")
    asked = requests.request_from(line, "auto")
    assert asked.phonemes is not None and asked.former is not None and asked.former.is_file()
    assert bpy.ops.styletalk.heard_forget() == {"FINISHED"}
    assert requests.request_from(line, "auto").phonemes is None
    line.heard.phonemes.clear()
    assert bpy.ops.styletalk.heard_import(filepath=str(folder / "corrected.TextGrid")) == {"FINISHED"}
    assert [each[0] for each in said(line)] == [each[0] for each in split]
    raises(lambda: bpy.ops.styletalk.heard_import(filepath=inputs["audio"]), "alignment")
    line.audio = str(folder / "other.wav")
    operators = submodule(addon, "operators.phonemes")
    assert "another sound" in operators.STYLETALK_OT_phoneme_split.disabled_reason(bpy.context)


def check_corrections_during_a_bake(addon, inputs):
    """What is corrected while the worker is busy stays, and asks for another bake; a failed bake changes nothing."""
    baked, session = submodule(addon, "data.baked"), submodule(addon, "session")
    face, line = heard_face(addon, inputs, inputs["fake_python"])
    before = said(line)
    assert before, "the fake worker's animation has phonemes"
    job = session.start(bpy.context, face, line)
    line.heard.active_phoneme = 0
    assert bpy.ops.styletalk.phoneme_remove() == {"FINISHED"}
    poll_until(addon, lambda: not session.is_busy())
    assert job.finished and said(line) == before[1:] and line.heard.corrected
    assert baked.state_of(face, line) is baked.State.CHANGED
    assert bpy.ops.styletalk.bake() == {"FINISHED"}
    asked = json.loads(Path(inputs["request"]).read_text())["request"]
    assert asked["phonemes"].endswith(".TextGrid") and "transcript" not in asked


def check_nothing_was_heard_yet(addon, inputs):
    """Before the first bake every button says so."""
    face = new_face()
    operators, files = submodule(addon, "operators.phonemes"), submodule(addon, "operators.heard_files")
    for operator in (*operators.classes, files.STYLETALK_OT_heard_export, files.STYLETALK_OT_heard_markers):
        assert "Bake it first" in operator.disabled_reason(bpy.context), operator
    bpy.context.view_layer.objects.active = None
    face.select_set(False)
    for operator in (*operators.classes, *files.classes):
        assert operator.disabled_reason(bpy.context), operator


def check_live(addon, inputs):
    """A line is baked again once its settings rest, once; what is under way of older settings is cancelled."""
    live, session = submodule(addon, "live"), submodule(addon, "session")
    face, line = heard_face(addon, inputs, inputs["fake_python"])
    for value in (0.9, 0.8, 0.7):
        line.intensity = value
        assert not live.look(bpy.context), "it moves"
    looks = [live.look(bpy.context) for _ in range(6)]
    assert looks.count(True) == 1, "in background the operator blocks: it is baked by then"
    assert json.loads(Path(inputs["request"]).read_text())["request"]["intensity"] == line.intensity
    for value in (0.6, 0.55, 0.52, 0.51):
        line.intensity = value
        for _ in range(6):
            live.look(bpy.context)
    actions = len(bpy.data.actions)
    line.intensity = 0.505
    for _ in range(6):
        live.look(bpy.context)
    assert len(bpy.data.actions) == actions, "takes of bakes by themselves do not pile up"
    line.intensity = 0.5
    job = session.start(bpy.context, face, line)
    line.intensity = 0.4
    for _ in range(4):
        live.look(bpy.context)
    poll_until(addon, lambda: job.finished)
    assert job.state.name == "CANCELLED"
    poll_until(addon, lambda: live.look(bpy.context) or not session.is_busy())


def check_undo_of_live_bakes(addon, inputs):
    """Undo and redo across bakes by themselves, whose former actions are gone, and Blender lives."""
    bpy.context.preferences.edit.use_global_undo = True
    live = submodule(addon, "live")
    heard_face(addon, inputs, inputs["fake_python"])
    for value in (0.9, 0.8, 0.7, 0.6):
        first_line(bpy.context.object).intensity = value
        bpy.ops.ed.undo_push(message="Intensity")
        for _ in range(6):
            live.look(bpy.context)
    live._remove_former(first_line(bpy.context.object))
    for step in (bpy.ops.ed.undo,) * 5 + (bpy.ops.ed.redo,) * 3 + (bpy.ops.ed.undo,) * 3:
        step()
        bpy.context.scene.frame_set(bpy.context.scene.frame_current + 1)
        face = bpy.data.objects["Talking Face"]
        assert face.data.shape_keys.animation_data.action.name in bpy.data.actions
