# SPDX-License-Identifier: GPL-3.0-or-later
"""Many lines and one warm worker. Polled by whoever holds the queue, from one thread; only `wait` and `close` block."""

import enum
import itertools
import math
import queue
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..styletalk.request import AnimationRequest
from .interpreters import CHOOSE_PYTHON, WorkerPlace, death_sentence
from .process import END_OF_OUTPUT, ChildProcess
from .protocol import Failed, Message, Progressed, ProtocolError, Ready, line, parse, request_line

START_TIMEOUT_S = 120.0
"""A cold disk reads PyTorch in half a minute; more than this is a hang."""
CANCEL_TIMEOUT_S = 2.0
"""A worker that has not stopped by then is killed."""
SHUTDOWN_TIMEOUT_S = 5.0
IDLE_TIMEOUT_S = 600.0
POLL_BUDGET_S = 0.02
WAIT_INTERVAL_S = 0.05


class State(enum.Enum):
    """Where a job is. The last three are final."""

    WAITING = enum.auto()
    RUNNING = enum.auto()
    DONE = enum.auto()
    FAILED = enum.auto()
    CANCELLED = enum.auto()


@dataclass(eq=False)
class Job:
    """One line in the queue, which alone writes these fields.

    fraction: 0..1. stage: a short phrase. note: a sentence for the user, or "".
    failure: what went wrong, where the state is FAILED.
    output: the animation, an .npz, from DONE until `JobQueue.release`.
    """

    identity: int
    place: WorkerPlace
    request: AnimationRequest
    state: State = State.WAITING
    fraction: float = 0.0
    stage: str = "waiting"
    note: str = ""
    failure: Failed | None = None
    output: Path = Path()

    @property
    def finished(self) -> bool:
        """Whether nothing more will happen."""
        return self.state in (State.DONE, State.FAILED, State.CANCELLED)


@dataclass
class _Worker:
    """The process that serves the queue, and whether it has said that it is ready."""

    place: WorkerPlace
    child: ChildProcess
    ready: bool = False


