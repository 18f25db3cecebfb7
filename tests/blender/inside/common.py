# SPDX-License-Identifier: GPL-3.0-or-later
"""What the checks share: a face, a bake, core's own idea of what the scene should show."""

import shutil
import time
from dataclasses import replace
from pathlib import Path

import bpy
import numpy as np
from harness import submodule

TOLERANCE_M = 1e-5


def new_face(name="Talking Face", keys="COEFFICIENTS", lips_mm=0.0):
    """As a rule one whose keys are core's own numbers, one on every frame."""
    bpy.ops.styletalk.add_face(keys=keys)
    face = bpy.context.object
    face.name = name
    first_line(face).lips_mm = lips_mm
    return face


def first_line(face):
    return face.styletalk.lines[0]


def bake(addon, inputs, face, audio=True, line=None, frame=None):
    """audio: whether with sound, or the sound file. Bakes the face's first line, by default where the scene begins."""
    session = submodule(addon, "session")
    animation = submodule(addon, "styletalk.animation").FaceAnimation.load(Path(inputs["animation"]))
    line = line or first_line(face)
    line.audio = str(inputs["audio"] if audio is True else audio) if audio else ""
    frame = bpy.context.scene.frame_start if frame is None else frame
    return session.bake_line(bpy.context.scene, face, line, animation, frame)


def add_line(addon, face):
    """One with a key on every frame, as that of `new_face`."""
    line = submodule(addon, "data.lines").add_line(face)
    line.lips_mm = 0.0
    return line


def gentle(addon, inputs):
    """The same with a smaller animation: in the other one lips pass through each other."""
    animation = submodule(addon, "styletalk.animation").FaceAnimation.load(Path(inputs["animation"]))
    path = Path(inputs["folder"]) / "gentle.npz"
    replace(animation, coefficients=0.4 * animation.coefficients).save(path)
    return {**inputs, "animation": str(path)}


def core_samples(addon, inputs):
    """What core says the scene should show: the samples, and (N, V, 3) vertices."""
    animation = submodule(addon, "styletalk.animation").FaceAnimation.load(Path(inputs["animation"]))
    render = bpy.context.scene.render
    samples = submodule(addon, "styletalk.motion.resample").scene_samples(animation, render.fps / render.fps_base)
    model = submodule(addon, "styletalk.face.model").open_face()
    moved = {name: getattr(samples, name) for name in ("blinks", "gaze", "tongue", "upper")}
    return samples, model.vertices(samples.coefficients, **moved)


def mesh_now(face):
    """(V, 3) of the evaluated mesh, turned into core's axes here, not by the add-on."""
    evaluated = face.evaluated_get(bpy.context.evaluated_depsgraph_get())
    points = np.empty(len(evaluated.data.vertices) * 3, np.float32)
    evaluated.data.vertices.foreach_get("co", points)
    x, y, z = points.reshape(-1, 3).T
    return np.stack([x, z, -y], axis=1)


def worst_error(face, expected, start):
    scene, worst = bpy.context.scene, 0.0
    for offset, vertices in enumerate(expected):
        scene.frame_set(start + offset)
        worst = max(worst, float(np.abs(mesh_now(face) - vertices).max()))
    return worst


def curves_of(addon, owner):
    return submodule(addon, "compat").action_fcurves(owner.animation_data)


def raises(function, *phrases):
    """The error's text, which must be one or two sentences that hold these phrases."""
    try:
        function()
    except Exception as error:
        text = str(error).strip()
        assert "Traceback" not in text, text
        assert all(phrase in text for phrase in phrases), text
        return text
    raise AssertionError(f"no error; expected one about {phrases}")


def points_of(key):
    points = np.empty(len(key.data) * 3, np.float32)
    key.data.foreach_get("co", points)
    return points.reshape(-1, 3)


def root_vector(point):
    from mathutils import Vector

    return Vector((float(point[0]), -float(point[2]), float(point[1])))


def all_strips(scene):
    editor = scene.sequence_editor
    if editor is None:
        return []
    return list(editor.strips_all if hasattr(editor, "strips_all") else editor.sequences_all)


def use_worker(addon, python):
    bpy.context.preferences.addons[addon].preferences.worker_python = python


def sound_named(inputs, name):
    """The path of a sound file of that name; the fake worker behaves as the name says."""
    path = Path(inputs["folder"]) / f"{name}.flac"
    shutil.copyfile(inputs["audio"], path)
    return str(path)


def poll_until(addon, condition, limit_s=30.0):
    """Do what Blender's timer does with a window, until `condition` holds."""
    pump, until = submodule(addon, "pump"), time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < until, "it never came"
        pump._tick()
        time.sleep(0.02)
