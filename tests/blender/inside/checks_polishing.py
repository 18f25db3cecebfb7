# SPDX-License-Identifier: GPL-3.0-or-later
"""Curves that can be polished. Each check gets a fresh, empty scene; its docstring says what must hold."""

from pathlib import Path

import bpy
import numpy as np
from common import (
    TOLERANCE_M,
    add_line,
    bake,
    core_samples,
    curves_of,
    first_line,
    mesh_now,
    new_face,
    raises,
)
from harness import submodule


def names_baked(addon, face):
    """The shape keys that are animated now."""
    paths = [curve.data_path for curve in curves_of(addon, face.data.shape_keys)]
    return [path.split('"')[1] for path in paths if path.startswith("key_blocks")]


def check_arkit_keys_move_the_same_vertices(addon, inputs):
    """Baked on 52 ARKit keys by their names the evaluated mesh is core's within 0.01 mm, for another person as well; a
    new head has these keys alone, signed."""
    bpy.ops.styletalk.add_face()
    face = bpy.context.object
    keys = face.data.shape_keys.key_blocks
    arkit = submodule(addon, "styletalk.face.arkit_names").ARKIT_NAMES
    assert tuple(keys.keys()) == ("Basis", *arkit, "tongueUp", "tongueBack", "tongueWide")
    assert all(key.slider_min <= -1 and key.slider_max >= 1 for key in keys[1:])
    assert face.styletalk.keys == "ARKIT" and first_line(face).lips_mm == 0.25
    first_line(face).lips_mm = 0.0
    report = bake(addon, inputs, face)
    assert tuple(names_baked(addon, face)) == tuple(keys.keys())[1:]
    _, expected = core_samples(addon, inputs)
    worst = _worst(face, expected, report)
    assert worst < TOLERANCE_M, worst
    rest = mesh_now(face)
    face.styletalk_person.masculine = 1.0
    moved = mesh_now(face) - rest
    assert np.abs(moved).max() > 0.003
    return f"{1e6 * worst:.2f} µm"


def _worst(face, expected, report):
    worst = 0.0
    for offset in range(0, len(expected), 3):
        bpy.context.scene.frame_set(report.first_frame + offset)
        worst = max(worst, float(np.abs(mesh_now(face) - expected[offset]).max()))
    return worst


def _of_line(addon, inputs):
    """(N, V, 3) of core, from the frame on which the face begins to move, which may be before its sound."""
    resample = submodule(addon, "styletalk.motion.resample")
    animation = submodule(addon, "styletalk.animation").FaceAnimation.load(Path(inputs["animation"]))
    samples = resample.scene_samples(animation, 24, first_frame=resample.default_first_frame(animation, 24))
    moved = {name: getattr(samples, name) for name in ("blinks", "gaze", "tongue", "upper")}
    return submodule(addon, "styletalk.face.model").open_face().vertices(samples.coefficients, **moved)


def check_keys_are_switched_back_and_forth(addon, inputs):
    """Keys of the other choice are added when it is made; a bake on them shows the same face, the others rest, and what
    was baked before is kept; lines that were baked on other keys are named."""
    face = new_face()
    keys = face.data.shape_keys.key_blocks
    before = len(keys)
    report = bake(addon, inputs, face)
    first = face.data.shape_keys.animation_data.action
    _, expected = core_samples(addon, inputs)
    state = submodule(addon, "data.baked")
    assert state.state_of(face, first_line(face)) is not state.State.CHANGED
    face.styletalk.keys = "ARKIT"
    assert state.state_of(face, first_line(face)) is state.State.CHANGED
    assert len(keys) == before + 40, "52 and 3, of which the upper face has 15 already"
    assert keys["browInnerUp"].slider_min <= -1
    report = bake(addon, inputs, face)
    assert first.use_fake_user and first != face.data.shape_keys.animation_data.action
    assert _worst(face, expected, report) < TOLERANCE_M and keys["exp_03"].value == 0.0
    face.styletalk.keys = "COEFFICIENTS"
    report = bake(addon, inputs, face)
    assert len(keys) == before + 40 and _worst(face, expected, report) < TOLERANCE_M and keys["jawOpen"].value == 0.0
    face.styletalk.keys = "ARKIT"
    second = add_line(addon, face)
    second.lips_mm = 0.0
    report = bake(addon, inputs, face, audio=False, line=second, frame=report.last_frame + 40)
    assert any("baked on other Keys" in note for note in report.notes), report.notes
    face.shape_key_remove(keys["jawOpen"])
    assert "lacks the shape key jawOpen" in submodule(addon, "faces.targets").refusal(face)
    face.styletalk.keys = "ARKIT"
    assert submodule(addon, "faces.targets").refusal(face) == "", "chosen again, it is there again"


