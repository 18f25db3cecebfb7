# SPDX-License-Identifier: GPL-3.0-or-later
"""All of a bake or nothing, and what wins over it is named. Each check gets a fresh, empty scene."""

from pathlib import Path

import bpy
from common import add_line, all_strips, bake, first_line, new_face, raises, sound_named
from harness import submodule


def state_of(face):
    """All that a bake changes, to be compared."""
    keys, neck = face.data.shape_keys, face.parent
    sliders = [(key.slider_min, key.slider_max) for key in keys.key_blocks]
    tracks = [
        [
            (track.name, [(s.name, s.action.name, s.frame_start, s.extrapolation) for s in track.strips])
            for track in tracks
        ]
        for tracks in (each.animation_data.nla_tracks if each.animation_data else () for each in (keys, neck))
    ]
    active = [
        each.animation_data.action.name if each.animation_data and each.animation_data.action else None
        for each in (keys, neck)
    ]
    slots = [getattr(each.animation_data, "action_slot", None) for each in (keys, neck)]
    actions = sorted((action.name, action.use_fake_user) for action in bpy.data.actions)
    sounds = [(strip.name, strip.mute) for strip in all_strips(bpy.context.scene)]
    line = [(each.start, each.start_frame) for each in face.styletalk.lines]
    names = [slot.identifier if slot else None for slot in slots]
    marks = sorted(name for name in dict(face) if name.startswith("styletalk_"))
    has_editor = bpy.context.scene.sequence_editor is not None
    rest = (neck.rotation_mode, "styletalk_rest" in neck, bpy.context.scene.frame_end, marks, has_editor)
    return sliders, tracks, active, names, actions, sounds, line, rest


def check_neck_linked(addon, inputs):
    """A linked neck, an overridden one or one in NLA tweak mode makes Bake grey, and nothing is half baked."""
    face = new_face("Anna")
    first_line(face).audio = inputs["audio"]
    reason = submodule(addon, "operators.bake").STYLETALK_OT_bake.disabled_reason
    neck = face.parent
    neck.keyframe_insert("location", frame=1)
    data = neck.animation_data
    strip = data.nla_tracks.new().strips.new("Mine", 1, data.action)
    data.action = None
    data.nla_tracks[0].select = strip.select = True
    data.nla_tracks.active = data.nla_tracks[0]
    data.use_tweak_mode = True
    assert data.use_tweak_mode, "nothing was tested"
    before = state_of(face)
    assert "are being edited" in reason(bpy.context)
    raises(lambda: bake(addon, inputs, face, inputs["audio"], first_line(face)), "are being edited")
    assert state_of(face) == before
    data.use_tweak_mode = False
    library = Path(inputs["folder"]) / "necks.blend"
    bpy.data.libraries.write(str(library), {neck})
    with bpy.data.libraries.load(str(library), link=True) as (_, wanted):
        wanted.objects = [neck.name]
    linked = next(each for each in bpy.data.objects if each.library is not None)
    face.parent = linked
    assert "linked from another file" in reason(bpy.context)
    raises(lambda: bake(addon, inputs, face), "linked from another file")
    assert face.data.shape_keys.animation_data is None
    face.parent = linked.override_create()
    if hasattr(face.parent.override_library, "is_system_override"):
        face.parent.override_library.is_system_override = True
        assert "not editable yet" in reason(bpy.context)
        raises(lambda: bake(addon, inputs, face), "not editable yet")
        face.parent.override_library.is_system_override = False
    assert face.data.shape_keys.animation_data is None and "library override" not in reason(bpy.context)


def check_failing_step(addon, inputs):
    """Whichever step fails unexpectedly, with one line or several, everything is as it was."""
    steps = (
        *(("baking.nla", "_activate"), ("baking.nla_layout", "_make_strip"), ("baking.nla_layout", "_extrapolation")),
        *(("baking.bake", "conflicts"), ("baking.bake", "write_action"), ("compat", "assign_action")),
        *((("baking.sound_strips", "_free_channel"),) if submodule(addon, "compat").has_sound() else ()),
    )
    for lines_before in (0, 1, 2):
        for module_name, function in steps:
            bpy.ops.wm.read_homefile(use_empty=True)
            face = new_face()
            face.data.shape_keys.key_blocks["exp_03"].slider_max = 0.05
            face.data.shape_keys.key_blocks["exp_03"].keyframe_insert("value", frame=3)
            for number in range(lines_before):
                line = first_line(face) if number == 0 else add_line(addon, face)
                bake(addon, inputs, face, True, line, frame=1 + 100 * number)
            target = face.styletalk.lines[-1] if lines_before == 2 else add_line(addon, face)
            target.audio = sound_named(inputs, "another")
            _fail_each_time(addon, inputs, face, target, (module_name, function))


def _fail_each_time(addon, inputs, face, line, place):
    """Let a function fail at its first call, its second and so on, until it is not called that often."""
    module, name = submodule(addon, place[0]), place[1]
    original = getattr(module, name)
    for fatal in range(1, 9):
        before, calls = state_of(face), [0]

        def failing(*given, _fatal=fatal, _calls=calls, **options):
            _calls[0] += 1
            if _calls[0] == _fatal:
                raise MemoryError("no room")
            return original(*given, **options)

        setattr(module, name, failing)
        try:
            bake(addon, inputs, face, line.audio, line, frame=-10)
        except MemoryError:
            assert state_of(face) == before, (place, fatal)
        else:
            return
        finally:
            setattr(module, name, original)


