# SPDX-License-Identifier: GPL-3.0-or-later
"""The worker in Blender's own Python, with nothing set and no Python on PATH. Each check gets a fresh, empty scene."""

import shutil
import subprocess
import threading
import time
from pathlib import Path

import bpy
import numpy as np
from common import curves_of, first_line, new_face, poll_until, raises, use_worker
from harness import submodule


def line_of(addon, inputs, sound, python=""):
    """(face, line) of that sound, whose phonemes are known; `python` is what the preferences name."""
    use_worker(addon, python)
    face = new_face()
    line = first_line(face)
    line.audio, line.words, line.words_file = str(sound), "ALIGNMENT", inputs["alignment"]
    return face, line


def key_curves(addon, face):
    """Those of the shape keys, beside which the style's strength is a curve."""
    curves = curves_of(addon, face.data.shape_keys)
    return [curve for curve in curves if curve.data_path.startswith("key_blocks")]


def samples_of(addon, path):
    """(N,) of a sound, as a worker with NumPy alone reads it."""
    return submodule(addon, "styletalk.speech.audio.sound_file").load_audio(Path(path)).samples


def check_nothing_to_set(addon, inputs):
    """Add a face, choose a sound, bake: Blender's own Python hears what is said, and serves the next line too."""
    session = submodule(addon, "session")
    face, line = line_of(addon, inputs, inputs["audio"])
    line.words, line.words_file = "AUTO", ""
    assert bpy.ops.styletalk.bake() == {"FINISHED"}
    curves = key_curves(addon, face)
    spread = [np.ptp([point.co[1] for point in curve.keyframe_points]) for curve in curves]
    assert len(curves) == len(face.data.shape_keys.key_blocks) - 1 and max(spread) > 0.5
    worker = session.queue.worker_pid
    line_of(addon, inputs, inputs["audio"])
    assert bpy.ops.styletalk.bake() == {"FINISHED"} and session.queue.worker_pid == worker
    interpreter = session.queue._worker.interpreter
    assert not interpreter.is_external
    return f"in {interpreter.command[0]}. {session.queue.note}"


def check_sounds_that_blender_decodes(addon, inputs):
    """A sound that is no wave file is decoded here, sample for sample, and the copy is gone with the job."""
    session, sounds = submodule(addon, "session"), submodule(addon, "data.sounds")
    face, line = line_of(addon, inputs, inputs["flac"])
    if submodule(addon, "compat").audio_library() is None:
        raises(bpy.ops.styletalk.bake, ".wav alone", "line.flac")
        return "no sound library in this build"
    folder = Path(inputs["folder"]) / "decoded"
    folder.mkdir()
    small, sounds.BLOCK_SAMPLES = sounds.BLOCK_SAMPLES, 40_000  # several blocks, of a line of seven seconds
    try:
        made = sounds.preparation_of(Path(inputs["flac"]))(folder, True, lambda: None)
    finally:
        sounds.BLOCK_SAMPLES = small
    expected, found = samples_of(addon, inputs["audio"]), samples_of(addon, made)
    assert made.parent == folder and len(expected) == len(found)
    assert np.abs(expected - found).max() < 1e-4
    job = session.start(bpy.context, face, line)
    poll_until(addon, lambda: not session.is_busy())
    assert "Baked" in session.outcome_of(face, line).message and not job.output.parent.exists()


def check_shifted_blocks(addon, inputs):
    """A decoder that starts beside the place it is asked for, or says something else there, costs no sample."""
    sounds = submodule(addon, "data.sounds")
    rate, wrong = 44_100, 5000
    whole = np.random.default_rng(1).uniform(-1, 1, (400_001, 2)).astype(np.float32)
    lags = iter((0, 1024, -700, 3, 128, 0, 1, 5, 9))

    class Sound:
        """Stands in for aud.Sound."""

        def __init__(self, path):
            pass

        def limit(self, start_s, end_s):
            lag = next(lags) if start_s > 0 else 0
            self.part = whole[round(start_s * rate) + lag : round(end_s * rate) + lag].copy()
            self.part[: wrong if start_s > 0 else 0] = 0.5
            return self

        def data(self):
            return self.part

    blocks = list(sounds._blocks(type("aud", (), {"Sound": Sound}), Path("x"), rate, lambda: None))
    assert len(blocks) > 3 and np.array_equal(np.concatenate(blocks), whole)


