# SPDX-License-Identifier: Apache-2.0
"""Files are written whole or not at all, over no input and nothing that is not a file."""

import contextlib
import errno
import hashlib
import os
import platform
import re
import secrets
import shutil
import stat
import tempfile
import time
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

from ..errors import OutputError
from ..processes import is_running, start_mark

_MAX_WRITING_S = 3600.0
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS)
"""What only a write call says, without the name of its file."""
_EXHAUSTED = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)
"""Of the process or the machine, whatever file was being opened."""
_PREFIX = ".styletalk-"
"""Of the names of files and folders that are still being written."""
_NAME = re.compile(rf"{re.escape(_PREFIX)}(?P<machine>[0-9a-f]{{8}})-(?P<pid>\d{{1,9}})-(?P<start>\d+)-")


def check_ending(path: Path, *endings: str) -> None:
    """Raises OutputError for a name that ends in none of these, in capitals or not."""
    found = Path(path).suffix
    if found.lower() not in {each.lower() for each in endings}:
        listed = " or ".join(filter(None, (", ".join(endings[:-1]), endings[-1])))
        raise OutputError(f"Unknown file type {found!r}. Use {listed}.")


def check_not_read(output: Path, given: Iterable[object]) -> None:
    """Raises OutputError where one of `given` is the file `output` itself, under this or another name.

    given: whatever was asked for; of it, paths, texts that may be paths, and lists of them are looked at.
    """
    for each in given:
        for path in each if isinstance(each, (list, tuple)) else (each,):
            if isinstance(path, (str, Path)) and os.path.isfile(output) and _is_same_file(path, output):
                raise OutputError(f"Cannot write {output}: it is one of the files to read. Give another name.")


def check_writable(path: Path) -> None:
    """Whether `written_whole(path)` can begin; ask before long work rather than after it. Raises OutputError."""
    with refusals_explained(path):
        folder = link_target(path).parent
        with tempfile.TemporaryFile(dir=folder):
            pass
    sweep(folder)


def sweep(folder: Path) -> None:
    """Delete what processes left in a folder that were killed while they wrote there; what others write stays.

    What another machine wrote, on a network drive, stays for an hour.
    """
    for left in Path(folder).glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):  # it is gone meanwhile, or another user's
            if _is_left(left):
                shutil.rmtree(left) if left.is_dir() else left.unlink()


@contextlib.contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; rename it to `path` when the block succeeds, delete it when it fails.

    The temporary name keeps the ending, for writers that choose a format by it. Where `path` is a link, the file that
    it leads to is written.
    Raises OutputError where the folder is missing, read-only, or the disk fills, and for what is not a file.
    """
    with refusals_explained(path):
        target = link_target(path)
        temporary = target.parent / temporary_name(target.suffix)
        os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))  # as readable as any new file
    try:
        try:
            yield temporary
        except OSError as error:
            if not _is_of_writing(error, temporary):
                raise
            raise _refusal(path, error) from error
        with refusals_explained(path):
            os.replace(temporary, target)
    finally:
        with contextlib.suppress(OSError):  # the folder is gone
            temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def temporary_folder(parent: Path) -> Iterator[Path]:
    """A hidden folder in `parent`, removed with all that is in it; by `sweep`, where this process is killed.

    Raises OutputError where it cannot be made.
    """
    sweep(parent)
    folder = Path(parent) / temporary_name()
    with refusals_explained(folder):
        folder.mkdir(0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def link_target(path: Path) -> Path:
    """The file to write for a path: what a link leads to, which need not be there yet."""
    return Path(os.path.realpath(path)) if os.path.islink(path) else Path(path).absolute()


@contextlib.contextmanager
def refusals_explained(path: Path) -> Iterator[None]:
    """Turns what the system says of a block that only writes `path` into one sentence. Raises OutputError."""
    try:
        if (kind := _kind(path)) is not None:
            raise OutputError(f"Cannot write {path}: it is {kind}. Give a file name.")
        yield
    except OSError as error:
        raise _refusal(path, error) from error
    except ValueError as error:  # half a character, or NUL
        raise OutputError(f"Cannot write {str(path)!a}: this is no name for a file. Give another.") from error


def temporary_name(ending: str = "") -> str:
    """A new name that says which process is writing."""
    pid = os.getpid()
    return f"{_PREFIX}{_machine()}-{pid}-{start_mark(pid)}-{secrets.token_hex(4)}{ending}"


def _kind(path: Path) -> str | None:
    """What stands at a path where it is not a file; None where it is one, or nothing. Raises OSError, ValueError."""
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(mode):
        return "a folder"
    return None if stat.S_ISREG(mode) else "a pipe or device"


def _is_same_file(one: str | Path, other: Path) -> bool:
    try:
        return os.path.samefile(os.path.expanduser(one), other)
    except (OSError, ValueError):  # no path at all
        return False


def _is_left(path: Path) -> bool:
    """Whether nobody writes a temporary file any more. Raises OSError where it is gone."""
    name = _NAME.match(path.name)
    if name is None or name["machine"] != _machine():
        return time.time() - path.stat().st_mtime > _MAX_WRITING_S
    pid = int(name["pid"])
    return not is_running(pid) or start_mark(pid) != name["start"]


@lru_cache(maxsize=1)
def _machine() -> str:
    """Which processes' numbers mean the same: those of one machine, since it was started, and one container."""
    marks = [platform.node()]
    with contextlib.suppress(OSError):  # Linux alone has these
        marks += [Path("/proc/sys/kernel/random/boot_id").read_text(), os.readlink("/proc/self/ns/pid")]
    return hashlib.sha256("\n".join(marks).encode("utf-8", "replace")).hexdigest()[:8]


def _refusal(path: Path, error: OSError) -> OutputError:
    reason = error.strerror or str(error)
    return OutputError(f"Cannot write {path}: {reason}. Choose another folder or free some space.")


def _is_of_writing(error: OSError, temporary: Path) -> bool:
    """Whether an error is of the file that a block writes, rather than of something else that the block does."""
    if isinstance(error.filename, (str, bytes, os.PathLike)):
        named = Path(os.fsdecode(error.filename))
        return named.absolute() == temporary and error.errno not in _EXHAUSTED
    short = error.errno is None and " requested and " in str(error)  # NumPy, of arrays that did not fit on the disk
    return short or error.errno in _FULL
