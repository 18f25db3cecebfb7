# SPDX-License-Identifier: GPL-3.0-or-later
"""One animation on its way: starting → running → done, failed or cancelled. Polled, never waited for by the UI."""

import contextlib
import enum
import queue
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from .process import END_OF_OUTPUT, ChildProcess, worker_command
from .protocol import AnimateRequest, Failed, Finished, Progressed, ProtocolError, Ready, parse, request_line

START_TIMEOUT_S = 120.0
"""A cold disk reads PyTorch in half a minute; more than this is a hang."""
POLL_BUDGET_S = 0.02
_REQUEST_ID = 1


class State(enum.Enum):
    """Where a job is. The last three are final."""

    STARTING = enum.auto()
    RUNNING = enum.auto()
    DONE = enum.auto()
    FAILED = enum.auto()
    CANCELLED = enum.auto()


@dataclass(frozen=True)
class WorkerPlace:
    """Which interpreter runs the worker, and the folder that holds `styletalk`."""

    python: Path
    core_folder: Path
    command: tuple[str, ...] | None = None

    @property
    def full_command(self) -> list[str]:
        """What is started; tests put a worker of their own here."""
        return list(self.command) if self.command else worker_command(self.python)


class Job:
    """Asks a worker of its own for one animation. The result lies in a folder that `close` removes."""

    def __init__(
        self, place: WorkerPlace, request: AnimateRequest, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.state = State.STARTING
        self.fraction = 0.0
        self.stage = "starting the worker"
        self.note = ""
        self.failure: Failed | None = None
        self._place = place
        self._clock = clock
        self._deadline = clock() + START_TIMEOUT_S
        self._folder = Path(tempfile.mkdtemp(prefix="styletalk-"))
        self.output = self._folder / "animation.npz"
        self._request = replace(request, output=str(self.output))
        self._child = self._start()

    def _start(self) -> ChildProcess | None:
        try:
            return ChildProcess(self._place.full_command, self._place.core_folder)
        except OSError as error:
            reason = error.strerror or str(error)
            self._fail("WorkerError", f"Cannot run the worker's Python {self._place.python}: {reason}. {CHOOSE_PYTHON}")
            return None

    @property
    def finished(self) -> bool:
        """Whether nothing more will happen."""
        return self.state in (State.DONE, State.FAILED, State.CANCELLED)

    def poll(self, budget_s: float = POLL_BUDGET_S) -> State:
        """Take what the worker has said since the last time, for at most `budget_s`."""
        until = self._clock() + budget_s
        while not self.finished and self._child is not None:
            try:
                line = self._child.next_line()
            except queue.Empty:
                self._check_deadline()
                break
            self._take(line)
            if self._clock() >= until:
                break
        return self.state

    def wait(self, tell: Callable[[float, str], None], interval_s: float = 0.05) -> State:
        """Block until the job is finished; `tell(fraction, stage)` on every change. For headless use."""
        told = None
        while not self.finished:
            self.poll()
            if (self.fraction, self.stage) != told:
                told = (self.fraction, self.stage)
                tell(*told)
            if not self.finished:
                time.sleep(interval_s)
        return self.state

    def cancel(self) -> None:
        """Stop the worker at once. Nothing it made is kept."""
        if not self.finished:
            self.state = State.CANCELLED
        self.close()

    def close(self) -> None:
        """End the worker and remove what it wrote. May be called again."""
        if self._child is not None:
            self._child.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _take(self, line: str | None) -> None:
        if line is END_OF_OUTPUT:
            self._died()
            return
        assert line is not None and self._child is not None
        try:
            message = parse(line)
        except ProtocolError as error:
            self._fail("ProtocolError", f"The worker answered with something else ({error}). {CHOOSE_PYTHON}")
            return
        if isinstance(message, Ready) and self.state is State.STARTING:
            self.state = State.RUNNING
            self._child.send(request_line(_REQUEST_ID, self._request))
        elif isinstance(message, Progressed):
            self.fraction, self.stage = message.fraction, message.stage
        elif isinstance(message, Finished):
            self.state, self.fraction, self.note = State.DONE, 1.0, message.note
        elif isinstance(message, Failed):
            self._fail(message.kind, message.message, message.report)

    def _check_deadline(self) -> None:
        if self.state is State.STARTING and self._clock() > self._deadline:
            seconds = f"{START_TIMEOUT_S:g}"
            self._fail("WorkerError", f"The worker did not start within {seconds} seconds. {CHOOSE_PYTHON}")

    def _died(self) -> None:
        assert self._child is not None
        code, log = self._child.exit_code(), self._child.log_tail()
        self._fail("WorkerError", death_sentence(self._place.python, code, log, self.state is not State.STARTING), log)

    def _fail(self, kind: str, message: str, report: str = "") -> None:
        self.state, self.failure = State.FAILED, Failed(kind, message, report)


CHOOSE_PYTHON = (
    "Choose an interpreter that has the styletalk package's requirements, as “Worker Python” in the add-on's "
    "preferences or with --worker-python."
)


def death_sentence(python: Path, code: int, log: str, was_ready: bool = True) -> str:
    """Why a worker ended without an answer: one sentence, then what to do."""
    missing = re.search(r"No module named ['\"]?([\w.]+)", log)
    if missing:
        return f"The worker's Python {python} lacks the package {missing[1]}. {CHOOSE_PYTHON}"
    last = log.splitlines()[-1].strip() if log else f"exit code {code}"
    if not was_ready:
        return f"The worker's Python {python} is not one with StyleTalk: it ended at once ({last}). {CHOOSE_PYTHON}"
    return f"The worker ended before it was done ({last}). Try again, or copy the report and send it to us."


@contextlib.contextmanager
def running(place: WorkerPlace, request: AnimateRequest) -> Iterator[Job]:
    """A job that is closed at the end of the block, whatever happens in it."""
    job = Job(place, request)
    try:
        yield job
    finally:
        job.close()
