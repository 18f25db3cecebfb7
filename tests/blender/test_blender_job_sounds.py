# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs whose sound is prepared first, and those that write down words."""

import json
import os
import threading
from pathlib import Path

import pytest
from job_queues import no_news, poll_until, request

from blender_addon.jobs.interpreters import Interpreter, WorkerPlace
from blender_addon.jobs.job import State
from blender_addon.jobs.protocol import WordsRequest
from blender_addon.styletalk.errors import AudioError


def prepared(sound, wait_for=None):
    """A preparation that takes as long as told, and what it was asked."""
    asked = []

    def prepare(folder, wave_alone, go_on):
        asked.append((folder, wave_alone))
        while wait_for is not None and not wait_for.wait(0.01):
            go_on()
        if isinstance(sound, Exception):
            raise sound
        return sound

    return prepare, asked


def test_the_sound_is_prepared_before_the_worker_is_asked(queue, place, monkeypatch, tmp_path):
    """In the job's folder, and as a wave file where the Python is Blender's own."""
    monkeypatch.setenv("FAKE_REQUEST", str(tmp_path / "request.json"))
    for is_external in (False, True):
        own = place().interpreters[0]
        prepare, asked = prepared(tmp_path / "made.wav")
        somewhere = WorkerPlace((Interpreter("one", own.command, is_external),))
        job = queue.add(somewhere, request(), prepare)
        assert queue.wait(job, no_news) is State.DONE
        assert asked == [(job.output.parent, not is_external)]
        assert json.loads((tmp_path / "request.json").read_text())["request"]["audio"] == str(tmp_path / "made.wav")


def test_words_are_a_job_like_any_other(queue, place, monkeypatch, tmp_path):
    """By the worker that animates; their sound is prepared too. They can be cancelled, and leave nothing."""
    monkeypatch.setenv("FAKE_REQUEST", str(tmp_path / "request.json"))
    prepare, _ = prepared(tmp_path / "made.wav")
    jobs = [queue.add(place(), request()), queue.add(place(), WordsRequest(Path("line.flac")), prepare)]
    cancelled = queue.add(place(), WordsRequest(Path("patient.wav")))
    assert [queue.wait(job, no_news) for job in jobs] == [State.DONE] * 2
    assert jobs[1].output.name == "words.txt" and "5 o'clock" in jobs[1].output.read_text(encoding="utf-8")
    sent = json.loads((tmp_path / "request.json").read_text())
    assert sent == {"type": "recognise", "id": jobs[1].identity, "audio": str(tmp_path / "made.wav"),
                    "output": str(jobs[1].output)}  # fmt: skip
    pid = queue.worker_pid
    poll_until(queue, lambda: cancelled.stage == "pretending")
    queue.cancel(cancelled)
    poll_until(queue, lambda: not queue.busy)
    assert cancelled.state is State.CANCELLED and queue.worker_pid == pid
    for job in queue.jobs:
        queue.release(job)
    assert list(jobs[1].output.parent.parent.iterdir()) == []


@pytest.mark.parametrize(
    ("error", "kind", "phrase"),
    [(AudioError("It is damaged."), "AudioError", "It is damaged."), (KeyError("x"), "KeyError", "Copy the report")],
)
def test_a_sound_that_cannot_be_prepared_fails_its_line_alone(queue, place, error, kind, phrase):
    job = queue.add(place(), request(), prepared(error)[0])
    following = queue.add(place(), request())
    assert queue.wait(following, no_news) is State.DONE
    assert job.state is State.FAILED and job.failure.kind == kind and phrase in job.failure.message
    assert ("Traceback" in job.failure.report) is (kind == "KeyError")


@pytest.mark.parametrize("end", ["cancel", "release", "close", "kill"])
def test_nothing_waits_for_a_sound_on_its_way(queue, place, end):
    """Cancelled, released, closed or robbed of its worker: the preparation ends, and the queue can be used."""
    never = threading.Event()
    job = queue.add(place(), request(), prepared(Path("made.wav"), never)[0])
    poll_until(queue, lambda: job.stage == "reading the sound")
    queue.poll()
    assert job.state is State.RUNNING
    before = {"cancel": lambda: queue.cancel(job), "release": lambda: queue.release(job), "close": queue.close}
    before.get(end, lambda: os.kill(queue.worker_pid, 9))()
    assert queue.wait(queue.add(place(), request()), no_news) is State.DONE
    assert job.state is (State.FAILED if end == "kill" else State.CANCELLED)
    assert not [each for each in threading.enumerate() if "Preparation" in str(getattr(each, "_target", ""))]
