# SPDX-License-Identifier: GPL-3.0-or-later
"""The job queue without Blender, against a worker that behaves and workers that do not."""

import os
import sys
import time
from pathlib import Path

import pytest

from blender_addon.jobs.interpreters import WorkerPlace
from blender_addon.jobs.process import clean_environment
from blender_addon.jobs.queue import CANCEL_TIMEOUT_S, IDLE_TIMEOUT_S, START_TIMEOUT_S, Job, JobQueue, State
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


class Clock:
    """A clock that goes as fast as the real one, and jumps where it is told to."""

    def __init__(self) -> None:
        self.ahead_s = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.ahead_s


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def queue(clock):
    """A queue that is closed, whatever happens."""
    queue = JobQueue(clock)
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


def test_a_job_that_goes_well(queue, place, animation_file):
    told = []
    job = queue.add(place(), request())
    assert job.state is State.WAITING and queue.busy
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
        ("refuse", "ProtocolError", "too long"),
        ("vanish", "WorkerError", "exit code 3"),
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


def running(queue: JobQueue, place: WorkerPlace, name: str) -> tuple[Job, int]:
    """A job that the worker is at, and the worker's process."""
    job = queue.add(place, request(name))
    poll_until(queue, lambda: job.stage == ("deaf" if name == "deaf" else "pretending"))
    assert job.state is State.RUNNING
    return job, queue.worker_pid


def gone(queue: JobQueue, pid: int) -> None:
    poll_until(queue, lambda: not alive(pid))


def test_a_waiting_job_is_taken_out(queue, place):
    first, pid = running(queue, place(), "slow")
    second = queue.add(place(), request())
    queue.cancel(second)
    assert second.state is State.CANCELLED and second.finished and queue.jobs == (first, second)
    queue.poll()
    assert first.state is State.RUNNING and queue.worker_pid == pid


@pytest.mark.parametrize("behaviour", ["patient", "late"])
def test_a_worker_that_obeys_a_cancel_goes_on_with_the_next_line(queue, place, behaviour):
    """Also one that was done just before: what it made is not kept."""
    job, pid = running(queue, place(), behaviour)
    following = queue.add(place(), request())
    queue.cancel(job)
    assert job.state is State.CANCELLED and job.failure is None
    assert queue.wait(following, no_news) is State.DONE
    assert queue.worker_pid == pid and job.state is State.CANCELLED and job.failure is None


@pytest.mark.parametrize("behaviour", ["slow", "deaf"])
def test_a_worker_that_does_not_obey_a_cancel_is_killed(queue, place, clock, behaviour):
    """Also one that ignores SIGTERM. What waits is done by a new one."""
    job, pid = running(queue, place(), behaviour)
    following = queue.add(place(), request())
    queue.cancel(job)
    queue.poll()
    assert job.state is State.CANCELLED and queue.worker_pid == pid and queue.busy
    clock.ahead_s += CANCEL_TIMEOUT_S
    assert queue.wait(following, no_news) is State.DONE
    assert queue.worker_pid != pid
    gone(queue, pid)


def test_cancel_while_the_worker_starts(queue, place):
    """A line that waits takes over the worker; where none does, the worker is not started to the end."""
    job, following = queue.add(place("silent"), request()), queue.add(place("silent"), request())
    queue.poll()
    pid = queue.worker_pid
    assert job.stage == "starting the worker"
    queue.cancel(job)
    queue.poll()
    assert job.state is State.CANCELLED and following.state is State.RUNNING and queue.worker_pid == pid
    queue.cancel(following)
    queue.poll()
    assert queue.worker_pid is None and not queue.busy
    gone(queue, pid)


def test_cancel_of_what_is_finished_changes_nothing(queue, place):
    job = queue.add(place(), request())
    queue.wait(job, no_news)
    queue.cancel(job)
    assert job.state is State.DONE and job.output.is_file()


def test_a_job_is_released_in_the_middle_of_its_work(queue, place):
    job, pid = running(queue, place(), "patient")
    queue.release(job)
    queue.release(job)
    assert job.state is State.CANCELLED and queue.jobs == ()
    following = queue.add(place(), request())
    assert queue.wait(following, no_news) is State.DONE and queue.worker_pid == pid


@pytest.mark.parametrize("behaviour", ["slow", "deaf", "patient"])
def test_a_closed_queue_leaves_nothing_and_can_be_used_again(queue, place, behaviour):
    job, pid = running(queue, place(), behaviour)
    waiting = queue.add(place(), request())
    folder = job.output.parent.parent
    (job.output.parent / ".half-written.npz").touch()
    queue.close()
    assert [job.state, waiting.state] == [State.CANCELLED] * 2 and queue.jobs == () and not queue.busy
    assert not alive(pid) and not folder.exists() and queue.worker_pid is None
    queue.close()
    assert queue.wait(queue.add(place(), request()), no_news) is State.DONE


def test_a_worker_that_died_is_started_again_for_the_next_line(queue, place):
    crashed, following = queue.add(place(), request("crash")), queue.add(place(), request())
    queue.poll()
    pid = queue.worker_pid
    assert queue.wait(following, no_news) is State.DONE
    assert crashed.state is State.FAILED and queue.worker_pid not in (pid, None)


def test_a_worker_that_died_while_idle_is_nobodys_failure(queue, place):
    queue.wait(queue.add(place(), request()), no_news)
    pid = queue.worker_pid
    os.kill(pid, 9)
    gone(queue, pid)
    poll_until(queue, lambda: queue.worker_pid is None)
    assert queue.wait(queue.add(place(), request()), no_news) is State.DONE


