# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines on the timeline: strips of the animator's, what is heard of them, and where they are moved to."""

import json
import random
import wave
from pathlib import Path

import bpy
import numpy as np
from common import (
    TOLERANCE_M,
    add_line,
    all_strips,
    bake,
    core_samples,
    first_line,
    mesh_now,
    new_face,
    raises,
    use_worker,
    worst_error,
)
from harness import submodule


def strip_at(addon, inputs, frame, name="Speech", channel=1):
    """A sound strip of the animator's, None where this Blender has no sound."""
    scene = bpy.context.scene
    if not submodule(addon, "compat").has_sound():
        return None
    strips = submodule(addon, "compat").strips(scene.sequence_editor or scene.sequence_editor_create())
    return strips.new_sound(name, inputs["audio"], channel, frame)


def follow(line, strip):
    line.start = "STRIP"
    line.strip = strip.name


def cut_left(strip, frames):
    """Trim a strip as dragging its left handle does."""
    strip.frame_offset_start = frames


def sound_starts(addon, face, line):
    """The frame on which the line's sound begins in each of its data-blocks, as its keys and strips say."""
    nla, found = submodule(addon, "baking.nla"), set()
    for owner in (face.data.shape_keys, face.parent):
        data = owner.animation_data
        if data.action is not None:
            found.add(round(data.action[nla.ORIGIN_MARK]))
        for track in data.nla_tracks:
            for strip in track.strips:
                if strip.action.get(nla.LINE_MARK) == line.identity:
                    shift = strip.frame_start - strip.action_frame_start
                    found.add(round(strip.action[nla.ORIGIN_MARK] + shift))
    return found


def check_a_strip_is_spoken(addon, inputs):
    """A line that follows a strip is baked where the strip lies and adds no second one; the strip stays as it is."""
    face, line = new_face(), None
    strip = strip_at(addon, inputs, 40)
    if strip is None:
        return "no sound in this build"
    line = first_line(face)
    follow(line, strip)
    assert line.audio and Path(bpy.path.abspath(line.audio)) == Path(inputs["audio"])
    bake(addon, inputs, face)
    _, expected = core_samples(addon, inputs)
    assert worst_error(face, expected, 40) <= TOLERANCE_M
    (only,) = all_strips(bpy.context.scene)
    assert (only.name, round(only.frame_start), only.mute) == ("Speech", 40, False)
    bpy.ops.styletalk.line_remove()
    assert [each.name for each in all_strips(bpy.context.scene)] == ["Speech"], "the animator's strip was removed"


def check_only_what_is_heard(addon, inputs):
    """The worker gets the part of the sound that a trimmed strip plays, sample by sample; the face begins with it."""
    strip = strip_at(addon, inputs, 10)
    if strip is None:
        return "no sound in this build"
    fps = bpy.context.scene.render.fps
    cut_left(strip, 12)
    strip.frame_offset_end = 24
    face = new_face()
    line = first_line(face)
    follow(line, strip)
    line_strips, sounds = submodule(addon, "data.line_strips"), submodule(addon, "data.sounds")
    part = line_strips.heard_part(line, bpy.context.scene)
    assert line_strips.start_frame(line, bpy.context.scene) == 22 == strip.frame_final_start
    heard_s = part.from_s, part.to_s
    assert np.allclose(heard_s, (12 / fps, (strip.frame_final_end - 10) / fps), atol=1e-6), part
    folder = Path(inputs["folder"]) / "cut"
    folder.mkdir(exist_ok=True)
    made = sounds.preparation_of(Path(inputs["audio"]), part)(folder, True, lambda: None)
    with wave.open(inputs["audio"]) as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (16000, 1, 2)
        whole = np.frombuffer(sound.readframes(sound.getnframes()), "<i2") / 32768
    heard = np.frombuffer(made.read_bytes()[44:], "<f4")
    first, last = (round(16000 * second) for second in heard_s)
    assert np.allclose(heard, whole[first:last], atol=1e-4)
    bake(addon, inputs, face)
    _, expected = core_samples(addon, inputs)
    assert worst_error(face, expected, 22) <= TOLERANCE_M
    state = submodule(addon, "data.baked").state_of
    assert state(face, line).name == "BAKED"
    strip.frame_offset_end = 40
    assert state(face, line).name == "CHANGED", "a strip that is trimmed since says nothing"
    strip.frame_offset_end, before = 24, strip.name
    strip.name = "Renamed"
    assert line_strips.strip_of(line, bpy.context.scene) == strip and before != strip.name
    late = submodule(addon, "baking.tempo").Excerpt(99.0, 100.0)
    raises(lambda: sounds.preparation_of(Path(inputs["audio"]), late)(folder, True, lambda: None), "has ended")


