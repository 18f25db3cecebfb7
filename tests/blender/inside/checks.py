# SPDX-License-Identifier: GPL-3.0-or-later
"""What must hold inside every Blender. Each check gets a fresh, empty scene and says in its first line what it asks."""

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import bpy
import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from harness import arguments, run, submodule

TOLERANCE_M = 1e-5
RATES = ((24, 1.0, 1), (25, 1.0, 101), (30, 1.0, 0), (60, 1.0, 1), (30, 1.001, 10))
"""fps, fps_base, frame_start."""


def new_face(name="Talking Face"):
    bpy.ops.styletalk.add_face()
    face = bpy.context.object
    face.name = name
    return face


def bake(addon, inputs, face, audio=True):
    session = submodule(addon, "session")
    animation = session.load_animation(Path(inputs["animation"]))
    sound = Path(inputs["audio"]) if audio else None
    return session.bake_animation(bpy.context.scene, face, animation, sound)


def core_samples(addon, inputs):
    """What core says the scene should show: the samples, and (N, V, 3) vertices."""
    animation = submodule(addon, "core.animation").FaceAnimation.load(Path(inputs["animation"]))
    render = bpy.context.scene.render
    samples = submodule(addon, "core.motion.resample").scene_samples(animation, render.fps / render.fps_base)
    model = submodule(addon, "core.face.model").open_face()
    return samples, model.vertices(samples.coefficients, blinks=samples.blinks, gaze=samples.gaze)


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
    return submodule(addon, "compat").action_fcurves(owner)


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


def check_face(addon, inputs):
    """Add > Mesh > Talking Face makes quads, 70 keys with wide sliders, materials, UVs, and a neck at the cursor."""
    bpy.context.scene.cursor.location = (1.0, 2.0, 3.0)
    face = new_face()
    keys = face.data.shape_keys.key_blocks
    expected = [f"exp_{k:02d}" for k in range(64)] + ["blink_L", "blink_R"]
    expected += ["gaze_left", "gaze_right", "gaze_up", "gaze_down"]
    assert keys.keys() == ["Basis", *expected], keys.keys()
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
    pivot = submodule(addon, "core.face.model").open_face().neck_pivot
    assert np.allclose(neck.matrix_world.translation, root.location + root_vector(pivot), atol=1e-6)
    assert not face.data.validate()


def points_of(key):
    points = np.empty(len(key.data) * 3, np.float32)
    key.data.foreach_get("co", points)
    return points.reshape(-1, 3)


def root_vector(point):
    from mathutils import Vector

    return Vector((float(point[0]), -float(point[2]), float(point[1])))


def check_vertices(addon, inputs):
    """On every frame at every rate the evaluated mesh is core's, within 0.01 mm, wherever the scene begins."""
    scene, said = bpy.context.scene, []
    face = new_face()
    for fps, base, start in RATES:
        scene.render.fps, scene.render.fps_base = fps, base
        scene.frame_start = start
        report, _ = bake(addon, inputs, face, audio=False)
        _, expected = core_samples(addon, inputs)
        assert report.first_frame == start and report.last_frame == start + len(expected) - 1
        assert report.curves == 76 and report.keys == 76 * len(expected)
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
    pivot = submodule(addon, "core.face.model").open_face().neck_pivot
    turns = submodule(addon, "core.motion.pose").rotation_matrix(samples.head_pose[:, :3])
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
    rest = submodule(addon, "core.face.model").open_face().neck_pivot + samples.head_pose[0, 3:]
    assert np.allclose(face.parent.location, root_vector(rest), atol=1e-6)


def all_strips(scene):
    editor = scene.sequence_editor
    if editor is None:
        return []
    return list(editor.strips_all if hasattr(editor, "strips_all") else editor.sequences_all)


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
    assert len(paths) == len(set(paths)) == 70 and 'key_blocks["exp_63"].value' in paths
    keys.animation_data.action = old
    if hasattr(keys.animation_data, "action_slot"):
        keys.animation_data.action_slot = old.slots[0]
    (curve,) = curves_of(addon, keys)
    assert [tuple(point.co) for point in curve.keyframe_points] == [(1, 0), (10, 1.5), (20, -1)]


