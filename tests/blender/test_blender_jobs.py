# SPDX-License-Identifier: GPL-3.0-or-later
"""The job queue without Blender, against a worker that behaves and workers that do not."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from blender_addon.jobs.interpreters import (
    NoWorkerPython,
    WorkerPlace,
    checkout_python,
    death_sentence,
    package_folder,
    worker_python,
)
from blender_addon.jobs.process import clean_environment
from blender_addon.jobs.protocol import (
    Failed,
    Finished,
    Progressed,
    ProtocolError,
    Ready,
    cancel_line,
    parse,
    request_line,
    shutdown_line,
)
from blender_addon.jobs.queue import JobQueue, State
from blender_addon.styletalk.request import AnimationRequest

FAKE_WORKER = Path(__file__).resolve().parent / "fake_worker.py"
CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture
def place(monkeypatch, animation_file, tmp_path):
    """A worker that behaves as told."""

    def make(behaviour: str = "", folder: Path = tmp_path) -> WorkerPlace:
        monkeypatch.setenv("FAKE_BEHAVIOUR", behaviour)
        monkeypatch.setenv("FAKE_ANIMATION", str(animation_file))
        return WorkerPlace(Path(sys.executable), folder, (sys.executable, "-I", str(FAKE_WORKER)))

    return make


@pytest.fixture
def queue():
    """A queue that is closed, whatever happens."""
    queue = JobQueue()
    yield queue
    queue.close()


def no_news(fraction: float, stage: str) -> None:
    """For tests that do not look at progress."""


def request(name: str = "line") -> AnimationRequest:
    """A line; the fake worker behaves as the sound is named."""
    return AnimationRequest(Path(f"{name}.wav"))


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True


def poll_until(queue: JobQueue, condition) -> None:
    until = time.monotonic() + 20
    while not condition() and time.monotonic() < until:
        queue.poll()
        time.sleep(0.02)
    assert condition()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"id": null, "type": "ready", "protocol": 2, "version": "0.1.0", "pid": 9}', Ready("0.1.0", 9)),
        ('{"id": 1, "type": "progress", "fraction": 0.4, "stage": "listening"}', Progressed(1, 0.4, "listening")),
        ('{"id": 1, "type": "progress", "fraction": 1.7, "stage": ""}', Progressed(1, 1.0, "")),
        ('{"id": 1, "type": "result", "output": "a.npz", "rows": 9, "note": null}', Finished(1, "a.npz", "")),
        (
            '{"id": 1, "type": "error", "kind": "AudioError", "message": "No.", "traceback": null}',
            Failed("AudioError", "No.", "", 1),
        ),
        (
            '{"id": null, "type": "error", "kind": "ProtocolError", "message": "What?", "traceback": null}',
            Failed("ProtocolError", "What?"),
        ),
    ],
)
def test_parse(line, message):
    assert parse(line) == message


@pytest.mark.parametrize(
    "line",
    ["", "hello", "3", "null", "[]", "{}", '{"type": "dance"}', '{"type": "progress"}', '{"type": []}', "[" * 5000,
     '{"type": "progress", "id": null, "fraction": 0.1, "stage": ""}'],
)  # fmt: skip
def test_parse_refuses_what_no_worker_says(line):
    with pytest.raises(ProtocolError):
        parse(line)


def test_another_protocol_is_a_failure_with_advice():
    message = parse('{"id": null, "type": "ready", "protocol": 9}')
    assert isinstance(message, Failed) and "same release" in message.message


def test_a_request_is_one_line_and_arrives_as_it_was_sent():
    sent = AnimationRequest(
        Path("a\nb.wav"), transcript="Two\nlines, naïve", style="happy", phonemes=Path("a.TextGrid")
    )
    line = request_line(1, sent, Path("o.npz"))
    assert line.count("\n") == 1 and line.isascii()
    message = json.loads(line)
    assert AnimationRequest.from_values(message.pop("request")) == sent
    assert message == {"type": "animate", "id": 1, "output": "o.npz"}


def test_the_other_lines():
    assert json.loads(cancel_line(4)) == {"type": "cancel", "id": 4}
    assert json.loads(shutdown_line()) == {"type": "shutdown"}


def test_a_job_that_goes_well(queue, place, animation_file):
    told = []
    job = queue.add(place(), request(), "Hello")
    assert job.state is State.WAITING and job.label == "Hello" and queue.busy
    assert queue.wait(job, lambda fraction, stage: told.append((fraction, stage))) is State.DONE
    assert job.output.read_bytes() == animation_file.read_bytes() and not queue.busy
    assert told[0] == (0.0, "starting the worker") and told[-1][0] == 1.0
    assert [fraction for fraction, _ in told] == sorted(fraction for fraction, _ in told)
    folder = job.output.parent.parent
    queue.release(job)
    assert queue.jobs == () and list(folder.iterdir()) == []
    queue.close()
    assert not folder.exists()


@pytest.mark.parametrize(
    ("behaviour", "kind", "phrase"),
    [
        ("error", "AudioError", "The sound is silent"),
        ("crash", "WorkerError", "Segmentation fault, or so"),
        ("missing", "WorkerError", "lacks the package numpy"),
        ("garbage", "ProtocolError", "Hello, this is not JSON"),
        ("newer", "ProtocolError", "protocol 3"),
    ],
)
def test_a_job_that_fails(queue, place, behaviour, kind, phrase):
    """The failure is known at once, and after the end the child is gone and nothing is left on disk."""
    job = queue.add(place(behaviour), request())
    queue.poll()
    pid = queue.worker_pid
    started = time.monotonic()
    assert queue.wait(job, no_news) is State.FAILED
    assert job.failure.kind == kind and phrase in job.failure.message
    assert time.monotonic() - started < 20
    queue.close()
    assert not job.output.is_file() and not alive(pid)


def test_the_second_bake_does_not_start_a_process(queue, place):
    """Nor does one after a failure that the worker answered itself."""
    jobs = [queue.add(place(), request(name)) for name in ("a", "error", "b")]
    pids = set()
    for job in jobs:
        queue.wait(job, no_news)
        pids.add(queue.worker_pid)
    assert [job.state for job in jobs] == [State.DONE, State.FAILED, State.DONE]
    assert len(pids) == 1 and None not in pids
    assert len({job.output for job in jobs}) == 3


def test_the_child_does_not_see_blenders_python(monkeypatch):
    for name in ("PYTHONHOME", "PYTHONPATH"):
        monkeypatch.setenv(name, "/blender")
    environment = clean_environment()
    assert "PYTHONHOME" not in environment and "PYTHONPATH" not in environment
    assert environment["PYTHONNOUSERSITE"] == "1" and "PATH" in environment


def test_which_python(tmp_path, monkeypatch):
    """The chosen one, else the checkout's, else this one where it has what the worker needs, else advice."""
    addon = tmp_path / "checkout" / "blender_addon"
    addon.mkdir(parents=True)
    (tmp_path / "checkout" / "core" / "styletalk").mkdir(parents=True)
    (addon / "styletalk").symlink_to("../core/styletalk")
    assert package_folder(addon) == tmp_path / "checkout" / "core"
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
    assert checkout_python(package_folder(addon)) == python == worker_python("", addon)


def test_death_sentences():
    python = Path("/usr/bin/python3")
    assert "lacks the package torch" in death_sentence(
        python, 1, "Traceback\nModuleNotFoundError: No module named 'torch'"
    )
    assert "exit code -9" in death_sentence(python, -9, "")


def test_importing_the_jobs_needs_no_blender():
    code = "import sys, blender_addon.jobs.queue; sys.exit('bpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=CHECKOUT).returncode == 0
