# SPDX-License-Identifier: Apache-2.0
"""The one reader and the one writer of `.npz` files, and what is asked of every zip archive before it is unpacked."""

import contextlib
import io
import struct
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO

import numpy as np

from ..errors import StyleTalkError
from .limits import MAX_DIRECTORY_BYTES, MAX_UNPACKED_BYTES
from .npy import next_array
from .reading import UnusableContent, explaining, opened
from .writing import written_whole

_ARRAY = ".npy"
_ENCRYPTED = 1
_END, _END_64 = b"PK\x05\x06", b"PK\x06\x06"
_TAIL_BYTES = (1 << 16) + 22 + 20 + 56
"""Within which an archive ends: a comment, its two end records and the place of the second."""


def write_npz(path: Path, arrays: Mapping[str, np.ndarray], compressed: bool = True) -> None:
    """Write arrays by name, whole or not at all. Raises OutputError."""
    packed = io.BytesIO()  # a zip file that fails half-way complains again when it is collected; bytes do not
    (np.savez_compressed if compressed else np.savez)(packed, **dict(arrays))
    with written_whole(Path(path)) as temporary:
        temporary.write_bytes(packed.getbuffer())


@contextlib.contextmanager
def read_npz(
    path: Path, explained: Callable[[str], StyleTalkError], max_bytes: int = MAX_UNPACKED_BYTES
) -> Iterator[dict[str, np.ndarray]]:
    """Yield the arrays of an `.npz` by name, nothing unpickled.

    explained: see `reading.explaining`. It is raised where the file cannot be read and where the block finds it without
    an array, or with one that cannot be used; errors of ours pass through the block. max_bytes: on the disk, and
    unpacked.
    """
    with explaining(explained):
        with opened(path, max_bytes) as (stream, size), opened_zip(stream, size, max_bytes) as stored:
            entries = [entry for entry in stored.infolist() if entry.filename.endswith(_ARRAY)]
            arrays = {entry.filename.removesuffix(_ARRAY): _array(stored, entry) for entry in entries}
        yield arrays


@contextlib.contextmanager
def opened_zip(stream: IO[bytes], size: int, max_bytes: int) -> Iterator[zipfile.ZipFile]:
    """Yield the archive in a stream of `size` bytes, whose entries have no more than max_bytes unpacked.

    Raises UnusableContent for more, for packing that NumPy and PyTorch do not use, and whatever zipfile raises.
    """
    _check_directory(stream, size)
    with zipfile.ZipFile(stream) as stored:
        entries = stored.infolist()
        if sum(entry.file_size for entry in entries) > max_bytes:
            raise UnusableContent(f"unpacked it has more than {max_bytes >> 20} MB")
        if any(entry.flag_bits & _ENCRYPTED for entry in entries):
            raise UnusableContent("it is encrypted")
        if any(entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for entry in entries):
            raise UnusableContent("it is packed in an unknown way")
        yield stored


def _check_directory(stream: IO[bytes], size: int) -> None:
    """Whether an archive's list of contents is short enough to be read; it is read whole."""
    stream.seek(max(0, size - _TAIL_BYTES))
    tail = stream.read(_TAIL_BYTES)
    end, wide = tail.rfind(_END), tail.rfind(_END_64)
    if not 0 <= end <= len(tail) - 22:
        raise UnusableContent("it is cut off, damaged or another kind of file")
    lengths = [struct.unpack_from("<I", tail, end + 12)[0]]
    if 0 <= wide <= len(tail) - 56:
        lengths = [struct.unpack_from("<Q", tail, wide + 40)[0], *(n for n in lengths if n != 0xFFFFFFFF)]
    if max(lengths) > MAX_DIRECTORY_BYTES:
        raise UnusableContent("its list of contents is damaged or too long")


def _array(stored: zipfile.ZipFile, entry: zipfile.ZipInfo) -> np.ndarray:
    with stored.open(entry) as stream:
        array = next_array(stream, entry.file_size, entry.file_size)
        if stream.read(1):  # only at its end is the checksum looked at
            raise UnusableContent("it is damaged")
        return array
