# SPDX-License-Identifier: GPL-3.0-or-later
"""Operators, panel, worker and undo. Each check gets a fresh, empty scene; its docstring says what must hold."""

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import bpy
import numpy as np
from common import (
    TOLERANCE_M,
    all_strips,
    core_samples,
    curves_of,
    first_line,
    new_face,
    poll_until,
    raises,
    sound_named,
    use_worker,
    worst_error,
)
from harness import submodule


def check_undo(addon, inputs):
    """A bake from a script is a step: one undo takes it back whole, and Blender lives; a redo brings it again."""
    bpy.context.preferences.edit.use_global_undo = True
    new_face()
    bpy.context.scene.frame_end = 3
    first_line(bpy.context.object).audio = inputs["audio"]
    use_worker(addon, inputs["fake_python"])
    bpy.ops.ed.undo_push(message="Before")
    bpy.ops.styletalk.bake()
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
    settings = first_line(face)
    settings.audio, settings.style, settings.intensity = inputs["audio"], "happy", 1.5
    settings.seed, settings.sync_offset_ms, settings.pose = 7, 40.0, "none"
    text = bpy.data.texts.new("Line")
    text.write("Hello there.")
    settings.words, settings.transcript = "TEXT", text
    use_worker(addon, inputs["fake_python"])
    assert bpy.ops.styletalk.bake() == {"FINISHED"}
    _, expected = core_samples(addon, inputs)
    assert worst_error(face, expected, 1) <= TOLERANCE_M
    message = json.loads(Path(inputs["request"]).read_text())
    asked = message["request"]
    assert (asked["style"], asked["intensity"], asked["transcript"]) == ("happy", 1.5, "Hello there.")
    assert (asked["seed"], asked["sync_offset_ms"], asked["pose"]) == (7, 40.0, "none")
    assert Path(asked["audio"]) == Path(inputs["audio"])
    assert not Path(message["output"]).exists(), "the worker's file was left behind"
    session = submodule(addon, "session")
    outcome = session.outcome_of(face, settings)
    assert "Baked" in outcome.message and not session.is_busy()
    method = submodule(addon, "styletalk.animation").FaceAnimation.load(Path(inputs["animation"])).track.method
    assert f"Phonemes: {method}." in outcome.details
    assert (settings.start, settings.start_frame) == ("FRAME", 1)


def check_packages_of_the_worker(addon, inputs):
    """Headless asks the worker for a line that needs a package which Blender's own Python lacks."""
    cli, audio = submodule(addon, "headless.cli"), Path(inputs["audio"])
    command = submodule(addon, "headless.options")
    text = Path(inputs["folder"]) / "mandarin.txt"
    text.write_text("你好，我们走吧。", encoding="utf-8")
    options = command.parsed(
        ["--audio", str(audio), "--text", str(text), "--output", "out.blend"], command.make_parser()
    )
    sys.modules["pypinyin"] = None
    try:
        assert "你好" in cli._request(options, audio).transcript
    finally:
        del sys.modules["pypinyin"]


def check_neck_selected(addon, inputs):
    """With the neck or the root selected, Bake finds the face that hangs on it."""
    face = new_face()
    first_line(face).audio = inputs["audio"]
    use_worker(addon, inputs["fake_python"])
    bpy.context.view_layer.objects.active = face.parent.parent
    assert bpy.ops.styletalk.bake() == {"FINISHED"}
    assert len(curves_of(addon, face.data.shape_keys)) == len(face.data.shape_keys.key_blocks) - 1


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
    first_line(face).audio = inputs["audio"]
    assert reason(bpy.context) == "" and bpy.ops.styletalk.bake.poll()
    face.shape_key_remove(face.data.shape_keys.key_blocks["exp_07"])
    assert "lacks the shape key exp_07" in reason(bpy.context)


def check_paths(addon, inputs):
    """A missing sound, a folder, and // in an unsaved .blend are each one sentence; // works in a saved one."""
    face = new_face()
    use_worker(addon, inputs["fake_python"])
    too_long = f"{inputs['folder']}/{'x' * 300}.wav"
    known = (("/nowhere/line.wav", "does not exist"), (inputs["folder"], "is a folder"), (too_long, "does not exist"))
    for path, phrase in known:
        first_line(face).audio = path
        raises(bpy.ops.styletalk.bake, phrase)
    first_line(face).audio = "//line.wav"
    raises(bpy.ops.styletalk.bake, "not saved yet")
    bpy.ops.wm.save_as_mainfile(filepath=str(Path(inputs["folder"]) / "paths.blend"))
    assert bpy.ops.styletalk.bake() == {"FINISHED"}


