# SPDX-License-Identifier: GPL-3.0-or-later
"""The child process: started so that Blender's own Python does not leak into it, ended for certain."""

import contextlib
import os
import queue
import subprocess
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

END_OF_OUTPUT = None
"""What the line queue yields last."""
TERMINATE_TIMEOUT_S = 2.0
LOG_TAIL_LINES = 40
_BLENDERS_OWN = ("PYTHONHOME", "PYTHONPATH", "PYTHONEXECUTABLE", "PYTHONSTARTUP", "LD_PRELOAD")


def clean_environment() -> dict[str, str]:
    """The environment without what would make another interpreter load Blender's Python modules."""
    environment = {name: value for name, value in os.environ.items() if name not in _BLENDERS_OWN}
    return {**environment, "PYTHONNOUSERSITE": "1", "PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8"}


def worker_command(python: Path) -> list[str]:
    """How the worker is started; its working directory is the folder that holds `styletalk`."""
    return [str(python), "-m", "styletalk.worker"]


class ChildProcess:
    """A child whose stdout lines are read in a thread, whose stderr goes to a log file."""

    def __init__(self, command: Sequence[str], folder: Path) -> None:
        """Start it. Raises OSError where the program does not exist or cannot be run."""
        self._log = tempfile.TemporaryFile(mode="w+", encoding="utf-8", errors="replace")  # noqa: SIM115 - see `stop`
        try:
            self._popen = subprocess.Popen(
                command, cwd=folder, env=clean_environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=self._log, encoding="utf-8", errors="replace", creationflags=_no_window(),
            )  # fmt: skip
        except OSError:
            self._log.close()
            raise
        self._lines: queue.Queue[str | None] = queue.Queue()
        assert self._popen.stdin and self._popen.stdout
        self._stdin = self._popen.stdin
        self._reader = threading.Thread(target=_drain, args=(self._popen.stdout, self._lines), daemon=True)
        self._reader.start()

    def send(self, line: str) -> None:
        """Write a line. A child that is gone already shows in `lines`, not here."""
        with contextlib.suppress(OSError, ValueError):
            self._stdin.write(line)
            self._stdin.flush()

    def next_line(self, timeout_s: float = 0.0) -> str | None:
        """The next line of the child, or END_OF_OUTPUT. Raises queue.Empty where there is none in time."""
        return self._lines.get(block=timeout_s > 0, timeout=timeout_s or None)

    def exit_code(self) -> int:
        """Wait for the end of a child whose output has ended."""
        try:
            return self._popen.wait(TERMINATE_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            return self._popen.wait()

    def log_tail(self) -> str:
        """The last lines that the child wrote to stderr."""
        if self._log.closed:
            return ""
        self._log.seek(0)
        return "".join(self._log.readlines()[-LOG_TAIL_LINES:]).strip()

    def stop(self) -> None:
        """End the child: terminate, and kill where that is ignored. May be called again."""
        if self._popen.poll() is None:
            self._popen.terminate()
            self.exit_code()
        for stream in (self._stdin, self._log):
            with contextlib.suppress(OSError):  # closing flushes, and the other end is gone
                stream.close()
        self._reader.join(TERMINATE_TIMEOUT_S)


def _drain(stream: TextIO, lines: "queue.Queue[str | None]") -> None:
    with stream:
        for line in stream:
            lines.put(line)
    lines.put(END_OF_OUTPUT)


def _no_window() -> int:
    """Windows opens a console for a child unless told not to; elsewhere the flag does not exist."""
    return getattr(subprocess, "CREATE_NO_WINDOW", 0)
