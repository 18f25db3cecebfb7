# SPDX-License-Identifier: Apache-2.0
"""Pictures to PNG files with the standard library alone, and what such a file says of itself."""

import struct
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from .reading import UnusableContent, opened
from .writing import written_whole

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_COLOUR_TYPES = {3: 2, 4: 6}
"""Channels → PNG's number for them."""
_FORMAT = ">IIBBBBB"  # width, height, bit depth, colour type, then the only compression, filter, interlace
_UP = 2
"""The filter of lines that say how they differ from the one above: half the size of a photo's plain lines."""
_LEVEL = 4
MAX_TEXT_BYTES = 1 << 16
MAX_CHUNKS = 100_000


def png_bytes(picture: np.ndarray, texts: Mapping[str, str] | None = None) -> bytes:
    """A PNG file of an (H, W, 3) uint8 picture, or (H, W, 4) with straight alpha. Raises ValueError for anything else.

    texts: keyword → what the file says of itself under it.
    """
    picture = np.asarray(picture)
    if picture.ndim != 3 or picture.shape[2] not in _COLOUR_TYPES or picture.dtype != np.uint8:
        raise ValueError(f"A picture is (H, W, 3) or (H, W, 4) uint8, not {picture.shape} {picture.dtype}.")
    height, width, channels = picture.shape
    lines = np.empty((height, 1 + channels * width), np.uint8)
    lines[:, 0] = _UP
    lines[:, 1:] = picture.reshape(height, channels * width)
    lines[1:, 1:] -= picture[:-1].reshape(height - 1, channels * width)  # modulo 256, as PNG wants it
    header = struct.pack(_FORMAT, width, height, 8, _COLOUR_TYPES[channels], 0, 0, 0)
    said = b"".join(_chunk(b"iTXt", _text(*each)) for each in (texts or {}).items())
    data = zlib.compress(lines.tobytes(), _LEVEL)
    return _SIGNATURE + _chunk(b"IHDR", header) + said + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def write_png(path: Path, picture: np.ndarray, texts: Mapping[str, str] | None = None) -> None:
    """Write a picture as `png_bytes` makes it, whole or not at all. Raises OutputError, ValueError."""
    data = png_bytes(picture, texts)
    with written_whole(path) as temporary:
        temporary.write_bytes(data)


def read_png_texts(path: Path) -> dict[str, str]:
    """What a PNG file says of itself as UTF-8, by keyword. Raises UnusableContent where it is no whole PNG, OSError."""
    found, last = {}, b""
    for last, data in _chunks(path):
        if last == b"iTXt" and len(parts := data.split(b"\0", 5)) == 6 and data[len(parts[0]) + 1] == 0:
            found[parts[0].decode("latin-1")] = parts[5].decode("utf-8", "replace")
    if last != b"IEND":
        raise UnusableContent("it is cut off")
    return found


def _chunks(path: Path) -> Iterator[tuple[bytes, bytes]]:
    """The kind of each chunk, and of short ones what is in them, to the last one."""
    with opened(path) as (stream, size):
        if stream.read(len(_SIGNATURE)) != _SIGNATURE:
            raise UnusableContent("it is no PNG")
        for _ in range(MAX_CHUNKS):
            head = stream.read(8)
            if len(head) < 8:
                return
            length, kind = struct.unpack(">I4s", head)
            if stream.tell() + length + 4 > size:
                raise UnusableContent("it is cut off")
            data = stream.read(length) if length <= MAX_TEXT_BYTES else b""
            stream.seek(length + 4 - len(data), 1)
            yield kind, data
            if kind == b"IEND":
                return


def _text(keyword: str, text: str) -> bytes:
    """An uncompressed iTXt without language."""
    return keyword.encode("latin-1", "replace") + b"\0\0\0\0\0" + text.encode("utf-8", "replace")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