def check_alignment_is_cut(addon, inputs):
    """An alignment of the whole sound is cut as the strip is, with times from the first moment that is heard."""
    module = submodule(addon, "data.excerpts")
    track = submodule(addon, "styletalk.speech.formats.alignment_files").read_alignment(Path(inputs["alignment"]), 7.1)
    cut = module.cut_track(track, submodule(addon, "baking.tempo").Excerpt(0.75, 1.8))
    said = [(each.phoneme, round(each.start_s, 6), round(each.end_s, 6)) for each in cut.segments]
    assert said == [("IY", 0.0, 0.15), ("B", 0.15, 0.45), ("OW", 0.45, 0.75), ("F", 0.75, 1.05)], said
    assert abs(cut.duration_s - 1.05) < 1e-9
    strip = strip_at(addon, inputs, 1)
    if strip is None:
        return "no sound in this build"
    cut_left(strip, 24)
    face = new_face()
    line = first_line(face)
    follow(line, strip)
    line.words, line.words_file = "ALIGNMENT", inputs["alignment"]
    use_worker(addon, inputs["fake_python"])
    assert bpy.ops.styletalk.bake() == {"FINISHED"}
    asked = json.loads(Path(inputs["request"]).read_text())["request"]
    assert asked["phonemes"] != inputs["alignment"] and asked["audio"] != inputs["audio"]
    heard = submodule(addon, "styletalk.speech.formats.alignment_files").read_alignment(Path(asked["phonemes"]), 6.1)
    assert heard.segments[0].phoneme == "B" and abs(heard.segments[0].end_s - 0.2) < 1e-6


def check_a_moved_strip_moves_its_line(addon, inputs):
    """Wherever a line's sound strip is dragged its face goes along: an action or an NLA strip, our strip or another's;
    trimming moves nothing, and the line counts as baked as before."""
    _, expected = core_samples(addon, inputs)
    state = submodule(addon, "data.baked").state_of
    for number, output in ((1, "AUTO"), (1, "NLA"), (2, "AUTO"), (2, "ACTION")):
        bpy.ops.wm.read_homefile(use_empty=True)
        strip = strip_at(addon, inputs, 40)
        if strip is None:
            return "no sound in this build"
        face = new_face()
        line = first_line(face)
        follow(line, strip)
        line.output = output
        bake(addon, inputs, face)
        if number > 1:
            bake(addon, inputs, face, True, add_line(addon, face), 300)
            line = first_line(face)
        for frame in (130, 7, 420):
            strip.frame_start = frame
            bpy.context.view_layer.update()
            assert sound_starts(addon, face, line) == {frame}, (output, number, sound_starts(addon, face, line))
            assert worst_error(face, expected, frame) <= TOLERANCE_M, (output, number, frame)
        cut_left(strip, 5)
        bpy.context.view_layer.update()
        assert sound_starts(addon, face, line) == {420}
        strip.frame_offset_start = 0
        assert state(face, line).name == "BAKED" and line.start_frame == 420
    if number > 1:
        (ours,) = (each for each in all_strips(bpy.context.scene) if each != strip)
        second = face.styletalk.lines[1]
        ours.frame_start = 510
        bpy.context.view_layer.update()
        assert sound_starts(addon, face, second) == {510} and second.start_frame == 510
        assert state(face, second).name == "BAKED"


