# SPDX-License-Identifier: Apache-2.0
"""What all readers of files share: whatever is wrong with a file becomes the error of the format it should hold."""

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import numpy as np

from ..errors import StyleTalkError
from .limits import MAX_FILE_BYTES

BLOCK_BYTES = 1 << 20
"""What is read and unpacked at a time."""


class UnusableContent(ValueError):
    """What a file holds cannot be used; the message says why in a few words, for the brackets of a sentence."""


def existing_file(path: Path, what: str, error: type[StyleTalkError]) -> Path:
    """The path, where a file lies there. what: it is, in words. Raises `error` for nothing, a folder, or a pipe."""
    path = Path(path)
    if os.path.isfile(path):  # Path.is_file raises for names that are too long
        return path
    if os.path.isdir(path):
        raise error(f"{path} is a folder. Give the {what} in it.")
    if os.path.exists(path):
        raise error(f"{path} is a pipe or device. Give the {what} as a file.")
    raise error(f"There is no {what} {path}. Check the path.")


@contextlib.contextmanager
def explaining(explained: Callable[[str], StyleTalkError]) -> Iterator[None]:
    """Around all that is done with a file's content until it is known to be sound.

    explained: makes the error to raise from the reason, a few words. Errors of ours pass through. All others are the
    file's fault: parsers raise whatever they like for bytes that are damaged, and numbers are not yet in range.
    """
    try:
        with np.errstate(all="ignore"):
            yield
    except StyleTalkError:
        raise
    except Exception as error:
        raise explained(reason_of(error)) from error


def reason_of(error: Exception) -> str:
    """Why a file cannot be read, for the brackets of a sentence: in our words and the system's, never in NumPy's."""
    if isinstance(error, KeyError):
        return f"it has no {error.args[0]}" if error.args else "a part is missing"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if isinstance(error, MemoryError):
        return "it needs more memory than there is"
    return str(error) if isinstance(error, UnusableContent) else "it is damaged or another kind of file"


@contextlib.contextmanager
def opened(path: Path, max_bytes: int = MAX_FILE_BYTES) -> Iterator[tuple[IO[bytes], int]]:
    """Yield a file as a stream, and its size. Raises UnusableContent where it is larger than that, OSError."""
    with open(path, "rb") as stream:
        size = os.fstat(stream.fileno()).st_size
        if size > max_bytes:
            raise UnusableContent(f"it is larger than {max_bytes >> 20} MB")
        yield stream, size


def file_bytes(path: Path, max_bytes: int = MAX_FILE_BYTES) -> bytes:
    """All of a file. Raises as `opened`."""
    with opened(path, max_bytes) as (stream, size):
        return stream.read(size)


def filled(stream: IO[bytes], count: int) -> np.ndarray:
    """(count,) uint8: the next bytes of a stream, of which memory is taken as they come. Raises UnusableContent."""
    found, at = np.empty(count, np.uint8), 0
    while at < count:
        block = stream.read(min(BLOCK_BYTES, count - at))
        if not block:
            raise UnusableContent("it is cut off")
        found[at : at + len(block)] = np.frombuffer(block, np.uint8)
        at += len(block)
    return found