class JobQueue:
    """Lines are animated one after another by a worker that stays warm; results lie in a folder until released.

    `poll` must be called a few times a second while `busy`, and now and then while there is a `worker_pid`.
    After `close` the queue is empty and can be used again.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._numbers = itertools.count(1)
        self._jobs: list[Job] = []
        self._worker: _Worker | None = None
        self._asked: Job | None = None  # what the worker is at: also a cancelled job that it has not let go of yet
        self._deadline = math.inf  # of what the worker owes: to be ready, to let go of a cancelled job, to get work
        self._leaving: list[tuple[ChildProcess, float]] = []
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    @property
    def jobs(self) -> tuple[Job, ...]:
        """All that were added and not yet released, in order."""
        return tuple(self._jobs)

    @property
    def busy(self) -> bool:
        """Whether a job is unfinished, or the worker has not let go of a cancelled one."""
        return self._asked is not None or any(not job.finished for job in self._jobs)

    @property
    def worker_pid(self) -> int | None:
        """The process that serves the queue, None where none is up."""
        return self._worker.child.pid if self._worker is not None else None

    def add(self, place: WorkerPlace, request: AnimationRequest) -> Job:
        """Put a line at the end of the queue. Its turn comes in `poll`."""
        job = Job(next(self._numbers), place, request)
        self._jobs.append(job)
        return job

    def cancel(self, job: Job) -> None:
        """End a job, which is CANCELLED at once; nothing happens to a finished one. `poll` sees to the worker."""
        if job.finished:
            return
        job.state, job.stage = State.CANCELLED, "cancelled"
        if job is not self._asked or self._worker is None:
            return
        if self._worker.ready:
            self._worker.child.send(line(type="cancel", id=job.identity))
            self._deadline = self._clock() + CANCEL_TIMEOUT_S
        else:
            self._asked = None

    def release(self, job: Job) -> None:
        """Forget a job, cancelled if need be, and remove its file."""
        self.cancel(job)
        if job in self._jobs:
            self._jobs.remove(job)
        if job.output != Path():
            shutil.rmtree(job.output.parent, ignore_errors=True)

    def poll(self, budget_s: float = POLL_BUDGET_S) -> None:
        """Take what the worker has said, for at most `budget_s`; start the next line. Never waits."""
        self._see_off()
        self._listen(self._clock() + budget_s)
        self._check_deadline()
        self._start_next()

    def wait(self, job: Job, tell: Callable[[float, str], None]) -> State:
        """Block until the job is finished; `tell(fraction, stage)` on every change. For headless use and scripts."""
        told = None
        while not job.finished:
            self.poll()
            if (job.fraction, job.stage) != told:
                told = (job.fraction, job.stage)
                tell(*told)
            if not job.finished:
                time.sleep(WAIT_INTERVAL_S)
        return job.state

    def close(self) -> None:
        """Cancel everything, end the worker, wait until it is gone and remove the folder. May be called again."""
        for job in reversed(self._jobs):
            self.cancel(job)
        self._dismiss()
        for child, _ in self._leaving:
            child.stop()
        self._leaving.clear()
        self._jobs.clear()
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def _listen(self, until: float) -> None:
        """Take the worker's lines until there is none, or the time is up."""
        while self._worker is not None:
            try:
                said = self._worker.child.next_line()
            except queue.Empty:
                return
            self._take(self._worker, said)
            if self._clock() >= until:
                return

    def _take(self, worker: _Worker, said: str | None) -> None:
        if said is END_OF_OUTPUT:
            log = worker.child.log_tail()
            sentence = death_sentence(worker.place.python, worker.child.exit_code, log, worker.ready)
            self._give_up(Failed("WorkerError", sentence, log))
            return
        assert said is not None
        try:
            message = parse(said)
        except ProtocolError as error:
            sentence = f"The worker answered with something else ({error}). {CHOOSE_PYTHON}"
            self._give_up(Failed("ProtocolError", sentence))
            return
        if worker.ready:
            self._take_answer(message)
        elif isinstance(message, Ready):
            worker.ready = True
            if self._asked is not None:
                self._ask(worker, self._asked)
            else:
                self._let_go()
        elif isinstance(message, Failed):
            self._give_up(message)

    def _take_answer(self, message: Message) -> None:
        """What a ready worker says of the job that it is at; a failure without a number is of that job too."""
        job = self._asked
        if job is None or isinstance(message, Ready) or message.identity not in (job.identity, None):
            return
        if isinstance(message, Progressed):
            if not job.finished:
                job.fraction, job.stage = message.fraction, message.stage
            return
        if isinstance(message, Failed):
            self._fail([job], message)
        elif not job.finished:
            job.state, job.fraction, job.stage, job.note = State.DONE, 1.0, "done", message.note
        self._let_go()

    def _let_go(self) -> None:
        """The worker is at nothing any more."""
        self._asked = None
        self._deadline = self._clock() + IDLE_TIMEOUT_S

    def _fail(self, jobs: Sequence[Job], failure: Failed) -> None:
        for job in jobs:
            if not job.finished:
                job.state, job.failure = State.FAILED, failure

    def _give_up(self, failure: Failed) -> None:
        """End a worker that is of no use. Where it never was ready, all fail that wait for one from there."""
        worker, asked = self._worker, [self._asked] if self._asked is not None else []
        assert worker is not None
        self._dismiss()
        self._fail(asked if worker.ready else self._jobs_at(worker.place), failure)

    def _jobs_at(self, place: WorkerPlace) -> list[Job]:
        return [job for job in self._jobs if job.place == place]

    def _check_deadline(self) -> None:
        worker = self._worker
        if worker is None or self._clock() <= self._deadline:
            return
        if not worker.ready:
            sentence = f"The worker did not start within {START_TIMEOUT_S:g} seconds. {CHOOSE_PYTHON}"
            self._give_up(Failed("WorkerError", sentence))
        elif self._asked is not None:
            self._dismiss()
        else:
            self._retire()

    def _start_next(self) -> None:
        """Give the worker the next line, starting or replacing it where necessary."""
        if self._asked is not None:
            return
        job = next((each for each in self._jobs if each.state is State.WAITING), None)
        if job is None:
            if self._worker is not None and not self._worker.ready:
                self._dismiss()  # whoever wanted it has cancelled
            return
        if self._worker is not None and self._worker.place != job.place:
            self._retire()
        if not self._has_folder(job):
            return
        if self._worker is None:
            self._worker = self._started(job.place)
        if self._worker is None:
            return
        self._asked, job.state, job.stage = job, State.RUNNING, "starting the worker"
        if self._worker.ready:
            self._ask(self._worker, job)

    def _started(self, place: WorkerPlace) -> _Worker | None:
        """A new worker; where there cannot be one, all fail that wait for it."""
        try:
            child = ChildProcess(place.full_command, place.package_folder)
        except OSError as error:
            sentence = f"Cannot run the worker's Python {place.python}: {_reason(error)}. {CHOOSE_PYTHON}"
            self._fail(self._jobs_at(place), Failed("WorkerError", sentence))
            return None
        self._deadline = self._clock() + START_TIMEOUT_S
        return _Worker(place, child)

    def _ask(self, worker: _Worker, job: Job) -> None:
        """Send a ready worker the request of the job whose turn it is."""
        job.stage = "starting"
        worker.child.mark_log()
        worker.child.send(request_line(job.identity, job.request, job.output))
        self._deadline = math.inf

    def _has_folder(self, job: Job) -> bool:
        """Make the folder that the job's animation goes into; where that is impossible, the job fails."""
        try:
            if self._folder is None:
                self._folder = tempfile.TemporaryDirectory(prefix="styletalk-", ignore_cleanup_errors=True)
            job.output = Path(self._folder.name) / str(job.identity) / "animation.npz"
            job.output.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            sentence = (
                f"Cannot make a folder for the animation: {_reason(error)}. Make room in {tempfile.gettempdir()}."
            )
            self._fail([job], Failed("OutputError", sentence))
            return False
        return True

    def _dismiss(self) -> None:
        """Kill the worker."""
        if self._worker is not None:
            self._worker.child.kill()
            self._leave(0.0)

    def _retire(self) -> None:
        """Let an idle worker end by itself."""
        if self._worker is not None:
            self._worker.child.send(line(type="shutdown"))
            self._worker.child.end_input()
            self._leave(SHUTDOWN_TIMEOUT_S)

    def _leave(self, within_s: float) -> None:
        assert self._worker is not None
        self._leaving.append((self._worker.child, self._clock() + within_s))
        self._worker, self._asked, self._deadline = None, None, math.inf

    def _see_off(self) -> None:
        """Close what belongs to workers that have ended; kill those that take too long."""
        for child, deadline in list(self._leaving):
            if child.gone:
                child.stop()
                self._leaving.remove((child, deadline))
            elif self._clock() > deadline:
                child.kill()


def _reason(error: OSError) -> str:
    return error.strerror or str(error)
