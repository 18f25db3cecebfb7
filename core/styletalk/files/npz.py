# SPDX-License-Identifier: Apache-2.0
"""The one reader of `.npz` files: whatever is wrong with one becomes the error of the format that it should hold."""

import contextlib
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from ..errors import StyleTalkError
from .reading import UnusableContent

UNREADABLE = (
    OSError, EOFError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError, MemoryError, SyntaxError,
    RuntimeError, zipfile.BadZipFile, zlib.error, struct.error, tokenize.TokenError,
)  # fmt: skip
"""What NumPy raises for damaged, encrypted and pickled files, and readers for arrays of another shape or type."""


@contextlib.contextmanager
def read_npz(path: Path, explained: Callable[[str], StyleTalkError]) -> Iterator[dict[str, np.ndarray]]:
    """Yield the arrays of an `.npz` by name, nothing unpickled.

    explained: makes the error to raise from the reason, a few words. It is raised where the file cannot be read and
    where the block finds it without an array, or with one that cannot be used; errors of ours pass through the block.
    """
    try:
        with open(path, "rb") as stream:
            stored = np.load(stream, allow_pickle=False)
            if isinstance(stored, np.ndarray):
                raise UnusableContent("it is a single array, not an .npz")
            arrays = {name: stored[name] for name in stored.files}
        yield arrays
    except UNREADABLE as error:
        raise explained(reason_of(error)) from error


def reason_of(error: BaseException) -> str:
    """Why a file cannot be read, for the brackets of a sentence: in our words and the system's, never in NumPy's."""
    if isinstance(error, KeyError):
        return f"it has no {error.args[0]}"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) if isinstance(error, UnusableContent) else "it is damaged or not an .npz file"
