# SPDX-License-Identifier: GPL-3.0-or-later
"""Sound strips that play faster or slower: what Blender itself mixes down is the truth about what is heard when."""

import json
import wave
from dataclasses import replace
from pathlib import Path

import bpy
import numpy as np
from checks_timeline import follow, sound_starts
from common import bake, first_line, new_face, use_worker
from harness import submodule

CLICKS_S = (0.4, 0.9, 1.3, 1.9, 2.2, 2.8, 3.3, 3.7)
SECONDS, RATE_HZ = 4, 16000


def clicks(path):
    """A sound that is silent but for a short tone at each of these seconds."""
    sound, at = np.zeros(SECONDS * RATE_HZ), np.arange(400) / RATE_HZ
    for second in CLICKS_S:
        first = round(second * RATE_HZ)
        sound[first : first + len(at)] = 0.6 * np.sin(2 * np.pi * 1000 * at) * np.exp(-at * 130)
    write(path, sound)
    return str(path)


def write(path, sound):
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE_HZ, 0, "NONE", ""))
        file.writeframes((32767 * sound).astype("<i2").tobytes())


def onsets(samples, rate_hz):
    """The seconds at which something begins after silence."""
    loud = np.flatnonzero(np.abs(samples) > 0.02)
    return loud[np.diff(loud, prepend=-rate_hz) > 0.06 * rate_hz] / rate_hz


def mixed_down(inputs):
    """The frames of the scene at which clicks begin in what Blender makes of its strips."""
    path, scene = Path(inputs["folder"]) / "mixed.wav", bpy.context.scene
    bpy.ops.sound.mixdown(filepath=str(path), check_existing=False, container="WAV", codec="PCM", format="S16")
    with wave.open(str(path)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, file.getnchannels())
        return scene.frame_start + onsets(samples[:, 0] / 32768, file.getframerate()) * scene.render.fps


def strip_of_clicks(addon, inputs, frame=40):
    """A strip of them, None where this Blender has no sound, or crashes where a strip is retimed."""
    scene, compat = bpy.context.scene, submodule(addon, "compat")
    if not compat.has_sound() or bpy.app.version[:2] == (5, 0):
        return None
    scene.frame_end = 400
    editor = scene.sequence_editor_create()
    strip = compat.strips(editor).new_sound("Clicks", clicks(Path(inputs["folder"]) / "clicks.wav"), 1, frame)
    strip.select, editor.active_strip = True, strip
    return strip


def retime(strip, keys):
    """keys: (frame of the unretimed strip, frame to which it goes). In 3.x there is one speed for all, 1.25.

    Blender that keeps the pitch plays up to three frames early after a change of speed, or not, as playback began.
    """
    if hasattr(strip, "speed_factor"):
        strip.speed_factor = 1.25
        return
    if hasattr(strip, "pitch_correction"):
        strip.pitch_correction = False
    for frame, _ in keys:
        in_sequencer(bpy.ops.sequencer.retiming_key_add, timeline_frame=frame)
    for frame, to in reversed(keys):
        next(key for key in strip.retiming_keys if key.timeline_frame == frame).timeline_frame = to


def in_sequencer(operator, **options):
    """As if it were called from a sequencer's menu; that of a background Blender is never drawn."""
    window = bpy.context.window_manager.windows[0]
    area = window.screen.areas[0]
    area.type = "SEQUENCE_EDITOR"
    if hasattr(window.workspace, "sequencer_scene"):
        window.workspace.sequencer_scene = bpy.context.scene
    region = next(each for each in area.regions if each.type == "WINDOW")
    with bpy.context.temp_override(window=window, area=area, region=region):
        return operator(**options)


