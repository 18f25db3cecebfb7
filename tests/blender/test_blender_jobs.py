# SPDX-License-Identifier: GPL-3.0-or-later
"""The job queue without Blender, against a worker that behaves and workers that do not."""

import json
import os
import sys
import threading
import time
from pathlib import Path

import pytest

from blender_addon.jobs import interpreters
from blender_addon.jobs.interpreters import Interpreter, WorkerPlace, worker_place
from blender_addon.jobs.job import Job, State
from blender_addon.jobs.protocol import WordsRequest
from blender_addon.jobs.queue import CANCEL_TIMEOUT_S, IDLE_TIMEOUT_S, START_TIMEOUT_S, JobQueue
from blender_addon.styletalk.errors import AudioError
from blender_addon.styletalk.request import AnimationRequest

FAKE_WORKER = Path(__file__).resolve().parent / "fake_worker.py"
CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture
def place(monkeypatch, animation_file):
    """A worker that behaves as told."""

    def make(behaviour: str = "", name: str = "fake") -> WorkerPlace:
        monkeypatch.setenv("FAKE_BEHAVIOUR", behaviour)
        monkeypatch.setenv("FAKE_ANIMATION", str(animation_file))
        return WorkerPlace((Interpreter(name, (sys.executable, "-I", str(FAKE_WORKER))),))

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


def test_no_room_for_the_animation(queue, place, monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nowhere"))
    job = queue.add(place(), request())
    assert queue.wait(job, no_news) is State.FAILED
    assert job.failure.kind == "OutputError" and str(tmp_path / "nowhere") in job.failure.message


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


REAL = worker_place("", sys.executable, "")
LINE = CHECKOUT / "core" / "styletalk" / "demo" / "line.wav"


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