def check_linear_keys(addon, inputs):
    """Keys are linear and lie on whole frames, one a frame."""
    face = new_face()
    report, _ = bake(addon, inputs, face)
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
    report, _ = bake(addon, inputs, new_face())
    assert bpy.context.scene.frame_end == report.last_frame > 105 and bpy.context.scene.frame_start == 100


def check_sound(addon, inputs):
    """The line is a strip on a channel of its own that begins with the scene; where Blender has no sound it says so."""
    bpy.context.scene.frame_start = 33
    _, sentence = bake(addon, inputs, new_face())
    if not submodule(addon, "compat").has_sound():
        assert "without its sound library" in sentence
        return "no sound in this build"
    (strip,) = all_strips(bpy.context.scene)
    assert strip.type == "SOUND" and strip.frame_start == 33 and not strip.mute
    assert Path(bpy.path.abspath(strip.sound.filepath)) == Path(inputs["audio"])


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
    animation = submodule(addon, "core.animation")
    loud = animation.FaceAnimation.still(np.full((20, 64), 12.0, np.float32), np.full(20, 31, np.int16))
    session = submodule(addon, "session")
    raises(lambda: session.bake_animation(bpy.context.scene, face, loud, None), "12.00", "intensity")
    assert face.data.shape_keys.animation_data is None and not bpy.data.actions


def check_undo(addon, inputs):
    """One undo takes a whole bake back; a redo brings it again."""
    bpy.context.preferences.edit.use_global_undo = True
    new_face()
    bpy.context.scene.frame_end = 3
    settings = bpy.context.object.styletalk
    settings.audio = inputs["audio"]
    use_worker(addon, inputs["fake_python"])
    bpy.ops.ed.undo_push(message="Before")
    bpy.ops.styletalk.bake()
    bpy.ops.ed.undo_push(message="Bake")
    assert bpy.context.object.data.shape_keys.animation_data.action is not None
    bpy.ops.ed.undo()
    face = bpy.data.objects["Talking Face"]
    data = face.data.shape_keys.animation_data
    assert data is None or data.action is None
    assert not bpy.data.actions and not all_strips(bpy.context.scene) and bpy.context.scene.frame_end == 3
    bpy.ops.ed.redo()
    face = bpy.data.objects["Talking Face"]
    _, expected = core_samples(addon, inputs)
    assert worst_error(face, expected, 1) <= TOLERANCE_M


def use_worker(addon, python):
    bpy.context.preferences.addons[addon].preferences.worker_python = python


def check_operator(addon, inputs):
    """Bake from a script, with a worker in the interpreter that the preferences name, sends all settings and bakes."""
    face = new_face()
    settings = face.styletalk
    settings.audio, settings.style, settings.intensity = inputs["audio"], "happy", 1.5
    settings.seed, settings.sync_offset_ms, settings.pose = 7, 40.0, "none"
    text = bpy.data.texts.new("Line")
    text.write("Hello there.")
    settings.words, settings.transcript = "TEXT", text
    use_worker(addon, inputs["fake_python"])
    assert bpy.ops.styletalk.bake() == {"FINISHED"}
    _, expected = core_samples(addon, inputs)
    assert worst_error(face, expected, 1) <= TOLERANCE_M
    asked = json.loads(Path(inputs["request"]).read_text())
    assert (asked["style"], asked["intensity"], asked["transcript"]) == ("happy", 1.5, "Hello there.")
    assert (asked["seed"], asked["sync_offset_ms"], asked["pose"]) == (7, 40.0, "none")
    assert Path(asked["audio"]) == Path(inputs["audio"])
    assert not Path(asked["output"]).exists(), "the worker's file was left behind"
    assert "Baked" in bpy.context.window_manager.styletalk_job.message


