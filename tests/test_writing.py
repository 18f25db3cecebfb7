# SPDX-License-Identifier: Apache-2.0
"""Files are written whole or not at all, and nothing of the process is changed for it."""

import errno
import os
import shutil
import stat
import sys
from pathlib import Path

import pytest

from styletalk.errors import OutputError
from styletalk.files.writing import check_not_read, check_writable, written_whole


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


@pytest.mark.parametrize("there", [True, False], ids=["a file", "nothing yet"])
def test_a_link_is_followed_and_stays_a_link(tmp_path, there):
    (tmp_path / "far").mkdir()
    target, link = tmp_path / "far" / "a.txt", tmp_path / "link.txt"
    if there:
        target.write_text("old")
    link.symlink_to(Path("far") / "a.txt")
    check_writable(link)
    with written_whole(link) as temporary:
        assert temporary.parent == target.parent
        temporary.write_text("new")
    assert link.is_symlink() and target.read_text() == "new" and os.listdir(tmp_path / "far") == ["a.txt"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such files")
@pytest.mark.parametrize("kind", ["pipe", "device", "link to a device", "link to itself", "folder"])
def test_what_is_no_file_is_refused_and_stays(tmp_path, kind):
    path = tmp_path / "a.txt"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind != "device":
        path.symlink_to("a.txt" if kind == "link to itself" else "/dev/null")
    path = Path("/dev/full") if kind == "device" else path
    before = os.lstat(path)
    for attempt in (check_writable, lambda path: written_whole(path).__enter__()):
        with pytest.raises(OutputError, match=f"Cannot write {path}: "):
            attempt(path)
    assert os.lstat(path) == before


@pytest.mark.parametrize(
    "name", ["half\ud800.npz", "nul\0.npz", "x" * 300 + ".npz", "ä" * 130 + ".npz", "x." + "y" * 260]
)
def test_a_name_that_no_file_can_have_is_one_sentence_that_can_be_printed(tmp_path, name):
    for attempt in (check_writable, lambda path: written_whole(path).__enter__()):
        with pytest.raises(OutputError) as caught:
            attempt(tmp_path / name)
        assert "Cannot write" in str(caught.value) and str(caught.value).encode("utf-8")


@pytest.mark.skipif(sys.platform != "linux", reason="other systems demand text")
def test_a_name_that_is_no_text_is_a_name(tmp_path):
    path = tmp_path / os.fsdecode(b"caf\xe9.npz")
    check_writable(path)
    with written_whole(path) as temporary:
        temporary.write_text("whole")
    assert os.listdir(os.fsencode(tmp_path)) == [b"caf\xe9.npz"]


def test_of_two_writers_the_last_one_wins_and_its_file_is_whole(tmp_path):
    path = tmp_path / "a.txt"
    with written_whole(path) as first:
        with written_whole(path) as second:
            second.write_text("second" * 1000)
        first.write_text("first" * 1000)
    assert path.read_text() == "first" * 1000 and os.listdir(tmp_path) == ["a.txt"]


def test_a_folder_that_vanishes_is_one_sentence(tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    with pytest.raises(OutputError, match="Cannot write"), written_whole(folder / "a.txt") as temporary:
        shutil.rmtree(folder)
        temporary.write_text("late")
    with pytest.raises(OutputError, match="Cannot write"):
        folder.mkdir()
        with written_whole(folder / "a.txt"):
            shutil.rmtree(folder)


@pytest.mark.parametrize("how", ["its name", "a link", "a link to it as the output", "a list", "another way"])
def test_an_input_is_not_written_over(tmp_path, monkeypatch, how):
    monkeypatch.chdir(tmp_path)
    path, link = tmp_path / "a.npz", tmp_path / "link.npz"
    path.write_bytes(b"input")
    link.symlink_to(path)
    given = {
        "a link": link,
        "a list": [["b.npz", "a.npz"]],
        "another way": str(tmp_path / ".." / tmp_path.name / "a.npz"),
    }
    output = link if how == "a link to it as the output" else path
    with pytest.raises(OutputError, match="one of the files to read"):
        check_not_read(output, [None, 3, "happy", "x" * 100_000, "nul\0", *_listed(given.get(how, path))])
    check_not_read(tmp_path / "b.npz", [path, "b.npz"])  # which is not there


def _listed(value):
    return value if isinstance(value, list) else [value]
