# SPDX-License-Identifier: Apache-2.0
"""Files are written whole or not at all, and nothing of the process is changed for it."""

import errno
import os
import stat
from pathlib import Path

import pytest

from styletalk.errors import OutputError
from styletalk.files.writing import check_writable, written_whole


@pytest.fixture
def umask():
    """0o027 for the time of a test."""
    before = os.umask(0o027)
    yield
    os.umask(before)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no umask")
def test_a_file_is_as_readable_as_any_new_one_and_the_umask_is_not_touched(tmp_path, umask, monkeypatch):
    monkeypatch.setattr(os, "umask", lambda mask: pytest.fail("another thread would make files with this mask"))
    with written_whole(tmp_path / "a.txt") as temporary:
        temporary.write_text("whole")
    assert stat.S_IMODE((tmp_path / "a.txt").stat().st_mode) == 0o640
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_a_block_that_fails_leaves_the_old_file(tmp_path):
    (tmp_path / "a.txt").write_text("old")
    with pytest.raises(KeyError), written_whole(tmp_path / "a.txt") as temporary:
        assert temporary.suffix == ".txt"
        raise KeyError
    assert [path.read_text() for path in tmp_path.iterdir()] == ["old"]


@pytest.mark.parametrize("absolute", [True, False])
def test_where_nothing_can_be_written_is_one_sentence(tmp_path, monkeypatch, absolute):
    monkeypatch.chdir(tmp_path)
    path = (tmp_path if absolute else Path()) / "nowhere" / "a.txt"
    with pytest.raises(OutputError, match="Cannot write"), written_whole(path):
        pytest.fail("it began")
    with pytest.raises(OutputError, match="Cannot write"):
        check_writable(path)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_is_one_sentence(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(OutputError, match="Permission denied"):
        check_writable(tmp_path / "a.txt")


OF_SOMETHING_ELSE = [
    FileNotFoundError(2, "No such file", "/elsewhere/sound.wav"), BrokenPipeError(32, "Broken pipe"),
    OSError("no display"), OSError(errno.ENOMEM, "no memory"), OSError(errno.EMFILE, "too many files"),
    OSError(errno.EIO, "bad camera"), FileNotFoundError(2, "No such file", "sound.wav"),
]  # fmt: skip


@pytest.mark.parametrize("error", OF_SOMETHING_ELSE, ids=str)
def test_a_failure_of_something_else_is_not_said_to_be_of_this_file(tmp_path, monkeypatch, error):
    monkeypatch.chdir(tmp_path)  # a file of the same folder is another, too
    with pytest.raises(type(error)) as caught, written_whole(tmp_path / "film.mp4"):
        raise error
    assert caught.value is error and list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS])
def test_a_write_call_that_fails_is_one_sentence_of_this_file(tmp_path, number):
    for named in ((), ("temporary",)):
        with (
            pytest.raises(OutputError, match=r"Cannot write .*film\.mp4"),
            written_whole(tmp_path / "film.mp4") as path,
        ):
            raise OSError(number, "refused", *(str(path) for _ in named))


def test_a_name_that_is_too_long_is_said_before_the_work(tmp_path):
    with pytest.raises(OutputError, match="too long"):
        check_writable(tmp_path / ("x" * 300 + ".npz"))
