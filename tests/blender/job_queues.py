# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of the job queue share: requests, a clock that jumps, and how to wait for what happens."""

import os
import sys
import time
from pathlib import Path

from blender_addon.jobs.interpreters import Interpreter, WorkerPlace, worker_place
from blender_addon.jobs.job import Job, State
from blender_addon.jobs.queue import JobQueue
from blender_addon.styletalk.request import AnimationRequest

CHECKOUT = Path(__file__).resolve().parents[2]
FAKE_WORKER = Path(__file__).resolve().parent / "fake_worker.py"
LINE = CHECKOUT / "core" / "styletalk" / "demo" / "line.wav"
REAL = worker_place("", sys.executable, "")


class Clock:
    """A clock that goes as fast as the real one, and jumps where it is told to."""

    def __init__(self) -> None:
        self.ahead_s = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.ahead_s


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


def gone(queue: JobQueue, pid: int) -> None:
    poll_until(queue, lambda: not alive(pid))


def poll_until(queue: JobQueue, condition) -> None:
    until = time.monotonic() + 20
    while not condition() and time.monotonic() < until:
        queue.poll()
        time.sleep(0.02)
    assert condition()


def running(queue: JobQueue, place: WorkerPlace, name: str) -> tuple[Job, int]:
    """A job that the worker is at, and the worker's process."""
    job = queue.add(place, request(name))
    poll_until(queue, lambda: job.stage == ("deaf" if name == "deaf" else "pretending"))
    assert job.state is State.RUNNING and queue.worker_pid is not None
    return job, queue.worker_pid


def fake_place(name: str) -> WorkerPlace:
    """Where the worker of fake_worker.py is."""
    return WorkerPlace((Interpreter(name, (sys.executable, "-I", str(FAKE_WORKER))),))
