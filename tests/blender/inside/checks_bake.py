# SPDX-License-Identifier: GPL-3.0-or-later
"""The face and what a bake makes of it. Each check gets a fresh, empty scene; its docstring says what must hold."""

import dataclasses
from pathlib import Path

import bpy
import numpy as np
from common import (
    TOLERANCE_M,
    all_strips,
    bake,
    core_samples,
    curves_of,
    first_line,
    mesh_now,
    new_face,
    points_of,
    raises,
    root_vector,
    sound_named,
    worst_error,
)
from harness import submodule

RATES = ((24, 1.0, 1), (25, 1.0, 101), (30, 1.0, 0), (60, 1.0, 1), (30, 1.001, 10))
"""fps, fps_base, frame_start."""


def check_face(addon, inputs):
    """Add > Mesh > Talking Face makes quads, keys with wide sliders, materials, UVs, and a neck at the cursor."""
    bpy.context.scene.cursor.location = (1.0, 2.0, 3.0)
    face = new_face()
    keys = face.data.shape_keys.key_blocks
    expected = [f"exp_{k:02d}" for k in range(64)] + ["blink_L", "blink_R"]
    expected += ["gaze_left", "gaze_right", "gaze_up", "gaze_down"]
    others = submodule(addon, "faces.open_face").OPTIONAL_KEYS
    assert keys.keys()[:71] == ["Basis", *expected] and set(keys.keys()[71:]) <= set(others), keys.keys()
    assert {"browInnerUp", "eyeSquintLeft"} <= set(keys.keys())
    assert all((keys[f"exp_{k:02d}"].slider_min, keys[f"exp_{k:02d}"].slider_max) == (-10, 10) for k in range(64))
    assert all(key.interpolation == "KEY_LINEAR" for key in keys)
    assert all(np.ptp(points_of(key), axis=0).max() > 0.1 for key in keys)
    assert sum(len(polygon.vertices) == 4 for polygon in face.data.polygons) > len(face.data.polygons) / 2
    assert all(polygon.use_smooth for polygon in face.data.polygons)
    assert len(face.data.uv_layers) == 1 and len(face.data.materials) >= 5
    assert {polygon.material_index for polygon in face.data.polygons} == set(range(len(face.data.materials)))
    neck, root = face.parent, face.parent.parent
    assert neck.type == root.type == "EMPTY" and tuple(root.location) == (1.0, 2.0, 3.0)
    bpy.context.view_layer.update()
    assert np.allclose(face.matrix_world.translation, root.location, atol=1e-6)
    pivot = submodule(addon, "styletalk.face.model").open_face().neck_pivot
    assert np.allclose(neck.matrix_world.translation, root.location + root_vector(pivot), atol=1e-6)
    assert not face.data.validate()


def check_vertices(addon, inputs):
    """On every frame at every rate the evaluated mesh is core's, within 0.01 mm, wherever the scene begins."""
    scene, said = bpy.context.scene, []
    face = new_face()
    for fps, base, start in RATES:
        scene.render.fps, scene.render.fps_base = fps, base
        scene.frame_start = start
        report = bake(addon, inputs, face, audio=False)
        _, expected = core_samples(addon, inputs)
        assert report.first_frame == start and report.last_frame == start + len(expected) - 1
        assert report.curves == len(face.data.shape_keys.key_blocks) - 1 + 6
        assert report.keys == report.curves * len(expected)
        error = worst_error(face, expected, start)
        assert error <= TOLERANCE_M, f"{error * 1000:.4f} mm at {fps}/{base}"
        assert np.ptp(expected, axis=0).max() > 0.002, "the animation hardly moves the face: nothing was tested"
        said.append(f"{fps / base:.2f}: {error * 1e6:.3f} µm over {len(expected)} frames")
    return "; ".join(said)


def check_head_pose(addon, inputs):
    """The head turns about its neck as core says, wherever the root stands."""
    face = new_face()
    root = face.parent.parent
    root.location, root.rotation_euler = (0.5, -1.0, 0.2), (0.1, 0.2, 2.0)
    bake(addon, inputs, face, audio=False)
    samples, expected = core_samples(addon, inputs)
    pivot = submodule(addon, "styletalk.face.model").open_face().neck_pivot
    turns = submodule(addon, "styletalk.face.published_pose").rotation_matrix(samples.head_pose[:, :3])
    assert np.abs(samples.head_pose[:, :3]).max(axis=0).min() > 0.02, "the pose hardly turns: nothing was tested"
    for frame in range(0, len(expected), 7):
        bpy.context.scene.frame_set(1 + frame)
        posed = (expected[frame] - pivot) @ turns[frame].T + pivot + samples.head_pose[frame, 3:]
        x, y, z = posed.T
        places = np.stack([x, -z, y, np.ones_like(x)], axis=1) @ np.array(root.matrix_world).T
        evaluated = face.evaluated_get(bpy.context.evaluated_depsgraph_get())
        local = np.concatenate([mesh_now(face) @ AXES, np.ones((len(x), 1))], axis=1)
        found = local @ np.array(evaluated.matrix_world).T
        assert np.abs(found - places).max() < TOLERANCE_M, np.abs(found - places).max()