class RecordedLayout:
    """Stands in for a UILayout in a Blender without windows: knows what the real one knows, keeps texts and icons."""

    def __init__(self, texts, shown):
        self.__dict__.update(texts=texts, shown=shown, known=bpy.types.UILayout.bl_rna)
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
            self.shown.append(options.get("icon", "NONE"))
            return RecordedProperties(given[0]) if name == "operator" else RecordedLayout(self.texts, self.shown)

        return call


class RecordedProperties:
    """Stands in for the properties of an operator's button: knows which there are."""

    def __init__(self, operator):
        group, name = operator.split(".")
        self.__dict__["known"] = getattr(getattr(bpy.ops, group), name).get_rna_type().properties

    def __setattr__(self, name, value):
        assert name in self.known, f"the operator has no {name}"


def drawn(addon, panel, width=300, icons=None, rows=True):
    """The texts of a panel and, unless that is switched off, of the list's rows; their icons go into `icons`."""
    listed = submodule(addon, "ui.line_list").STYLETALK_UL_lines
    texts, icons = [], [] if icons is None else icons
    context = SimpleNamespace(
        object=bpy.context.object, preferences=bpy.context.preferences, region=SimpleNamespace(width=width),
        scene=bpy.context.scene,
    )  # fmt: skip
    layout = RecordedLayout(texts, icons)
    panel.draw(SimpleNamespace(layout=layout), context)
    settings = bpy.context.object.styletalk if bpy.context.object else None
    for line in settings.lines if settings and rows else ():
        listed.draw_item(None, context, layout, settings, line, 0, settings, "active")
    return " ".join(texts)


def check_doubts_are_warnings(addon, inputs):
    """What the worker doubts of a line stands beside a warning, never beside a tick; a line without doubts has that."""
    panel, session = submodule(addon, "ui.panels").STYLETALK_PT_main, submodule(addon, "session")
    use_worker(addon, inputs["fake_python"])
    face = new_face()
    doubted = "Between 1 and 2 s the transcript is not what is said."
    for sound, operator in (
        (sound_named(inputs, "doubtful"), bpy.ops.styletalk.bake),
        (sound_named(inputs, "doubtful"), bpy.ops.styletalk.write_down),
        (inputs["audio"], bpy.ops.styletalk.bake),
    ):
        first_line(face).audio = sound
        assert operator() == {"FINISHED"}
        doubts, icons = session.outcome_of(face, first_line(face)).doubts, []
        assert (doubted in doubts) == (sound != inputs["audio"])  # a Blender without sound has another
        assert ("transcript is not" in drawn(addon, panel, icons=icons)) == (doubted in doubts)
        assert icons.count("ERROR") == len(doubts) + bool(doubts), "one for each, and one in the list"
        assert icons.count("CHECKMARK") == (0 if doubts else 2)


def check_missing_packages(addon, inputs):
    """Where a package is missing, the sentence says how Blender gets one: by the External Python."""
    use_worker(addon, inputs["fake_python"])
    first_line(new_face()).audio = sound_named(inputs, "lacking")
    said = raises(bpy.ops.styletalk.bake, "num2words", "External Python", "--worker-python")
    assert len(said) <= 300, said


def check_slow_numpy_in_two_lines(addon, inputs):
    """The note on a slow NumPy takes two lines of the sidebar as Blender opens it."""
    panel, queue = submodule(addon, "ui.panels").STYLETALK_PT_main, submodule(addon, "session").queue
    new_face()
    before = drawn(addon, panel, 220, bare := [])
    queue._note = submodule(addon, "styletalk.blas").SLOW_BLAS
    assert "libopenblas0" in drawn(addon, panel, 220, icons := []) and "libopenblas0" not in before
    assert len(icons) - len(bare) == 3, "a column and two labels"


def check_sample_sound(addon, inputs):
    """A line without a sound offers the one that comes along, which can be baked; one that has a sound does not."""
    panel, face = submodule(addon, "ui.panels").STYLETALK_PT_main, new_face()
    assert bpy.ops.styletalk.sample_sound() == {"FINISHED"}
    assert Path(first_line(face).audio).is_file() and not submodule(addon, "session").queue.jobs
    assert submodule(addon, "data.requests").request_from(first_line(face), "auto").audio.name == "line.wav"
    drawn(addon, panel)


