# SPDX-License-Identifier: Apache-2.0
"""Files on which 0.1.0 took gigabytes, died, or raised what is not its own: each is one sentence now."""

import numpy as np
import pytest

from styletalk.animation import FaceAnimation
from styletalk.errors import (
    MAX_MESSAGE,
    AnimationFileError,
    PhonemeFileError,
    PoseError,
    StyleError,
    StyleTalkError,
    TranscriptError,
)
from styletalk.motion.pose import read_pose
from styletalk.speech.formats.alignment_files import read_alignment
from styletalk.speech.text.transcript import parse_transcript
from styletalk.speech.text.transcript_file import read_transcript
from styletalk.styles.library import read_style
from styletalk_research.datasets.errors import ManifestError
from styletalk_research.datasets.manifest import load_manifest

DAMAGED = {
    "anim_nan.npz": (FaceAnimation.load, AnimationFileError),
    "anim_sync_offset.npz": (FaceAnimation.load, AnimationFileError),
    "bigint_seq.json": (lambda path: read_alignment(path, 1.0), PhonemeFileError),
    "rhubarb_overflow.json": (lambda path: read_alignment(path, 1.0), PhonemeFileError),
    "manifest_deep.json": (load_manifest, ManifestError),
    "style_deep_about.npz": (read_style, StyleError),
    "style_deflate.npz": (read_style, StyleError),
    "style_hdr.npy": (read_style, StyleError),
    "style_segv.mat": (read_style, StyleError),
    "style_tokenerror.npy": (read_style, StyleError),
    "style_tokenerror.npz": (read_style, StyleError),
}


@pytest.mark.shared
@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_file_is_one_sentence(shared_dir, name):
    read, error = DAMAGED[name]
    with pytest.raises(error) as caught:
        read(shared_dir / "data" / "damaged" / name)
    assert str(caught.value).isprintable() and len(str(caught.value)) <= MAX_MESSAGE


@pytest.mark.parametrize("name", ["new\nline", "x" * 240, "\udcff", "a\u2028b\x1b[31m", "a b " * 60])
@pytest.mark.parametrize(
    ("ending", "read", "error"),
    [("npz", FaceAnimation.load, AnimationFileError), ("csv", read_style, StyleError), ("mat", read_pose, PoseError),
     ("json", lambda path: read_alignment(path, 1.0), PhonemeFileError), ("txt", read_transcript, TranscriptError)],
)  # fmt: skip
def test_a_sentence_is_one_line_whatever_the_file_is_called(tmp_path, name, ending, read, error):
    for path in (tmp_path / f"{name}.{ending}", tmp_path / ("folder" * 30) / name / f"a.{ending}"):
        for content in (None, b"", b"\x00\x01\x02"):
            if content is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
            with pytest.raises(error) as caught:
                read(path)
            said = str(caught.value)
            assert said.isprintable() and len(said) <= MAX_MESSAGE and said.endswith("."), said
            assert said.encode()


def test_of_a_long_sentence_the_names_are_shortened_and_the_advice_stays():
    said = str(StyleTalkError(f"There is no file {'/folder' * 100}/a.npz. Check the path."))
    assert len(said) == MAX_MESSAGE
    assert said.startswith("There is no file /folder/") and said.endswith("/a.npz. Check the path.")
    assert str(StyleTalkError("a  b\n c")) == "a b c"
    assert str(StyleTalkError()) == ""


def moving(rows: int = 40) -> np.ndarray:
    return np.random.default_rng(0).normal(0, 0.3, (rows, 64)).astype(np.float32)


@pytest.mark.parametrize("start", [0, 64 * 20, 64 * 39])
@pytest.mark.parametrize("order", ["C", "F"])
def test_a_style_that_is_zero_from_some_byte_on_is_refused(tmp_path, start, order):
    clip = np.asarray(moving(), order=order)
    np.save(tmp_path / "whole.npy", clip)
    assert len(read_style(tmp_path / "whole.npy").clip) == 40
    flat = clip.ravel(order="K").copy()
    flat[start:] = 0.0
    np.save(tmp_path / "zeroed.npy", flat.reshape(clip.shape, order=order))
    with pytest.raises(StyleError, match=r"zeros|does not move"):
        read_style(tmp_path / "zeroed.npy")


@pytest.mark.parametrize("value", [0.0, 0.25])
def test_a_style_that_does_not_move_is_refused(tmp_path, value):
    np.save(tmp_path / "still.npy", np.full((40, 64), value, np.float32))
    with pytest.raises(StyleError, match="does not move"):
        read_style(tmp_path / "still.npy")


def test_a_published_pose_of_zeros_is_refused(tmp_path):
    savemat = pytest.importorskip("scipy.io").savemat
    random = np.random.default_rng(0)
    coefficients = random.normal(0, 0.1, (40, 257)).astype(np.float32)
    crop = random.uniform(0.9, 1.1, (40, 5)) * (256, 256, 1, 128, 128)
    savemat(tmp_path / "whole.mat", {"coeff": coefficients, "transform_params": crop})
    assert read_pose(tmp_path / "whole.mat").shape == (40, 6)
    for column in range(5):
        damaged = crop.copy()
        damaged[:, column] = 0.0
        savemat(tmp_path / "zero.mat", {"coeff": coefficients, "transform_params": damaged})
        with pytest.raises(PoseError, match="zeros"):
            read_pose(tmp_path / "zero.mat")


def test_a_transcript_with_a_word_without_end_is_refused(tmp_path):
    (tmp_path / "a.txt").write_text("hello " + "a" * 1000)
    assert read_transcript(tmp_path / "a.txt")
    (tmp_path / "a.txt").write_text("hello " + "a" * 1001)
    with pytest.raises(TranscriptError, match="more than 1,000 letters"):
        parse_transcript(read_transcript(tmp_path / "a.txt"))
