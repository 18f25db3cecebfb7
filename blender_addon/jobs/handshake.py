# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a Python can run the worker: it is started, says so or why not, and is ended. Knows no Blender."""

import queue
import time
from dataclasses import dataclass

from .interpreters import Interpreter, reason_of_end
from .process import END_OF_OUTPUT, ChildProcess
from .protocol import ProtocolError, Ready, Refused, parse

TIMEOUT_S = 120.0
"""A cold disk reads PyTorch in half a minute; more than this is a hang."""
MAX_FOREIGN_LINES = 100
WAIT_INTERVAL_S = 0.05


@dataclass(frozen=True)
class Answer:
    """works: whether lines can be animated there. said: why not, or what is to be known of it; may be empty."""

    works: bool
    said: str = ""


class Handshake:
    """One Python that is tried. Call `poll` now and then until it gives an answer, or `wait`; `stop` ends it early."""

    def __init__(self, interpreter: Interpreter) -> None:
        self.interpreter = interpreter
        self._child: ChildProcess | None = None
        self._answer: Answer | None = None
        self._foreign = 0
        self._until = time.monotonic() + TIMEOUT_S
        try:
            self._child = ChildProcess(interpreter.command)
        except OSError as error:
            self._answer = Answer(False, error.strerror or str(error))

    def poll(self) -> Answer | None:
        """The answer, None as long as there is none. Never waits."""
        while self._answer is None and self._child is not None:
            try:
                self._take(self._child, self._child.next_line())
            except queue.Empty:
                if time.monotonic() > self._until:
                    self._answer = Answer(False, f"it did not start within {TIMEOUT_S:g} seconds")
                break
        if self._answer is not None:
            self.stop()
        return self._answer

    def wait(self) -> Answer:
        """Block until there is an answer: for scripts."""
        while (answer := self.poll()) is None:
            time.sleep(WAIT_INTERVAL_S)
        return answer

    def stop(self) -> None:
        """End the process. May be called again."""
        if self._child is not None:
            self._child.stop()
            self._child = None

    def _take(self, child: ChildProcess, said: str | None) -> None:
        if said is END_OF_OUTPUT:
            self._answer = Answer(False, reason_of_end(child.exit_code, child.log_tail()))
            return
        assert said is not None
        try:
            message = parse(said)
        except ProtocolError:
            self._foreign += 1
            if self._foreign > MAX_FOREIGN_LINES:
                self._answer = Answer(False, "it is no worker")
            return
        if isinstance(message, Ready):
            self._answer = Answer(True, message.note)
        elif isinstance(message, Refused):
            self._answer = Answer(False, message.reason)
