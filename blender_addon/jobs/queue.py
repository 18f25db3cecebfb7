# SPDX-License-Identifier: GPL-3.0-or-later
"""Many lines and one warm worker. Polled by whoever holds the queue, from one thread; only `wait` and `close` block."""

import contextlib
import itertools
import math
import queue
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..styletalk.errors import OutputError
from ..styletalk.files.writing import temporary_folder
from .interpreters import Interpreter, WorkerPlace, fallback_note, last_words, reason_of_end, unused_sentence
from .job import Job, State
from .preparation import Preparation, Prepare
from .process import END_OF_OUTPUT, ChildProcess
from .protocol import Failed, Message, Progressed, ProtocolError, Ready, Refused, Request, line, parse, request_line

START_TIMEOUT_S = 120.0
"""A cold disk reads PyTorch in half a minute; more than this is a hang."""
CANCEL_TIMEOUT_S = 2.0
"""A worker that has not stopped by then is killed."""
SHUTDOWN_TIMEOUT_S = 5.0
IDLE_TIMEOUT_S = 600.0
MAX_FOREIGN_LINES = 100
"""Before a worker is ready: Blender prints its version first, a program that is no worker anything."""
POLL_BUDGET_S = 0.02
WAIT_INTERVAL_S = 0.05


@dataclass
class _Worker:
    """The process that serves the queue, and whether it has said that it is ready.

    foreign_lines: how many came before that.
    """

    place: WorkerPlace
    interpreter: Interpreter
    child: ChildProcess
    ready: bool = False
    foreign_lines: int = 0


