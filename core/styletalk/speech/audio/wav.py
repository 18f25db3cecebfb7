# SPDX-License-Identifier: Apache-2.0
"""Wave files with NumPy alone: whole numbers of 8 to 32 bits, floats, A-law and µ-law; RIFF, RIFX, RF64 and BW64.

Recorders that crash and programs that stream leave lengths of 0 or of 4 GB: a length that the file does not hold means
"to the end". Format: Microsoft, "Multimedia Programming Interface and Data Specifications 1.0"; EBU Tech 3306 (RF64);
ITU-T G.711 (A-law, µ-law).
"""

import os
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from .stream import BLOCK_SAMPLES, SoundStream

_ORDER = {b"RIFF": "<", b"RIFX": ">", b"RF64": "<", b"BW64": "<"}
_PCM, _FLOAT, _A_LAW, _MU_LAW, _EXTENSIBLE = 1, 3, 6, 7, 0xFFFE
_UNKNOWN_LENGTH = 0xFFFFFFFF
MAX_CHUNKS = 1000
"""How many may stand before the samples."""
MAX_FORMAT_BYTES = 64


@dataclass(frozen=True)
class _Format:
    """order: "<" or ">". kind: one of the codes above. width: bytes of a sample."""

    order: str
    kind: int
    channels: int
    rate_hz: int
    width: int


def open_wav(path: Path) -> SoundStream | None:
    """The sound of a wave file; None where it is another kind of file, or compressed (GSM, ADPCM, MP3)."""
    with path.open("rb") as file:
        found = _find_samples(file)
    if found is None:
        return None
    form, start, size = found
    convert = _converter(form)
    if convert is None:
        return None
    return SoundStream(form.rate_hz, form.channels, _blocks(path, form, start, size, convert))


def _find_samples(file: BinaryIO) -> tuple[_Format, int, int] | None:
    """The format, and where the samples begin and how many bytes they are."""
    head = file.read(12)
    if len(head) < 12 or head[:4] not in _ORDER or head[8:] != b"WAVE":
        return None
    order, end = _ORDER[head[:4]], os.fstat(file.fileno()).st_size
    form, long_size = None, 0
    for _ in range(MAX_CHUNKS):
        header = file.read(8)
        if len(header) < 8:
            return None
        name, size = struct.unpack(f"{order}4sI", header)
        start = file.tell()
        if name == b"data":
            size = long_size if size == _UNKNOWN_LENGTH and long_size else size
            left = end - start
            return (form, start, size if 0 < size < left else left) if form else None
        content = file.read(min(size, MAX_FORMAT_BYTES))
        if name == b"fmt ":
            form = _format(order, content)
        elif name == b"ds64" and len(content) >= 16:
            long_size = struct.unpack_from(f"{order}Q", content, 8)[0]
        file.seek(start + size + size % 2)
    return None


def _format(order: str, content: bytes) -> _Format | None:
    if len(content) < 16:
        return None
    kind, channels, rate_hz, _, frame_bytes, bits = struct.unpack_from(f"{order}HHIIHH", content)
    if kind == _EXTENSIBLE and len(content) >= 26:
        kind = struct.unpack_from(f"{order}H", content, 24)[0]
    if channels == 0:
        return None
    width = frame_bytes // channels if frame_bytes % channels == 0 else 0
    return _Format(order, kind, channels, rate_hz, width or (bits + 7) // 8)


def _blocks(
    path: Path, form: _Format, start: int, size: int, convert: Callable[[bytes], np.ndarray]
) -> Iterator[np.ndarray]:  # fmt: skip
    """(n, channels) float32 at a time; a last frame that is not whole is left out."""
    frame = form.width * form.channels
    with path.open("rb") as file:
        file.seek(start)
        left = size // frame
        while left and (content := file.read(min(left, max(1, BLOCK_SAMPLES // form.channels)) * frame)):
            frames = len(content) // frame
            yield convert(content[: frames * frame]).reshape(frames, form.channels)
            left = left - frames if frames else 0


def _converter(form: _Format) -> Callable[[bytes], np.ndarray] | None:
    """What makes float32 in [-1, 1] of samples; None for a kind that is not ours."""
    if form.kind == _PCM and form.width == 1:
        return lambda content: np.frombuffer(content, np.uint8).astype(np.float32) / 128 - 1
    if form.kind == _PCM and form.width in (2, 3, 4):
        return lambda content: _whole_numbers(content, form)
    if form.kind == _FLOAT and form.width in (4, 8):
        return lambda content: np.frombuffer(content, f"{form.order}f{form.width}").astype(np.float32)
    if form.kind in (_A_LAW, _MU_LAW) and form.width == 1:
        table = _a_law() if form.kind == _A_LAW else _mu_law()
        return lambda content: table[np.frombuffer(content, np.uint8)]
    return None


def _whole_numbers(content: bytes, form: _Format) -> np.ndarray:
    """Samples of 2 to 4 bytes as the upper bytes of 32 bits, then as floats."""
    given = np.frombuffer(content, np.uint8).reshape(-1, form.width)
    wide = np.zeros((len(given), 4), np.uint8)
    wide[:, slice(4 - form.width, 4) if form.order == "<" else slice(0, form.width)] = given
    return wide.view(f"{form.order}i4")[:, 0].astype(np.float32) / np.float32(2**31)


def _mu_law() -> np.ndarray:
    """(256,) float32: the value of each byte."""
    byte = ~np.arange(256) & 0xFF
    size = ((((byte & 0x0F) << 3) + 0x84) << ((byte & 0x70) >> 4)) - 0x84
    return (np.where(byte & 0x80, -size, size) / 32768).astype(np.float32)


def _a_law() -> np.ndarray:
    """(256,) float32: the value of each byte."""
    byte = np.arange(256) ^ 0x55
    segment, step = (byte & 0x70) >> 4, ((byte & 0x0F) << 4) + 8
    size = np.where(segment == 0, step, (step + 0x100) << np.maximum(segment - 1, 0))
    return (np.where(byte & 0x80, size, -size) / 32768).astype(np.float32)
