# SPDX-License-Identifier: Apache-2.0
"""Damaged files: edits that know the container (zip, npy, mat, JSON, table, TextGrid, RIFF, safetensors), and of bytes.

The same random.Random makes the same mutant.
"""

import io
import random
import re
import struct
import tempfile
import zlib
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from text_edits import INTEGERS, TEXTS, edit_json, edit_table, edit_text, is_json, is_table, is_text

from styletalk.files.mat import read_mat

MAX_BYTES = 16_000_000
DESCRIPTIONS = (
    "'<f4'", "'>f4'", "'<f2'", "'<f8'", "'|O'", "'<c16'", "'<U9999999'", "'<U4'", "'|V1000000000'", "'<M8[s]'",
    "'|b1'", "'<i8'", "'<u8'", "'|S0'", "'|V0'", "[('a','<f4'),('b','<i8')]", "[('a','<f4',(3,3))]", "'f4,f4'",
    "'<f16'", "''", "None", "3", "'<f4'*9", "()", "'|O8'",
)  # fmt: skip
SHAPES = (
    "()", "(0,)", "(0,64)", "(64,0)", "(-1,)", "(-1,64)", "(1000000000000,)", "(2147483648,64)", "(True,64)", "('a',)",
    "(4611686018427387904,4)", "(1.5,64)", "None", "(64)", "(20,64", "[20,64]", "(20,64)+(1,)", "(1000000,64)",
    "(" + "1," * 70 + ")", "(" * 3000 + ")" * 3000, "(" + "9" * 5000 + ",)",
)  # fmt: skip


def mutant(seeds: Sequence[bytes], rng: random.Random) -> bytes:
    """One of the seeds, edited one to three times: in its structure first, which a damaged file has no more."""
    content = rng.choice(seeds)
    if rng.random() < 0.75:
        content = _edited_inside(content, rng)
    elif rng.random() < 0.2:
        return splice(content, rng.choice(seeds), rng)
    else:
        content = edit_bytes(content, rng)
    for _ in range(rng.choice((0, 0, 0, 1, 2))):
        is_text = any(edit in (edit_json, edit_table, edit_text) for edit in _fitting(content))
        content = _edited_inside(content, rng) if is_text else edit_bytes(content, rng)
    return content[:MAX_BYTES]


def _fitting(content: bytes) -> "list[Edit]":
    return [edit for fits, edit in CONTAINERS if fits(content)][:1]


def _edited_inside(content: bytes, rng: random.Random) -> bytes:
    edit = next(iter(_fitting(content)), edit_bytes)
    try:
        return edit(content, rng)[:MAX_BYTES]
    except Exception:  # some seeds are damaged already, in every way that there is
        return edit_bytes(content, rng)


def splice(first: bytes, second: bytes, rng: random.Random) -> bytes:
    """The beginning of one and the end of another."""
    return first[: rng.randrange(len(first) + 1)] + second[rng.randrange(len(second) + 1) :]


def edit_bytes(content: bytes, rng: random.Random) -> bytes:
    """Flipped, set, cut, doubled, zeroed or moved bytes; integers of any width that readers stumble over."""
    data = bytearray(content or b"\0")
    at = rng.randrange(min(len(data), 512) if rng.random() < 0.5 else len(data))  # headers decide most
    length = rng.choice((1, 2, 4, 8, 64, 1000))
    kind = rng.randrange(9)
    if kind == 0:
        for _ in range(rng.choice((1, 1, 4, 32))):
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    elif kind == 1:
        data[at : at + length] = rng.randbytes(length)
    elif kind == 2:
        del data[at:]
    elif kind == 3:
        del data[at : at + length]
    elif kind == 4:
        data[at:at] = data[at : at + length] * rng.choice((1, 2, 300))
    elif kind == 5:
        data[at:] = bytes(len(data) - at)
    elif kind == 6:
        data[at : at + length] = rng.choice((b"\0", b"\xff", b"\x80")) * length
    else:
        width, order = rng.choice((1, 2, 4, 8)), rng.choice(("little", "big"))
        data[at : at + width] = (rng.choice(INTEGERS) % 256**width).to_bytes(width, order)  # type: ignore[arg-type]
    return bytes(data)


