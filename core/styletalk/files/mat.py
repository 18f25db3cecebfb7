# SPDX-License-Identifier: Apache-2.0
"""The one reader of MATLAB files: numeric tables of level 5, what the published clips are, with NumPy alone.

SciPy reads more kinds of them, but Blender's own Python does not carry it, and some damaged ones end its process.
Format: MathWorks, "MAT-File Format", level 5.
"""

import math
import struct
import zlib
from collections.abc import Collection, Iterator
from pathlib import Path

import numpy as np

from .limits import MAX_DIMENSIONS, MAX_FILE_BYTES, MAX_TABLES, MAX_UNPACKED_BYTES
from .reading import UnusableContent, file_bytes

_HEADER_BYTES = 128
_STORED = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
_CLASSES = {6: "f8", 7: "f4", 8: "i1", 9: "u1", 10: "i2", 11: "u2", 12: "i4", 13: "u4", 14: "i8", 15: "u8"}
_MATRIX, _COMPRESSED = 14, 15
_COMPLEX = 0x0800
_VERSION_7_3 = b"MATLAB 7.3"
"""So begins the text of a file that is HDF5 inside."""
_BEGINNING_BYTES = 4096
"""Of a table: its kind, size and name lie within."""
_DAMAGED = "a damaged MATLAB file"


def read_mat(
    path: Path, names: Collection[str] | None = None, max_bytes: int = MAX_UNPACKED_BYTES
) -> dict[str, np.ndarray]:
    """The real numeric tables of a level 5 .mat file by name; cells, structures and text are passed over.

    names: of the tables to read, all by default; others are not unpacked. max_bytes: of what is read, and on the disk.
    Raises UnusableContent for other files, damaged ones and too large ones, OSError where it cannot be read.
    """
    data = file_bytes(path, max(max_bytes, MAX_FILE_BYTES))
    if data[:10] == _VERSION_7_3:
        raise UnusableContent("MATLAB saved it in version 7.3; save it with -v7")
    if len(data) < _HEADER_BYTES or data[126:128] != b"IM" or data[125] != 1:
        raise UnusableContent("not a MATLAB file of level 5, little-endian")
    try:
        return _tables(memoryview(data)[_HEADER_BYTES:], names, max_bytes)
    except UnusableContent:
        raise
    except (struct.error, zlib.error, StopIteration, ValueError, OverflowError) as error:
        raise UnusableContent(_DAMAGED) from error


def _tables(data: memoryview, names: Collection[str] | None, max_bytes: int) -> dict[str, np.ndarray]:
    tables: dict[str, np.ndarray] = {}
    left = max_bytes
    for count, (kind, content) in enumerate(_elements(data)):
        if kind not in (_MATRIX, _COMPRESSED) or count >= MAX_TABLES:
            raise UnusableContent(_DAMAGED)
        if names is not None and _name(kind, content) not in names:
            continue
        if kind == _COMPRESSED:
            unpacked = _unpacked(content, left, max_bytes)
            left -= len(unpacked)
            kind, content = next(_elements(memoryview(unpacked)))
        named = _table(content, max_bytes) if kind == _MATRIX else None
        if named:
            tables[named[0]] = named[1]
    return tables


def _name(kind: int, content: memoryview) -> str:
    """The name of a table, of which only the beginning is unpacked."""
    if kind == _COMPRESSED:
        content = memoryview(zlib.decompressobj().decompress(content, _BEGINNING_BYTES))[8:]
    elements = _elements(content)
    (_, _), (_, _), (_, name) = next(elements), next(elements), next(elements)
    return bytes(name).decode("ascii")


def _unpacked(content: memoryview, max_bytes: int, limit_bytes: int) -> bytes:
    """What is compressed there. Raises UnusableContent where it is cut off or more than max_bytes, zlib.error.

    limit_bytes: of the whole file, for the sentence.
    """
    packed = zlib.decompressobj()
    unpacked = packed.decompress(content, max(max_bytes, 1))
    if packed.unconsumed_tail:
        raise UnusableContent(f"a MATLAB file with more than {limit_bytes >> 20} MB of numbers")
    if not packed.eof:
        raise UnusableContent("a MATLAB file that ends too early")
    return unpacked


def _elements(data: memoryview) -> Iterator[tuple[int, memoryview]]:
    """(type, content) of each data element. Short ones keep type, size and content within eight bytes."""
    at = 0
    while at < len(data):
        kind, size = struct.unpack_from("<II", data, at)
        if kind >> 16:
            kind, size, start, end = kind & 0xFFFF, kind >> 16, at + 4, at + 8
        else:
            start = at + 8
            end = start + size if kind == _COMPRESSED else start + (size + 7) // 8 * 8
        if start + size > len(data):
            raise UnusableContent("a MATLAB file that ends too early")
        yield kind, data[start : start + size]
        at = end


def _table(content: memoryview, max_bytes: int) -> tuple[str, np.ndarray] | None:
    """Name and values of a matrix element, or None where it is not real and numeric."""
    elements = _elements(content)
    (_, flags), (_, size), (_, name) = next(elements), next(elements), next(elements)
    description = struct.unpack_from("<I", flags)[0]
    if description & 0xFF not in _CLASSES or description & _COMPLEX:
        return None
    shape = np.frombuffer(size, "<i4").tolist()
    stored, values = next(elements)
    if stored not in _STORED:
        raise UnusableContent(f"a MATLAB file with numbers of an unknown kind ({stored})")
    flat, wanted = np.frombuffer(values, "<" + _STORED[stored]), np.dtype(_CLASSES[description & 0xFF])
    if len(shape) > MAX_DIMENSIONS or min(shape, default=0) < 0 or math.prod(shape) != len(flat):
        raise UnusableContent(_DAMAGED)
    if flat.size * wanted.itemsize > max_bytes:  # small integers become doubles
        raise UnusableContent(f"a MATLAB file with more than {max_bytes >> 20} MB of numbers")
    return bytes(name).decode("ascii"), flat.astype(wanted, copy=False).reshape(shape, order="F")