AXES = np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]], np.float32)
"""Core's (x, y, z) as a row times this is Blender's (x, −z, y)."""


def check_twice(addon, inputs):
    """A second bake neither drifts nor loses the first action."""
    face = new_face()
    bake(addon, inputs, face)
    first = face.data.shape_keys.animation_data.action
    strips = len(all_strips(bpy.context.scene))
    bake(addon, inputs, face)
    _, expected = core_samples(addon, inputs)
    assert worst_error(face, expected, 1) <= TOLERANCE_M
    assert face.data.shape_keys.animation_data.action != first and first.use_fake_user
    assert len(all_strips(bpy.context.scene)) == strips, "the same line was added twice"
    bpy.context.scene.frame_set(1)
    samples, _ = core_samples(addon, inputs)
    rest = submodule(addon, "styletalk.face.model").open_face().neck_pivot + samples.head_pose[0, 3:]
    assert np.allclose(face.parent.location, root_vector(rest), atol=1e-6)


def check_old_action(addon, inputs):
    """Animation that was on the face is kept, with a fake user; the new action has one curve for each key."""
    face = new_face()
    keys = face.data.shape_keys
    key = keys.key_blocks["exp_05"]
    for frame, value in ((1, 0.0), (10, 1.5), (20, -1.0)):
        key.value = value
        key.keyframe_insert("value", frame=frame)
    old = keys.animation_data.action
    old.name = "Mine"
    bake(addon, inputs, face)
    new = keys.animation_data.action
    assert new != old and old.use_fake_user and bpy.data.actions["Mine"] == old
    paths = sorted(curve.data_path for curve in curves_of(addon, keys))
    assert len(paths) == len(set(paths)) == len(keys.key_blocks) - 1 and 'key_blocks["exp_63"].value' in paths
    keys.animation_data.action = old
    if hasattr(keys.animation_data, "action_slot"):
        keys.animation_data.action_slot = old.slots[0]
    (curve,) = curves_of(addon, keys)
    assert [tuple(point.co) for point in curve.keyframe_points] == [(1, 0), (10, 1.5), (20, -1)]


def check_tongue(addon, inputs):
    """A face with keys for the tongue gets a curve for each, and they are the animation's."""
    face = new_face()
    for name in ("tongue_out", "tongue_up", "tongue_back", "tongue_wide"):
        if name not in face.data.shape_keys.key_blocks:
            face.shape_key_add(name=name, from_mix=False)
    bake(addon, inputs, face)
    samples, _ = core_samples(addon, inputs)
    curves = {curve.data_path: curve for curve in curves_of(addon, face.data.shape_keys)}
    baked = [point.co[1] for point in curves['key_blocks["tongue_out"].value'].keyframe_points]
    assert np.allclose(baked, samples.tongue[:, 0], atol=1e-6) and np.ptp(baked) > 0.5


def check_take(addon, inputs):
    """A Live Link Face CSV becomes a line whose curves are the take's; what is no take is refused in a sentence."""
    animation = submodule(addon, "styletalk.animation").FaceAnimation.load(Path(inputs["animation"]))
    path = Path(inputs["folder"]) / "take.csv"
    submodule(addon, "styletalk.exports").write_live_link(animation, path, 60.0)
    face, scene = new_face(), bpy.context.scene
    scene.render.fps = 30
    assert bpy.ops.styletalk.bake_take(filepath=str(path)) == {"FINISHED"}
    curves = {curve.data_path: curve for curve in curves_of(addon, face.data.shape_keys)}
    baked = dict(point.co for point in curves['key_blocks["gaze_left"].value'].keyframe_points)
    wanted = submodule(addon, "styletalk.motion.resample").scene_samples(animation, 30.0).gaze[:, 0]
    begins = face.styletalk.lines[0].start_frame
    assert np.allclose([baked[begins + k] for k in range(5, 30)], wanted[5:30], atol=0.1)
    path.write_text("no take")
    raises(lambda: bpy.ops.styletalk.bake_take(filepath=str(path)), "no take")


