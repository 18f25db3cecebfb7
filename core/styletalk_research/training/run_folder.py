# SPDX-License-Identifier: Apache-2.0
"""The folder of a run: one process at a time, one configuration, one set of recordings. A run that was stopped goes on.

RUN/config.json holds what was asked, RUN/data.json a digest of the recordings, RUN/run.lock is locked while one trains.
"""

import contextlib
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from styletalk.errors import OutputError, StyleTalkError
from styletalk.files.json_text import parse_json
from styletalk.files.locks import locked
from styletalk.files.reading import UnusableContent
from styletalk.files.text import read_text
from styletalk.files.writing import check_writable, sweep, written_whole

from ..config_file import RunConfig
from ..datasets.errors import TrainingDataError
from ..discriminators.frozen import CONFIG_FILE

DATA_FILE = "data.json"
"""What a run learns from, in its folder."""
LOCK_FILE = "run.lock"


def check_free(run: Path) -> None:
    """Whether one can train in the folder, or make it; ask before long reading.

    Raises OutputError where nothing can be written, TrainingDataError where another process trains.
    """
    above = next(path for path in (run.absolute(), *run.absolute().parents) if path.exists())
    check_writable(above / CONFIG_FILE)
    if (run / LOCK_FILE).is_file():
        with _locked(run):
            pass


@contextlib.contextmanager
def claimed(run: Path, config: RunConfig, data: Mapping[str, Any]) -> Iterator[None]:
    """Make the folder this run's, or find that it is, and keep other processes out meanwhile.

    data: facts of what is learnt from, as JSON holds them; `data_digest` makes one. Raises OutputError, and
    TrainingDataError where another process trains there, or the folder holds a run that was asked for otherwise.
    """
    try:
        run.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"Cannot make the folder {run}: {error.strerror}. Choose another.") from error
    with _locked(run):
        sweep(run)
        before = _held(run / CONFIG_FILE, type(config).from_json)
        if before is not None and before.deciding != config.deciding:
            raise TrainingDataError(f"{run} holds another run. Choose another folder or delete it.")
        known = _held(run / DATA_FILE, _facts) or {}
        if any(data[name] != value for name, value in known.items() if name in data):
            raise TrainingDataError(
                f"The run in {run} began with other recordings. Give it those, choose another folder or delete it."
            )
        for name, text in ((CONFIG_FILE, config.stored_in(run).to_json()), (DATA_FILE, json.dumps(data))):
            with written_whole(run / name) as temporary:
                temporary.write_text(text, encoding="utf-8")
        yield


def data_digest(parts: Iterable[str | bytes | np.ndarray]) -> str:
    """The same for the same names and arrays in the same order."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.encode() if isinstance(part, str) else np.ascontiguousarray(part).tobytes())
        digest.update(b"|")
    return digest.hexdigest()


def _held(path: Path, read: Callable[[str], Any]) -> Any:
    """What a run has written of itself, or None where it has not yet. Raises TrainingDataError."""
    if not path.is_file():
        return None
    try:
        return read(read_text(path))
    except (StyleTalkError, OSError, ValueError) as error:
        raise TrainingDataError(f"{path} is damaged, or no run's. Choose another folder or delete it.") from error


def _facts(text: str) -> dict[str, Any]:
    facts = parse_json(text)
    if not isinstance(facts, dict):
        raise UnusableContent("it is no JSON object")
    return facts


def _locked(run: Path) -> contextlib.AbstractContextManager[None]:
    sentence = f"Another process is training in {run}. Wait until it is done, stop it, or choose another folder."
    return locked(run / LOCK_FILE, TrainingDataError(sentence))