def check_moves_and_undo(addon, inputs):
    """After any sequence of moves, undo and redo a line lies where its strip lies."""
    strip = strip_at(addon, inputs, 40)
    if strip is None:
        return "no sound in this build"
    face = new_face()
    follow(first_line(face), strip)
    bpy.ops.ed.undo_push(message="Start")
    bake(addon, inputs, face)
    bake(addon, inputs, face, True, add_line(addon, face), 300)
    bpy.ops.ed.undo_push(message="Bake")
    generator, steps = random.Random(3), 0
    for _ in range(40):
        choice = generator.choice(("move", "move early", "undo", "redo"))
        strip = next(each for each in all_strips(bpy.context.scene) if each.name == "Speech")
        if choice.startswith("move"):
            strip.frame_start = generator.randrange(1, 500)
            if choice == "move":
                bpy.context.view_layer.update()
            bpy.ops.ed.undo_push(message="Move")
            steps += 1
        elif getattr(bpy.ops.ed, choice).poll():
            try:
                getattr(bpy.ops.ed, choice)()
            except RuntimeError:
                continue
        bpy.context.view_layer.update()
        strip = next(each for each in all_strips(bpy.context.scene) if each.name == "Speech")
        face = bpy.data.objects["Talking Face"]
        if face.data.shape_keys.animation_data is None:
            continue
        assert sound_starts(addon, face, first_line(face)) == {round(strip.frame_start)}, choice
    return f"{steps} moves"


def check_lost_strips(addon, inputs):
    """A strip that is gone or has no sound is refused in one sentence that says what to do."""
    strip = strip_at(addon, inputs, 40)
    if strip is None:
        return "no sound in this build"
    face = new_face()
    line = first_line(face)
    line.start = "STRIP"
    bake_operator = submodule(addon, "operators.bake").STYLETALK_OT_bake
    assert "Choose the sound strip" in bake_operator.disabled_reason(bpy.context)
    follow(line, strip)
    assert bake_operator.disabled_reason(bpy.context) == ""
    submodule(addon, "compat").strips(bpy.context.scene.sequence_editor).remove(strip)
    assert "is gone" in bake_operator.disabled_reason(bpy.context)


def check_scene_start(addon, inputs):
    """With Scene Start the face begins to move on the scene's first frame, and the lead-in is seen whole."""
    face = new_face()
    scene = bpy.context.scene
    scene.frame_start = 11
    line = first_line(face)
    line.start = "SCENE"
    line.audio = inputs["audio"]
    use_worker(addon, inputs["fake_python"])
    assert bpy.ops.styletalk.bake() == {"FINISHED"}
    action = submodule(addon, "baking.nla").action_of(face.data.shape_keys, line.identity)
    assert round(action.frame_range[0]) == 11 and line.start == "SCENE"
    assert submodule(addon, "data.baked").state_of(face, line).name == "BAKED"


def check_no_pop_at_a_seam(addon, inputs):
    """Where lines follow each other closely or overlap, no frame's mesh jumps further from the one before than the
    lines themselves do; frames of blend that were chosen hold, and can be taken back."""
    _, expected = core_samples(addon, inputs)
    own = max(float(np.abs(np.diff(expected, axis=0)).max()), 1e-4)
    face = new_face()
    for number, frame in enumerate((20, 20 + len(expected) - 12)):
        bake(addon, inputs, face, False, add_line(addon, face) if number else first_line(face), frame=frame)
    second = face.styletalk.lines[1]
    for frames in (0, 10):
        second.blend_in = frames
        seen = []
        for frame in range(20 + len(expected) - 16, 20 + len(expected) + 4):
            bpy.context.scene.frame_set(frame)
            seen.append(mesh_now(face))
        worst = float(np.abs(np.diff(seen, axis=0)).max())
        assert worst <= 1.5 * own, (frames, worst, own)
    (strip,) = (
        strip for track in face.data.shape_keys.animation_data.nla_tracks for strip in track.strips
        if strip.action["styletalk_line"] == second.identity
    )  # fmt: skip
    assert strip.blend_in == 10
    second.blend_in = 0
    assert strip.blend_in != 10


