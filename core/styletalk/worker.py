# SPDX-License-Identifier: Apache-2.0
"""`python -m styletalk.worker`: a process that animates one line after another and stays warm in between.

It speaks JSON lines; docs/protocol.md holds every message, its limits, and who ends what when. Requests are answered
in the order in which they come; `cancel` and the end of the input take effect in the middle of one.
"""

import contextlib
import json
import os
import sys
import threading
import time
import traceback
from collections.abc import Mapping
from pathlib import Path
from queue import SimpleQueue
from typing import Any, TextIO

from . import __version__
from .api import animate
from .errors import Cancelled, StyleTalkError
from .files.writing import check_writable
from .request import AnimationRequest

PROTOCOL_VERSION = 2
MAX_LINE_CHARACTERS = 4_000_000
"""Of one message: an hour of transcript is a hundredth of it."""
SHUTDOWN = "shutdown"
LAST_WORDS_S = 2.0
"""When the other side is gone, work that cannot be stopped gets this long before the process ends."""


class ProtocolError(StyleTalkError):
    """A message that this worker does not know, or that lacks something."""


class Worker:
    """Answers the messages of one input on one output.

    A reader thread takes lines as they come, so that a request can be cancelled while it is worked on; the work itself
    is done in the thread that calls `serve`.
    """

    def __init__(self, source: TextIO, protocol: TextIO) -> None:
        self._source = source
        self._protocol = protocol
        self._writing = threading.Lock()
        self._requests: SimpleQueue[Mapping[str, Any] | None] = SimpleQueue()
        self._cancelled: set[Any] = set()
        self._ended = threading.Event()

    def serve(self) -> None:
        """Answer requests until `shutdown`, or until the other side is gone."""
        self._send(id=None, type="ready", protocol=PROTOCOL_VERSION, version=__version__, pid=os.getpid())
        threading.Thread(target=self._read, daemon=True).start()
        while (message := self._requests.get()) is not None:
            self._answer(message)

    def _read(self) -> None:
        """Sort what comes in: requests into the queue, the rest takes effect at once."""
        while line := self._source.readline(MAX_LINE_CHARACTERS):
            if not line.strip():
                continue
            try:
                message = _message(line)
            except ProtocolError as error:
                self._fail(None, error)
                continue
            if message["type"] == "cancel":
                self._cancelled.add(message["id"])
            elif message["type"] == SHUTDOWN:
                self._requests.put(None)
                return
            else:
                self._requests.put(message)
        self._ended.set()  # nobody will hear the answers
        self._requests.put(None)
        time.sleep(LAST_WORDS_S)
        os._exit(0)

    def _answer(self, message: Mapping[str, Any]) -> None:
        """Do what one request asks, and say how it ended."""
        identity = message["id"]

        def tell(fraction: float, stage: str) -> None:
            if identity in self._cancelled or self._ended.is_set():
                raise Cancelled("Cancelled.")
            self._send(id=identity, type="progress", fraction=round(fraction, 4), stage=stage)

        try:
            output = Path(message["output"])
            tell(0.0, "beginning")
            request = AnimationRequest.from_values(message["request"])
            check_writable(output)
            animation = animate(request, tell)
            animation.save(output)
        except StyleTalkError as error:
            self._fail(identity, error)
        except Exception as error:
            self._fail(identity, error, traceback.format_exc())
        else:
            note = animation.metadata["note"]
            self._send(id=identity, type="result", output=str(output), rows=len(animation), note=note)

    def _fail(self, identity: Any, error: Exception, trace: str | None = None) -> None:
        kind, sentence = type(error).__name__, str(error)
        if trace is not None:
            sentence = f"The worker failed unexpectedly ({kind}: {sentence}). Copy the report and send it to us."
        self._send(id=identity, type="error", kind=kind, message=sentence, traceback=trace)

    def _send(self, **message: Any) -> None:
        with self._writing, contextlib.suppress(BrokenPipeError):
            self._protocol.write(json.dumps(message) + "\n")
            self._protocol.flush()


def _message(line: str) -> dict[str, Any]:
    """The message in a line, complete for its type. Raises ProtocolError."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise ProtocolError("That line is not a JSON object.")
    wanted = _FIELDS.get(str(found.get("type")))
    if wanted is None:
        raise ProtocolError(f"The worker does not know {str(found.get('type'))[:40]!r}. Update both from one release.")
    for name, kinds in wanted.items():
        if not isinstance(found.get(name), kinds) or isinstance(found.get(name), bool):
            raise ProtocolError(f"The message {found['type']} needs {name}, {_SPOKEN[kinds]}.")
    return found


_FIELDS: dict[str, dict[str, type]] = {
    "animate": {"id": int, "request": dict, "output": str},
    "cancel": {"id": int},
    SHUTDOWN: {},
}
_SPOKEN = {int: "a whole number", dict: "an object", str: "text"}


def main() -> int:
    """Serve on stdin and stdout."""
    protocol = _claim_stdout()
    sys.stdin.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    Worker(sys.stdin, protocol).serve()
    return 0


def _claim_stdout() -> TextIO:
    """Keep stdout for the protocol; what libraries print goes to stderr."""
    protocol = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return protocol


if __name__ == "__main__":
    sys.exit(main())