def check_broken_sounds(addon, inputs):
    """What is no sound is one sentence; so is a sound with an impossible header."""
    if submodule(addon, "compat").audio_library() is None:
        return "no sound library in this build"
    for name, content in (
        ("no.mp3", b"\xff\xfb\x90" + bytes(40)),
        ("text.ogg", b"this is none" * 50),
        ("nul.mp4", b""),
    ):
        path = Path(inputs["folder"]) / name
        path.write_bytes(content)
        line_of(addon, inputs, path)
        raises(bpy.ops.styletalk.bake, name)


def check_packed_sound(addon, inputs):
    """A sound that lies in the .blend alone is baked like a file."""
    if not submodule(addon, "compat").has_sound():
        return "no sound in this build"
    path = Path(inputs["folder"]) / "packed.wav"
    shutil.copyfile(inputs["audio"], path)
    sound = bpy.data.sounds.load(str(path))
    sound.pack()
    path.unlink()
    face, _ = line_of(addon, inputs, path)
    assert bpy.ops.styletalk.bake() == {"FINISHED"}
    assert len(key_curves(addon, face)) == len(face.data.shape_keys.key_blocks) - 1


def check_the_window_never_waits(addon, inputs):
    """From the press of Bake to the keys, nothing that Blender's timer calls sleeps, joins or waits for a process."""
    session = submodule(addon, "session")
    sound = inputs["flac"] if submodule(addon, "compat").audio_library() is not None else inputs["audio"]
    session.queue.close()
    face, line = line_of(addon, inputs, sound)
    waits, main, inside = [], threading.main_thread(), [False]

    def watched(name, original):
        def call(*given, **options):
            if inside[0] and threading.current_thread() is main:
                waits.append(name)
            return original(*given, **options)

        return call

    places = (
        (time, "sleep"),
        (threading.Thread, "join"),
        (subprocess.Popen, "wait"),
        (subprocess.Popen, "communicate"),
    )
    originals = [getattr(*place) for place in places]
    for (owner, name), original in zip(places, originals, strict=True):
        setattr(owner, name, watched(name, original))
    try:
        inside[0] = True
        session.start(bpy.context, face, line)
        while session.is_busy():
            submodule(addon, "pump")._tick()
            inside[0] = False
            time.sleep(0.02)
            inside[0] = True
    finally:
        for (owner, name), original in zip(places, originals, strict=True):
            setattr(owner, name, original)
    assert waits == [] and "Baked" in session.outcome_of(face, line).message


def check_external_python_that_is_none(addon, inputs):
    """An external Python that cannot be used is passed over, and the panel says so."""
    session = submodule(addon, "session")
    line_of(addon, inputs, inputs["audio"], inputs["nowhere"])
    assert bpy.ops.styletalk.bake() == {"FINISHED"}
    assert "Blender's own Python is used, not the external Python" in session.queue.note


def check_no_worker(addon, inputs):
    """Where no Python serves, one sentence says what is wrong with each and what to do, and nothing is changed."""
    preferences = submodule(addon, "data.preferences")
    face, line = line_of(addon, inputs, inputs["audio"], inputs["nowhere"])
    original = preferences.interpreters.worker_place
    preferences.interpreters.worker_place = lambda chosen, *_: original(chosen, "", "")
    try:
        raises(bpy.ops.styletalk.bake, "No Python here can animate the line", inputs["nowhere"], "preferences")
    finally:
        preferences.interpreters.worker_place = original
    outcome = submodule(addon, "session").outcome_of(face, line)
    assert outcome.failed and "Blender" in outcome.report and bpy.ops.styletalk.copy_report.poll()
    assert face.data.shape_keys.animation_data is None