def check_rate_changed(addon, inputs):
    """A scene whose frame rate was changed since the bake says so, with both rates."""
    bpy.context.scene.render.fps = 24
    face = new_face()
    bake(addon, inputs, face)
    baked = submodule(addon, "data.baked")
    assert baked.state_of(face, first_line(face)).name == "BAKED"
    bpy.context.scene.render.fps = 30
    said = baked.rate_change(first_line(face), bpy.context.scene)
    assert "24 frames" in said and "30" in said
    assert baked.state_of(face, first_line(face)).name == "CHANGED"


def check_equal_names_are_numbered(addon, inputs):
    """Of lines with the same sound the second one is called by a number, and takes by line, style and intensity."""
    face = new_face()
    for number in range(2):
        line = add_line(addon, face) if number else first_line(face)
        line.style, line.intensity = "happy", 1.25
        bake(addon, inputs, face, True, line, 1 + 200 * number)
    lines = submodule(addon, "data.lines")
    assert [lines.line_name(line) for line in face.styletalk.lines] == ["line", "line 2"]
    names = {action.name for action in bpy.data.actions}
    assert {"Talking Face line happy 1.25", "Talking Face line 2 happy 1.25"} <= names, names


def check_bake_the_scene(addon, inputs):
    """Every strip that has a character, by name, marker or channel, is baked onto that character in one step of undo;
    what is muted or has no character is left alone, and a second time nothing is doubled."""
    scene = bpy.context.scene
    strips = [strip_at(addon, inputs, 20 + 200 * number, name, number + 1) for number, name in enumerate(NAMES)]
    if None in strips:
        return "no sound in this build"
    anna, ben = new_face("Anna"), new_face("Ben")
    use_worker(addon, inputs["fake_python"])
    strips[4].mute = True
    scene.timeline_markers.new("ben: here", frame=20 + 200 * 2 + 3)
    anna.styletalk.channel = 4
    anna.styletalk.lines[0].style = "happy"
    bpy.ops.ed.undo_push(message="Before")
    for _ in range(2):
        assert bpy.ops.styletalk.bake_scene() == {"FINISHED"}
        anna, ben = bpy.data.objects["Anna"], bpy.data.objects["Ben"]
        starts = {face.name: [line.start_frame for line in face.styletalk.lines] for face in (anna, ben)}
        assert starts == {"Anna": [20, 620], "Ben": [220, 420]}, starts
        assert len(all_strips(scene)) == len(NAMES)
    assert {line.style for line in anna.styletalk.lines} == {"happy"}
    _, expected = core_samples(addon, inputs)
    for face, frame in ((anna, 20), (ben, 220), (ben, 420), (anna, 620)):
        assert worst_error(face, expected, frame) <= TOLERANCE_M, (face.name, frame)
    bpy.ops.ed.undo_push(message="Baked")
    bpy.context.view_layer.objects.active = anna
    assert bpy.ops.styletalk.assign_strip(strip="Music") == {"FINISHED"}
    assert bpy.ops.styletalk.assign_strip(strip="unnamed") == {"FINISHED"}
    speakers, faces = submodule(addon, "data.speakers"), [anna, ben]
    strips = {strip.name: speakers.speaker_of(scene, strip, faces) for strip in all_strips(scene)}
    assert strips["Music"] == anna and strips["unnamed"] == anna and strips["ben_answer"] == ben, strips
    for _ in range(3):
        bpy.ops.ed.undo()
    anna = bpy.data.objects["Anna"]
    assert anna.data.shape_keys.animation_data is None and len(anna.styletalk.lines) == 1


NAMES = ("Anna: hello", "ben_answer", "unnamed", "take 4", "Anna: muted", "Music")


