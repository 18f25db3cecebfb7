# SPDX-License-Identifier: GPL-3.0-or-later
"""The queue's worker: which Python it is, how long it stays, and what is said where none starts."""

import os
import sys
import time
from pathlib import Path

from job_queues import FAKE_WORKER, LINE, REAL, gone, no_news, poll_until, request

from blender_addon.jobs import interpreters
from blender_addon.jobs.interpreters import Interpreter, WorkerPlace
from blender_addon.jobs.job import State
from blender_addon.jobs.queue import IDLE_TIMEOUT_S, START_TIMEOUT_S
from blender_addon.styletalk.request import AnimationRequest


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


def test_another_place_gets_another_worker(queue, place):
    queue.wait(queue.add(place(), request()), no_news)
    pid = queue.worker_pid
    assert queue.wait(queue.add(place(name="another"), request()), no_news) is State.DONE
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
    """Whoever waits for one from the same place is told."""
    failing = [queue.add(place("silent"), request()) for _ in range(2)]
    queue.poll()
    assert failing[0].state is State.RUNNING
    clock.ahead_s += START_TIMEOUT_S + 1
    queue.poll()
    assert [job.state for job in failing] == [State.FAILED] * 2
    assert all("did not start within 120 seconds" in job.failure.message for job in failing)


def test_a_file_of_ours_that_is_missing_is_no_fault_of_pythons(queue, place, tmp_path, monkeypatch):
    """Neither the worker's first lines nor a module of the package: nobody is sent for another Python."""
    broken = tmp_path / "jobs" / "run_worker.py"
    broken.parent.mkdir()
    broken.write_text("import styletalk.worker")
    python = WorkerPlace((Interpreter("Python", (sys.executable, "-I", "-S", str(broken))),))
    jobs = [queue.add(python, request())]
    queue.wait(jobs[0], no_news)
    monkeypatch.setattr(interpreters, "SCRIPT", tmp_path / "nowhere.py")
    jobs.append(queue.add(place("missing"), request()))
    queue.wait(jobs[1], no_news)
    for job in jobs:
        assert job.state is State.FAILED
        assert job.failure.message.endswith("Install StyleTalk again.") and "Python" not in job.failure.message


def test_the_first_interpreter_that_answers_is_used_and_remembered(queue, place, tmp_path, monkeypatch):
    """One that does not exist, one that cannot be run and one that is no worker are passed over, once."""
    monkeypatch.setenv("FAKE_NOTE", "It is slow.")
    broken = tmp_path / "python"
    broken.write_text("not a program")
    chosen = Interpreter("the external Python nowhere", (str(tmp_path / "nowhere"),), is_external=True)
    useless = (chosen, Interpreter("broken", (str(broken),)), Interpreter("mute", (sys.executable, "-c", "pass")))
    several = WorkerPlace((*useless, *place().interpreters))
    jobs = [queue.add(several, request()) for _ in range(2)]
    assert queue.wait(jobs[1], no_news) is State.DONE and jobs[0].state is State.DONE
    said = "Blender's own Python is used, not the external Python nowhere: No such file or directory. It is slow."
    assert queue.note == said
    os.kill(queue.worker_pid, 9)
    poll_until(queue, lambda: queue.worker_pid is None)
    started = []
    monkeypatch.setattr("blender_addon.jobs.queue.ChildProcess", _noting(started))
    assert queue.wait(queue.add(several, request()), no_news) is State.DONE
    assert started == [place().interpreters[0].command]


def _noting(started):
    """ChildProcess that says what it is asked to start."""
    from blender_addon.jobs.process import ChildProcess

    return lambda command: started.append(command) or ChildProcess(command)


def test_what_is_wrong_with_each_interpreter_is_said_and_all_are_tried_again(queue, place, tmp_path):
    """Whoever waits for the same place is told; another bake may find that something was installed meanwhile."""
    program = tmp_path / "python"
    program.write_text("#!/bin/sh\necho Hello >&2; exit 3\n")
    program.chmod(0o755)
    nowhere = WorkerPlace((Interpreter("nothing", (str(tmp_path / "nowhere"),)), Interpreter("sh", (str(program),))))
    failing = [queue.add(nowhere, request()) for _ in range(2)]
    assert queue.wait(queue.add(place(), request()), no_news) is State.DONE
    for job in failing:
        assert job.state is State.FAILED and job.failure.message == (
            "No Python here can animate the line (nothing: No such file or directory; sh: it ended at once (Hello)). "
            "Name a Python with NumPy as “External Python” in the add-on's preferences or with --worker-python."
        )
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -I "{FAKE_WORKER}"\n')
    assert queue.wait(queue.add(nowhere, request()), no_news) is State.DONE


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