def test_why_a_worker_died_is_not_looked_for_in_what_it_wrote_before(queue, place):
    jobs = [queue.add(place(), request(name)) for name in ("chatter", "vanish")]
    assert [queue.wait(job, no_news) for job in jobs] == [State.DONE, State.FAILED]
    assert "exit code 3" in jobs[1].failure.message and "torch" not in jobs[1].failure.message


def test_another_place_gets_another_worker(queue, place, tmp_path):
    queue.wait(queue.add(place(), request()), no_news)
    pid = queue.worker_pid
    other = tmp_path / "other"
    other.mkdir()
    assert queue.wait(queue.add(place(folder=other), request()), no_news) is State.DONE
    assert queue.worker_pid != pid
    gone(queue, pid)


def test_an_idle_worker_ends_after_a_while(queue, place, clock):
    queue.wait(queue.add(place(), request()), no_news)
    pid = queue.worker_pid
    clock.ahead_s += IDLE_TIMEOUT_S - 60
    queue.poll()
    assert queue.worker_pid == pid and not queue.busy
    clock.ahead_s += 61
    queue.poll()
    assert queue.worker_pid is None
    gone(queue, pid)


def test_nothing_waits_for_a_worker_that_is_silent_or_does_not_read(queue, place, clock):
    """Not even with more to be sent than fits into a pipe."""
    for behaviour in ("silent", "unreading"):
        long_request = AnimationRequest(Path("line.wav"), transcript="word " * 200_000)
        job = queue.add(place(behaviour), long_request)
        started = time.monotonic()
        for _ in range(10):
            queue.poll()
        if behaviour == "unreading":
            poll_until(queue, lambda job=job: job.stage == "starting")
        queue.cancel(job)
        queue.poll()
        assert time.monotonic() - started < 15  # its sleep is a minute
        queue.close()


def test_a_worker_that_never_starts_is_given_up(queue, place, clock):
    """Whoever waits for one from the same place is told, once; others are not concerned."""
    failing = [queue.add(place("silent"), request()) for _ in range(2)]
    queue.poll()
    assert failing[0].state is State.RUNNING
    clock.ahead_s += START_TIMEOUT_S + 1
    queue.poll()
    assert [job.state for job in failing] == [State.FAILED] * 2
    assert all("did not start within 120 seconds" in job.failure.message for job in failing)


def test_a_program_that_cannot_be_run(queue, place, tmp_path):
    python = tmp_path / "python"
    python.write_text("not a program")
    nowhere = WorkerPlace(python, tmp_path)
    failing = [queue.add(nowhere, request()) for _ in range(2)]
    following = queue.add(place(), request())
    assert queue.wait(following, no_news) is State.DONE
    assert all(job.state is State.FAILED and str(python) in job.failure.message for job in failing)


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script")
@pytest.mark.parametrize(("body", "phrase"), [("exit 0", "exit code 0"), ("echo Hello >&2; exit 3", "Hello")])
def test_a_program_that_is_no_python(queue, tmp_path, body, phrase):
    """What ends before it is ready is named, with where to choose another; to try again would not help."""
    program = tmp_path / "true"
    program.write_text(f"#!/bin/sh\n{body}\n")
    program.chmod(0o755)
    job = queue.add(WorkerPlace(program, tmp_path), request())
    assert queue.wait(job, no_news) is State.FAILED
    said = job.failure.message
    assert f"{program} is not one with StyleTalk" in said and phrase in said and "Try again" not in said
    assert "“Worker Python” in the add-on's preferences" in said and "--worker-python" in said


def test_no_room_for_the_animation(queue, place, monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nowhere"))
    job = queue.add(place(), request())
    assert queue.wait(job, no_news) is State.FAILED
    assert job.failure.kind == "OutputError" and str(tmp_path / "nowhere") in job.failure.message


def test_the_child_does_not_see_blenders_python(monkeypatch):
    for name in ("PYTHONHOME", "PYTHONPATH"):
        monkeypatch.setenv(name, "/blender")
    environment = clean_environment()
    assert "PYTHONHOME" not in environment and "PYTHONPATH" not in environment
    assert environment["PYTHONNOUSERSITE"] == "1" and "PATH" in environment


REAL = WorkerPlace(Path(sys.executable), CHECKOUT / "core")
LINE = CHECKOUT / "core" / "styletalk" / "demo" / "line.flac"


def test_the_real_worker_does_two_lines_without_a_second_start(queue):
    """`styletalk.worker` itself; a sound that is not there in between is one sentence."""
    words = LINE.with_suffix(".txt").read_text()
    jobs = [
        queue.add(REAL, AnimationRequest(audio, transcript=words))
        for audio in (LINE, LINE.with_name("nowhere.wav"), LINE)
    ]
    pids = set()
    for job in jobs:
        queue.wait(job, no_news)
        pids.add(queue.worker_pid)
    assert [job.state for job in jobs] == [State.DONE, State.FAILED, State.DONE] and len(pids) == 1
    assert "nowhere.wav" in jobs[1].failure.message and jobs[1].failure.report == ""
    assert jobs[0].output.read_bytes() == jobs[2].output.read_bytes()


def test_the_real_worker_is_cancelled_in_the_middle(queue):
    job = queue.add(REAL, AnimationRequest(LINE))
    poll_until(queue, lambda: job.fraction >= 0.05)
    queue.cancel(job)
    poll_until(queue, lambda: not queue.busy)
    assert job.state is State.CANCELLED and list(job.output.parent.iterdir()) == []
