# SPDX-License-Identifier: Apache-2.0
"""`python -m styletalk.worker`: a warm process that animates lines, writes words, captures faces and renders passes.

It speaks JSON lines; docs/protocol.md holds every message, its limits, and who ends what when. Requests are worked on
in the order in which they come. What can be told from a message alone is answered at once, in the middle of one too;
`cancel` and the end of the input take effect there as well.
"""

import contextlib
import json
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, BinaryIO, TextIO

import numpy as np

from . import __version__
from .api import animate
from .blas import slow_blas_note
from .errors import OUT_OF_MEMORY, Cancelled, StyleTalkError, one_line
from .files.writing import check_ending, check_not_read, check_writable
from .processes import die_with_parent
from .progress import Progress
from .request import AnimationRequest

if TYPE_CHECKING:
    from .tracking.capture import CaptureOptions

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
    """A request that is not answered yet.

    work: writes the output, tells how far it is, and returns how many rows or words there are, and a note.
    """

    identity: int
    work: Callable[[Progress], tuple[int, str]]
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
        """Take lines until `shutdown` or the end of the input, which a broken one has, too."""
        with contextlib.suppress(OSError):
            while line := self._source.readline(MAX_LINE_BYTES + 1):
                if not self._take(line):
                    return
        self._abandon()

    def _take(self, line: bytes) -> bool:
        """Do what a line says, or answer why not, whatever it is. Returns whether more may come."""
        try:
            self._skip_rest(line)
            message = _message(line)
            return message is None or self._sort(message)
        except Exception as error:
            self._fail(None, error)
        return True

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
            self._accept(identity, message)
        return True

    def _accept(self, identity: int, message: dict[str, Any]) -> None:
        """Put a request into the queue, or say at once why it cannot be met."""
        try:
            work = _work(message, Path(message["output"]))
        except Exception as error:
            self._fail(identity, error)
        else:
            task = self._unanswered[identity] = _Task(identity, work, message["output"])
            self._tasks.put(task)

    def _answer(self, task: _Task) -> None:
        """Do what one request asks, and say how it ended."""

        def tell(fraction: float, stage: str) -> None:
            if task.cancelled or self._abandoned.is_set():
                raise Cancelled("Cancelled.")
            self._send(id=task.identity, type="progress", fraction=round(fraction, 4), stage=stage)

        try:
            tell(0.0, "starting")
            rows, note = task.work(tell)
        except BaseException as error:  # a library that calls sys.exit must not end the others' worker
            del self._unanswered[task.identity]
            self._fail(task.identity, error)
        else:
            del self._unanswered[task.identity]
            self._send(id=task.identity, type="result", output=task.output, rows=rows, note=note)

    def _fail(self, identity: int | None, error: BaseException) -> None:
        """Answer the request of that number, or a line that is none, with what went wrong."""
        kind, sentence, trace = type(error).__name__, str(error), None
        if isinstance(error, MemoryError):
            sentence = OUT_OF_MEMORY
        elif not isinstance(error, StyleTalkError):
            trace = "".join(traceback.format_exception(error))
            sentence = f"The worker failed unexpectedly ({kind}: {sentence}). Copy the report and send it to us."
        self._send(id=identity, type="error", kind=kind, message=one_line(sentence), traceback=trace)

    def _send(self, **message: Any) -> None:
        try:
            with self._writing:
                self._protocol.write(json.dumps(message) + "\n")
                self._protocol.flush()
        except (OSError, ValueError):  # the latter where it is closed
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


def _work(message: dict[str, Any], output: Path) -> Callable[[Progress], tuple[int, str]]:
    """What a request asks for, ready to be done. Raises RequestError, OutputError."""
    if message["type"] == "recognise":
        check_ending(output, ".txt")
        given, work = [message["audio"]], partial(_write_down, Path(message["audio"]), output)
    elif message["type"] == "suggest":
        check_ending(output, ".json")
        given, work = [message["audio"]], partial(_suggest, Path(message["audio"]), message.get("transcript"), output)
    elif message["type"] == "pass":
        check_ending(output, ".json")
        from .photoreal.worker_pass import request_of, write_pass

        request = request_of(message["animation"], message["photo"], message["frames"], message["options"])
        given, work = [message["animation"], message["photo"]], partial(write_pass, request, output)
    elif message["type"] in ("track", "style_from"):
        check_ending(output, ".npz")
        options = _capture_options(message["options"])
        given = [message["film"], *message["options"].values()]
        film = Path(message["film"])
        named = (message["name"],) if message["type"] == "style_from" else ()
        work = partial(_style_from if named else _track, film, *named, options, output)
    else:
        given = message["request"].values()
        work = partial(_animate, AnimationRequest.from_values(message["request"]), output)
    check_not_read(output, given)
    check_writable(output)
    return work


def _animate(request: AnimationRequest, output: Path, progress: Progress) -> tuple[int, str]:
    animation = animate(request, progress)
    note = animation.metadata["note"]
    animation.save(output)
    return len(animation), note


def _capture_options(values: dict[str, Any]) -> "CaptureOptions":
    from .tracking.capture import CaptureOptions

    return CaptureOptions.from_values(values)


def _track(film: Path, options: "CaptureOptions", output: Path, progress: Progress) -> tuple[int, str]:
    from .tracking.capture import animation_of, capture

    track, fitted = capture(film, options, progress=progress)
    animation = animation_of(film, track, fitted, options)
    animation.save(output)
    return len(animation), str(animation.metadata["note"])


def _style_from(
    film: Path, name: str, options: "CaptureOptions", output: Path, progress: Progress
) -> tuple[int, str]:  # fmt: skip
    from .networks.engine.cache import KEPT_ENGINES
    from .styles.clip import ENCODER_ROWS
    from .styles.from_film import style_from_film

    engine = KEPT_ENGINES.engine(None, "auto", "auto", ENCODER_ROWS, "auto")
    found = style_from_film(film, name, engine, options, progress=progress)
    found.style.save(output)
    return len(found.style.clip), found.report


def _suggest(audio: Path, transcript: str | None, output: Path, progress: Progress) -> tuple[int, str]:
    from .styles.suggest import write_suggestion

    return write_suggestion(audio, transcript, output, progress)


def _write_down(audio: Path, output: Path, progress: Progress) -> tuple[int, str]:
    from .speech.recognition.written_words import write_words

    return write_words(audio, output, progress)


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
    inner = [found[name] for name, kind in wanted.items() if kind is dict]
    texts = [*found.values(), *(value for each in inner for value in each.values())]
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
    "recognise": {"id": int, "audio": str, "output": str},
    "suggest": {"id": int, "audio": str, "output": str},
    "track": {"id": int, "film": str, "options": dict, "output": str},
    "style_from": {"id": int, "film": str, "name": str, "options": dict, "output": str},
    "pass": {"id": int, "animation": str, "photo": str, "frames": str, "options": dict, "output": str},
    "cancel": {"id": int},
    "shutdown": {},
}
_SPOKEN = {int: "a whole number", dict: "an object", str: "text"}


def main() -> int:
    """Serve on stdin and stdout."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all that the terminal runs: the parent decides
    die_with_parent()
    source = open(0, "rb", closefd=False)  # noqa: SIM115 - closing it, as Python does sys.stdin, waits for its reader
    Worker(source, _claim_stdout()).serve()
    return 0


def _claim_stdout() -> TextIO:
    """Keep stdout for the protocol; what libraries print goes to stderr."""
    protocol = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return protocol


if __name__ == "__main__":
    sys.exit(main())