def edit_zip(content: bytes, rng: random.Random) -> bytes:
    """Entries edited in themselves, removed, doubled, renamed, packed otherwise, of another size than is said, huge."""
    import zipfile

    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entries = [[name, archive.read(name), rng.choice((0, 8, 8)), {}] for name in archive.namelist()]
    entry = rng.choice(entries)
    kind = rng.randrange(24)
    if kind < 12:
        inside = edit_npy if entry[1].startswith(b"\x93NUMPY") and rng.random() < 0.85 else edit_bytes
        entry[1] = inside(entry[1], rng)
    elif kind < 14:
        entries.remove(entry)
    elif kind < 16:
        entries.append([*entry[:3], {}])
    elif kind < 18:
        entry[0] = rng.choice(
            (rng.choice(entries)[0], "x/" + entry[0], entry[0].removesuffix(".npy"), "x" * 60_000, "")
        )
    elif kind < 20:
        entry[2] = rng.choice((12, 14, 93, 1, 99, 0xFFFF))  # bzip2, LZMA, Zstandard and none
    elif kind < 23:
        entry[3] = {rng.choice(("size", "packed", "crc", "flags", "offset")): rng.choice(INTEGERS)}
    else:
        entry[1], entry[2] = _huge_npy(rng), 8
    return zipped(entries)


def zipped(entries: "list[Any]") -> bytes:
    """A zip file of [name, content, method, what its headers say falsely]."""
    body, directory = bytearray(), bytearray()
    for name, content, method, lies in entries:
        raw, size = content if isinstance(content, tuple) else (content, len(content))
        packed = raw if isinstance(content, tuple) or method in (0, 1, 93, 99, 0xFFFF) else _packed(raw, method)
        crc = 0 if isinstance(content, tuple) else zlib.crc32(raw)
        facts = {"flags": 0, "crc": crc, "packed": len(packed), "size": size, "offset": len(body)} | lies
        flags, crc, said, size, offset = (facts[key] % 2**32 for key in ("flags", "crc", "packed", "size", "offset"))
        encoded = name.encode("utf-8", "surrogateescape")
        head = struct.pack("<HHHHHIIIHH", 20, flags % 2**16, method, 0, 33, crc, said, size, len(encoded), 0)
        body += b"PK\3\4" + head + encoded + packed
        directory += b"PK\1\2" + b"\x14\0" + head + struct.pack("<HHHII", 0, 0, 0, 0, offset) + encoded
    count = len(entries)
    return bytes(body + directory) + struct.pack(
        "<4sHHHHIIH", b"PK\5\6", 0, 0, count, count, len(directory), len(body), 0
    )


def _packed(raw: bytes, method: int) -> bytes:
    if method == 8:
        packer = zlib.compressobj(6, zlib.DEFLATED, -15)
        return packer.compress(raw) + packer.flush()
    import bz2
    import lzma

    return (
        bz2.compress(raw)
        if method == 12
        else b"\x09\x04\x05\x00" + lzma.compress(raw, lzma.FORMAT_ALONE)[:5] + raw[:99]
    )


