# SPDX-License-Identifier: GPL-3.0-or-later
"""A photoreal pass of a baked line, from the button to the sequencer. Each check gets a fresh, empty scene."""

import json
from pathlib import Path

import bpy
import numpy as np
from checks_panel import drawn
from common import add_line, all_strips, bake, first_line, new_face, poll_until, raises, use_worker
from harness import submodule

START = 20


def set_up(addon, inputs, photo="person.npz"):
    """(face, line): baked from frame START on, with a file that the fake worker takes for a portrait."""
    use_worker(addon, inputs["fake_python"])
    face = new_face()
    line = first_line(face)
    bake(addon, inputs, face, frame=START)
    path = Path(inputs["folder"]) / photo
    path.write_bytes(b"a portrait")
    face.styletalk_pass.photo = str(path)
    face.styletalk_pass.folder = str(Path(inputs["folder"]) / "passes")
    return face, line


def reason(addon):
    return submodule(addon, "operators.photoreal").STYLETALK_OT_render_pass.disabled_reason(bpy.context)


def asked(inputs):
    return json.loads(Path(inputs["request"]).read_text())


def pictures(scene):
    return [strip for strip in all_strips(scene) if strip.type == "IMAGE"]


def sound_of(scene):
    return next(iter([strip for strip in all_strips(scene) if strip.type == "SOUND"]), None)


def check_the_pass_says_what_is_missing(addon, inputs):
    """One thing after the other, on the button and in the panel, until nothing is missing."""
    panel = submodule(addon, "ui.photoreal_panel").STYLETALK_PT_photoreal
    use_worker(addon, "")
    face = new_face()
    assert "Bake the line first" in reason(addon)
    bake(addon, inputs, face)
    settings = face.styletalk_pass
    assert "Choose a photo" in reason(addon) and "Choose a photo" in drawn(addon, panel)
    settings.photo = "/somewhere/person.npz"
    assert "Save the .blend first" in reason(addon)
    settings.folder = inputs["folder"]
    assert reason(addon) == ""
    settings.renderer = "neural"
    assert "weights" in reason(addon)
    settings.checkpoint = "/somewhere/weights.safetensors"
    assert "PyTorch" in reason(addon)
    settings.renderer, settings.photo = "warp", "/somewhere/person.jpg"
    films = submodule(addon, "operators.films")
    found, films.importlib.util.find_spec = films.importlib.util.find_spec, lambda name: None
    try:
        assert "mediapipe" in reason(addon) and "styletalk portrait" in reason(addon)
    finally:
        films.importlib.util.find_spec = found
    settings.photo = "/somewhere/person.npz"
    raises(lambda: bpy.ops.styletalk.render_pass(), "does not exist")


def check_a_pass_becomes_a_strip_above_the_sound(addon, inputs):
    """The pictures begin with the face, three frames before the sound; a second pass takes the place of the first."""
    face, line = set_up(addon, inputs)
    scene, settings = bpy.context.scene, face.styletalk_pass
    scene.render.fps, scene.render.fps_base = 30, 1.001
    bake(addon, inputs, face, frame=START)
    settings.size, settings.background, settings.colour = 512, "COLOUR", (1.0, 0.5, 0.0)
    settings.mouth_offset_mm, settings.mouth_amount, settings.watermark = 0.5, 0.75, "Test"
    assert bpy.ops.styletalk.render_pass() == {"FINISHED"}
    options = asked(inputs)["options"]
    assert abs(options.pop("fps") - 30 / 1.001) < 1e-4  # Blender keeps it in single precision
    assert options == {
        "renderer": "warp", "background": "#FF8000", "device": "auto", "mouth_offset_mm": 0.5, "mouth_amount": 0.75,
        "watermark": "Test", "size": 512,
    }  # fmt: skip
    (strip,) = pictures(scene)
    assert (strip.frame_final_start, strip.frame_final_duration) == (START - 3, 5)
    assert [each.filename for each in strip.elements] == [f"frame_000{n}.png" for n in range(1, 6)]
    sound = sound_of(scene)
    assert sound is None or strip.channel > sound.channel  # bpy 4.2 has no sound
    message = submodule(addon, "session").outcome_of(face, line).message
    assert "5 frames, 1 of them were there" in message, message
    assert bpy.ops.styletalk.render_pass() == {"FINISHED"}
    assert len(pictures(scene)) == 1 and pictures(scene)[0].frame_final_start == START - 3


def check_a_pass_shows_what_was_baked(addon, inputs):
    """The worker gets the very animation: also its gaze, brows and sync offset, and after it was baked otherwise."""
    from dataclasses import replace

    import numpy as np

    face, line = set_up(addon, inputs)
    session = submodule(addon, "session")
    animation = submodule(addon, "styletalk.animation").FaceAnimation
    first = animation.load(Path(inputs["animation"]))
    others = [
        first,
        replace(first, gaze=1 - first.gaze),
        replace(first, upper=1 - first.upper),
        replace(first, metadata={**first.metadata, "sync_offset_ms": 40.0}),
    ]
    for other in others:
        session.bake_line(bpy.context.scene, face, line, other, START)
        assert bpy.ops.styletalk.render_pass() == {"FINISHED"}
        sent = animation.load(Path(asked(inputs)["animation"]))
        for name in ("coefficients", "head_pose", "blinks", "gaze", "tongue", "upper", "times_s"):
            assert np.array_equal(getattr(sent, name), getattr(other, name)), name
        assert pictures(bpy.context.scene)[0].frame_final_start == START - 3


