# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs of the queue, without Blender: how they end, fail, are cancelled and released."""

import time

import pytest
from job_queues import LINE, REAL, alive, gone, no_news, poll_until, request, running

from blender_addon.jobs.job import State
from blender_addon.jobs.queue import CANCEL_TIMEOUT_S
from blender_addon.styletalk.request import AnimationRequest


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
        ("babbling", "WorkerError", "it is no worker"),
        ("old_numpy", "WorkerError", "its NumPy is 1.19.5"),
        ("garbage", "ProtocolError", "Hello, this is not JSON"),
        ("newer", "WorkerError", "has version 9.9.9"),
        ("refuse", "ProtocolError", "too long"),
        ("vanish", "WorkerError", "exit code 3"),
        ("killed", "WorkerError", "ended before it was done (a virus scanner ended it"),
        ("scanned", "WorkerError", "it ended at once (a virus scanner ended it"),
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


def test_no_room_for_the_animation(queue, place, monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nowhere"))
    job = queue.add(place(), request())
    assert queue.wait(job, no_news) is State.FAILED
    assert job.failure.kind == "OutputError" and str(tmp_path / "nowhere") in job.failure.message


def test_the_real_worker_is_cancelled_in_the_middle(queue):
    job = queue.add(REAL, AnimationRequest(LINE))
    poll_until(queue, lambda: job.fraction >= 0.05)
    queue.cancel(job)
    poll_until(queue, lambda: not queue.busy)
    assert job.state is State.CANCELLED and list(job.output.parent.iterdir()) == []
