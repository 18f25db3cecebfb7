# SPDX-License-Identifier: Apache-2.0
"""`styletalk render` and `styletalk talk`: what they write, and one sentence for whatever is wrong."""

import json

import numpy as np
import pytest
from stand_ins import StandInRenderer

from styletalk.animation import FaceAnimation
from styletalk.cli import main
from styletalk.demo import TRANSCRIPT


@pytest.fixture
def command(renderers, portrait_file, line, tmp_path):
    """Runs `styletalk render` on the line and the portrait, with more arguments."""

    def run(output, *more, photo=portrait_file):
        return main(["render", str(line[0]), "--photo", str(photo), "-o", str(tmp_path / output), *map(str, more)])

    return run


def test_render_says_what_it_made(command, tmp_path, capsys):
    assert command("film.mp4", "--fps", "24", "--json") == 0
    result = [json.loads(each) for each in capsys.readouterr().out.splitlines()][-1]
    assert result["event"] == "result" and result["output"] == str(tmp_path / "film.mp4")
    assert result["first"] == 1 and result["last"] == result["frames"] and result["first_frame"] == -3
    assert "The photo is small." in result["note"]


def test_talk_does_it_in_one_go(renderers, portrait_file, line, tmp_path):
    """The film's frames are those of the animation that it keeps."""
    kept = tmp_path / "kept.npz"
    more = ["--text", str(TRANSCRIPT), "--style", "happy", "--animation", str(kept), "--range", "1-30"]
    assert main(["talk", str(line[1]), "--photo", str(portrait_file), "-o", str(tmp_path / "film.mp4"), *more]) == 0
    assert (tmp_path / "film.mp4").is_file()
    assert FaceAnimation.load(kept).metadata["style"] == "happy"


@pytest.mark.parametrize(
    ("output", "more", "sentence"),
    [
        ("film.avi", (), "Unknown file type '.avi'"),
        ("one.png", (), "is one picture"),
        ("missing/film.mp4", (), "Cannot write"),
        ("missing/frames/f_##.png", (), "Cannot write"),
        ("film.mp4", ("--background", "green"), "The background 'green' is unknown"),
        ("film.mp4", ("--background", "alpha"), "An .mp4 has no alpha"),
        ("film.mp4", ("--size", "7"), "The size 7 is out of range"),
        ("film.mp4", ("--mouth-offset", "nan"), "The mouth offset nan is out of range"),
        ("film.mp4", ("--mouth-amount", "-1"), "The mouth amount -1 is out of range"),
        ("film.mp4", ("--batch", "0"), "The batch 0 is out of range"),
        ("film.mp4", ("--range", "900-999"), "is no range of them"),
        ("film.mp4", ("--watermark", "日本"), "cannot be drawn"),
        ("film.mp4", ("--audio", "gone.wav"), "There is no sound file gone.wav"),
        ("film.mp4", ("--renderer", "neural"), "needs its weights"),
        ("film.mp4", ("--checkpoint", "gone.pth"), "There are no weights gone.pth"),
        ("film.mp4", ("--sign-key", "key.pem"), "needs both"),
        ("film.mp4", ("--sign-key", "key.pem", "--sign-certificate", "gone.pem"), "There is no certificate gone.pem"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_and_nothing_is_written(command, tmp_path, capsys, output, more, sentence):
    if "--sign-certificate" in more:
        pytest.importorskip("c2pa")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert command(output, *more) == 1
    said = capsys.readouterr().err.strip()
    assert sentence in said and len(said.splitlines()) == 1 and "Traceback" not in said
    assert {path: path.read_bytes() for path in tmp_path.rglob("*")} == before


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (("--range", "900-999"), "is no range of them"),
        (("--background", "alpha"), "Nothing says what is background"),
        (("--background", "#00FF00"), "Nothing says what is background"),
    ],
)  # fmt: skip
def test_talk_refuses_before_it_animates(portrait_file, line, tmp_path, capsys, monkeypatch, more, sentence):
    monkeypatch.setattr("styletalk.api.animate", lambda *_: pytest.fail("the sound was animated"))
    before = set(tmp_path.iterdir())
    assert main(["talk", str(line[1]), "--photo", str(portrait_file), "-o", str(tmp_path / "frames"), *more]) == 1
    assert sentence in capsys.readouterr().err and set(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    "more", [("--fps", "0"), ("--fps", "1/0"), ("--range", "5-1"), ("--range", "x"), ("--size", "x")]
)
def test_wrong_usage_ends_with_2(command, more, capsys):
    with pytest.raises(SystemExit) as stopped:
        command("film.mp4", *more)
    assert stopped.value.code == 2


def test_a_photo_that_is_not_there_or_no_portrait(command, line, tmp_path, capsys):
    for photo, sentence in ((tmp_path / "gone.jpg", "There is no photo"), (line[0], "is not a portrait"),
                            (tmp_path, "is a folder")):  # fmt: skip
        assert command("film.mp4", photo=photo) == 1
        assert sentence in capsys.readouterr().err


def test_a_sound_that_is_gone_or_another_is_not_guessed(command, line, tmp_path, capsys):
    """Without the named sound a film says which flag to give; another one is taken where it is given."""
    line[1].write_bytes(line[1].read_bytes()[:-2])
    assert command("film.mp4") == 1 and "is not beside it" in capsys.readouterr().err
    assert command("film.mp4", "--silent") == 0
    assert command("film.mp4", "--audio", line[1]) == 0
    assert "is not the sound that the animation was made from" in capsys.readouterr().out


def test_no_film_is_written_over_what_it_is_made_of(command, tmp_path, capsys):
    film = tmp_path / "film.mp4"
    film.write_bytes(b"a film with a face in it")
    assert command("film.mp4", photo=film) == 1
    assert "it is one of the files to read" in capsys.readouterr().err
    assert film.read_bytes() == b"a film with a face in it"


def test_ctrl_c_leaves_nothing_half_written(command, tmp_path, capsys, monkeypatch):
    def interrupted(self, motion, rows=None):
        yield np.zeros((128, 128, 3), np.uint8)
        raise KeyboardInterrupt

    before = set(tmp_path.rglob("*"))
    monkeypatch.setattr(StandInRenderer, "frames", interrupted)
    assert command("film.mp4") == 130
    assert set(tmp_path.rglob("*")) == before
    capsys.readouterr()
    assert command("frames") == 130
    assert "Frames 1-1 of" in capsys.readouterr().err
    assert set(tmp_path.rglob("*")) == before | {tmp_path / "frames", tmp_path / "frames" / "frame_0001.png"}
