# SPDX-License-Identifier: Apache-2.0
"""A lock on a folder, which the system takes back when the process ends, however it ends."""

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from .writing import refusals_explained


@contextlib.contextmanager
def locked(path: Path, taken: Exception, remove: bool = False) -> Iterator[None]:
    """Hold the lock file at `path`, in a folder that is there. remove: and delete it at the end.

    Raises `taken` where another process holds it, OutputError where it cannot be written.
    """
    with refusals_explained(path):
        file = path.open("a+b")
    with file:
        if not _lock(file):
            raise taken
        try:
            yield
        finally:
            if remove:
                with contextlib.suppress(OSError):  # Windows deletes nothing that is open
                    path.unlink()
    if remove and sys.platform == "win32":
        with contextlib.suppress(OSError):
            path.unlink()


def _lock(file: IO[bytes]) -> bool:
    """Whether nobody else holds the lock; where the file system knows no locks, nobody does. Released on closing."""
    try:
        if sys.platform == "win32":
            import msvcrt

            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:
        return True
    return True
