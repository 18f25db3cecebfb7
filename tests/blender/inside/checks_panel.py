# SPDX-License-Identifier: GPL-3.0-or-later
"""Operators, panel, worker and undo. Each check gets a fresh, empty scene; its docstring says what must hold."""

import json
from pathlib import Path
from types import SimpleNamespace

import bpy
import numpy as np
from common import TOLERANCE_M, all_strips, core_samples, curves_of, new_face, raises, use_worker, worst_error
from harness import submodule


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
    presets = submodule(addon, "styletalk.styles.presets").preset_names()
    assert len(set(numbers)) == len(numbers) == len(presets) + 1  # and a file
    assert [int(np.float32(number)) for number in numbers] == numbers


def check_enabled_again(addon, inputs):
    """Disabling the add-on removes all it registered; enabling it brings all back."""
    bpy.ops.preferences.addon_disable(module=addon)
    assert not hasattr(bpy.types.Object, "styletalk") and not hasattr(bpy.types, "STYLETALK_OT_bake")
    bpy.ops.preferences.addon_enable(module=addon)
    new_face()
    assert bpy.context.object.styletalk.intensity == 1.0
