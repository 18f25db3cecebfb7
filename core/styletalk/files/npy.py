# SPDX-License-Identifier: Apache-2.0
"""The one reader of `.npy` arrays, alone or inside an `.npz`. Nothing is unpickled, no header is evaluated.

Format: NumPy, "NEP 1": 6 bytes of magic, 2 of version, the header's length, the header: a dictionary as Python writes
it, the numbers.
"""

import math
import re
from pathlib import Path
from typing import IO, Literal

import numpy as np

from .limits import MAX_ARRAY_HEADER_BYTES, MAX_DIMENSIONS, MAX_UNPACKED_BYTES
from .reading import UnusableContent, filled, opened

_MAGIC = b"\x93NUMPY"
_LENGTH_BYTES = {1: 2, 2: 4, 3: 4}
"""By version: how many bytes tell the header's length."""
_DTYPE = re.compile(r"""['"]descr['"]\s*:\s*['"]([<>|=]?(?:[fiu][1248]|b1|U[1-9]\d{0,5}))['"]""")
_ORDER = re.compile(r"""['"]fortran_order['"]\s*:\s*(True|False)""")
_SHAPE = re.compile(r"""['"]shape['"]\s*:\s*\(([\d,\sL]*)\)""")


def read_npy(path: Path) -> np.ndarray:
    """The numbers or texts of a .npy file. Raises UnusableContent, OSError."""
    with opened(path) as (stream, size):
        return next_array(stream, size)


def next_array(stream: IO[bytes], size: int, max_bytes: int = MAX_UNPACKED_BYTES) -> np.ndarray:
    """The array that takes the next `size` bytes of a stream, header included, in this machine's byte order.

    Raises UnusableContent for anything but numbers, true and false, and texts, and for more than max_bytes of them.
    """
    dtype, shape, order, header_bytes = _header(stream)
    if math.prod(shape) * dtype.itemsize > max_bytes:
        raise UnusableContent(f"it holds more than {max_bytes >> 20} MB of numbers")
    if header_bytes + math.prod(shape) * dtype.itemsize != size:
        raise UnusableContent("it is cut off, or has another length than its header says")
    flat = filled(stream, size - header_bytes)
    if dtype.kind == "b" and flat.max(initial=0) > 1:
        raise UnusableContent("it holds values that are neither true nor false")
    array = flat.view(dtype).reshape(shape, order=order)
    return array.astype(dtype.newbyteorder("="), copy=False)


def text_of(array: np.ndarray) -> str:
    """The text that an array of no dimensions holds. Raises UnusableContent where it is none."""
    return texts_of(array.reshape(1))[0]


def texts_of(array: np.ndarray) -> list[str]:
    """The texts of an array (N,). Raises UnusableContent, also for characters that do not exist."""
    if array.dtype.kind != "U" or array.ndim != 1:
        raise UnusableContent("it holds something else where a text belongs")
    try:
        texts = [str(text) for text in array.tolist()]
        "".join(texts).encode()
    except (ValueError, SystemError) as error:  # NumPy raises the latter for characters that do not exist
        raise UnusableContent("it holds text that is damaged") from error
    return texts


def _header(stream: IO[bytes]) -> tuple[np.dtype, tuple[int, ...], Literal["C", "F"], int]:
    """Type, shape, order ("C" or "F"), and how many bytes were read."""
    start = stream.read(len(_MAGIC) + 2)
    if len(start) < len(_MAGIC) + 2 or not start.startswith(_MAGIC) or start[6] not in _LENGTH_BYTES:
        raise UnusableContent("it is not an array of NumPy")
    length_bytes = _LENGTH_BYTES[start[6]]
    length = int.from_bytes(stream.read(length_bytes), "little")
    if length > MAX_ARRAY_HEADER_BYTES:
        raise UnusableContent("it holds records or objects, not plain numbers")
    text = stream.read(length).decode("latin-1")
    dtype, order, shape = (pattern.search(text) for pattern in (_DTYPE, _ORDER, _SHAPE))
    if len(text) < length or not (dtype and order and shape):
        raise UnusableContent("it holds no plain numbers, or its header is damaged")
    return _dtype(dtype[1]), _shape(shape[1]), "F" if order[1] == "True" else "C", len(start) + length_bytes + length


def _dtype(name: str) -> np.dtype:
    try:
        return np.dtype(name)
    except TypeError as error:
        raise UnusableContent(f"it holds numbers of an unknown kind ({name})") from error


def _shape(text: str) -> tuple[int, ...]:
    lengths = [part.strip().rstrip("L") for part in text.split(",") if part.strip()]
    if len(lengths) > MAX_DIMENSIONS or not all(part.isdecimal() and len(part) < 20 for part in lengths):
        raise UnusableContent("its header is damaged")
    return tuple(int(part) for part in lengths)