def check_bake_strip(addon, inputs):
    """Bake Lip Sync on a strip in a scene without a face adds one that speaks it; a second bake stays with it."""
    strip = strip_at(addon, inputs, 30)
    if strip is None:
        return "no sound in this build"
    use_worker(addon, inputs["fake_python"])
    editor = bpy.context.scene.sequence_editor
    editor.active_strip = strip
    strip.select = True
    assert bpy.ops.styletalk.bake_strip() == {"FINISHED"}
    workspace = bpy.context.window_manager.windows[0].workspace
    assert getattr(workspace, "sequencer_scene", bpy.context.scene) == bpy.context.scene, "the strip is not seen"
    assert bpy.ops.styletalk.bake_strip() == {"FINISHED"}
    (face,) = (each for each in bpy.context.scene.objects if each.type == "MESH" and "Face" in each.name)
    (line,) = face.styletalk.lines
    assert (line.start, line.start_frame, line.strip) == ("STRIP", 30, "Speech")
    assert bpy.context.scene.sync_mode == "AUDIO_SYNC"


def check_old_takes(addon, inputs):
    """Remove Old Takes removes what earlier bakes of this face left, and nothing that plays or is another's."""
    face, other = new_face(), new_face("Other")
    use_worker(addon, inputs["fake_python"])
    for each in (face, other):
        for _ in range(3):
            bake(addon, inputs, each, False)
    mine = bpy.data.actions.new("Mine")
    mine.use_fake_user = True
    takes = submodule(addon, "operators.timeline").takes_of
    assert len(takes(face)) == len(takes(other)) == 4, "two bakes before the last, on mesh and neck"
    bpy.context.view_layer.objects.active = face
    face.select_set(True)
    bpy.ops.ed.undo_push(message="Before")
    before = len(bpy.data.actions)
    assert bpy.ops.styletalk.remove_old_takes() == {"FINISHED"}
    assert len(bpy.data.actions) == before - 4 and mine in list(bpy.data.actions) and len(takes(other)) == 4
    assert not bpy.ops.styletalk.remove_old_takes.poll()
    _, expected = core_samples(addon, inputs)
    assert worst_error(face, expected, 1) <= TOLERANCE_M


def check_own_action_goes_on(addon, inputs):
    """The animator's own active action goes on playing: beside a line where it moves something else, below it as a
    strip where both move the same, which is said with the channels' names."""
    for key, is_shared in (("Smile", False), ("exp_05", True)):
        bpy.ops.wm.read_homefile(use_empty=True)
        face = new_face()
        if not is_shared:
            face.shape_key_add(name=key)
        block = face.data.shape_keys.key_blocks[key]
        for frame, value in ((1, 0.0), (50, 0.75)):
            block.value = value
            block.keyframe_insert("value", frame=frame)
        if is_shared:
            face.data.shape_keys.key_blocks["Basis"].name = "Rest"
            other = face.shape_key_add(name="Smile")
            other.value = 0.75
            other.keyframe_insert("value", frame=50)
        data = face.data.shape_keys.animation_data
        theirs = data.action
        keys_before = [tuple(point.co) for curve in _curves(addon, data) for point in curve.keyframe_points]
        report = bake(addon, inputs, face, False)
        assert (data.action == theirs) == (not is_shared)
        bpy.context.scene.frame_set(50)
        assert abs(face.data.shape_keys.key_blocks["Smile"].value - 0.75) < 1e-5, "their own key stands still"
        assert any("exp_05" in note and theirs.name in note for note in report.notes) == is_shared, report.notes
        panel = list(submodule(addon, "baking.conflicts").overridden(_target(addon, face), first_line(face).identity))
        assert any("exp_05" in sentence for sentence in panel) == is_shared, panel
        strips = [strip for track in data.nla_tracks for strip in track.strips if strip.action == theirs]
        curves = submodule(addon, "compat").action_fcurves(strips[0] if is_shared else data)
        assert [tuple(point.co) for curve in curves for point in curve.keyframe_points] == keys_before


def _curves(addon, data):
    return submodule(addon, "compat").action_fcurves(data)


def _target(addon, face):
    return submodule(addon, "faces.targets").target_of(face)


