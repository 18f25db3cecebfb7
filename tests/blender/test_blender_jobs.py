# SPDX-License-Identifier: GPL-3.0-or-later
"""The worker's client without Blender, against a child that behaves and children that do not."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from blender_addon.jobs import queue as job_module
from blender_addon.jobs.interpreters import NoWorkerPython, checkout_python, core_folder, worker_python
from blender_addon.jobs.queue import Job, State, WorkerPlace, death_sentence, running
from blender_addon.jobs.process import clean_environment
from blender_addon.jobs.protocol import (
    AnimateRequest,
    Failed,
    Finished,
    Progressed,
    ProtocolError,
    Ready,
    parse,
    request_line,
)

FAKE_WORKER = Path(__file__).resolve().parent / "fake_worker.py"


@pytest.fixture
def place(monkeypatch, animation_file, tmp_path):
    """A worker that behaves as told."""

    def make(behaviour: str = "") -> WorkerPlace:
        monkeypatch.setenv("FAKE_BEHAVIOUR", behaviour)
        monkeypatch.setenv("FAKE_ANIMATION", str(animation_file))
        return WorkerPlace(Path(sys.executable), tmp_path, (sys.executable, "-I", str(FAKE_WORKER)))

    return make


def no_news(fraction: float, stage: str) -> None:
    """For tests that do not look at progress."""


def request() -> AnimateRequest:
    return AnimateRequest(audio="line.wav", output="")


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"id": null, "type": "ready", "protocol": 1, "version": "0.1.0", "device": "cpu"}', Ready("0.1.0", "cpu")),
        ('{"id": null, "type": "ready", "protocol": 1}', Ready("", "")),
        ('{"id": 1, "type": "progress", "fraction": 0.4, "stage": "listening"}', Progressed(0.4, "listening")),
        ('{"id": 1, "type": "progress", "fraction": 1.7, "stage": ""}', Progressed(1.0, "")),
        ('{"id": 1, "type": "result", "output": "a.npz", "note": null}', Finished("a.npz", "")),
        (
            '{"id": 1, "type": "error", "kind": "AudioError", "message": "No.", "traceback": null}',
            Failed("AudioError", "No.", ""),
        ),
    ],
)
def test_parse(line, message):
    assert parse(line) == message


@pytest.mark.parametrize("line", ["", "hello", "3", "null", "[]", "{}", '{"type": "dance"}', '{"type": "progress"}'])
def test_parse_refuses_what_no_worker_says(line):
    with pytest.raises(ProtocolError):
        parse(line)


def test_another_protocol_is_a_failure_with_advice():
    message = parse('{"id": null, "type": "ready", "protocol": 9}')
    assert isinstance(message, Failed) and "same release" in message.message


def test_a_request_is_one_line_that_the_real_worker_understands(tmp_path):
    """Every field of the client's request is one of the worker's, so that none is dropped on the way."""
    from styletalk.worker import request_from

    audio = tmp_path / "line.wav"
    sent = AnimateRequest(
        audio=str(audio), output="o.npz", style="happy", intensity=0.5, transcript="Two\nlines", phonemes="a.TextGrid",
        pose="none", seed=3, sync_offset_ms=-20.0, checkpoint="w.safetensors", engine="torch", device="cpu", raw=True,
    )  # fmt: skip
    line = request_line(1, sent)
    assert line.count("\n") == 1
    understood = request_from(json.loads(line))
    for name in ("style", "intensity", "transcript", "pose", "seed", "sync_offset_ms", "engine", "device", "raw"):
        assert getattr(understood, name) == getattr(sent, name), name
    assert understood.audio == audio and str(understood.phonemes) == "a.TextGrid"


def test_a_job_that_goes_well(place, animation_file):
    told = []
    with running(place(), request()) as job:
        assert job.wait(lambda fraction, stage: told.append((fraction, stage))) is State.DONE
        assert job.output.read_bytes() == animation_file.read_bytes()
        folder = job.output.parent
    assert not folder.exists()
    assert told[0] == (0.0, "starting the worker") and told[-1][0] == 1.0
    assert [fraction for fraction, _ in told] == sorted(fraction for fraction, _ in told)


@pytest.mark.parametrize(
    ("behaviour", "kind", "phrase"),
    [
        ("error", "AudioError", "The sound is silent"),
        ("crash", "WorkerError", "Segmentation fault, or so"),
        ("missing", "WorkerError", "lacks the package numpy"),
        ("garbage", "ProtocolError", "Hello, this is not JSON"),
        ("newer", "ProtocolError", "protocol 2"),
    ],
)
def test_a_job_that_fails(place, behaviour, kind, phrase):
    """The failure is known at once, the child is gone, and nothing is left on disk."""
    started = time.monotonic()
    with running(place(behaviour), request()) as job:
        assert job.wait(no_news) is State.FAILED
        folder, pid = job.output.parent, job._child._popen.pid
    assert job.failure.kind == kind and phrase in job.failure.message
    assert time.monotonic() - started < 20
    assert not folder.exists() and not alive(pid)


@pytest.mark.parametrize("behaviour", ["slow", "deaf", "silent"])
def test_cancel_ends_the_child(place, behaviour):
    """Also a child that ignores SIGTERM, and one that never said that it is ready."""
    job = Job(place(behaviour), request())
    pid, folder = job._child._popen.pid, job.output.parent
    wanted = {"slow": "pretending", "deaf": "deaf", "silent": "starting the worker"}[behaviour]
    until = time.monotonic() + 20
    while job.stage != wanted and time.monotonic() < until:
        job.poll()
        time.sleep(0.02)
    assert job.stage == wanted
    started = time.monotonic()
    job.cancel()
    assert job.state is State.CANCELLED and time.monotonic() - started < 6
    assert not alive(pid) and not folder.exists()
    job.cancel()  # a second click


def test_polling_does_not_block(place):
    with running(place("silent"), request()) as job:
        started = time.monotonic()
        for _ in range(10):
            job.poll()
        assert time.monotonic() - started < 0.2


def test_a_worker_that_never_starts_is_given_up(place, monkeypatch):
    now = [0.0]
    job = Job(place("silent"), request(), clock=lambda: now[0])
    try:
        assert job.poll() is State.STARTING
        now[0] = job_module.START_TIMEOUT_S + 1
        assert job.poll() is State.FAILED and "did not start within" in job.failure.message
    finally:
        job.close()


def test_a_program_that_cannot_be_run(tmp_path):
    python = tmp_path / "python"
    python.write_text("not a program")
    job = Job(WorkerPlace(python, tmp_path), request())
    assert job.state is State.FAILED and str(python) in job.failure.message
    job.close()


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script")
@pytest.mark.parametrize(("body", "phrase"), [("exit 0", "exit code 0"), ("echo Hello >&2; exit 3", "Hello")])
def test_a_program_that_is_no_python(tmp_path, body, phrase):
    """What ends before it is ready is named, with where to choose another; to try again would not help."""
    program = tmp_path / "true"
    program.write_text(f"#!/bin/sh\n{body}\n")
    program.chmod(0o755)
    with running(WorkerPlace(program, tmp_path), request()) as job:
        assert job.wait(no_news) is State.FAILED
    said = job.failure.message
    assert f"{program} is not one with StyleTalk" in said and phrase in said and "Try again" not in said
    assert "“Worker Python” in the add-on's preferences" in said and "--worker-python" in said


def test_the_child_does_not_see_blenders_python(monkeypatch):
    for name in ("PYTHONHOME", "PYTHONPATH"):
        monkeypatch.setenv(name, "/blender")
    environment = clean_environment()
    assert "PYTHONHOME" not in environment and "PYTHONPATH" not in environment
    assert environment["PYTHONNOUSERSITE"] == "1" and "PATH" in environment


def test_the_real_worker_starts_and_answers(tmp_path):
    """`styletalk.worker` itself, asked for a sound that is not there: the handshake works and its sentence arrives."""
    checkout = Path(__file__).resolve().parents[2]
    place = WorkerPlace(Path(sys.executable), checkout / "core")
    with running(place, AnimateRequest(audio=str(tmp_path / "nowhere.wav"), output="")) as job:
        assert job.wait(no_news) is State.FAILED
    assert "nowhere.wav" in job.failure.message and job.failure.report == ""


def test_which_python(tmp_path, monkeypatch):
    """The chosen one, else the checkout's, else this one where it has what the worker needs, else advice."""
    addon = tmp_path / "checkout" / "blender_addon"
    addon.mkdir(parents=True)
    (tmp_path / "checkout" / "core" / "styletalk").mkdir(parents=True)
    (addon / "styletalk").symlink_to("../core/styletalk")
    assert core_folder(addon) == tmp_path / "checkout" / "core"
    assert worker_python(sys.executable, addon) == Path(sys.executable)
    with pytest.raises(NoWorkerPython, match="does not exist"):
        worker_python(str(tmp_path / "nothing"), addon)
    with pytest.raises(NoWorkerPython, match="is a folder"):
        worker_python(str(tmp_path), addon)

    for present in ((), ("torch",), ("torch", "soundfile")):
        monkeypatch.setattr("importlib.util.find_spec", lambda name, present=present: name in present or None)
        with pytest.raises(NoWorkerPython, match="preferences"):
            worker_python("", addon)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "torch" else name)
    assert worker_python("", addon) == Path(sys.executable)

    python = tmp_path / "checkout" / ".venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    python.parent.mkdir(parents=True)
    python.touch()
    (tmp_path / "checkout" / "pyproject.toml").touch()
    assert checkout_python(core_folder(addon)) == python == worker_python("", addon)


def test_death_sentences():
    python = Path("/usr/bin/python3")
    assert "lacks the package torch" in death_sentence(
        python, 1, "Traceback\nModuleNotFoundError: No module named 'torch'"
    )
    assert "exit code -9" in death_sentence(python, -9, "")


def test_importing_the_client_needs_no_blender():
    code = (
        "import sys, blender_addon.jobs.queue, blender_addon.jobs.interpreters; sys.exit('bpy' in sys.modules)"
    )
    checkout = Path(__file__).resolve().parents[2]
    assert subprocess.run([sys.executable, "-c", code], cwd=checkout).returncode == 0
