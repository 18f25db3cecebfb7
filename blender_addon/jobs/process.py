# SPDX-License-Identifier: GPL-3.0-or-later
"""The child process: spoken to without waiting for it, ended for certain.

Only `stop` waits. Everything else returns at once, whatever the child does: threads write to it and read from it.
"""

import contextlib
import os
import queue
import subprocess
import tempfile
import threading
from collections.abc import Sequence
from typing import IO

from ..styletalk.processes import environment_of_child

END_OF_OUTPUT = None
"""What `next_line` gives last."""
STOP_TIMEOUT_S = 2.0
MAX_LINE_BYTES = 1 << 20
"""A longer line is cut: no worker writes one."""
LOG_TAIL_LINES = 40
_NO_WINDOW = getattr(subprocess, "CREATE_NO_WINDOW", 0)  # Windows opens a console for a child unless told not to


class ChildProcess:
    """A child that is spoken to in lines; its stderr goes to a log file."""

    def __init__(self, command: Sequence[str]) -> None:
        """Start it. Raises OSError where the program does not exist or cannot be run."""
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `stop`
        self._log_start = 0
        try:
            self._popen = subprocess.Popen(
                command, env=environment_of_child(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log,
                creationflags=_NO_WINDOW,
            )  # fmt: skip
        except OSError:
            self._log.close()
            raise
        assert self._popen.stdin and self._popen.stdout
        self._sent: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._said: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._threads = (
            threading.Thread(target=_write, args=(self._popen.stdin, self._sent), daemon=True),
            threading.Thread(target=_read, args=(self._popen, self._popen.stdout, self._said), daemon=True),
        )
        for thread in self._threads:
            thread.start()

    @property
    def pid(self) -> int:
        """Of the process that was started."""
        return self._popen.pid

    @property
    def exit_code(self) -> int | None:
        """None while the child runs; known when END_OF_OUTPUT has come."""
        return self._popen.poll()

    @property
    def gone(self) -> bool:
        """Whether nothing of the child is left, so that `stop` does not wait."""
        return self.exit_code is not None and not any(thread.is_alive() for thread in self._threads)

    def send(self, line: str) -> None:
        """Have a line written. A child that is gone shows in `next_line`, not here."""
        self._sent.put(line)

    def end_input(self) -> None:
        """Close the child's stdin after what was sent."""
        self._sent.put(None)

    def next_line(self) -> str | None:
        """The child's next line, or END_OF_OUTPUT. Raises queue.Empty where there is none yet."""
        return self._said.get(block=False)

    def mark_log(self) -> None:
        """What is in the log by now is not of interest any more."""
        self._log_start = os.fstat(self._log.fileno()).st_size

    def log_tail(self) -> str:
        """The last lines that the child wrote to stderr since `mark_log`; for a child that has ended."""
        self._log.seek(self._log_start)
        lines = self._log.read().decode("utf-8", "replace").splitlines()
        return "\n".join(lines[-LOG_TAIL_LINES:]).strip()

    def kill(self) -> None:
        """End the child, which cannot refuse."""
        self._popen.kill()
        self.end_input()

    def stop(self) -> None:
        """Kill the child and wait until it is gone. May be called again."""
        self.kill()
        for thread in self._threads:
            thread.join(STOP_TIMEOUT_S)
        self._log.close()


def _write(stream: IO[bytes], lines: "queue.SimpleQueue[str | None]") -> None:
    with contextlib.suppress(OSError), stream:  # the other end may be gone, and closing flushes
        while (line := lines.get()) is not None:
            stream.write(line.encode())
            stream.flush()


def _read(child: "subprocess.Popen[bytes]", stream: IO[bytes], lines: "queue.SimpleQueue[str | None]") -> None:
    with stream:
        while line := stream.readline(MAX_LINE_BYTES):
            lines.put(line.decode("utf-8", "replace"))
    try:
        child.wait(STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:  # it has closed its output and lives on
        child.kill()
        child.wait()
    lines.put(END_OF_OUTPUT)
