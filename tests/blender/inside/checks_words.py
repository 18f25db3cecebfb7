# SPDX-License-Identifier: GPL-3.0-or-later
"""The words of a line become a text of the .blend. Each check gets a fresh, empty scene."""

import json
from pathlib import Path

import bpy
from common import first_line, new_face, poll_until, raises, sound_named, use_worker
from harness import submodule

WORDS = "It is 5 o'clock.\nGood morning, naïve world!\n"
"""What the fake worker hears."""
DONE = "Wrote down 8 words into the text “{}”. Correct them and bake."


def line_of(addon, inputs, sound="line"):
    """(face, line) of a sound named after what the fake worker is to do."""
    use_worker(addon, inputs["fake_python"])
    face = new_face()
    first_line(face).audio = inputs["audio"] if sound == "line" else sound_named(inputs, sound)
    return face, first_line(face)


def under_way(addon, inputs):
    """(face, line, job) of words that the worker is at until it is told to stop."""
    face, line = line_of(addon, inputs, "patient")
    job = submodule(addon, "session").start_words(bpy.context, face, line)
    poll_until(addon, lambda: job.fraction == 0.5)
    return face, line, job


def check_words_from_a_script(addon, inputs):
    """The operator makes a text and the line speaks it in the next bake; a text of that name stays as it is."""
    own = bpy.data.texts.new("line")
    own.write("mine")
    face, line = line_of(addon, inputs)
    assert bpy.ops.styletalk.write_down() == {"FINISHED"}
    assert (line.words, line.transcript.name, line.transcript.as_string()) == ("TEXT", "line.001", WORDS)
    assert own.as_string() == "mine" and not bpy.data.actions
    assert submodule(addon, "session").outcome_of(face, line).message == DONE.format("line.001")
    assert bpy.ops.styletalk.bake() == {"FINISHED"}
    assert json.loads(Path(inputs["request"]).read_text())["request"]["transcript"] == WORDS


def check_words_in_the_queue(addon, inputs):
    """Meanwhile the line can be neither baked nor written down again; one undo takes the text back."""
    session = submodule(addon, "session")
    bpy.context.preferences.edit.use_global_undo = True
    face, line = line_of(addon, inputs)
    bpy.ops.ed.undo_push(message="Before")
    job, operators = session.start_words(bpy.context, face, line), submodule(addon, "operators.bake")
    for operator in (operators.STYLETALK_OT_write_down, operators.STYLETALK_OT_bake):
        assert "is being worked on" in operator.disabled_reason(bpy.context)
    poll_until(addon, lambda: not session.is_busy())
    assert session.outcome_of(face, line).message == DONE.format("line") and not job.output.exists()
    assert line.words == "TEXT" and line.transcript.as_string() == WORDS
    bpy.ops.ed.undo()
    assert first_line(bpy.data.objects["Talking Face"]).words == "AUTO" and not bpy.data.texts


def check_words_that_come_to_nothing(addon, inputs):
    """Cancelled, failed, of a removed line, with another file or without the add-on: no text, and one can go on."""
    session = submodule(addon, "session")
    face, line, _ = under_way(addon, inputs)
    assert bpy.ops.styletalk.cancel(line=line.identity) == {"FINISHED"}
    poll_until(addon, lambda: not session.is_busy())
    assert session.outcome_of(face, line).message == session.CANCELLED and line.words == "AUTO"
    line.audio = sound_named(inputs, "error")
    raises(bpy.ops.styletalk.write_down, "The sound is silent")
    line.audio = "/nowhere/line.wav"
    raises(bpy.ops.styletalk.write_down, "does not exist")
    face, line = line_of(addon, inputs)
    session.start_words(bpy.context, face, line)
    face.styletalk.lines.clear()
    poll_until(addon, lambda: not session.is_busy())
    assert "line was removed" in session.latest_outcome().message
    under_way(addon, inputs)
    assert bpy.ops.styletalk.line_remove() == {"FINISHED"}
    poll_until(addon, lambda: not session.is_busy())
    under_way(addon, inputs)
    bpy.ops.preferences.addon_disable(module=addon)
    bpy.ops.preferences.addon_enable(module=addon)
    assert not submodule(addon, "session").is_busy() and not bpy.data.texts
    _, _, job = under_way(addon, inputs)
    bpy.ops.wm.read_homefile(use_empty=True)
    assert job.finished and submodule(addon, "session").latest_outcome() is None and not bpy.data.texts
    line_of(addon, inputs)
    assert bpy.ops.styletalk.write_down() == {"FINISHED"}


def check_words_by_blenders_own_python(addon, inputs):
    """With nothing set, the words of the bundled line are written down as they are said."""
    _, line = line_of(addon, inputs)
    use_worker(addon, "")
    assert bpy.ops.styletalk.write_down() == {"FINISHED"}
    assert line.transcript.as_string().startswith("And Mr. John Dashwood had then leisure")
