# SPDX-License-Identifier: Apache-2.0
"""Pictures to PNG files with the standard library alone."""

import struct
import zlib
from pathlib import Path

import numpy as np

from .writing import written_whole

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_RGB_8_BIT = struct.pack(
    ">BBBBB", 8, 2, 0, 0, 0
)  # bit depth, colour type, then the only compression, filter, interlace


def png_bytes(picture: np.ndarray) -> bytes:
    """A PNG file of an (H, W, 3) uint8 picture. Raises ValueError for anything else."""
    picture = np.asarray(picture)
    if picture.ndim != 3 or picture.shape[2] != 3 or picture.dtype != np.uint8:
        raise ValueError(f"A picture is (H, W, 3) uint8, not {picture.shape} {picture.dtype}.")
    height, width = picture.shape[:2]
    lines = np.zeros((height, 1 + 3 * width), np.uint8)  # each line begins with its filter: 0, none
    lines[:, 1:] = picture.reshape(height, 3 * width)
    header = struct.pack(">II", width, height) + _RGB_8_BIT
    data = zlib.compress(lines.tobytes(), 6)
    return _SIGNATURE + _chunk(b"IHDR", header) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def write_png(path: Path, picture: np.ndarray) -> None:
    """Write an (H, W, 3) uint8 picture, whole or not at all. Raises OutputError, ValueError."""
    data = png_bytes(picture)
    with written_whole(path) as temporary:
        temporary.write_bytes(data)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