def check_positive_keys(addon, inputs):
    """Positive keys stay between 0 and 1, the report says how far lips and lids are off, and that is what is seen."""
    face = new_face(keys="POSITIVE")
    spoken = {**inputs, "animation": inputs["spoken"]}
    report = bake(addon, spoken, face)
    values = [
        point.co[1]
        for curve in curves_of(addon, face.data.shape_keys) if curve.data_path.startswith("key_blocks")
        for point in curve.keyframe_points
    ]  # fmt: skip
    assert min(values) >= 0.0 and max(values) <= 1.0 and max(values) > 0.2
    assert "Positive keys: lips within" in report.done and "closed lips within" in report.done, report.done
    said = float(report.done.split("lips within ")[1].split()[0])
    expected = _of_line(addon, spoken)
    model = submodule(addon, "styletalk.face.model").open_face()
    landmarks = submodule(addon, "styletalk.face.landmarks")
    worst = 0.0
    for offset in range(0, len(expected), 4):
        bpy.context.scene.frame_set(report.first_frame + offset)
        seen, wanted = (
            landmarks.landmark_positions(points, model.triangles, model.landmarks_mediapipe)[list(landmarks.LIPS)]
            for points in (mesh_now(face), expected[offset])
        )
        worst = max(worst, 1000 * float(np.linalg.norm(seen - wanted, axis=1).max()))
    assert 0.3 * said < worst <= said + 0.06, (worst, said)
    return report.done


def check_offsets_add_to_any_bake_and_no_bake_touches_them(addon, inputs):
    """A slider moves the face by its shape on top of the line; its keys lie in the object's own action, stay through a
    new bake, a change of keys, saving and loading, with drivers that need no scripts; Reset takes them away."""
    face = new_face(keys="ARKIT")
    bake(addon, inputs, face)
    assert bpy.ops.styletalk.add_offsets() == {"FINISHED"}
    drivers = face.data.shape_keys.animation_data.drivers
    assert len(drivers) == 26 and all(driver.driver.is_simple_expression for driver in drivers)
    scene, model = bpy.context.scene, submodule(addon, "styletalk.face.model").open_face()
    names = submodule(addon, "styletalk.face.arkit_names").ARKIT_NAMES

    def off_mm(frame, shape, amount):
        """How far the mesh is from the line with `amount` of an ARKit shape on top."""
        scene.frame_set(frame)
        _, expected = core_samples(addon, inputs)
        wanted = expected[frame - scene.frame_start] + amount * model.arkit[names.index(shape)]
        return 1000 * np.abs(mesh_now(face) - wanted).max()

    offsets = submodule(addon, "faces.offsets")
    for frame, value in ((5, 0.0), (10, 0.6), (20, 0.0)):
        offsets.add_offset(face, "Corner Left", frame, value)
    offsets.add_offset(face, "Corner Left", 10, 0.2)  # adds to what is there
    assert off_mm(10, "mouthSmileLeft", 0.8) < 0.01 and off_mm(5, "jawOpen", 0.0) < 0.01
    face["Offset Corner Left"] = -0.5  # without a key at this frame, as a slider that is dragged
    face.animation_data.action.name = "My Offsets"
    for kind in ("COEFFICIENTS", "POSITIVE", "ARKIT"):
        face.styletalk.keys = kind
        bake(addon, inputs, face)
    assert face.animation_data.action.name == "My Offsets" and off_mm(10, "mouthSmileLeft", 0.8) < 0.01
    blend = str(Path(inputs["folder"]) / "offsets.blend")
    bpy.ops.wm.save_as_mainfile(filepath=blend)
    bpy.ops.wm.open_mainfile(filepath=blend, use_scripts=False)
    face, scene = bpy.data.objects["Talking Face"], bpy.context.scene
    assert off_mm(10, "mouthSmileLeft", 0.8) < 0.01
    scene.frame_set(5)
    face["Offset Corner Right"] = -1.0
    face.update_tag()
    assert off_mm(5, "mouthFrownRight", 1.0) < 0.01
    bpy.context.view_layer.objects.active = face
    assert bpy.ops.styletalk.reset_offsets() == {"FINISHED"}
    assert off_mm(10, "jawOpen", 0.0) < 0.01
    assert bpy.ops.styletalk.remove_offsets() == {"FINISHED"}
    assert not [key for key in face.data.shape_keys.key_blocks if key.name.startswith("Offset")]
    assert "no offset sliders" in raises(lambda: bpy.ops.styletalk.reset_offsets(), "poll")


