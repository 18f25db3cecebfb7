# SPDX-License-Identifier: GPL-3.0-or-later
"""The words of a line become a text of the .blend. Each check gets a fresh, empty scene."""

import dataclasses
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
    assert line.transcript.current_line_index == 0, "the Text Editor would show the empty line at the end"
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
    assert session.outcome_of(face, line).message == submodule(addon, "outcomes").CANCELLED and line.words == "AUTO"
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


TEXTGRID = """File type = "ooTextFile"
Object class = "TextGrid"

0
1
<exists>
1
"IntervalTier"
"phones"
0
1
1
0
1
"AA"
"""
TIMED = (TEXTGRID, TEXTGRID[:60], "0.0\t0.5\tHH\n0.5\t1.0\tAY\n", '{"start": 0}', '<?xml version="1.0"?><a/>')
"""Texts that say when things are said, whole or damaged."""
SAID = (
    "20 years ago.",
    "20 years",
    "[laughs] Hi.",
    "<i>Hi.</i>",
    "1 Good morning\n2 and good night",
    "File under: this.",
)
"""Texts that only begin like such."""


def check_times_in_a_text(addon, inputs):
    """A text that holds an alignment is read as one; what is said stays what is said, and so do subtitles."""
    requests, line = submodule(addon, "data.requests"), first_line(new_face())
    line.audio, line.words = inputs["audio"], "TEXT"
    subtitles = "1\n00:00:00,000 --> 00:00:01,000\nHi.\n"
    for content in (*TIMED, *SAID, subtitles):
        line.transcript = bpy.data.texts.new("a/b: c")
        line.transcript.write(content)
        request = requests.request_from(line, "auto")
        if content in TIMED:
            assert request.transcript is None and request.phonemes.read_text(encoding="utf-8") == content
            assert request.phonemes.name.startswith("a_b")
        else:
            assert (request.transcript, request.phonemes) == (content, None)


def check_filled_words(addon, inputs):
    """A line that was baked without the panel shows the words that it was made from, and bakes again from them."""
    requests, line = submodule(addon, "data.requests"), first_line(new_face())
    line.audio = inputs["audio"]
    asked = requests.request_from(line, "auto")
    for words in ({"transcript": "Hello there."}, {"phonemes": Path(inputs["alignment"])}, {}):
        request = dataclasses.replace(asked, **words)
        for _ in range(2):
            requests.fill_line(line, request)
            assert requests.request_from(line, "auto") == request
    assert line.words == "AUTO" and [text.as_string() for text in bpy.data.texts] == ["Hello there."]
