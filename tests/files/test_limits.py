# SPDX-License-Identifier: Apache-2.0
"""No header decides time and memory: what a file claims is compared with its size before it is believed."""

import io
import json
import struct
import tracemalloc
import zipfile
import zlib

import numpy as np
import pytest

from styletalk.files.json_text import parse_json
from styletalk.files.limits import MAX_NESTING, MAX_UNPACKED_BYTES
from styletalk.files.mat import read_mat
from styletalk.files.npy import read_npy, text_of
from styletalk.files.npz import opened_zip
from styletalk.files.reading import UnusableContent, file_bytes
from styletalk.files.table import read_numbers, table_lines
from styletalk.files.tensors import read_tensors
from styletalk.files.text import read_text

MEGABYTE = 1 << 20


def npy_header(text: str) -> bytes:
    padded = text.ljust(118).encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + len(padded).to_bytes(2, "little") + padded


def zeros(megabytes: int) -> bytes:
    """So many zeros, packed with deflate."""
    packer = zlib.compressobj()
    return b"".join(packer.compress(bytes(MEGABYTE)) for _ in range(megabytes)) + packer.flush()


@pytest.mark.parametrize(
    ("descr", "shape"),
    [("'<f4'", "(1000000000,)"), ("'<f8'", "(4000, 4000, 4000)"), ("'<U999999'", "(100000,)"),
     ("'<U0'", "(9999999999,)"), ("'<f4'", "(3, 4)"),
     ("'<c8'", "(0,)"), ("'|O'", "(0,)"), ("[('a', '<f4')]", "(0,)"), ("'<f1'", "(0,)"),
     ("'<f4'", "(" + "1, " * 40 + ")"), ("'<f4'", "(-1,)"), ("'<f4'", "(" + "9" * 4400 + ",)")],
)  # fmt: skip
def test_an_array_that_is_not_there_takes_no_memory(tmp_path, descr, shape):
    path = tmp_path / "a.npy"
    path.write_bytes(npy_header(f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}"))
    tracemalloc.start()
    with pytest.raises(UnusableContent):
        read_npy(path)
    assert tracemalloc.get_traced_memory()[1] < MEGABYTE
    tracemalloc.stop()


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("kind", ["<f2", ">f4", "<f8", "|i1", ">i2", "<i4", "<u8", "|b1", "<U5", ">U3"])
def test_what_numpy_writes_is_read_as_numpy_reads_it(tmp_path, kind, order):
    for shape in ((), (0,), (3,), (2, 0), (3, 4), (2, 3, 4)):
        array = np.asarray(np.arange(int(np.prod(shape))).reshape(shape).astype(kind), order=order)
        np.save(tmp_path / "a.npy", array)
        read = read_npy(tmp_path / "a.npy")
        assert read.shape == shape and read.dtype == array.dtype.newbyteorder("=")
        np.testing.assert_array_equal(read, array)


def test_text_that_does_not_exist_is_refused():
    assert text_of(np.array("müde")) == "müde"
    for array in (np.array(3), np.array(["a", "b"]), np.array("\ud800"), np.array([0x110000], "<u4").view("<U1")):
        with pytest.raises(ValueError):
            text_of(array)


def test_an_archive_that_unpacks_to_gigabytes_is_not_unpacked(tmp_path):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("clip.npy", bytes(2 * MEGABYTE))
    content = stream.getvalue()
    for max_bytes in (2 * MEGABYTE, MEGABYTE):
        stream = io.BytesIO(content)
        if max_bytes == MEGABYTE:
            with pytest.raises(UnusableContent, match="unpacked it has more than"):
                opened_zip(stream, len(content), max_bytes).__enter__()
        else:
            with opened_zip(stream, len(content), max_bytes) as stored:
                assert stored.namelist() == ["clip.npy"]


def test_a_list_of_contents_without_end_is_not_read():
    end = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 65535, 65535, 1 << 30, 0, 0)
    with pytest.raises(UnusableContent, match="list of contents"):
        opened_zip(io.BytesIO(end), len(end), 100).__enter__()


