# SPDX-License-Identifier: Apache-2.0
"""The one reader and the writer of safetensors, with NumPy alone: Blender's own Python has no package for it.

The format: 8 bytes, the header's length (little-endian) | the header, JSON: name -> dtype, shape, data_offsets, and
`__metadata__` with strings | the tensors' bytes, row-major, little-endian (safetensors format description).
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .json_text import parse_json
from .limits import MAX_DIMENSIONS, MAX_FILE_BYTES, MAX_TENSORS, MAX_TEXT_BYTES, MAX_UNPACKED_BYTES
from .reading import UnusableContent, filled, opened
from .writing import written_whole

_LENGTH_BYTES = 8
_DTYPES = {"F16": "<f2", "F32": "<f4", "F64": "<f8", "BF16": "<u2"}
"""What is read: floating point. BF16 is the upper half of a float32; NumPy has no type for it."""
_UPPER_HALF_BITS = 16
_FLOAT32_BYTES = 4


@dataclass(frozen=True)
class _Entry:
    """What the header says of a tensor, found to fit together. start, end: from where the header ends."""

    name: str
    kind: str
    shape: tuple[int, ...]
    start: int
    end: int


def is_safetensors(path: Path) -> bool:
    """Whether the file begins as safetensors do, whatever its name ends with. Raises OSError."""
    with path.open("rb") as stream:
        start = stream.read(_LENGTH_BYTES + 1)
    return len(start) > _LENGTH_BYTES and start[_LENGTH_BYTES:] == b"{" and _header_length(start) <= MAX_TEXT_BYTES


def read_tensors(path: Path) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """All tensors as float32, and the metadata.

    Raises UnusableContent where the file is cut off, contradicts itself or holds other numbers; OSError.
    """
    with opened(path, MAX_FILE_BYTES) as (stream, size):
        length = _header_length(stream.read(_LENGTH_BYTES))
        body = _LENGTH_BYTES + length
        if length > MAX_TEXT_BYTES or body > size:
            raise UnusableContent("it is cut off: its header alone is longer than the file")
        header = _header(stream.read(length))
        metadata = header.pop("__metadata__", {})
        if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
            raise UnusableContent("its metadata is not a table of texts")
        entries = sorted((_entry(*each) for each in header.items()), key=lambda entry: (entry.start, entry.end))
        _check_places(entries, size - body)
        if sum(math.prod(entry.shape) for entry in entries) * _FLOAT32_BYTES > MAX_UNPACKED_BYTES:
            raise UnusableContent(f"as 32 bits each its numbers have more than {MAX_UNPACKED_BYTES >> 20} MB")
        tensors = {}
        for entry in entries:
            stream.seek(body + entry.start)
            tensors[entry.name] = _as_float32(entry, filled(stream, entry.end - entry.start))
    return {name: tensors[name] for name in header}, metadata


def write_tensors(path: Path, tensors: Mapping[str, np.ndarray], metadata: Mapping[str, str]) -> None:
    """Write float16 or float32 arrays in their order, whole or not at all: equal input, equal bytes.

    Raises OutputError where the disk does not take it.
    """
    header: dict[str, Any] = {"__metadata__": dict(metadata)}
    offset = 0
    for name, tensor in tensors.items():
        kind = {"float16": "F16", "float32": "F32"}[tensor.dtype.name]
        header[name] = {"dtype": kind, "shape": list(tensor.shape), "data_offsets": [offset, offset + tensor.nbytes]}
        offset += tensor.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % _LENGTH_BYTES)  # the format asks for tensors at multiples of eight bytes
    with written_whole(path) as temporary, temporary.open("wb") as stream:
        stream.write(len(text).to_bytes(_LENGTH_BYTES, "little") + text)
        for tensor in tensors.values():
            stream.write(np.ascontiguousarray(tensor).tobytes())


def _header_length(content: bytes) -> int:
    return int.from_bytes(content[:_LENGTH_BYTES], "little")


def _header(text: bytes) -> dict[str, Any]:
    try:
        header = parse_json(text.decode())
    except ValueError as error:
        raise UnusableContent("its header cannot be read") from error
    if not isinstance(header, dict):
        raise UnusableContent("its header is not a table")
    if len(header) > MAX_TENSORS:
        raise UnusableContent(f"it has more than {MAX_TENSORS:,} tensors")
    return header


def _entry(name: str, said: Any) -> _Entry:
    try:
        kind, shape, (start, end) = said["dtype"], tuple(said["shape"]), said["data_offsets"]
        item_bytes = np.dtype(_DTYPES[kind]).itemsize
    except (TypeError, KeyError, ValueError) as error:
        raise UnusableContent(f"the tensor {name} is not F16, F32, F64 or BF16") from error
    counts = (start, end, *shape)
    whole = all(type(count) is int and count >= 0 for count in counts) and len(shape) <= MAX_DIMENSIONS
    if not whole or end - start != math.prod(shape) * item_bytes:
        raise UnusableContent(f"the tensor {name} does not fill its place")
    return _Entry(name, kind, shape, start, end)


def _check_places(entries: list[_Entry], size: int) -> None:
    """Whether tensors, sorted by where they begin, lie one after the other within `size` bytes."""
    before = 0
    for entry in entries:
        if entry.end > size:
            raise UnusableContent(f"it is cut off: the tensor {entry.name} lies beyond its end")
        if entry.start < before:
            raise UnusableContent(f"the tensor {entry.name} lies within another one")
        before = entry.end


def _as_float32(entry: _Entry, content: np.ndarray) -> np.ndarray:
    values = content.view(_DTYPES[entry.kind]).reshape(entry.shape)
    if entry.kind == "BF16":
        return (values.astype(np.uint32) << _UPPER_HALF_BITS).view(np.float32)
    return values.astype(np.float32, copy=False)