@lru_cache(maxsize=2)
def zeros_deflated(mebibytes: int) -> bytes:
    """So many MiB of zeros as a deflate stream without its beginning: 1 KiB for each."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packer.compress(b"")
    block = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    return block * mebibytes + zlib.compressobj(9, zlib.DEFLATED, -15).flush()


def _huge_npy(rng: random.Random) -> tuple[bytes, int]:
    """(deflated, size) of an array of 1.4 GB of zeros."""
    shape = rng.choice(((5_500_000, 64), (350_000_000,), (5_500_000, 64, 1)))
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f4", "fortran_order": False, "shape": shape})
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    start = packer.compress(header.getvalue()) + packer.flush(zlib.Z_FULL_FLUSH)
    return start + zeros_deflated(1400), len(header.getvalue()) + 4 * int(np.prod(shape, dtype=np.int64))


def edit_npy(content: bytes, rng: random.Random) -> bytes:
    """Another header over the same numbers, or other numbers, types and shapes that are stored correctly."""
    if rng.random() < 0.6:
        array = edit_array(np.load(io.BytesIO(content), allow_pickle=False), rng)
        stream = io.BytesIO()
        np.save(stream, array, allow_pickle=True)
        return stream.getvalue()
    length = struct.unpack_from("<H", content, 8)[0]
    header, body = content[10 : 10 + length].decode("latin-1"), content[10 + length :]
    kind = rng.randrange(5)
    if kind == 0:
        header = re.sub(r"'descr': [^,]*", lambda _: "'descr': " + rng.choice(DESCRIPTIONS), header)
    elif kind == 1:
        header = re.sub(r"'shape': \([^)]*\)", lambda _: "'shape': " + rng.choice(SHAPES), header)
    elif kind == 2:
        header = rng.choice(
            (header.replace("False", "True"), header.replace("}", ""), header * 2, "{}", "", "1", header + "'" * 999)
        )
    elif kind == 3:
        header = " " * rng.choice((20_000, 60_000)) + header
    else:
        header = header.replace("'", rng.choice(('"', "\n", "\0", "'''", "\\")), rng.choice((1, -1)))
    version = rng.choice((1, 1, 1, 2, 3, 9)) if kind == 3 else 1
    width = "<H" if version == 1 else "<I"
    stated = len(header.encode("latin-1")) if rng.random() < 0.8 else rng.choice(INTEGERS)
    return (
        content[:6]
        + bytes([version, 0])
        + struct.pack(width, stated % 256 ** (2 if version == 1 else 4))
        + header.encode("latin-1")
        + body
    )


def edit_array(array: np.ndarray, rng: random.Random) -> np.ndarray:
    """Odd numbers in it, another type, shape or length; JSON in it edited as JSON."""
    if array.dtype.kind == "U" and array.ndim == 0 and str(array)[:1] in "[{":
        return np.array(edit_json(str(array).encode(), rng).decode("utf-8", "replace").replace("\0", "?"))
    kind = rng.randrange(10)
    if kind < 4 and array.dtype.kind in "fiu" and array.size:
        with np.errstate(all="ignore"):
            flat = array.astype(np.float64 if array.dtype.kind == "f" or rng.random() < 0.3 else array.dtype).reshape(
                -1
            )
            odd: Any = rng.choice((np.nan, np.inf, -np.inf, 1e38, 1e300, 1e9, -1e9, 1e4, 1e-320, 0.0, -1.0))
            flat[rng.choice((0, -1, slice(None), slice(0, None, 7), rng.randrange(array.size)))] = (
                odd if flat.dtype.kind == "f" else rng.choice((0, -1, 41, 255, 127))
            )
            return flat.astype(array.dtype if rng.random() < 0.7 else flat.dtype).reshape(array.shape)
    if kind == 4:
        return rng.choice((array[..., None], array[None], array.reshape(-1), array.T, np.asfortranarray(array)))
    if kind == 5:
        return (
            array.reshape(-1)[: rng.choice((0, 1, array.size // 2))]
            if array.ndim < 2
            else array[: rng.choice((0, 1, 2, len(array) // 2))]
        )
    if kind == 6:
        return np.concatenate([np.atleast_1d(array)] * rng.choice((2, 40)), axis=rng.choice((0, -1)))
    if kind == 7:
        wanted = rng.choice((">f4", "<f2", "<c8", "|b1", "<i1", "<u8", "<f8", "U9", "|S3", "<M8[s]", "|O"))
        with np.errstate(all="ignore"):
            return array.astype(wanted)
    if kind == 8:
        return np.array(rng.choice((*TEXTS, "{}", 3, np.nan, None, -1, 1e300, 0)), dtype=rng.choice((None, object)))
    return np.zeros(
        rng.choice(((0,), (0, 64), (64,), (20, 64), (3, 3, 3), ())), rng.choice(("<f4", "<i4", "U3", "|b1"))
    )


def edit_riff(content: bytes, rng: random.Random) -> bytes:
    """Chunks of a RIFF, RIFX or AIFF file: what they say, their sizes, their order and number."""
    order = ">" if content[:4] in (b"RIFX", b"FORM") else "<"
    chunks, at = [], 12
    while at + 8 <= len(content):
        size = struct.unpack_from(order + "I", content, at + 4)[0]
        chunks.append([content[at : at + 4], size, bytearray(content[at + 8 : at + 8 + size])])
        at += 8 + size + size % 2
    chunk = rng.choice(chunks)
    kind = rng.randrange(8)
    if kind < 4:
        head = next((each for each in chunks if each[0] in (b"fmt ", b"COMM")), chunk)[2]
        place, width = rng.choice(((0, 2), (2, 2), (4, 4), (8, 4), (12, 2), (14, 2), (2, 4), (16, 2), (18, 2)))
        head[place : place + width] = (rng.choice(INTEGERS) % 256**width).to_bytes(
            width, "big" if order == ">" else "little"
        )
    elif kind == 4:
        chunk[1] = rng.choice((*INTEGERS, chunk[1] + 1, max(0, chunk[1] - 1), 2 * chunk[1])) % 2**32
    elif kind == 5:
        chunks.remove(chunk)
    elif kind == 6:
        chunks.insert(
            rng.randrange(len(chunks) + 1),
            [rng.choice((chunk[0], b"LIST", b"JUNK", b"ds64", b"\0\0\0\0")), 9, bytearray(9)],
        )
    else:
        rng.shuffle(chunks)
    parts = (name + struct.pack(order + "I", size) + bytes(data) + bytes(len(data) % 2) for name, size, data in chunks)
    return content[:12] + b"".join(parts)


def edit_mat(content: bytes, rng: random.Random) -> bytes:
    """Tables edited and written correctly, the inside of a packed one, or one that unpacks to gigabytes."""
    from scipy.io import savemat

    if rng.random() < 0.55:
        tables = _tables_of(content)
        name = rng.choice(list(tables))
        tables[name if rng.random() < 0.9 else "other"] = edit_array(tables[name], rng)
        stream = io.BytesIO()
        savemat(stream, tables, do_compression=rng.random() < 0.5)
        return stream.getvalue()
    kind, size = struct.unpack_from("<II", content, 128)
    inside = zlib.decompress(content[136 : 136 + size]) if kind == 15 else content[128:]
    if rng.random() < 0.04:
        packed = b"\x78\x9c" + zlib.compress(inside[:64])[2:-5] + zeros_deflated(1400)
    else:
        packed = zlib.compress(edit_bytes(inside, rng) if rng.random() < 0.9 else content[128:])
    return content[:128] + struct.pack("<II", 15, len(packed)) + packed


def _tables_of(content: bytes) -> "dict[str, np.ndarray]":
    """By our reader: SciPy's ends the process for some damaged ones. Raises UnusableContent."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "seed.mat"
        path.write_bytes(content)
        return read_mat(path)