def check_earlier_face(addon, inputs):
    """A face of an earlier release has no keys for tongue and brows: it is baked and cleared without them."""
    face = new_face()
    optional = submodule(addon, "faces.open_face").OPTIONAL_KEYS
    for key in [key for key in face.data.shape_keys.key_blocks if key.name in optional]:
        face.shape_key_remove(key)
    bake(addon, inputs, face)
    assert len(curves_of(addon, face.data.shape_keys)) == 70
    submodule(addon, "faces.targets").FaceTarget(face).rest()
    assert not submodule(addon, "faces.targets").refusal(face)


def check_linear_keys(addon, inputs):
    """Keys are linear and lie on whole frames, one a frame."""
    face = new_face()
    report = bake(addon, inputs, face)
    for curve in curves_of(addon, face.data.shape_keys):
        frames = [point.co[0] for point in curve.keyframe_points]
        assert frames == list(range(report.first_frame, report.last_frame + 1))
        assert {point.interpolation for point in curve.keyframe_points} == {"LINEAR"}


def check_scene_kept(addon, inputs):
    """Other objects, other animation, markers, strips, a longer frame range: nothing of the scene is changed."""
    scene = bpy.context.scene
    other = bpy.data.objects.new("Other", bpy.data.meshes.new("Other"))
    scene.collection.objects.link(other)
    other.keyframe_insert("location", frame=5)
    scene.timeline_markers.new("Mark", frame=7)
    scene.frame_end = 1000
    editor = scene.sequence_editor_create()
    strips = editor.strips if hasattr(editor, "strips") else editor.sequences
    ends = {"length": 50} if bpy.app.version >= (5, 0) else {"frame_end": 60}
    theirs = strips.new_effect(name="Colour", type="COLOR", channel=1, frame_start=10, **ends)
    before = (theirs.channel, theirs.frame_start, theirs.frame_final_end, theirs.mute, other.animation_data.action.name)
    face = new_face()
    bake(addon, inputs, face)
    theirs = next(strip for strip in all_strips(scene) if strip.name == "Colour")
    after = (theirs.channel, theirs.frame_start, theirs.frame_final_end, theirs.mute, other.animation_data.action.name)
    assert before == after, (before, after)
    assert scene.frame_end == 1000 and scene.timeline_markers["Mark"].frame == 7


def check_frame_end(addon, inputs):
    """A scene that is too short for the line becomes long enough."""
    bpy.context.scene.frame_start, bpy.context.scene.frame_end = 100, 105
    report = bake(addon, inputs, new_face())
    assert bpy.context.scene.frame_end == report.last_frame > 105 and bpy.context.scene.frame_start == 100


def check_sound(addon, inputs):
    """The line is a strip on a channel of its own that begins with the scene; where Blender has no sound it says so."""
    bpy.context.scene.frame_start = 33
    sentence = str(bake(addon, inputs, new_face()))
    if not submodule(addon, "compat").has_sound():
        assert "without its sound library" in sentence
        return "no sound in this build"
    (strip,) = all_strips(bpy.context.scene)
    assert strip.type == "SOUND" and strip.frame_start == 33 and not strip.mute
    assert Path(bpy.path.abspath(strip.sound.filepath)) == Path(inputs["audio"])


def check_renamed_between_bakes(addon, inputs):
    """A face that is renamed still has one line at a time: the second bake mutes the strip of the first."""
    if not submodule(addon, "compat").has_sound():
        return "no sound in this build"
    face = new_face("Anna")
    bake(addon, inputs, face)
    face.name = "Bert"
    bake(addon, inputs, face, sound_named(inputs, "another"))
    assert _lines_heard() == {"line": False, "another": True}, _lines_heard()
    face.name = "Carl"
    bake(addon, inputs, face)
    assert _lines_heard() == {"line": True, "another": False}, _lines_heard()


def check_duplicated_face(addon, inputs):
    """A duplicate has a line of its own, in whichever order both are baked again; the same with one renamed later."""
    if not submodule(addon, "compat").has_sound():
        return "no sound in this build"
    another = sound_named(inputs, "another")
    for first_again in (False, True):
        bpy.ops.wm.read_homefile(use_empty=True)
        first = new_face("Anna")
        bake(addon, inputs, first)
        second = _duplicate(first)
        if first_again:
            bake(addon, inputs, first, another)
            assert _lines_heard() == {"line": False, "another": True}, _lines_heard()
        bake(addon, inputs, second, sound_named(inputs, "second"))
        second.name, first.name = "Bert", "Carl"
        bake(addon, inputs, second, sound_named(inputs, "third"))
        expected = {"line": not first_again, "second": False, "third": True}
        assert _lines_heard() == {**expected, **({"another": True} if first_again else {})}, _lines_heard()


