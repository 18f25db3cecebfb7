# SPDX-License-Identifier: Apache-2.0
"""Whatever is wrong with an .npz, each reader says it in one sentence of its own type."""

import io
import zipfile

import numpy as np
import pytest

from styletalk.animation import FaceAnimation
from styletalk.errors import AnimationFileError, FaceModelError, PoseError, RenderError, StyleError
from styletalk.face.model import OPEN_FACE_FILE, FaceModel
from styletalk.motion.pose import read_pose
from styletalk.photoreal.neural.windows_file import read_windows
from styletalk.styles.library import read_style
from styletalk.styles.presets import preset_path

READERS = {
    "animation": (FaceAnimation.load, AnimationFileError),
    "face": (FaceModel.load, FaceModelError),
    "pose": (read_pose, PoseError),
    "style": (read_style, StyleError),
    "windows": (read_windows, RenderError),
}


def stored(**arrays) -> bytes:
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


def archive(name: str, content: bytes, **options) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", **options) as packed:
        packed.writestr(name, content)
    return stream.getvalue()


def single_array() -> bytes:
    stream = io.BytesIO()
    np.save(stream, np.zeros(3))
    return stream.getvalue()


def encrypted() -> bytes:
    content = bytearray(archive("coefficients.npy", single_array()))
    for start in (content.index(b"PK\x03\x04") + 6, content.index(b"PK\x01\x02") + 8):
        content[start] |= 1
    return bytes(content)


def unknown_packing() -> bytes:
    content = bytearray(archive("coefficients.npy", single_array()))
    for start in (content.index(b"PK\x03\x04") + 8, content.index(b"PK\x01\x02") + 10):
        content[start] = 97
    return bytes(content)


def torn_deflate() -> bytes:
    content = bytearray(archive("coefficients.npy", single_array() * 50, compression=zipfile.ZIP_DEFLATED))
    content[60:80] = b"\xff" * 20
    return bytes(content)


def header(text: bytes) -> bytes:
    text = text.ljust(118) + b"\n"
    return archive("coefficients.npy", b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text)


BROKEN = {
    "empty": b"",
    "text": b"hello",
    "cut off": OPEN_FACE_FILE.read_bytes()[:5000],
    "one array": single_array(),
    "a pickle": b"\x80\x04K\x01.",
    "objects": stored(coefficients=np.array([{}], object), clip=np.array([{}], object)),
    "nothing in it": archive("readme.txt", b"hello"),
    "encrypted": encrypted(),
    "packed in an unknown way": unknown_packing(),
    "torn": torn_deflate(),
    "a header that is no header": header(b"{'descr': '<f4', 'fortran_order': False, 'shape': (3,"),
    "more rows than there is memory": header(b"{'descr': '<f4', 'fortran_order': False, 'shape': (1 << 50,)}"),
    "rows beyond counting": header(b"{'descr': '<f4', 'fortran_order': False, 'shape': (10000000000000000, 64)}"),
    "other shapes": stored(
        coefficients=np.float32(3), head_pose=np.zeros(3), windows=np.array("text"), clip=np.zeros(3), about="[]",
        mean=np.zeros(3), fps=np.zeros(2), metadata=np.zeros(2),
    ),
}  # fmt: skip


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize("reader", READERS)
def test_a_file_that_is_broken_is_one_sentence(tmp_path, reader, content):
    read, error = READERS[reader]
    (tmp_path / "broken.npz").write_bytes(content)
    with pytest.raises(error) as caught:
        read(tmp_path / "broken.npz")
    assert "broken.npz" in str(caught.value) and "\n" not in str(caught.value)
    for text in ("allow_pickle", "data left", "unsized", "magic", "convert", "reshape", "argument"):
        assert text not in str(caught.value)


@pytest.mark.parametrize("reader", READERS)
def test_a_folder_and_nothing_at_all_are_one_sentence_too(tmp_path, reader):
    read, error = READERS[reader]
    (tmp_path / "folder.npz").mkdir()
    for name in ("folder.npz", "nothing.npz"):
        with pytest.raises(error, match="\\.npz"):
            read(tmp_path / name)


@pytest.mark.parametrize("reader", READERS)
def test_a_file_of_another_of_our_formats_is_one_sentence(tmp_path, reader):
    read, error = READERS[reader]
    path = OPEN_FACE_FILE if reader != "face" else preset_path("happy")
    with pytest.raises(error):
        read(path)