def check_what_stands_still_is_said(addon, inputs):
    """A baked mesh that does not move is noticed on its evaluated mesh, and a cause that is known is named; the
    animator's frame and what they have posed without keys stay."""
    face = new_face()
    scene = bpy.context.scene
    bake(addon, inputs, face, False)
    scene.frame_set(7)
    face.data.shape_keys.key_blocks["exp_09"].value = 3.25
    assert bake(addon, inputs, face, False).notes == ()
    assert scene.frame_current == 7 and face.data.shape_keys.key_blocks["exp_09"].value == 3.25
    assert [each.name for each in bpy.data.scenes] == [scene.name]
    group = bpy.data.node_groups.new("Rest", "GeometryNodeTree")
    still = face.modifiers.new("Still", "NODES")
    still.node_group = group
    if hasattr(group, "interface"):
        group.interface.new_socket("Geometry", in_out="OUTPUT", socket_type="NodeSocketGeometry")
    else:
        group.outputs.new("NodeSocketGeometry", "Geometry")
    cube = group.nodes.new("GeometryNodeMeshCube")
    group.links.new(cube.outputs[0], group.nodes.new("NodeGroupOutput").inputs[0])
    (note,) = bake(addon, inputs, face, False).notes
    assert "does not move on frame" in note and "modifiers" in note
    face.modifiers.remove(still)
    bake(addon, inputs, face, False, add_line(addon, face), 100)
    (track,) = (each for each in face.data.shape_keys.animation_data.nla_tracks if each.name == "StyleTalk")
    track.strips[0].use_animated_influence = True
    track.strips[0].influence = 0.0
    assert "influence" in str(bake(addon, inputs, face, False, face.styletalk.lines[1], 100))
    track.strips[0].use_animated_influence = False
    if hasattr(track.strips[0], "action_slot"):
        track.strips[0].action_slot = None
        assert "no slot" in str(bake(addon, inputs, face, False, face.styletalk.lines[1], 100))


def check_overridden_face(addon, inputs):
    """A face of another file that is overridden gets its mesh overridden by one button, is baked, and moves as it did
    after the file is saved and opened again; a face that is only linked is refused, with what to do."""
    folder = Path(inputs["folder"])
    face = new_face("Guest")
    collection = bpy.data.collections.new("Guests")
    scene = bpy.context.scene
    scene.collection.children.link(collection)
    for each in list(scene.collection.objects):
        scene.collection.objects.unlink(each)
        collection.objects.link(each)
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "guest.blend"))
    bpy.ops.wm.read_homefile(use_empty=True)
    scene, layer = bpy.context.scene, bpy.context.view_layer
    with bpy.data.libraries.load(str(folder / "guest.blend"), link=True) as (_, wanted):
        wanted.collections = ["Guests"]
    linked = next(each for each in wanted.collections[0].objects if each.type == "MESH")
    refusal = submodule(addon, "faces.targets").refusal
    assert "Library Override > Make" in refusal(linked)
    root = wanted.collections[0].override_hierarchy_create(scene, layer, do_fully_editable=True)
    face = next(each for each in root.all_objects if each.type == "MESH" and each.data.shape_keys)
    layer.objects.active = face
    assert "Make Editable" in refusal(face)
    assert bpy.ops.styletalk.make_editable() == {"FINISHED"}
    assert refusal(face) == "" and not bpy.ops.styletalk.make_editable.poll()
    if not len(face.styletalk.lines):
        bpy.ops.styletalk.line_add()
    bpy.ops.styletalk.line_add()
    for number in range(2):
        face.styletalk.lines[number].lips_mm = 0.0
        bake(addon, inputs, face, False, face.styletalk.lines[number], 1 + 100 * number)
    _, expected = core_samples(addon, inputs)
    assert worst_error(face, expected, 1) <= TOLERANCE_M
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "shot.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(folder / "shot.blend"))
    face = next(each for each in bpy.context.scene.objects if each.override_library and each.type == "MESH")
    assert worst_error(face, expected, 101) <= TOLERANCE_M and len(face.styletalk.lines) >= 2