def check_a_retimed_strip_is_heard_when_it_plays(addon, inputs):
    """Each click of a retimed and trimmed strip is in the worker's sound when Blender plays it, within a frame."""
    strip = strip_of_clicks(addon, inputs)
    if strip is None:
        return "no sound in this build, or one that crashes"
    scene, line = bpy.context.scene, first_line(new_face())
    line_strips, sounds = submodule(addon, "data.line_strips"), submodule(addon, "data.sounds")
    retime(strip, [(64, 56), (100, 120)])
    follow(line, strip)
    folder = Path(inputs["folder"]) / "retimed"
    folder.mkdir(exist_ok=True)
    for skipped in (0, 12):
        strip.frame_offset_start = skipped
        part = line_strips.heard_part(line, scene)
        made = sounds.preparation_of(Path(line.audio), part)(folder, True, lambda: None)
        samples = np.frombuffer(made.read_bytes()[44:], "<f4")
        heard = line_strips.start_frame(line, scene) + onsets(samples, RATE_HZ) * scene.render.fps
        truth = mixed_down(inputs)
        assert len(heard) == len(truth) >= 5 and np.abs(heard - truth).max() < 1.0, (skipped, heard, truth)
        assert np.abs(truth[0] - 40 - CLICKS_S[len(CLICKS_S) - len(truth)] * scene.render.fps) > 1.0, (
            "it is not retimed"
        )
    return f"{np.abs(heard - truth).max():.2f} frames"


def check_a_retimed_line(addon, inputs):
    """A line of a retimed strip is baked, goes where the strip goes, asks for a bake once it is retimed again, and an
    alignment of its sound is stretched as that is."""
    strip = strip_of_clicks(addon, inputs)
    if strip is None:
        return "no sound in this build, or one that crashes"
    scene, face = bpy.context.scene, new_face()
    baked, line = submodule(addon, "data.baked"), first_line(face)
    follow(line, strip)
    bake(addon, inputs, face, line.audio)
    retime(strip, [(64, 56), (100, 120)])
    truth = mixed_down(inputs)  # not after the move: until the file is opened again, 4.5 mixes former speeds into it
    assert "was retimed since the bake" in baked.tempo_change(line, scene)
    assert baked.state_of(face, line).name == "CHANGED"
    bake(addon, inputs, face, line.audio)
    assert baked.tempo_change(line, scene) == "" and baked.state_of(face, line).name == "BAKED"
    strip.frame_start += 30
    bpy.context.view_layer.update()
    assert sound_starts(addon, face, line) == {70} and line.start_frame == 70
    assert baked.state_of(face, line).name == "BAKED"
    alignment = Path(inputs["folder"]) / "clicks.txt"
    alignment.write_text("".join(f"{second:.3f} {second + 0.1:.3f} B\n" for second in CLICKS_S))
    line.words, line.words_file = "ALIGNMENT", str(alignment)
    use_worker(addon, inputs["fake_python"])
    assert bpy.ops.styletalk.bake() == {"FINISHED"}
    asked = json.loads(Path(inputs["request"]).read_text())["request"]
    read = submodule(addon, "styletalk.speech.formats.alignment_files").read_alignment
    closures = [each.start_s for each in read(Path(asked["phonemes"]), 60.0).segments if each.phoneme == "B"]
    assert np.abs(40 + np.array(closures) * scene.render.fps - truth).max() < 1.0, (closures, truth)


def check_strips_added_by_bake_are_retimed(addon, inputs):
    """A strip that Bake has added and that is retimed since is heard as it plays by the next bake, and stays."""
    if strip_of_clicks(addon, inputs) is None:
        return "no sound in this build, or one that crashes"
    scene, face = bpy.context.scene, new_face()
    scene.sequence_editor_clear()
    line_strips, baked, line = submodule(addon, "data.line_strips"), submodule(addon, "data.baked"), first_line(face)
    bake(addon, inputs, face, str(Path(inputs["folder"]) / "clicks.wav"), frame=40)
    line.start = "FRAME"
    assert line_strips.heard_part(line, scene) is None
    (strip,) = submodule(addon, "compat").all_strips(scene.sequence_editor)
    strip.select, scene.sequence_editor.active_strip = True, strip
    retime(strip, [(64, 56), (100, 120)])
    assert "was retimed" in baked.tempo_change(line, scene) and line_strips.heard_part(line, scene).tempo
    bake(addon, inputs, face, line.audio, frame=40)
    assert baked.state_of(face, line).name == "BAKED"
    assert len(submodule(addon, "compat").all_strips(scene.sequence_editor)) == 1


