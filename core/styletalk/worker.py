# SPDX-License-Identifier: Apache-2.0
"""`python -m styletalk.worker`: a process that animates one line after another and stays warm in between.

It speaks JSON lines; docs/protocol.md holds every message, its limits, and who ends what when. Requests are answered
in the order in which they come; `cancel` and the end of the input take effect in the middle of one.
"""

import json
import os
import signal
import sys
import threading
import traceback
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any, BinaryIO, TextIO

import numpy as np

from . import __version__
from .api import animate
from .blas import slow_blas_note
from .errors import Cancelled, StyleTalkError
from .files.writing import check_writable
from .request import AnimationRequest

PROTOCOL_VERSION = 2
MAX_LINE_BYTES = 4_000_000
"""Of one message: an hour of transcript is a hundredth of it."""
MAX_WHOLE_NUMBER = 2**53 - 1
"""Greater ones are not the same number to every reader of JSON."""
ABANDONED_TIMEOUT_S = 1.0
"""When the other side is gone, work that cannot be stopped gets this long before the process ends."""


class ProtocolError(StyleTalkError):
    """A message that this worker does not know, or that lacks something."""


@dataclass
class _Task:
    """A request that is not answered yet."""

    identity: int
    values: dict[str, Any]
    output: str
    cancelled: bool = False


class Worker:
    """Answers the messages of one input on one output.

    A reader thread takes lines as they come, so that a request can be cancelled while it is worked on; the work itself
    is done in the thread that calls `serve`.
    """

    def __init__(self, source: BinaryIO, protocol: TextIO) -> None:
        self._source = source
        self._protocol = protocol
        self._writing = threading.Lock()
        self._tasks: SimpleQueue[_Task | None] = SimpleQueue()
        self._unanswered: dict[int, _Task] = {}
        self._abandoned = threading.Event()

    def serve(self) -> None:
        """Answer requests until `shutdown`, or until the other side is gone."""
        versions = {"protocol": PROTOCOL_VERSION, "version": __version__, "numpy": np.__version__}
        self._send(id=None, type="ready", **versions, pid=os.getpid(), note=slow_blas_note())
        threading.Thread(target=self._read, daemon=True).start()
        while (task := self._tasks.get()) is not None:
            self._answer(task)

    def _read(self) -> None:
        """Take lines until `shutdown` or the end of the input."""
        while line := self._source.readline(MAX_LINE_BYTES + 1):
            try:
                self._skip_rest(line)
                message = _message(line)
                if message is not None and not self._sort(message):
                    return
            except ProtocolError as error:
                self._fail(None, error)
        self._abandon()

    def _skip_rest(self, line: bytes) -> None:
        """Of a line that is too long, take what is left, and raise ProtocolError."""
        if len(line) <= MAX_LINE_BYTES:
            return
        while line and not line.endswith(b"\n"):
            line = self._source.readline(MAX_LINE_BYTES)
        raise ProtocolError(f"The request is longer than {MAX_LINE_BYTES:,} bytes. Shorten the transcript.")

    def _sort(self, message: dict[str, Any]) -> bool:
        """Requests go into the queue, the rest takes effect at once. Returns whether more may come."""
        if message["type"] == "shutdown":
            self._tasks.put(None)
            return False
        identity = message["id"]
        if message["type"] == "cancel":
            if (task := self._unanswered.get(identity)) is not None:
                task.cancelled = True
        elif identity in self._unanswered:
            raise ProtocolError(f"The request {identity} is not answered yet. Give each a number of its own.")
        else:
            task = self._unanswered[identity] = _Task(identity, message["request"], message["output"])
            self._tasks.put(task)
        return True

    def _answer(self, task: _Task) -> None:
        """Do what one request asks, and say how it ended."""

        def tell(fraction: float, stage: str) -> None:
            if task.cancelled or self._abandoned.is_set():
                raise Cancelled("Cancelled.")
            self._send(id=task.identity, type="progress", fraction=round(fraction, 4), stage=stage)

        try:
            output = Path(task.output)
            tell(0.0, "starting")
            request = AnimationRequest.from_values(task.values)
            check_writable(output)
            animation = animate(request, tell)
            animation.save(output)
        except StyleTalkError as error:
            self._fail(task, error)
        except Exception as error:
            self._fail(task, error, traceback.format_exc())
        else:
            del self._unanswered[task.identity]
            note = animation.metadata["note"]
            self._send(id=task.identity, type="result", output=task.output, rows=len(animation), note=note)

    def _fail(self, task: _Task | None, error: Exception, trace: str | None = None) -> None:
        """Answer a request, or a line that is none, with what went wrong."""
        kind, sentence = type(error).__name__, str(error)
        if trace is not None:
            sentence = f"The worker failed unexpectedly ({kind}: {sentence}). Copy the report and send it to us."
        if task is not None:
            del self._unanswered[task.identity]
        identity = task.identity if task is not None else None
        self._send(id=identity, type="error", kind=kind, message=sentence, traceback=trace)

    def _send(self, **message: Any) -> None:
        try:
            with self._writing:
                self._protocol.write(json.dumps(message) + "\n")
                self._protocol.flush()
        except OSError:
            self._abandon()

    def _abandon(self) -> None:
        """Nobody will read the answers: stop, in the middle of work too, and end the process for certain."""
        if self._abandoned.is_set():
            return
        self._abandoned.set()
        self._tasks.put(None)
        last_resort = threading.Timer(ABANDONED_TIMEOUT_S, os._exit, (0,))
        last_resort.daemon = True
        last_resort.start()


