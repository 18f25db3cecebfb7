# SPDX-License-Identifier: GPL-3.0-or-later
"""A video becomes a style or a bake. Each check gets a fresh, empty scene."""

import json
import shutil
from pathlib import Path

import bpy
from checks_panel import drawn
from common import first_line, new_face, poll_until, raises, use_worker
from harness import submodule


def film_of(addon, inputs, name="someone"):
    """(face, line, path): a face with a line, and a film that the fake worker takes for one."""
    use_worker(addon, inputs["fake_python"])
    face, path = new_face(), Path(inputs["folder"]) / f"{name}.mp4"
    shutil.copyfile(inputs["audio"], path)
    return face, first_line(face), path


def asked(inputs):
    return json.loads(Path(inputs["request"]).read_text())


def check_a_video_becomes_a_style_of_the_line(addon, inputs):
    """The style lies among the user's, a second one of that name beside it, and the line speaks in the newest."""
    face, line, film = film_of(addon, inputs)
    before = line.audio
    assert bpy.ops.styletalk.style_from_film(filepath=str(film), mirrored=True, end_s=4.0) == {"FINISHED"}
    first = Path(line.style_file)
    assert line.style == "FILE" and first.is_file() and line.audio == before
    assert submodule(addon, "styletalk.styles.library").read_style(first).clip.shape == (45, 64)
    sent = asked(inputs)
    assert (sent["type"], sent["name"], sent["film"]) == ("style_from", "someone", str(film))
    assert sent["options"] == {"mirrored": True, "start_s": 0.0, "end_s": 4.0, "lag": "0"}
    assert bpy.ops.styletalk.style_from_film(filepath=str(film), face=2) == {"FINISHED"}
    assert asked(inputs)["options"]["face"] == 2  # of several the one that is asked for
    assert Path(line.style_file) != first and first.is_file()
    message = submodule(addon, "session").outcome_of(face, line).message
    assert "speaks in the style" in message and "baked next" in message  # the face does not yet


def check_a_video_is_baked_as_a_line(addon, inputs):
    """The face gets an action, like any line's."""
    face, _, film = film_of(addon, inputs)
    assert bpy.ops.styletalk.bake_film(filepath=str(film)) == {"FINISHED"}
    assert asked(inputs)["type"] == "track" and asked(inputs)["options"]["start_s"] == 0.0
    assert face.data.shape_keys.animation_data is not None and bpy.data.actions


def check_a_line_of_a_video_shows_that_it_has_no_words(addon, inputs):
    """Its Words are none, Bake is grey with the reason until others are chosen, and a failed one leaves them alone."""
    _, line, film = film_of(addon, inputs)
    bakes, panels = submodule(addon, "operators.bake"), submodule(addon, "ui.panels")
    assert bpy.ops.styletalk.bake_film(filepath=str(film)) == {"FINISHED"}
    assert line.words == "VIDEO" and "Seen in someone" in drawn(addon, panels.STYLETALK_PT_more)
    line.audio = inputs["audio"]
    for operator in (bakes.STYLETALK_OT_bake, bakes.STYLETALK_OT_bake_all):
        assert "seen in a video" in operator.disabled_reason(bpy.context)
    line.words = "AUTO"
    assert bakes.STYLETALK_OT_bake.disabled_reason(bpy.context) == ""
    raises(lambda: bpy.ops.styletalk.bake_film(filepath=str(film.with_name("gone.mp4"))), "does not exist")
    assert line.words == "AUTO" and line.audio == inputs["audio"]


def check_a_video_waits_in_the_queue(addon, inputs):
    """Meanwhile the line takes no other video, and can be cancelled; nothing is left of it."""
    face, line, film = film_of(addon, inputs, "patient")
    session, films = submodule(addon, "session"), submodule(addon, "operators.films")
    request = submodule(addon, "jobs.protocol").FilmRequest(film, {})
    place = submodule(addon, "data.preferences").worker_place(bpy.context)
    job = session.enqueue(bpy.context.scene, face, line, request, place)
    poll_until(addon, lambda: job.fraction == 0.5)
    assert "is being worked on" in films.STYLETALK_OT_bake_film.disabled_reason(bpy.context)
    session.queue.cancel(job)
    poll_until(addon, lambda: not session.is_busy())
    assert not bpy.data.actions and line.audio == ""


def check_a_film_that_fails_says_why(addon, inputs):
    """A missing file and what the worker cannot use are sentences; the line stays as it was."""
    face, line, film = film_of(addon, inputs, "error")
    session = submodule(addon, "session")
    for path, words in ((film.with_name("gone.mp4"), "does not exist"), (film, "silent")):
        try:
            bpy.ops.styletalk.bake_film(filepath=str(path))
        except RuntimeError as error:
            assert words in str(error)
        assert words in session.outcome_of(face, line).message
    assert line.audio == "" and not bpy.data.actions


def check_the_buttons_say_what_is_missing(addon, inputs):
    """Where no Python with MediaPipe is known of, both are grey and say what to install."""
    use_worker(addon, "")
    new_face()
    films = submodule(addon, "operators.films")
    found, films.importlib.util.find_spec = films.importlib.util.find_spec, lambda name: None
    try:
        for operator in films.classes:
            assert "mediapipe" in operator.disabled_reason(bpy.context) and not operator.poll(bpy.context)
    finally:
        films.importlib.util.find_spec = found
