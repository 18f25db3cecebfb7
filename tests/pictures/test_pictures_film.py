# SPDX-License-Identifier: Apache-2.0
"""A film's writer blames the file that failed: the film, its sound, or neither."""

import errno

import numpy as np
import pytest

from styletalk.demo import LINE
from styletalk.errors import AudioError
from styletalk_research.pictures.film import write_film

av = pytest.importorskip("av")
PICTURE = np.zeros((32, 32, 3), np.uint8)


def then(error: Exception):
    """One picture, then a failure."""
    yield PICTURE
    raise error


@pytest.mark.parametrize("numbered", [(), (errno.ENOMEM,), (errno.EMFILE,), (errno.EIO,)])
def test_what_making_the_pictures_raises_passes_on_unchanged(tmp_path, numbered):
    for error in (OSError(*numbered, "no display"), av.error.InvalidDataError(1, "another film")):
        with pytest.raises(type(error)) as caught:
            write_film(tmp_path / "f.mp4", then(error), 25, LINE)
        assert caught.value is error and list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["missing.wav", "folder.wav", "broken.wav"])
def test_a_sound_that_cannot_be_read_is_named(tmp_path, name):
    (tmp_path / "folder.wav").mkdir()
    (tmp_path / "broken.wav").write_bytes(b"RIFF no sound")
    with pytest.raises(AudioError, match=name) as caught:
        write_film(tmp_path / "f.mp4", [PICTURE], 25, tmp_path / name)
    assert ".styletalk-" not in str(caught.value) and len(list(tmp_path.iterdir())) == 2