def edit_safetensors(content: bytes, rng: random.Random) -> bytes:
    """The header's JSON, its length, or the numbers after it."""
    length = int.from_bytes(content[:8], "little")
    header, body = content[8 : 8 + length], content[8 + length :]
    kind = rng.randrange(4)
    if kind < 2:
        header = edit_json(header, rng)
        return len(header).to_bytes(8, "little") + header + body
    if kind == 2:
        return (rng.choice((*INTEGERS, len(content), length - 1))).to_bytes(8, "little") + header + body
    odd = struct.pack("<f", rng.choice((float("nan"), float("inf"), 1e38, 0.0)))
    at = rng.randrange(max(1, len(body) // 4)) * 4
    return content[: 8 + length] + body[:at] + odd * rng.choice((1, 1000)) + body[at + 4 :]


Edit = Callable[[bytes, random.Random], bytes]
CONTAINERS: tuple[tuple[Callable[[bytes], bool], Edit], ...] = (
    (lambda content: content[:2] == b"PK", edit_zip),
    (lambda content: content[:6] == b"\x93NUMPY", edit_npy),
    (lambda content: content[:10] == b"MATLAB 5.0", edit_mat),
    (lambda content: content[:4] in (b"RIFF", b"RIFX", b"FORM", b"RF64"), edit_riff),
    (lambda content: content[8:9] == b"{" and content[6:8] == b"\0\0", edit_safetensors),
    (is_json, edit_json),
    (is_table, edit_table),
    (is_text, edit_text),
)
"""What a file is, by its content, and how it is edited; the first that fits."""