def _duplicate(face):
    copy = face.copy()
    copy.data = face.data.copy()
    bpy.context.scene.collection.objects.link(copy)
    return copy


def _lines_heard():
    """Whether each sound is heard, by the name of its file."""
    strips = [strip for strip in all_strips(bpy.context.scene) if strip.type == "SOUND"]
    found = {Path(strip.sound.filepath).stem: not strip.mute for strip in strips}
    assert len(found) == len(strips), "a line was added twice"
    return found


def check_two_faces(addon, inputs):
    """Two heads in a scene, renamed: each bake moves its own and leaves the other alone."""
    first, second = new_face("Anna"), new_face("Bert")
    still = mesh_now(second)
    bake(addon, inputs, first)
    _, expected = core_samples(addon, inputs)
    assert worst_error(first, expected, 1) <= TOLERANCE_M
    assert second.data.shape_keys.animation_data is None and np.array_equal(mesh_now(second), still)
    assert first.name in first.data.shape_keys.animation_data.action.name


def check_narrowed_slider(addon, inputs):
    """A slider that the animator narrowed does not clamp the bake."""
    face = new_face()
    for key in face.data.shape_keys.key_blocks[1:]:
        key.slider_max = 0.05
    bake(addon, inputs, face)
    _, expected = core_samples(addon, inputs)
    assert worst_error(face, expected, 1) <= TOLERANCE_M


def check_too_large(addon, inputs):
    """Values that Blender's sliders cannot hold are refused, and the face stays as it was."""
    face = new_face()
    animation = submodule(addon, "styletalk.animation")
    loud = animation.FaceAnimation.still(np.full((20, 64), 12.0, np.float32), np.full(20, 31, np.int16))
    session = submodule(addon, "session")
    raises(lambda: session.bake_line(bpy.context.scene, face, first_line(face), loud, 1), "12.00", "intensity")
    assert face.data.shape_keys.animation_data is None and not bpy.data.actions


def check_not_numbers(addon, inputs):
    """No key is ever written that is not a number: a pose or offset that is none is refused."""
    session, animation_module = submodule(addon, "session"), submodule(addon, "styletalk.animation")
    face = new_face()
    good = animation_module.FaceAnimation.load(Path(inputs["animation"]))
    pose = good.head_pose.copy()
    pose[3, 1] = np.inf
    for changed in ({"head_pose": pose}, {"metadata": {"sync_offset_ms": 1e12}}):
        broken = dataclasses.replace(good, **changed)
        raises(
            lambda made=broken: session.bake_line(bpy.context.scene, face, first_line(face), made, 1), "not", "again"
        )
    neck = submodule(addon, "faces.open_face").find_neck(face)
    neck["styletalk_rest"] = [0.0, float("nan"), 0.0]
    assert face.data.shape_keys.animation_data is None and neck.animation_data is None and not bpy.data.actions
    session.bake_line(bpy.context.scene, face, first_line(face), good, 1)
    values = [point.co[1] for curve in curves_of(addon, neck) for point in curve.keyframe_points]
    assert values and np.isfinite(values).all()


def check_linked(addon, inputs):
    """A face that is linked from another file cannot be baked onto, and the reason says so."""
    library = Path(inputs["folder"]) / "library.blend"
    new_face("Linked")
    bpy.ops.wm.save_as_mainfile(filepath=str(library), copy=True)
    bpy.ops.wm.read_homefile(use_empty=True)
    with bpy.data.libraries.load(str(library), link=True) as (_, wanted):
        wanted.objects = ["Linked"]
    face = bpy.data.objects["Linked"]
    bpy.context.scene.collection.objects.link(face)
    raises(lambda: bake(addon, inputs, face), "linked from another file")


def check_reopened(addon, inputs):
    """Saved and opened again, the face still moves as core says."""
    path = Path(inputs["folder"]) / "saved.blend"
    bake(addon, inputs, new_face("Kept"))
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    bpy.ops.wm.read_homefile(use_empty=True)
    bpy.ops.wm.open_mainfile(filepath=str(path))
    _, expected = core_samples(addon, inputs)
    assert worst_error(bpy.data.objects["Kept"], expected, 1) <= TOLERANCE_M