def check_neck_selected(addon, inputs):
    """With the neck or the root selected, Bake finds the face that hangs on it."""
    face = new_face()
    face.styletalk.audio = inputs["audio"]
    use_worker(addon, inputs["fake_python"])
    bpy.context.view_layer.objects.active = face.parent.parent
    assert bpy.ops.styletalk.bake() == {"FINISHED"}
    assert len(curves_of(addon, face.data.shape_keys)) == 70


def check_no_worker(addon, inputs):
    """Without an interpreter for the worker one sentence says what to do; a wrong one is named."""
    face = new_face()
    face.styletalk.audio = inputs["audio"]
    use_worker(addon, inputs["nowhere"])
    raises(bpy.ops.styletalk.bake, "does not exist", "preferences")
    job = bpy.context.window_manager.styletalk_job
    assert job.failed and "Blender" in job.report
    assert face.data.shape_keys.animation_data is None


def check_grey_reasons(addon, inputs):
    """Bake is grey with a reason: nothing selected, a cube, no sound, a missing key."""
    reason = submodule(addon, "operators.bake").STYLETALK_OT_bake.disabled_reason
    assert "No object is selected" in reason(bpy.context)
    cube = bpy.data.objects.new("Cube", bpy.data.meshes.new("Cube"))
    bpy.context.scene.collection.objects.link(cube)
    bpy.context.view_layer.objects.active = cube
    assert "“Cube” is not a talking face" in reason(bpy.context)
    assert not bpy.ops.styletalk.bake.poll()
    face = new_face()
    assert "sound file" in reason(bpy.context)
    face.styletalk.audio = inputs["audio"]
    assert reason(bpy.context) == "" and bpy.ops.styletalk.bake.poll()
    face.shape_key_remove(face.data.shape_keys.key_blocks["exp_07"])
    assert "lacks the shape key exp_07" in reason(bpy.context)


def check_paths(addon, inputs):
    """A missing sound, a folder, and // in an unsaved .blend are each one sentence; // works in a saved one."""
    face = new_face()
    use_worker(addon, inputs["fake_python"])
    for path, phrase in (("/nowhere/line.wav", "does not exist"), (inputs["folder"], "is a folder")):
        face.styletalk.audio = path
        raises(bpy.ops.styletalk.bake, phrase)
    face.styletalk.audio = "//line.flac"
    raises(bpy.ops.styletalk.bake, "not saved yet")
    bpy.ops.wm.save_as_mainfile(filepath=str(Path(inputs["folder"]) / "paths.blend"))
    assert bpy.ops.styletalk.bake() == {"FINISHED"}


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


def check_deleted(addon, inputs):
    """A face that is deleted while the worker is busy: one sentence, nothing baked, no file left."""
    session = submodule(addon, "session")
    use_worker(addon, inputs["fake_python"])
    face = new_face()
    face.styletalk.audio = inputs["audio"]
    running = session.Session(bpy.context, face, session.face_request(bpy.context, face))
    bpy.data.objects.remove(face)
    running.job.wait(lambda fraction, stage: None)
    folder = running.job.output.parent
    raises(running.finish, "was deleted or renamed")
    running.close()
    assert not folder.exists() and not bpy.data.actions


def check_renamed(addon, inputs):
    """A face that is renamed while the worker is busy is found again (from 4.2 on), or missed in one sentence."""
    session = submodule(addon, "session")
    use_worker(addon, inputs["fake_python"])
    face = new_face()
    face.styletalk.audio = inputs["audio"]
    running = session.Session(bpy.context, face, session.face_request(bpy.context, face))
    face.name = "Somebody Else"
    running.job.wait(lambda fraction, stage: None)
    if submodule(addon, "compat").session_uid(face) is None:
        raises(running.finish, "was deleted or renamed")
    else:
        running.finish()
        assert len(curves_of(addon, face.data.shape_keys)) == 70
    running.close()


