# SPDX-License-Identifier: Apache-2.0
"""OpenEXR files of ours: their texts are read where the whole picture is there, and only there."""

import numpy as np
import pytest

from styletalk.files.exr import exr_bytes, read_exr_texts
from styletalk.files.reading import UnusableContent

TEXTS = {"Software": "StyleTalk", "Source": "photo and line"}


@pytest.mark.parametrize("height", [1, 16, 17, 50])
def test_texts_come_back(tmp_path, height):
    picture = np.random.default_rng(1).integers(0, 255, (height, 24, 4), np.uint8)
    (tmp_path / "a.exr").write_bytes(exr_bytes(picture, TEXTS))
    assert read_exr_texts(tmp_path / "a.exr") == TEXTS


@pytest.mark.parametrize("kept", [4, 100, 0.5, -1])
def test_a_file_that_was_cut_off_is_not_whole(tmp_path, kept):
    data = exr_bytes(np.full((50, 24, 3), 77, np.uint8), TEXTS)
    (tmp_path / "a.exr").write_bytes(data[: round(kept * len(data)) if 0 < kept < 1 else kept])
    with pytest.raises(UnusableContent):
        read_exr_texts(tmp_path / "a.exr")
