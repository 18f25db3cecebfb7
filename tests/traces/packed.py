# SPDX-License-Identifier: Apache-2.0
"""Looks for a user's name in a file, also in what is packed in it."""

import gzip
import io
import zipfile
from pathlib import Path

import pytest

USER = "nachtigall"
"""Whose machine this is: the name is in the path of every input and output, and of temporary files."""


def names_in(path: Path) -> list[str]:
    """The encodings in which the user's name stands in a file."""
    return [
        code
        for code in ("utf-8", "utf-16-le", "utf-32-le")  # NumPy's text is the last
        for data in _contents(path.read_bytes())
        if USER.encode(code) in data
    ]


def _contents(data: bytes) -> list[bytes]:
    """The bytes of a file, and of all that is packed in it."""
    if data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            inside = [archive.read(name) for name in archive.namelist()]
        return [data, *(part for each in inside for part in _contents(each))]
    if data.startswith(b"\x1f\x8b"):
        return [data, gzip.decompress(data)]
    if data.startswith(b"\x28\xb5\x2f\xfd"):
        zstandard = pytest.importorskip("zstandard")
        with zstandard.ZstdDecompressor().stream_reader(data, read_across_frames=True) as stream:
            return [data, stream.read()]
    return [data]
