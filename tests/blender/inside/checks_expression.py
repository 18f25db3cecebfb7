# SPDX-License-Identifier: GPL-3.0-or-later
"""How an expression lives in the scene. Each check gets a fresh, empty scene; its docstring says what must hold."""

import csv
import dataclasses
from pathlib import Path

import bpy
import numpy as np
from common import add_line, bake, curves_of, first_line, new_face, raises, use_worker
from harness import submodule


def _with_intensity(addon, inputs):
    """Inputs whose animation begins before its sound and knows its intensity."""
    animation = submodule(addon, "styletalk.animation")
    made = animation.FaceAnimation.load(Path(inputs["animation"]))
    intensity = np.linspace(0.0, 1.5, len(made), dtype=np.float32)
    path = Path(inputs["folder"]) / "early.npz"
    dataclasses.replace(made, first_row=-9, intensity=intensity).save(path)
    return {**inputs, "animation": str(path)}


def _intensity_curve(addon, face):
    paths = {curve.data_path: curve for curve in curves_of(addon, face.data.shape_keys)}
    return paths.get('["styletalk_intensity"]')


def check_keys_before_the_sound(addon, inputs):
    """What the face does before its sound begins lies on frames before the line's, and the sound stays where it is."""
    bpy.context.scene.render.fps, bpy.context.scene.render.fps_base = 30, 1
    face = new_face()
    report = bake(addon, _with_intensity(addon, inputs), face, frame=20)
    first = 20 - 9 + round(30 * submodule(addon, "styletalk.timeline").row_time_s(0))
    assert report.first_frame == first, report.first_frame
    curve = _intensity_curve(addon, face)
    assert round(curve.range()[0]) == first and bpy.context.scene.frame_start == 1
    bpy.context.scene.frame_set(30)
    assert abs(face.data.shape_keys["styletalk_intensity"] - curve.evaluate(30)) < 1e-4


def check_edited_intensity(addon, inputs):
    """The next bake asks for the intensity as the animator has edited its curve, in seconds of the sound."""
    bpy.context.scene.render.fps, bpy.context.scene.render.fps_base = 24, 1
    face, requests = new_face(), submodule(addon, "data.requests")
    line = first_line(face)
    line.audio, line.use_curve = inputs["audio"], True
    raises(lambda: requests.request_from(line, "cpu"), "no intensity curve")
    bake(addon, _with_intensity(addon, inputs), face, frame=10)
    for point in _intensity_curve(addon, face).keyframe_points:
        point.co[1] = 0.25 if point.co[0] < 22 else 1.75
    asked = requests.request_from(line, "cpu")
    with open(asked.intensity_curve, encoding="utf-8") as file:
        rows = [(float(seconds), float(value)) for seconds, value in csv.reader(file)]
    before = [value for seconds, value in rows if seconds < 0.45]
    after = [value for seconds, value in rows if seconds > 0.55]
    assert before and after and set(before) == {0.25} and set(after) == {1.75} and rows[0][0] < 0, rows[:30]
    line.use_curve = False
    assert requests.request_from(line, "cpu").intensity_curve is None
    line.use_curve, second = True, add_line(addon, face)
    bake(addon, _with_intensity(addon, inputs), face, line=second, frame=300)
    assert requests.request_from(line, "cpu").intensity_curve is not None, "as a strip of the NLA it is found as well"


def check_curve_of_a_file_stays(addon, inputs):
    """A line that was baked with a file's curve and no panel asks for that curve at its next bake, not for a number."""
    face, requests = new_face(), submodule(addon, "data.requests")
    line = first_line(face)
    line.audio = inputs["audio"]
    plain = requests.request_from(line, "cpu")
    requests.fill_line(line, dataclasses.replace(plain, intensity_curve=Path("curve.csv")))
    bake(addon, _with_intensity(addon, inputs), face, line=line, frame=10)
    assert requests.request_from(line, "cpu").intensity_curve is not None
    requests.fill_line(line, plain)
    assert requests.request_from(line, "cpu").intensity_curve is None


def check_suggested_styles(addon, inputs):
    """Suggest fills three buttons, each of which takes its style; a file that says nonsense changes nothing."""
    use_worker(addon, inputs["fake_python"])
    face = new_face()
    line = first_line(face)
    line.audio = inputs["audio"]
    assert bpy.ops.styletalk.suggest() == {"FINISHED"}
    suggestions = submodule(addon, "data.suggestions")
    assert suggestions.suggestions_of(line) == [("happy", 0.4), ("excited", 0.3), ("neutral", 0.1)]
    assert line.style == "neutral", "it suggests, and does not decide"
    bpy.ops.styletalk.take_style(style="excited")
    assert line.style == "excited"
    bad = Path(inputs["folder"]) / "styles.json"
    bad.write_text("{]", encoding="utf-8")
    raises(lambda: suggestions.suggested(line, bad, ""), "suggestion cannot be read")
    line.suggested = '[["no such style", 1], 3]'
    assert suggestions.suggestions_of(line) == []
