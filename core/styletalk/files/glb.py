# SPDX-License-Identifier: Apache-2.0
"""The container of binary glTF (.glb): its JSON, its one binary chunk, and the arrays in it."""

import json
import struct
from typing import Any

import numpy as np

from .json_text import parse_json
from .reading import UnusableContent

MAGIC = b"glTF"
COMPONENTS = {5120: "<i1", 5121: "<u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT2": 4, "MAT3": 9, "MAT4": 16}
_JSON, _BINARY = 0x4E4F534A, 0x004E4942


def glb_parts(data: bytes) -> tuple[dict[str, Any], bytes]:
    """The JSON and the binary chunk of a file. Raises UnusableContent."""
    if data[:4] != MAGIC:
        raise UnusableContent("it does not begin as one")
    found: dict[int, bytes] = {}
    at = 12
    while at + 8 <= len(data):
        size, kind = struct.unpack_from("<II", data, at)
        found[kind] = data[at + 8 : at + 8 + size]
        at += 8 + size
    if _JSON not in found:
        raise UnusableContent("it has no JSON")
    document = parse_json(found[_JSON].decode("utf-8", "replace"))
    if not isinstance(document, dict):
        raise UnusableContent("its JSON is no object")
    return document, found.get(_BINARY, b"")


def glb_bytes(document: dict[str, Any], binary: bytes) -> bytes:
    """The file of a JSON and a binary chunk."""
    text = json.dumps(document, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    binary += bytes(-len(binary) % 4)
    parts = struct.pack("<II", len(text), _JSON) + text + struct.pack("<II", len(binary), _BINARY) + binary
    return struct.pack("<4sII", MAGIC, 2, 12 + len(parts)) + parts


def accessor_values(document: dict[str, Any], binary: bytes, index: int) -> np.ndarray:
    """(N, width) numbers of an accessor, dense or sparse, as they are stored. Raises KeyError, TypeError."""
    accessor = document["accessors"][index]
    width, count = WIDTHS[accessor["type"]], accessor["count"]
    values = np.zeros((count, width), COMPONENTS[accessor["componentType"]])
    if "bufferView" in accessor:
        values[:] = _view(document, binary, accessor, accessor["componentType"], count, width)
    if sparse := accessor.get("sparse"):
        rows = _view(document, binary, sparse["indices"], sparse["indices"]["componentType"], sparse["count"], 1)
        values[rows.ravel().astype(int)] = _view(
            document, binary, sparse["values"], accessor["componentType"], sparse["count"], width
        )
    return values


def _view(
    document: dict[str, Any], binary: bytes, where: dict[str, Any], kind: int, count: int, width: int
) -> np.ndarray:  # fmt: skip
    """(count, width) numbers of a part of a buffer view, interleaved or not."""
    view, component = document["bufferViews"][where["bufferView"]], np.dtype(COMPONENTS[kind])
    start = view.get("byteOffset", 0) + where.get("byteOffset", 0)
    stride = view.get("byteStride", width * component.itemsize)
    return np.ndarray((count, width), component, binary, start, (stride, component.itemsize))