def check_panel(addon, inputs):
    """The panel draws in each of its states with what this Blender's layouts, icons and properties offer."""
    panels, session = submodule(addon, "ui.panels"), submodule(addon, "session")
    use_worker(addon, inputs["fake_python"])

    assert "No object is selected" in drawn(addon, panels.STYLETALK_PT_main)
    face = new_face()
    line = first_line(face)
    assert "Choose the sound file" in drawn(addon, panels.STYLETALK_PT_main)
    line.style = "FILE"
    for words in ("AUTO", "TEXT", "TEXT_FILE", "ALIGNMENT", "VIDEO"):
        line.words, line.pose = words, "FILE"
        drawn(addon, panels.STYLETALK_PT_more)
    line.audio, line.style, line.words, line.pose = sound_named(inputs, "patient"), "happy", "AUTO", "auto"
    job = session.start(bpy.context, face, line)
    assert "waiting" in drawn(addon, panels.STYLETALK_PT_main).lower()
    poll_until(addon, lambda: job.fraction == 0.5)
    assert "Pretending" in drawn(addon, panels.STYLETALK_PT_main) and "50%" in drawn(addon, panels.STYLETALK_PT_main)
    assert bpy.ops.styletalk.cancel(line=line.identity) == {"FINISHED"}
    poll_until(addon, lambda: not session.is_busy())
    assert "cancelled" in drawn(addon, panels.STYLETALK_PT_main)
    line.audio = sound_named(inputs, "error")
    raises(bpy.ops.styletalk.bake, "The sound is silent")
    assert "The sound is silent. Choose another." in drawn(addon, panels.STYLETALK_PT_main)
    assert bpy.ops.styletalk.copy_report.poll()
    face.styletalk.lines.clear()
    assert "has no line yet" in drawn(addon, panels.STYLETALK_PT_main)


def check_the_report_is_short_until_details_are_wanted(addon, inputs):
    """Under Bake stand the keys, before and after, and the frames; how words were found and how near the lips are is
    folded away, and there when it is opened. A face that was not baked does not say what another one was told."""
    panel = submodule(addon, "ui.panels").STYLETALK_PT_main
    use_worker(addon, inputs["fake_python"])
    face = new_face(lips_mm=0.25)
    first_line(face).audio = inputs["audio"]
    assert bpy.ops.styletalk.bake() == {"FINISHED"}
    outcome = submodule(addon, "session").outcome_of(face, first_line(face))
    owners = face.data.shape_keys, face.parent
    keys = sum(len(curve.keyframe_points) for owner in owners for curve in curves_of(addon, owner))
    assert f"{keys:,} keys in place of" in outcome.message and len(outcome.message) < 90, outcome.message
    assert any("lips within" in each for each in outcome.details), outcome.details
    short = drawn(addon, panel)
    assert outcome.message in drawn(addon, panel, width=900) and "lips within" not in short
    bpy.context.scene.styletalk_view.details = True
    assert "lips within" in drawn(addon, panel, width=900) and len(drawn(addon, panel)) > len(short)
    bpy.ops.mesh.primitive_cube_add()
    assert "keys in place of" not in drawn(addon, panel, width=900, rows=False)


def check_a_changed_line_says_so(addon, inputs):
    """A change of style, intensity or place takes the tick away, and its return brings it back; undo takes the report
    along."""
    panel, session = submodule(addon, "ui.panels").STYLETALK_PT_main, submodule(addon, "session")
    use_worker(addon, inputs["fake_python"])
    bpy.context.preferences.edit.use_global_undo = True
    first_line(new_face()).audio = inputs["audio"]
    bpy.ops.ed.undo_push(message="Before")
    assert bpy.ops.styletalk.bake() == {"FINISHED"}

    def shown():
        texts = drawn(addon, panel)
        return "changed since the bake" in texts, "Baked" in texts

    line = first_line(bpy.data.objects["Talking Face"])
    assert shown() == (False, True)
    for name, value in (("style", "happy"), ("intensity", 0.5), ("start_frame", 9), ("blinks", False)):
        before = getattr(line, name)
        setattr(line, name, value)
        assert shown() == (True, False), name
        setattr(line, name, before)
        assert shown() == (False, True), name
    line.audio = f"//{Path(inputs['audio']).name}"  # as it is where the .blend is saved beside the sound
    assert shown() == (False, True)
    line.pose_file = "unused"  # decides nothing as long as no pose file is asked for
    assert shown() == (False, True)
    bpy.ops.ed.undo()
    assert session.latest_outcome() is not None and shown() == (False, False)


def check_style_numbers(addon, inputs):
    """Menus carry an enum's number as a 32-bit float: each must survive that, and no two be the same."""
    settings = submodule(addon, "data.lines").StyleTalkLine
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
    assert first_line(bpy.context.object).intensity == 1.0
