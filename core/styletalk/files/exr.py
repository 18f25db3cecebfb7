# SPDX-License-Identifier: Apache-2.0
"""Pictures to OpenEXR files with NumPy and the standard library: linear light in half precision, ZIP in blocks."""

import struct
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import IO

import numpy as np

from .limits import MAX_FILE_BYTES
from .reading import UnusableContent, opened
from .writing import written_whole

_MAGIC = struct.pack("<II", 20000630, 2)
_LINES_A_BLOCK = 16
_ZIP = 3
_HALF = 1
_ORDER = {3: "BGR", 4: "ABGR"}
"""Channels lie in the order of the alphabet."""
_PICKED = {3: (2, 1, 0), 4: (3, 2, 1, 0)}
_LEVEL = 4
MAX_HEADER_BYTES = 1 << 17
_BYTES = np.arange(256) / 255.0
_LINEAR = np.where(_BYTES <= 0.04045, _BYTES / 12.92, ((_BYTES + 0.055) / 1.055) ** 2.4).astype(np.float32)
"""(256,): the light of an sRGB byte."""


def exr_bytes(picture: np.ndarray, texts: Mapping[str, str] | None = None) -> bytes:
    """An OpenEXR file of an sRGB picture (H, W, 3) uint8, or (H, W, 4) with straight alpha: light is made linear, and
    colours are multiplied by alpha, as the format wants it.

    texts: attribute → text of the header. Raises ValueError for another shape.
    """
    picture = np.asarray(picture)
    if picture.ndim != 3 or picture.shape[2] not in _ORDER or picture.dtype != np.uint8:
        raise ValueError(f"A picture is (H, W, 3) or (H, W, 4) uint8, not {picture.shape} {picture.dtype}.")
    height, width, channels = picture.shape
    light = _LINEAR[picture[..., :3]]
    if channels == 4:
        alpha = picture[..., 3:].astype(np.float32) / 255
        light = np.concatenate([light * alpha, alpha], axis=2)
    planes = light[:, :, _PICKED[channels]].transpose(0, 2, 1).astype("<f2")  # (H, C, W)
    header = _MAGIC + _header(width, height, channels, texts or {})
    starts = range(0, height, _LINES_A_BLOCK)
    blocks = [_block(start, planes[start : start + _LINES_A_BLOCK]) for start in starts]
    offset = len(header) + 8 * len(blocks)
    places = offset + np.concatenate([[0], np.cumsum([len(block) for block in blocks[:-1]])])
    return header + places.astype("<u8").tobytes() + b"".join(blocks)


def write_exr(path: Path, picture: np.ndarray, texts: Mapping[str, str] | None = None) -> None:
    """Write a picture as `exr_bytes` makes it, whole or not at all. Raises OutputError, ValueError."""
    data = exr_bytes(picture, texts)
    with written_whole(path) as temporary:
        temporary.write_bytes(data)


def read_exr_texts(path: Path) -> dict[str, str]:
    """The texts in the header of an OpenEXR file whose lines all are there. Raises UnusableContent for anything else,
    OSError."""
    with opened(path) as (stream, size):
        head = stream.read(MAX_HEADER_BYTES)
        if not head.startswith(_MAGIC[:4]):
            raise UnusableContent("it is no OpenEXR")
        attributes, at = _attributes(head)
        if _end_of_lines(stream, attributes, at) != size:
            raise UnusableContent("it is cut off")
    texts = {name: value for name, (kind, value) in attributes.items() if kind == b"string"}
    return {name: value.decode("utf-8", "replace") for name, value in texts.items()}


def _attributes(head: bytes) -> tuple[dict[str, tuple[bytes, bytes]], int]:
    """Name → (kind, value) of a header, and where it ends. Raises UnusableContent."""
    found, at = {}, len(_MAGIC)
    while head[at : at + 1] != b"\0":
        name_end = head.find(b"\0", at)
        kind_end = head.find(b"\0", name_end + 1)
        if name_end < 0 or kind_end < 0 or kind_end + 5 > len(head):
            raise UnusableContent("it is cut off")
        (size,) = struct.unpack_from("<I", head, kind_end + 1)
        value = head[kind_end + 5 : kind_end + 5 + size]
        found[head[at:name_end].decode("latin-1")] = head[name_end + 1 : kind_end], value
        at = kind_end + 5 + size
    return found, at + 1


def _end_of_lines(stream: IO[bytes], attributes: Mapping[str, tuple[bytes, bytes]], at: int) -> int:
    """Where the last block of a file in ZIP blocks ends, of which the offsets begin at `at`. Raises UnusableContent."""
    _, window = attributes.get("dataWindow", (b"", b""))
    if len(window) != 16:
        raise UnusableContent("it says nothing of its size")
    _, top, _, bottom = struct.unpack("<iiii", window)
    count = (bottom - top) // _LINES_A_BLOCK + 1
    stream.seek(max(at, at + 8 * (count - 1)))
    last = stream.read(8)
    if len(last) < 8:
        raise UnusableContent("it is cut off")
    (place,) = struct.unpack("<Q", last)
    if place > MAX_FILE_BYTES:
        raise UnusableContent("its lines lie outside of it")
    stream.seek(place + 4)
    length = stream.read(4)
    return place + 8 + struct.unpack("<I", length)[0] if len(length) == 4 else -1


def _header(width: int, height: int, channels: int, texts: Mapping[str, str]) -> bytes:
    window = struct.pack("<iiii", 0, 0, width - 1, height - 1)
    listed = b"".join(name.encode() + b"\0" + struct.pack("<iiii", _HALF, 0, 1, 1) for name in _ORDER[channels])
    needed = (
        ("channels", "chlist", listed + b"\0"), ("compression", "compression", bytes([_ZIP])),
        ("dataWindow", "box2i", window), ("displayWindow", "box2i", window), ("lineOrder", "lineOrder", b"\0"),
        ("pixelAspectRatio", "float", struct.pack("<f", 1.0)),
        ("screenWindowCenter", "v2f", struct.pack("<ff", 0.0, 0.0)),
        ("screenWindowWidth", "float", struct.pack("<f", 1.0)),
    )  # fmt: skip
    said = tuple((name, "string", text.encode("utf-8", "replace")) for name, text in texts.items())
    return b"".join(_attribute(*each) for each in (*needed, *said)) + b"\0"


def _attribute(name: str, kind: str, value: bytes) -> bytes:
    return name.encode("latin-1", "replace") + b"\0" + kind.encode() + b"\0" + struct.pack("<I", len(value)) + value


def _block(first_line: int, planes: np.ndarray) -> bytes:
    """Lines (n, C, W) of halves as ZIP has them: even bytes before odd ones, each as the difference to the one before.

    A block that would not become smaller is stored as it is.
    """
    plain = planes.tobytes()
    parted = np.frombuffer(plain, np.uint8)
    parted = np.concatenate([parted[::2], parted[1::2]])
    changes = parted.copy()
    changes[1:] -= parted[:-1]
    changes[1:] += 128
    packed = zlib.compress(changes.tobytes(), _LEVEL)
    data = packed if len(packed) < len(plain) else plain
    return struct.pack("<iI", first_line, len(data)) + data