def test_a_matlab_file_that_unpacks_to_gigabytes_is_refused(tmp_path):
    packed = zeros(MAX_UNPACKED_BYTES // MEGABYTE + 1)
    header = b"MATLAB 5.0".ljust(124) + b"\x00\x01IM"
    (tmp_path / "a.mat").write_bytes(header + struct.pack("<II", 15, len(packed)) + packed)
    with pytest.raises(UnusableContent, match="more than 256 MB"):
        read_mat(tmp_path / "a.mat")


def test_a_file_that_is_too_large_is_not_read(tmp_path):
    with (tmp_path / "a").open("wb") as stream:
        stream.truncate(1 << 40)
    with pytest.raises(UnusableContent, match="larger than"):
        file_bytes(tmp_path / "a")


@pytest.mark.parametrize(
    "text",
    ["[" * 60 + "]" * 60, "[" * 200_000, '{"a":' * 60 + "1" + "}" * 60, "9" * 5000, str(1 << 63), f"-{1 << 70}",
     "1e999", "NaN", "-Infinity", '"\\ud800"', '{"\\udc00": 1}', "", "{", "[1] x", '"' + '\\"' * 200_000],
    ids=lambda text: text[:12],
)  # fmt: skip
def test_json_beyond_what_a_file_of_ours_can_be_is_refused(text):
    with pytest.raises(UnusableContent) as caught:
        parse_json(text)
    assert len(str(caught.value)) < 100


@pytest.mark.parametrize(
    ("text", "value"),
    [("[" * MAX_NESTING + "]" * MAX_NESTING, None), (str((1 << 63) - 1), (1 << 63) - 1), ("-1e-3", -0.001),
     ('"\\ud83d\\ude42"', "🙂"), ('["' + "[{" * 90 + '\\""]', ["[{" * 90 + '"'])],
)  # fmt: skip
def test_other_json_is_read(text, value):
    assert parse_json(text) == value or value is None


def test_a_table_is_numbers_and_a_first_line_of_names_may_stand_above(tmp_path):
    path = tmp_path / "a.csv"
    for text, expected in (("1,2\n\n3,4\n", [[1, 2], [3, 4]]), ("\ufeffa,b\n1,2\n", [[1, 2]]), ("", np.zeros((0, 1)))):
        path.write_text(text, encoding="utf-8")
        np.testing.assert_array_equal(read_numbers(path), expected)
    path.write_text("1,\n2,3\n")
    np.testing.assert_array_equal(read_numbers(path), [[1, np.nan], [2, 3]])
    path.write_text('"a, b",1\n')
    assert list(table_lines(path)) == [["a, b", "1"]]


@pytest.mark.parametrize(
    "content",
    [b"1,2\n3\n", b"1,2\n3,x\n", b"\xff\xfe\x00\x00", b"1," + b"9" * 200_000 + b"\n", b"1,2\n\x00,3\n"],
)
def test_what_is_no_table_is_refused(tmp_path, content):
    (tmp_path / "a.csv").write_bytes(content * 2)
    with pytest.raises(UnusableContent):
        if np.isfinite(read_numbers(tmp_path / "a.csv")).all():
            raise AssertionError("it was read")


@pytest.mark.parametrize(
    ("content", "text"),
    [("é".encode(), "é"), ("é".encode("utf-8-sig"), "é"), ("é".encode("utf-16"), "é"), ("é".encode("cp1252"), "é"),
     (b"a\x00b", None), (b"\x81\x8d", None)],
)  # fmt: skip
def test_text_is_read_whatever_editor_saved_it(tmp_path, content, text):
    (tmp_path / "a.txt").write_bytes(content)
    if text is None:
        with pytest.raises(UnusableContent, match="not a text file"):
            read_text(tmp_path / "a.txt")
    else:
        assert read_text(tmp_path / "a.txt") == text


@pytest.mark.parametrize(
    ("kind", "item_bytes", "megabytes", "reason"), [("F16", 2, 200, "as 32 bits"), ("F32", 4, 3000, "larger than")]
)
def test_tensors_are_measured_before_they_are_read(tmp_path, kind, item_bytes, megabytes, reason):
    """Also those that take no room on the disk: three gigabytes of nothing would become three of memory."""
    count = (megabytes << 20) // item_bytes
    entry = {"dtype": kind, "shape": [count], "data_offsets": [0, count * item_bytes]}
    header = json.dumps({"a": entry}).encode()
    with (tmp_path / "a.safetensors").open("wb") as stream:
        stream.write(len(header).to_bytes(8, "little") + header)
        stream.truncate(8 + len(header) + count * item_bytes)
    with pytest.raises(UnusableContent, match=reason):
        read_tensors(tmp_path / "a.safetensors")


def test_no_more_tensors_than_networks_have(tmp_path):
    """A header of 10 MB names 150,000 empty ones, and to compare them with a network takes four seconds."""
    empty = {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}
    for count in (10_000, 10_001):
        header = json.dumps({f"t{number}": empty for number in range(count)}).encode()
        (tmp_path / f"{count}.safetensors").write_bytes(len(header).to_bytes(8, "little") + header)
    assert len(read_tensors(tmp_path / "10000.safetensors")[0]) == 10_000
    with pytest.raises(UnusableContent, match="more than 10,000 tensors"):
        read_tensors(tmp_path / "10001.safetensors")


def test_tensors_that_share_their_bytes_are_refused(tmp_path):
    """A thousand tensors of the same ten megabytes would take ten gigabytes."""
    entry = '{"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}'
    header = f'{{"a": {entry}, "b": {entry}}}'.encode()
    (tmp_path / "a.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + bytes(16))
    with pytest.raises(UnusableContent, match="within another one"):
        read_tensors(tmp_path / "a.safetensors")
