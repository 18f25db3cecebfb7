# SPDX-License-Identifier: Apache-2.0
"""Safetensors with NumPy alone, because Blender's own Python has no package for it.

The format: 8 bytes, the header's length (little-endian) | the header, JSON: name -> dtype, shape, data_offsets, and
`__metadata__` with strings | the tensors' bytes, row-major, little-endian (safetensors format description).
"""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import WeightsError
from ...files.writing import written_whole

_LENGTH_BYTES = 8
_DTYPES = {"F16": "<f2", "F32": "<f4", "F64": "<f8", "BF16": "<u2"}
"""What is read: floating point. BF16 is the upper half of a float32; NumPy has no type for it."""


def is_safetensors(path: Path) -> bool:
    """Whether the file begins as safetensors do, whatever its name ends with."""
    with path.open("rb") as stream:
        start = stream.read(_LENGTH_BYTES + 1)
    return len(start) > _LENGTH_BYTES and start[_LENGTH_BYTES:] == b"{" and _header_length(start) < 100_000_000


def read_tensors(path: Path) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """All tensors as float32, and the metadata. Raises WeightsError where the file is cut off or contradicts itself."""
    content = path.read_bytes()
    body = _LENGTH_BYTES + _header_length(content)
    if len(content) < body:
        raise WeightsError(f"{path} is cut off: its header alone is longer than the file. Download it again.")
    header = _header(content[_LENGTH_BYTES:body], path)
    metadata = header.pop("__metadata__", {})
    if not isinstance(metadata, dict):
        raise WeightsError(f"{path} is damaged: its metadata is not a table. Download it again.")
    data = memoryview(content)[body:]
    return {name: _tensor(name, entry, data, path) for name, entry in header.items()}, metadata


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


def _header(text: bytes, path: Path) -> dict[str, Any]:
    try:
        header = json.loads(text)
    except ValueError as error:
        raise WeightsError(f"{path} is damaged: its header cannot be read. Download it again.") from error
    if not isinstance(header, dict):
        raise WeightsError(f"{path} is damaged: its header is not a table. Download it again.")
    return header


def _tensor(name: str, entry: Any, data: memoryview, path: Path) -> np.ndarray:
    try:
        kind, shape, (start, end) = entry["dtype"], tuple(entry["shape"]), entry["data_offsets"]
        dtype = np.dtype(_DTYPES[kind])
        fits = 0 <= start <= end and end - start == math.prod(shape) * dtype.itemsize and min(shape, default=0) >= 0
    except (TypeError, KeyError, ValueError) as error:
        raise WeightsError(
            f"{path} has the tensor {name}, which is not F16, F32, F64 or BF16. Export it as floating point."
        ) from error
    if not fits:
        raise WeightsError(f"{path} is damaged: the tensor {name} does not fill its place. Download it again.")
    if end > len(data):
        raise WeightsError(f"{path} is cut off: the tensor {name} lies beyond its end. Download it again.")
    values = np.frombuffer(data[start:end], dtype).reshape(shape)
    if kind == "BF16":
        return (values.astype(np.uint32) << 16).view(np.float32)
    return values.astype(np.float32)