def check_a_pass_keeps_to_the_scene_s_range(addon, inputs):
    """Of the frames, counted from the first on which the face moves, those that the scene shows."""
    face, _ = set_up(addon, inputs)
    scene = bpy.context.scene
    face.styletalk_pass.scene_range = True
    animation = submodule(addon, "styletalk.animation").FaceAnimation.load(Path(inputs["animation"]))
    begins = START + min(0, int(animation.times_s[0] * scene.render.fps // 1))
    scene.frame_start, scene.frame_end = START + 10, START + 14
    assert bpy.ops.styletalk.render_pass() == {"FINISHED"}
    options = asked(inputs)["options"]
    assert (options["first"], options["last"]) == (START + 10 - begins + 1, START + 14 - begins + 1)
    (strip,) = pictures(scene)
    assert strip.frame_final_start == START - 3 + options["first"] - 1
    scene.frame_start, scene.frame_end = 1, 5
    raises(lambda: bpy.ops.styletalk.render_pass(), "after the scene's range")


def check_the_pictures_follow_the_sound(addon, inputs):
    """Where the sound strip is moved, face and pictures move with it."""
    set_up(addon, inputs)
    assert bpy.ops.styletalk.render_pass() == {"FINISHED"}
    scene = bpy.context.scene
    sound = sound_of(scene)
    if sound is None:
        return
    following = submodule(addon, "baking.following")
    following.follow_strips(scene)
    sound.frame_start += 7
    following.follow_strips(scene)
    assert pictures(scene)[0].frame_final_start == START - 3 + 7
    assert bpy.ops.styletalk.render_pass() == {"FINISHED"}
    assert pictures(scene)[0].frame_final_start == START - 3 + 7


def check_a_pass_in_the_queue_is_cancelled(addon, inputs):
    """Meanwhile the line takes no other work; afterwards there is no strip, the bake is as it was, and nobody is told
    that nothing was changed, for frames were written."""
    face, line = set_up(addon, inputs, "patient.npz")
    session, photoreal = submodule(addon, "session"), submodule(addon, "operators.photoreal")
    actions = len(bpy.data.actions)
    job = photoreal.start_pass(bpy.context, face, line)
    poll_until(addon, lambda: job.fraction == 0.5)
    assert "is being worked on" in reason(addon)
    session.queue.cancel(job)
    poll_until(addon, lambda: not session.is_busy())
    assert pictures(bpy.context.scene) == [] and len(bpy.data.actions) == actions and reason(addon) == ""
    said = session.outcome_of(face, line)
    assert "frames so far stay" in said.message and not said.failed, said


def check_a_pass_that_fails_says_why(addon, inputs):
    """What the worker says is shown, and nothing is added."""
    face, line = set_up(addon, inputs, "error.npz")
    raises(lambda: bpy.ops.styletalk.render_pass(), "silent")
    assert pictures(bpy.context.scene) == []
    assert submodule(addon, "session").outcome_of(face, line).failed


def check_paths_of_a_pass_go_with_the_file(addon, inputs):
    """In a saved .blend, photo and folder begin beside it."""
    face, _ = set_up(addon, inputs)
    settings = face.styletalk_pass
    before = settings.photo
    path = Path(inputs["folder"]) / "pass.blend"
    bpy.context.preferences.filepaths.use_relative_paths = True
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    bpy.ops.wm.save_mainfile()  # at the first time Blender 3.4 does not say where
    found = settings.photo, settings.folder.replace("\\", "/").rstrip("/")
    assert found == ("//person.npz", "//passes"), found
    assert bpy.path.abspath(settings.photo) == before


def write_portrait(addon, path):
    """A portrait of the open face itself: bands of skin where its landmarks lie, 160 pixels."""
    import numpy as np

    portrait, model = submodule(addon, "styletalk.photoreal.portrait"), submodule(addon, "styletalk.face.model")
    positions = submodule(addon, "styletalk.face.landmarks").landmark_positions
    face = model.open_face()
    scale, offset, still = 500.0, np.array([80, 150], np.float32), np.zeros(3, np.float32)
    points = positions(face.mean, face.triangles, face.landmarks_mediapipe)
    landmarks = portrait.placed(points, still, scale, offset).astype(np.float32)
    pixels = np.full((160, 160, 3), (90, 110, 120), np.uint8)
    pixels[20:140, 40:120] = (190, 150, 130)
    pixels[::8] //= 2
    portrait.Portrait(
        pixels=pixels, alpha=None, landmarks=landmarks, identity=np.zeros(80, np.float32),
        expression=np.zeros(64, np.float32), rotation=still, scale=scale, offset=offset, mouth_gap_m=0.0,
        metadata={"source": "nobody.png", "sha256": "", "notes": []},
    ).save(path)  # fmt: skip


def check_the_warp_runs_in_blender_s_own_python(addon, inputs):
    """A portrait and a baked line become pictures with NumPy alone, which Blender shows where the face does the same:
    the strip has a picture for each frame of the bake, and those that are there are not rendered again."""
    use_worker(addon, "")
    face, scene = new_face(), bpy.context.scene
    line, settings = first_line(face), face.styletalk_pass
    bake(addon, inputs, face, frame=START)
    path = Path(inputs["folder"]) / "nobody.npz"
    write_portrait(addon, path)
    settings.photo, settings.folder = str(path), str(Path(inputs["folder"]) / "real passes")
    settings.scene_range, scene.frame_start, scene.frame_end = True, START, START + 3
    assert bpy.ops.styletalk.render_pass() == {"FINISHED"}
    session = submodule(addon, "session")
    assert not session.queue._worker.interpreter.is_external
    (strip,) = pictures(scene)
    assert (strip.frame_final_start, strip.frame_final_duration) == (START, 4)
    files = [Path(bpy.path.abspath(strip.directory)) / each.filename for each in strip.elements]
    shown = [bpy.data.images.load(str(each)) for each in files]
    assert all(tuple(image.size) == (160, 160) for image in shown)
    assert list(shown[0].pixels) != list(shown[-1].pixels)
    settings.scene_range = False
    assert bpy.ops.styletalk.render_pass() == {"FINISHED"}
    first, last = submodule(addon, "baking.nla").frames_of(face.data.shape_keys, line.identity)
    (strip,) = pictures(scene)
    assert (strip.frame_final_start, strip.frame_final_duration) == (first, last - first + 1)
    assert "4 of them were there" in session.outcome_of(face, line).message


def check_each_line_has_its_own_folder_of_frames(addon, inputs):
    """Two lines of one sound keep theirs when they change places, and when the first one goes."""
    face, _ = set_up(addon, inputs)
    folder_of, find = submodule(addon, "data.passes")._folder, submodule(addon, "data.lines").find_line
    second = add_line(addon, face)
    second.audio = first_line(face).audio
    both = [each.identity for each in face.styletalk.lines]
    before = [folder_of(face, find(face, each)) for each in both]
    assert bpy.ops.styletalk.line_move(direction="UP") == {"FINISHED"}
    after = [folder_of(face, find(face, each)) for each in both]
    assert not {before[0], after[0]} & {before[1], after[1]}
    assert bpy.ops.styletalk.line_remove() == {"FINISHED"}
    assert folder_of(face, find(face, both[0])) not in (before[1], after[1])


def check_a_file_saved_under_another_name_has_folders_of_its_own(addon, inputs):
    """Its passes do not overwrite the frames that the first file shows; saved again, a file keeps its folder."""
    face, _ = set_up(addon, inputs)
    face.styletalk_pass.folder = "//passes"
    folder_of, found = submodule(addon, "data.passes")._folder, []
    for name in ("shot one.blend", "shot one.blend", "shot two.blend"):
        bpy.ops.wm.save_as_mainfile(filepath=str(Path(inputs["folder"]) / name))
        found.append(folder_of(bpy.data.objects[face.name], first_line(bpy.data.objects[face.name])))
    assert found[0] == found[1] and found[0] != found[2] and found[0].parent == found[2].parent, found


def check_another_pass_looks_as_the_strip_was_set(addon, inputs):
    """Where a strip lies in the picture, how it is mixed and whether it is muted stay when its line is rendered again;
    where pictures become larger, they fit anew."""
    strips, write_png = submodule(addon, "baking.pass_strips"), submodule(addon, "styletalk.files.png").write_png
    scene, folder = bpy.context.scene, Path(inputs["folder"])
    for name, size in (("small.png", 64), ("large.png", 128)):
        write_png(folder / name, np.zeros((size, size, 3), np.uint8))
    place = strips.Place("face", "line", "A pass", 1, 0)
    strip = strips.add(scene, place, folder, ["small.png"], 1)
    strip.transform.scale_x, strip.transform.offset_x, strip.crop.min_y = 0.25, 100, 3
    strip.blend_type, strip.blend_alpha, strip.mute = "ADD", 0.5, True
    strip = strips.add(scene, place, folder, ["small.png", "small.png"], 1)
    assert (strip.transform.scale_x, strip.transform.offset_x, strip.crop.min_y) == (0.25, 100, 3)
    assert (strip.blend_type, strip.blend_alpha, strip.mute, strip.frame_final_duration) == ("ADD", 0.5, True, 2)
    strip = strips.add(scene, place, folder, ["large.png"], 1)
    assert strip.transform.scale_x != 0.25 and strip.transform.offset_x == 0 and strip.blend_type == "ADD"