def check_reopened(addon, inputs):
    """Saved and opened again, the face still moves as core says."""
    path = Path(inputs["folder"]) / "saved.blend"
    bake(addon, inputs, new_face("Kept"))
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    bpy.ops.wm.read_homefile(use_empty=True)
    bpy.ops.wm.open_mainfile(filepath=str(path))
    _, expected = core_samples(addon, inputs)
    assert worst_error(bpy.data.objects["Kept"], expected, 1) <= TOLERANCE_M


class RecordedLayout:
    """Stands in for a UILayout in a Blender without windows: knows what the real one knows, and keeps the texts."""

    def __init__(self, texts):
        self.__dict__.update(texts=texts, known=bpy.types.UILayout.bl_rna)
        functions = self.known.functions
        self.__dict__["icons"] = functions["prop"].parameters["icon"].enum_items.keys()

    def __setattr__(self, name, value):
        assert name in self.known.properties, f"UILayout has no {name}"

    def __getattr__(self, name):
        if name not in self.known.functions:
            raise AttributeError(name)
        parameters = self.known.functions[name].parameters.keys()

        def call(*given, **options):
            assert set(options) <= set(parameters), f"{name} takes {parameters}"
            assert options.get("icon", "NONE") in self.icons, options
            if name == "prop":
                assert given[1] in given[0].bl_rna.properties, given
            self.texts.append(options.get("text", ""))
            return RecordedLayout(self.texts)

        return call


def check_panel(addon, inputs):
    """The panel draws in each of its states with what this Blender's layouts, icons and properties offer."""
    panels = submodule(addon, "panels")
    region = SimpleNamespace(width=300)
    manager = bpy.context.window_manager
    job = manager.styletalk_job

    def drawn(panel):
        texts = []
        context = SimpleNamespace(
            object=bpy.context.object, window_manager=manager, preferences=bpy.context.preferences,
            region=region, scene=bpy.context.scene,
        )  # fmt: skip
        panel.draw(SimpleNamespace(layout=RecordedLayout(texts)), context)
        return " ".join(texts)

    assert "No object is selected" in drawn(panels.STYLETALK_PT_main)
    face = new_face()
    assert "Choose the sound file" in drawn(panels.STYLETALK_PT_main)
    face.styletalk.style = "FILE"
    for words in ("AUTO", "TEXT", "TEXT_FILE", "ALIGNMENT"):
        face.styletalk.words, face.styletalk.pose = words, "FILE"
        drawn(panels.STYLETALK_PT_more)
    job.running, job.fraction, job.stage = True, 0.5, "listening"
    assert "Listening" in drawn(panels.STYLETALK_PT_main)
    job.running, job.failed, job.message, job.report = False, True, "It failed.", "report"
    assert "It failed." in drawn(panels.STYLETALK_PT_main)
    assert bpy.ops.styletalk.copy_report.poll()
    job.failed, job.message, job.report = False, "", ""


def check_style_numbers(addon, inputs):
    """Menus carry an enum's number as a 32-bit float: each must survive that, and no two be the same."""
    settings = submodule(addon, "properties").FaceSettings
    numbers = [item.value for item in settings.bl_rna.properties["style"].enum_items]
    assert len(set(numbers)) == len(numbers) == 6
    assert [int(np.float32(number)) for number in numbers] == numbers


def check_enabled_again(addon, inputs):
    """Disabling the add-on removes all it registered; enabling it brings all back."""
    bpy.ops.preferences.addon_disable(module=addon)
    assert not hasattr(bpy.types.Object, "styletalk") and not hasattr(bpy.types, "STYLETALK_OT_bake")
    bpy.ops.preferences.addon_enable(module=addon)
    new_face()
    assert bpy.context.object.styletalk.intensity == 1.0


if __name__ == "__main__":
    given = json.loads(Path(arguments()[0]).read_text())
    found = {name: value for name, value in globals().items() if name.startswith("check_")}
    run(found, Path(arguments()[1]), given)