def check_retimings_that_are_refused(addon, inputs):
    """A freeze, and a speed at which nobody could say what is said, are refused in a sentence that says where."""
    strip = strip_of_clicks(addon, inputs)
    if strip is None:
        return "no sound in this build, or one that crashes"
    line = first_line(new_face())
    follow(line, strip)
    reason = submodule(addon, "operators.bake").STYLETALK_OT_bake.disabled_reason
    if hasattr(strip, "speed_factor"):
        for speed, said in ((1.25, ""), (3.0, "300%"), (0.2, "20%")):
            strip.speed_factor = speed
            assert (said in reason(bpy.context)) if said else reason(bpy.context) == ""
        strip.speed_factor = 1.25
        strip.keyframe_insert("speed_factor", frame=50)
        assert "is retimed" in reason(bpy.context)
        return None
    retime(strip, [(64, 64)])
    assert reason(bpy.context) == ""
    next(key for key in strip.retiming_keys if key.timeline_frame == 64).timeline_frame = 45
    assert "of its speed on frame 40" in reason(bpy.context), reason(bpy.context)
    next(key for key in strip.retiming_keys if key.timeline_frame == 45).timeline_frame = 64
    in_sequencer(bpy.ops.sequencer.retiming_freeze_frame_add, duration=8)
    assert "has a freeze" in reason(bpy.context), reason(bpy.context)
    return None


def check_strips_of_lines_at_the_scene_start(addon, inputs):
    """Where the face begins at the scene's start, and its sound a lead-in later, a retimed strip is heard as it plays
    as well, wherever the scene begins by then; a speed that cannot be followed is refused."""
    if strip_of_clicks(addon, inputs) is None:
        return "no sound in this build, or one that crashes"
    scene, face = bpy.context.scene, new_face()
    scene.sequence_editor_clear()
    line_strips, baked, line = submodule(addon, "data.line_strips"), submodule(addon, "data.baked"), first_line(face)
    bake_at_start(addon, inputs, face)
    (strip,) = submodule(addon, "compat").all_strips(scene.sequence_editor)
    assert line.start == "SCENE" and strip.frame_start == line.start_frame > scene.frame_start
    strip.select, scene.sequence_editor.active_strip = True, strip
    first = int(strip.frame_start)
    retime(strip, [(first + 24, first + 16), (first + 60, first + 80)])
    assert "was retimed" in baked.tempo_change(line, scene) and line_strips.heard_part(line, scene).tempo
    bake_at_start(addon, inputs, face)
    assert baked.state_of(face, line).name == "BAKED"
    assert len(submodule(addon, "compat").all_strips(scene.sequence_editor)) == 1
    scene.frame_start += 5
    assert line_strips.heard_part(line, scene) is None, "the next bake adds a strip elsewhere, which nobody has retimed"
    scene.frame_start -= 5
    assert line_strips.strip_reason(line, scene) == ""
    if hasattr(strip, "speed_factor"):
        strip.speed_factor = 3.0
    else:
        in_sequencer(bpy.ops.sequencer.retiming_freeze_frame_add, duration=8)
    assert "Render Audio" in line_strips.strip_reason(line, scene) or "300%" in line_strips.strip_reason(line, scene)


def bake_at_start(addon, inputs, face):
    """A line whose face begins on the scene's first frame, half a second before its sound."""
    session, animation = submodule(addon, "session"), submodule(addon, "styletalk.animation").FaceAnimation
    line = first_line(face)
    line.start, line.audio = "SCENE", str(Path(inputs["folder"]) / "clicks.wav")
    with_lead = replace(animation.load(Path(inputs["animation"])), first_row=-15)
    session.bake_line(bpy.context.scene, face, line, with_lead, bpy.context.scene.frame_start, is_whole=True)