class JobQueue:
    """Lines are worked on one after another by a worker that stays warm; results lie in a folder until released.

    `poll` must be called a few times a second while `busy`, and now and then while there is a `worker_pid`.
    After `close` the queue is empty and can be used again.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._numbers = itertools.count(1)
        self._jobs: list[Job] = []
        self._worker: _Worker | None = None
        self._reasons: dict[WorkerPlace, list[str]] = {}  # why the first so many interpreters of a place are not used
        self._note = ""
        self._preparation: Preparation | None = None
        self._asked: Job | None = None  # what the worker is at: also a cancelled job that it has not let go of yet
        self._deadline = math.inf  # of what the worker owes: to be ready, to let go of a cancelled job, to get work
        self._leaving: list[tuple[ChildProcess, float]] = []
        self._folder: Path | None = None
        self._folder_removed = contextlib.ExitStack()

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

    @property
    def note(self) -> str:
        """A sentence for the user about the Python that serves, or that served last; or ""."""
        return self._note

    def seconds_left(self, job: Job) -> float | None:
        """An estimate of how much longer a job takes, None where there is nothing to go by yet."""
        return job.seconds_left(self._clock())

    def add(self, place: WorkerPlace, request: Request, prepare: Prepare | None = None) -> Job:
        """Put a line at the end of the queue. Its turn comes in `poll`."""
        job = Job(next(self._numbers), place, request, prepare)
        self._jobs.append(job)
        return job

    def cancel(self, job: Job) -> None:
        """End a job, which is CANCELLED at once; nothing happens to a finished one. `poll` sees to the worker."""
        if job.finished:
            return
        job.state, job.stage = State.CANCELLED, "cancelled"
        if job is not self._asked or self._worker is None:
            return
        if not self._worker.ready:
            self._asked = None
            return
        if self._preparation is not None:
            self._preparation.cancel()
        else:
            self._worker.child.send(line(type="cancel", id=job.identity))
        self._deadline = self._clock() + CANCEL_TIMEOUT_S

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
        self._check_preparation()
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
        if self._preparation is not None:
            self._preparation.stop()
        self._dismiss()
        for child, _ in self._leaving:
            child.stop()
        self._leaving.clear()
        self._jobs.clear()
        self._folder_removed.close()
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
            self._take_end(worker)
            return
        assert said is not None
        try:
            message = parse(said)
        except ProtocolError as error:
            self._take_foreign(worker, str(error))
            return
        if worker.ready:
            self._take_answer(message)
        elif isinstance(message, Refused):
            self._refuse(worker, message.reason)
        elif isinstance(message, Ready):
            self._take_ready(worker, message)

    def _take_end(self, worker: _Worker) -> None:
        """The worker is gone: with the job that it was at, or before it could be used."""
        log, code = worker.child.log_tail(), worker.child.exit_code
        if not worker.ready:
            self._refuse(worker, reason_of_end(code, log))
            return
        how = last_words(code, log)
        sentence = f"The worker ended before it was done ({how}). Try again, or copy the report and send it to us."
        self._give_up(Failed("WorkerError", sentence, log))

    def _take_foreign(self, worker: _Worker, what: str) -> None:
        """A line that is no message."""
        worker.foreign_lines += 1
        if worker.ready:
            sentence = f"The worker answered with something else ({what}). Copy the report and send it to us."
            self._give_up(Failed("ProtocolError", sentence))
        elif worker.foreign_lines > MAX_FOREIGN_LINES:
            self._refuse(worker, "it is no worker")

    def _take_ready(self, worker: _Worker, message: Ready) -> None:
        """From now on this worker serves its place, and its Python is what is tried first."""
        worker.ready = True
        note = fallback_note(worker.place, worker.interpreter, self._reasons[worker.place])
        self._note = " ".join(filter(None, (note, message.note)))
        if self._asked is not None:
            self._ask(worker, self._asked)
        else:
            self._let_go()

    def _take_answer(self, message: Message) -> None:
        """What a ready worker says of the job that it is at; a failure without a number is of that job too."""
        job = self._asked
        if job is None or isinstance(message, Ready | Refused) or message.identity not in (job.identity, None):
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
        """End a worker that cannot go on, and the job that it is at."""
        asked = [self._asked] if self._asked is not None else []
        self._dismiss()
        self._fail(asked, failure)

    def _refuse(self, worker: _Worker, reason: str) -> None:
        """End a worker that never was ready. The next interpreter of its place is tried for the same job."""
        self._reasons.setdefault(worker.place, []).append(reason)
        if self._asked is not None:
            self._asked.state = State.WAITING
        self._dismiss()

    def _check_deadline(self) -> None:
        worker = self._worker
        if worker is None or self._clock() <= self._deadline:
            return
        if not worker.ready:
            self._refuse(worker, f"it did not start within {START_TIMEOUT_S:g} seconds")
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
        """A worker of the first interpreter that is not known to be of no use; without one, all fail that wait."""
        reasons = self._reasons.setdefault(place, [])
        for interpreter in place.interpreters[len(reasons) :]:
            try:
                child = ChildProcess(interpreter.command)
            except OSError as error:
                reasons.append(_reason(error))
                continue
            self._deadline = self._clock() + START_TIMEOUT_S
            return _Worker(place, interpreter, child)
        waiting = [job for job in self._jobs if job.place == place]
        self._fail(waiting, Failed("WorkerError", unused_sentence(place, reasons)))
        del self._reasons[place]  # something may be installed before the next bake
        return None

    def _ask(self, worker: _Worker, job: Job) -> None:
        """Have the sound of the job whose turn it is prepared for a ready worker, or send its request at once."""
        self._deadline = math.inf
        if job.prepare is None:
            self._send(worker, job, job.request)
            return
        job.stage = "reading the sound"
        self._preparation = Preparation(job.prepare, job.output.parent, not worker.interpreter.is_external)

    def _check_preparation(self) -> None:
        """Send the request once its sound is ready."""
        if self._preparation is None or not self._preparation.done:
            return
        outcome, self._preparation = self._preparation.outcome, None
        job, worker = self._asked, self._worker
        assert job is not None and worker is not None
        if isinstance(outcome, Path) and not job.finished:
            self._send(worker, job, replace(job.request, audio=outcome))
            return
        if isinstance(outcome, Failed):
            self._fail([job], outcome)
        self._let_go()

    def _send(self, worker: _Worker, job: Job, request: Request) -> None:
        job.stage, job.since = "starting", self._clock()
        worker.child.mark_log()
        worker.child.send(request_line(job.identity, request, job.output))

    def _has_folder(self, job: Job) -> bool:
        """Make the folder that the job's output goes into; where that is impossible, the job fails."""
        try:
            if self._folder is None:
                folder = temporary_folder(Path(tempfile.gettempdir()))
                self._folder = self._folder_removed.enter_context(folder)
            job.output = self._folder / str(job.identity) / job.output_name
            job.output.parent.mkdir(exist_ok=True)
        except (OSError, OutputError) as error:
            no_room = f"There is no folder for the result: {error}. Make room on the disk."
            sentence = str(error) if isinstance(error, OutputError) else no_room
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
        if self._preparation is not None:
            self._preparation.cancel()
            self._preparation = None
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
