# SPDX-License-Identifier: Apache-2.0
"""What has become of a batch's lines: a file that only grows, so that a batch which is killed goes on where it was."""

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

from .. import __version__
from ..errors import BatchError
from ..files.json_text import parse_json
from ..files.locks import locked
from ..files.reading import UnusableContent
from ..files.writing import refusals_explained
from ..request import AnimationRequest
from .line_list import BatchLine

LEDGER_NAME = "ledger.jsonl"
HASH_BLOCK_BYTES = 1 << 20
DONE, FAILED = "done", "failed"


@dataclass(frozen=True)
class Entry:
    """How a line ended. digest: of all that it was made from. message: why it failed, or the animation's note.

    bytes: of the output. findings: [kind, sentence] each, see `audit`. measures: numbers for the report.
    """

    id: str
    digest: str
    state: str
    output: str = ""
    bytes: int = 0
    message: str = ""
    findings: tuple[tuple[str, str], ...] = ()
    measures: Mapping[str, Any] = field(default_factory=dict)


class Ledger:
    """The entries of a folder, the last of each line. Made by `open_ledger`."""

    def __init__(self, folder: Path, entries: dict[str, Entry], file: IO[bytes]) -> None:
        self._folder, self._entries, self._file = folder, entries, file

    def finished(self, line: BatchLine, digest: str) -> Entry | None:
        """The entry of a line that needs no more work: made from the same, and its output is there as it was."""
        entry = self._entries.get(line.identity)
        if entry is None or entry.state != DONE or entry.digest != digest or entry.output != str(line.output):
            return None
        with contextlib.suppress(OSError):
            if (self._folder / entry.output).stat().st_size == entry.bytes:
                return entry
        return None

    def add(self, entry: Entry) -> None:
        """Write an entry down for good. Raises OutputError."""
        self._entries[entry.id] = entry
        with refusals_explained(self._folder / LEDGER_NAME):
            self._file.write(json.dumps(asdict(entry), ensure_ascii=False).encode() + b"\n")
            self._file.flush()
            os.fsync(self._file.fileno())


@contextlib.contextmanager
def open_ledger(folder: Path) -> Iterator[Ledger]:
    """The ledger of a folder that is there, held until the block is left.

    A last line that was cut off by a kill is dropped. Raises BatchError where another batch works there or the file is
    something else, OutputError where it cannot be written.
    """
    path = folder / LEDGER_NAME
    taken = BatchError(f"Another batch is at work in {folder}. Wait for it, or choose another folder with -o.")
    with locked(folder / f".{LEDGER_NAME}.lock", taken, remove=True), _opened(path) as file:
        file.seek(0)
        content = file.read()
        whole = content.rfind(b"\n") + 1
        entries = {entry.id: entry for entry in map(_entry_of, _lines(path, content[:whole]))}
        file.truncate(whole)
        yield Ledger(folder, entries, file)


def _opened(path: Path) -> IO[bytes]:
    """Raises OutputError."""
    with refusals_explained(path):
        return path.open("a+b")


def _lines(path: Path, content: bytes) -> Iterator[dict[str, Any]]:
    """Raises BatchError where it is no ledger."""
    try:
        for line in content.decode().splitlines():
            found = parse_json(line)
            if not isinstance(found, dict) or not {"id", "digest", "state"} <= found.keys():
                raise UnusableContent("it is no ledger")
            yield found
    except (UnusableContent, UnicodeDecodeError) as error:
        raise BatchError(f"{path} is no ledger of a batch, or damaged. Choose another folder, or delete it.") from error


def _entry_of(found: dict[str, Any]) -> Entry:
    """What is unknown, of a later release, is left out."""
    known = {name: value for name, value in found.items() if name in Entry.__dataclass_fields__}
    return Entry(**{**known, "findings": tuple(map(tuple, known.get("findings", ())))})


def digest_of(request: AnimationRequest, character: str, ending: str) -> str:
    """What decides an output: the request, with the content of the files that it names, and this release.

    A file that is missing counts by its name.
    """
    digest = hashlib.sha256()
    values = {**request.as_values(), "character": character, "ending": ending, "version": __version__}
    for name, value in sorted(values.items()):
        is_file = name != "transcript" and isinstance(value, str) and os.path.isfile(value)
        digest.update(json.dumps([name, Path(value).name if is_file else value]).encode())
        if is_file:
            _add_file(digest, Path(value))
    return digest.hexdigest()


def _add_file(digest: Any, path: Path) -> None:
    with contextlib.suppress(OSError), path.open("rb") as stream:
        while block := stream.read(HASH_BLOCK_BYTES):
            digest.update(block)