def _message(line: bytes) -> dict[str, Any] | None:
    """The message in a line, complete for its type; None for an empty line. Raises ProtocolError."""
    if not line.strip():
        return None
    try:
        found = json.loads(line.decode(), parse_int=_whole_number)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise ProtocolError("That line is not a JSON object in UTF-8.")
    wanted = _FIELDS.get(str(found.get("type")))
    if wanted is None:
        raise ProtocolError(f"The worker does not know {str(found.get('type'))[:40]!r}. Update both from one release.")
    for name, kind in wanted.items():
        if not isinstance(found.get(name), kind) or isinstance(found.get(name), bool):
            raise ProtocolError(f"The message {found['type']} needs {name}, {_SPOKEN[kind]}.")
    texts = (*found.values(), *(found["request"].values() if found["type"] == "animate" else ()))
    if any(isinstance(text, str) and "\0" in text for text in texts):
        raise ProtocolError("A text of the request holds the character NUL. Remove it.")
    return found


def _whole_number(text: str) -> int:
    """Raises ValueError where it is too great."""
    value = int(text)
    if abs(value) > MAX_WHOLE_NUMBER:
        raise ValueError(text[:40])
    return value


_FIELDS: dict[str, dict[str, type]] = {
    "animate": {"id": int, "request": dict, "output": str},
    "cancel": {"id": int},
    "shutdown": {},
}
_PR_SET_PDEATHSIG = 1
_SPOKEN = {int: "a whole number", dict: "an object", str: "text"}


def main() -> int:
    """Serve on stdin and stdout."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all that the terminal runs: the parent decides
    _die_with_parent()
    source = open(0, "rb", closefd=False)  # noqa: SIM115 - closing it, as Python does sys.stdin, waits for its reader
    Worker(source, _claim_stdout()).serve()
    return 0


def _die_with_parent() -> None:
    """Have Linux kill this process with the thread that started it. Elsewhere the end of the input has to do.

    The input is read by a thread, and speech recognition keeps every thread from running for seconds.
    """
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _claim_stdout() -> TextIO:
    """Keep stdout for the protocol; what libraries print goes to stderr."""
    protocol = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return protocol


if __name__ == "__main__":
    sys.exit(main())