def check_offsets_of_single_keys_and_of_copies(addon, inputs):
    """Any shape key may have an offset, added when it is first used; a copy of the face has offsets of its own."""
    face = new_face()
    offsets = submodule(addon, "faces.offsets")
    offsets.add_offset(face, "exp_03", 1, 0.5)
    model = submodule(addon, "styletalk.face.model").open_face()
    assert np.abs(mesh_now(face) - model.mean - 0.5 * model.expression[3]).max() < TOLERANCE_M
    raises(lambda: offsets.add_offset(face, "nose", 1, 0.5), "no shape for the offset")
    bpy.ops.object.select_all(action="DESELECT")
    face.select_set(True)
    bpy.ops.object.duplicate()
    copy = bpy.context.object
    assert copy != face
    for each in (face, copy):
        assert each.data.shape_keys.animation_data.drivers[0].driver.variables[0].targets[0].id == each


def check_offsets_of_a_character(addon, inputs):
    """A mapped character has the sliders for which it has shapes; teeth of the same shapes go along; its table does not
    take the twins for shapes; exports have the weights; and a face of bones is told that it has none."""
    from checks_characters import character, select

    hero = character(addon)
    teeth = hero.copy()
    teeth.data = hero.data.copy()
    teeth.name = "Teeth"
    bpy.context.collection.objects.link(teeth)
    select(hero)
    bpy.ops.styletalk.use_character()
    first_line(hero).lips_mm = 0.0
    report = bake(addon, inputs, hero)
    offsets = submodule(addon, "faces.offsets")
    scene = bpy.context.scene
    scene.frame_set(report.first_frame + 4)
    before = [mesh_now(each) for each in (hero, teeth)]
    assert bpy.ops.styletalk.add_offsets() == {"FINISHED"}
    assert offsets.names_of_offsets(hero)[:3] == ("Jaw", "Lips Round", "Lip Upper")
    assert "Cheek Left" not in offsets.names_of_offsets(hero)
    offsets.add_offset(hero, "Jaw", scene.frame_current, 0.25)
    bpy.context.view_layer.update()
    model = submodule(addon, "styletalk.face.model").open_face()
    jaw = 0.25 * model.arkit[submodule(addon, "styletalk.face.arkit_names").ARKIT_NAMES.index("jawOpen")]
    for each, was in zip((hero, teeth), before, strict=True):
        assert np.abs(mesh_now(each) - was - jaw).max() < TOLERANCE_M, each.name
    bake(addon, inputs, hero)
    bpy.ops.styletalk.use_character()
    assert not [shape for shape in hero.styletalk_character.shapes if shape.name.startswith("Offset")]
    scene.frame_set(report.first_frame + 4)
    assert np.abs(mesh_now(hero) - before[0] - jaw).max() < TOLERANCE_M
    tables, recording = submodule(addon, "exporting.tables"), submodule(addon, "exporting.recording")
    place = recording.Frames(scene.frame_current, 1.0, 24, 1)
    column = submodule(addon, "styletalk.face.arkit_names").ARKIT_NAMES.index("jawOpen")
    seen = tables.arkit_weights_seen(hero, recording.record(bpy.context, (hero, teeth), place))[0, column]
    line = hero.data.shape_keys.key_blocks["jawOpen"].value
    assert abs(seen - min(line + 0.25, 1.0)) < 1e-5, (seen, line)
