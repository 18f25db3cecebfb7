# SPDX-License-Identifier: Apache-2.0
"""Files are written whole or not at all."""

import contextlib
import os
import secrets
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from ..errors import OutputError

_MAX_WRITING_S = 3600.0
_PREFIX = ".styletalk-"
"""Of the names of files that are still being written."""


def check_writable(path: Path) -> None:
    """Whether `written_whole(path)` can begin; ask before long work rather than after it. Raises OutputError."""
    with refusals_explained(path), tempfile.TemporaryFile(dir=Path(path).absolute().parent):
        pass


def sweep(folder: Path) -> None:
    """Delete what `written_whole` left in a folder when its process was killed while writing. Raises OutputError.

    What is younger than an hour stays: another process may be writing it.
    """
    for left in Path(folder).glob(f"{_PREFIX}*"):
        with refusals_explained(left), contextlib.suppress(FileNotFoundError):
            if time.time() - left.stat().st_mtime > _MAX_WRITING_S:
                left.unlink()


@contextlib.contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; rename it to `path` when the block succeeds, delete it when it fails.

    The temporary name keeps the ending, for writers that choose a format by it.
    Raises OutputError where the folder is missing, read-only, or the disk fills.
    """
    path = Path(path)
    temporary = None
    try:
        with refusals_explained(path):
            temporary = path.parent / f"{_PREFIX}{secrets.token_hex(8)}{path.suffix}"
            os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))  # as readable as any new file
            yield temporary
            os.replace(temporary, path)
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def refusals_explained(path: Path) -> Iterator[None]:
    """Turns what the system says of writing `path` into one sentence, and nothing else. Raises OutputError."""
    if Path(path).is_dir():
        raise OutputError(f"Cannot write {path}: it is a folder. Give a file name.")
    try:
        yield
    except OSError as error:
        if _is_of_another(error, Path(path)):
            raise
        reason = error.strerror or str(error)
        raise OutputError(f"Cannot write {path}: {reason}. Choose another folder or free some space.") from error


def _is_of_another(error: OSError, path: Path) -> bool:
    """Whether an error is of another file or of a process, which a block that writes `path` works with."""
    if isinstance(error, (ConnectionError, ChildProcessError, TimeoutError)):
        return True
    if not isinstance(error.filename, (str, bytes, os.PathLike)):
        return False
    named, folder = Path(os.fsdecode(error.filename)).absolute(), path.absolute().parent
    return folder not in (named, named.parent)
