# SPDX-License-Identifier: Apache-2.0
"""Files are written whole or not at all."""

import contextlib
import errno
import os
import secrets
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from ..errors import OutputError

_MAX_WRITING_S = 3600.0
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS)
"""What only a write call says, without the name of its file."""
_EXHAUSTED = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)
"""Of the process or the machine, whatever file was being opened."""
_PREFIX = ".styletalk-"
"""Of the names of files that are still being written."""


def check_ending(path: Path, *endings: str) -> None:
    """Raises OutputError for a name that ends in none of these, in capitals or not."""
    found = Path(path).suffix
    if found.lower() not in {each.lower() for each in endings}:
        listed = " or ".join(filter(None, (", ".join(endings[:-1]), endings[-1])))
        raise OutputError(f"Unknown file type {found!r}. Use {listed}.")


def check_writable(path: Path) -> None:
    """Whether `written_whole(path)` can begin; ask before long work rather than after it. Raises OutputError."""
    with refusals_explained(path):
        with tempfile.TemporaryFile(dir=Path(path).absolute().parent):
            pass
        with contextlib.suppress(FileNotFoundError):
            os.stat(path)  # a name can be too long


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
    temporary = path.parent / f"{_PREFIX}{secrets.token_hex(8)}{path.suffix}"
    with refusals_explained(path):
        os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))  # as readable as any new file
    try:
        try:
            yield temporary
        except OSError as error:
            if not _is_of_writing(error, temporary):
                raise
            raise _refusal(path, error) from error
        with refusals_explained(path):
            os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def refusals_explained(path: Path) -> Iterator[None]:
    """Turns what the system says of a block that only writes `path` into one sentence. Raises OutputError."""
    if os.path.isdir(path):
        raise OutputError(f"Cannot write {path}: it is a folder. Give a file name.")
    try:
        yield
    except OSError as error:
        raise _refusal(path, error) from error


def _refusal(path: Path, error: OSError) -> OutputError:
    reason = error.strerror or str(error)
    return OutputError(f"Cannot write {path}: {reason}. Choose another folder or free some space.")


def _is_of_writing(error: OSError, temporary: Path) -> bool:
    """Whether an error is of the file that a block writes, rather than of something else that the block does."""
    if isinstance(error.filename, (str, bytes, os.PathLike)):
        named = Path(os.fsdecode(error.filename))
        return named.absolute() == temporary.absolute() and error.errno not in _EXHAUSTED
    short = error.errno is None and " requested and " in str(error)  # NumPy, of arrays that did not fit on the disk
    return short or error.errno in _FULL