def check_conflicts_named(addon, inputs):
    """What wins over a bake is named: drivers, absolute and muted keys, a pinned key, solo and muted tracks."""
    face = new_face()
    keys = face.data.shape_keys
    said = str(bake(addon, inputs, face, False))
    assert said.endswith("."), said
    keys.key_blocks["exp_07"].driver_add("value")
    face.parent.driver_add("rotation_euler", 1)
    said = str(bake(addon, inputs, face, False))
    assert "Drivers win" in said and "exp_07" in said and "rotation_euler of the neck" in said, said
    keys.key_blocks["exp_07"].driver_remove("value")
    face.parent.driver_remove("rotation_euler", 1)
    keys.use_relative = False
    assert "absolute" in str(bake(addon, inputs, face, False))
    keys.use_relative = True
    keys.key_blocks["blink_L"].mute = True
    assert "blink_L" in str(bake(addon, inputs, face, False))
    keys.key_blocks["blink_L"].mute = False
    face.show_only_shape_key = True
    assert "one shape key alone" in str(bake(addon, inputs, face, False))
    face.show_only_shape_key = False
    track = keys.animation_data.nla_tracks.new()
    track.name = "Mine"
    track.is_solo = True
    assert "“Mine” of “Talking Face” is solo" in str(bake(addon, inputs, face, False))
    track.is_solo = False
    assert str(bake(addon, inputs, face, False)).count(".") == 1
    bake(addon, inputs, face, False, add_line(addon, face), frame=100)
    next(each for each in keys.animation_data.nla_tracks if each.name == "StyleTalk").mute = True
    assert "is muted in the NLA editor" in str(bake(addon, inputs, face, False))


def check_strips_that_hide_lines(addon, inputs):
    """The animator's action and strips above our lines are named where they move the same keys, and only there."""
    face = new_face()
    keys = face.data.shape_keys
    bake(addon, inputs, face, False)
    second = add_line(addon, face)
    bake(addon, inputs, face, False, second, frame=100)
    keys.key_blocks["exp_05"].keyframe_insert("value", frame=1)
    mine = keys.animation_data.action
    said = str(bake(addon, inputs, face, False, face.styletalk.lines[1], frame=100))
    assert "plays over its lines" in said and keys.animation_data.action == mine
    keys.animation_data.action = None
    tracks = keys.animation_data.nla_tracks
    strip = tracks.new(prev=tracks[-1]).strips.new("Above", 1, mine)
    strip.name = "Above"  # 3.4 calls it as the action
    if hasattr(strip, "action_slot"):
        strip.action_slot = mine.slots[0]
    assert "“Above” of “Talking Face” lies above" in str(
        bake(addon, inputs, face, False, face.styletalk.lines[1], frame=100)
    )
    strip.mute = True
    said = str(bake(addon, inputs, face, False, face.styletalk.lines[1], frame=100))
    assert said.count(".") == 1, said


def check_nonsense_about_the_neck(addon, inputs):
    """Whatever a file says of where the neck rests, it bakes, and without it the neck rests where it stands."""
    face = new_face()
    neck, place = face.parent, tuple(face.parent.location)
    curves = submodule(addon, "compat").action_fcurves
    for nonsense in ("x", 3, [1.0, 2.0], [float("nan")] * 3, [0.5] * 6):
        neck["styletalk_rest"] = nonsense
        neck.location = place
        bake(addon, inputs, face, False)
        found = {
            curve.array_index: curve.evaluate(1)
            for curve in curves(neck.animation_data)
            if "location" in curve.data_path
        }
        assert all(abs(found[axis] - place[axis]) < 0.1 for axis in range(3)), (nonsense, found)


def check_linked_scene(addon, inputs):
    """A scene that is linked from another file takes no line, and Bake says so."""
    library = Path(inputs["folder"]) / "scenes.blend"
    bpy.data.libraries.write(str(library), {bpy.context.scene})
    with bpy.data.libraries.load(str(library), link=True) as (_, wanted):
        wanted.scenes = [bpy.context.scene.name]
    linked = next(each for each in bpy.data.scenes if each.library is not None)
    assert "linked from another file" in submodule(addon, "baking.bake").scene_refusal(linked)


def check_frames_beyond_the_last(addon, inputs):
    """A line that Blender's timeline cannot hold is refused, not computed."""
    face, scene = new_face(), bpy.context.scene
    session, animation = submodule(addon, "session"), submodule(addon, "styletalk.animation")
    good = animation.FaceAnimation.load(Path(inputs["animation"]))
    before = state_of(face)
    scene.render.fps, scene.render.fps_base = 32767, 0.00001
    raises(lambda: session.bake_line(scene, face, first_line(face), good, 1), "Lower", "frame rate")
    assert state_of(face) == before


def check_failed_writing_alone(addon, inputs):
    """Only what goes wrong in writing a film is called that; any other error of the system keeps its name."""
    writing = submodule(addon, "styletalk.files.writing")
    raises(lambda: writing.temporary_folder(Path(inputs["nowhere"])).__enter__(), "Cannot write", "folder")
    try:
        with writing.temporary_folder(Path(inputs["folder"])) as folder:
            raise FileNotFoundError("a program that is not there")
    except FileNotFoundError as error:
        assert str(error) == "a program that is not there" and not folder.exists()
