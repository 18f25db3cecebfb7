# SPDX-License-Identifier: Apache-2.0
"""FaceAnimation: one place knows when a row happens, and files come back as they were or not at all."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from styletalk.animation import LOWER_FACE, UPPER_FACE, FaceAnimation
from styletalk.errors import AnimationFileError, CoefficientShapeError, OutputError
from styletalk.timeline import row_time_s


def animation(rows: int = 12, **metadata) -> FaceAnimation:
    random = np.random.default_rng(0)
    return FaceAnimation.still(random.normal(size=(rows, 64)), np.arange(rows) % 41, metadata)


def test_row_i_is_the_face_two_frames_later():
    assert row_time_s(0) == pytest.approx(2 / 30)
    assert row_time_s(28) == pytest.approx(1.0)
    np.testing.assert_allclose(row_time_s(np.arange(100)) * 30, np.arange(100) + 2)


def test_the_sync_offset_comes_on_top_and_leaves_the_rows_alone():
    plain, late = animation(), animation(sync_offset_ms=40.0)
    assert late.times_s - plain.times_s == pytest.approx(np.full(12, 0.04))
    assert np.array_equal(plain.coefficients, late.coefficients)


def test_lower_and_upper_face_share_the_64_coefficients():
    assert sorted(LOWER_FACE + UPPER_FACE) == list(range(64))


def test_a_saved_animation_comes_back_as_it_was(tmp_path):
    made = animation(style="happy", intensity=1.5)
    made.save(tmp_path / "line.npz")
    read = FaceAnimation.load(tmp_path / "line.npz")
    for name in ("coefficients", "head_pose", "pose9", "blinks", "gaze", "phonemes"):
        assert np.array_equal(getattr(read, name), getattr(made, name))
        assert getattr(read, name).dtype == (np.int16 if name == "phonemes" else np.float32)
    assert read.metadata == made.metadata and read.fps == 30.0


def test_arrays_of_different_length_are_refused():
    with pytest.raises(CoefficientShapeError, match="blinks"):
        replace(animation(), blinks=np.zeros((3, 2), np.float32))
    with pytest.raises(CoefficientShapeError, match="coefficients"):
        FaceAnimation.still(np.zeros((5, 70)), np.zeros(5))


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04 torn"])
def test_a_file_that_is_no_animation_says_so(tmp_path, content):
    path = tmp_path / "x.npz"
    path.write_bytes(content)
    with pytest.raises(AnimationFileError, match="is not a StyleTalk animation"):
        FaceAnimation.load(path)


def test_a_failed_save_leaves_the_old_file_and_no_other(tmp_path, monkeypatch):
    path = tmp_path / "line.npz"
    animation(5).save(path)
    before = path.read_bytes()

    def full(*_args, **_kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OutputError, match="No space left"):
        animation(9).save(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_ctrl_c_while_writing_leaves_nothing_behind(tmp_path, monkeypatch):
    def interrupted(*_args, **_kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "write_bytes", interrupted)
    with pytest.raises(KeyboardInterrupt):
        animation().save(tmp_path / "line.npz")
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_one_sentence(tmp_path):
    with pytest.raises(OutputError, match="No such file or directory"):
        animation().save(tmp_path / "nowhere" / "line.npz")
