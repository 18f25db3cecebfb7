# SPDX-License-Identifier: Apache-2.0
"""The list of a batch, in the shapes that people have: spreadsheets of any country, JSON, JSON lines."""

import json
from pathlib import Path

import pytest

from styletalk.batch.line_list import read_lines
from styletalk.errors import BatchError

HEADS = ("id", "audio", "text", "style", "intensity")
ROWS = (("a", "x/one.wav", "One, two; three.", "happy", "0,5"), ("b", "two.wav", "", "", "1.5"))


def table(separator: str) -> str:
    return "\n".join(separator.join(f'"{cell}"' for cell in row) for row in (HEADS, *ROWS))


@pytest.mark.parametrize(
    "content",
    [
        table(","),
        "\ufeff" + table(";").replace("\n", "\r\n"),
        table("\t") + "\n\n",
        json.dumps([dict(zip(HEADS, row, strict=True)) for row in ROWS]),
        "\n".join(json.dumps(dict(zip(HEADS, row, strict=True))) for row in ROWS),
    ],
    ids=["commas", "semicolons, Windows", "tabs", "JSON", "JSON lines"],
)
def test_one_list_is_read_alike_from_every_format(tmp_path, content):
    path = tmp_path / "lines.csv"
    path.write_text(content, encoding="utf-8", newline="")
    first, second = read_lines(path, ".npz").lines
    assert first.request is not None and second.request is not None
    assert (first.identity, first.request.style, first.request.intensity) == ("a", "happy", 0.5)
    assert (first.request.audio, first.request.transcript) == (tmp_path / "x/one.wav", "One, two; three.")
    assert (second.request.intensity, second.request.transcript) == (1.5, None)
    assert [str(line.output) for line in (first, second)] == ["a.npz", "b.npz"]


def read(folder: Path, text: str, ending: str = ".npz", **defaults):
    path = folder / "lines.csv"
    path.write_text(text, encoding="utf-8")
    return read_lines(path, ending, defaults)


def test_a_text_may_be_the_name_of_a_file_and_columns_may_be_any_option(tmp_path):
    (tmp_path / "said.txt").write_text("Good morning.")
    (line,) = read(tmp_path, "Audio,Text,Seed,swell,Lead-In,remarks\na.wav,said.txt,7,no,0,hello").lines
    assert line.request is not None
    assert (line.request.transcript, line.request.seed, line.request.swell) == ("Good morning.", 7, False)
    assert line.request.lead_in_s == 0.0


def test_columns_that_mean_nothing_are_named(tmp_path):
    assert read(tmp_path, "audio,remarks\na.wav,hello").ignored == ("remarks",)


def test_what_all_lines_share_gives_way_to_what_one_says(tmp_path):
    first, second = read(tmp_path, "audio,style\na.wav,\nb.wav,sad", style="happy").lines
    assert first.request is not None and second.request is not None
    assert (first.request.style, second.request.style) == ("happy", "sad")


def test_lines_without_an_id_are_known_by_their_sound_and_stay_apart(tmp_path):
    lines = read(tmp_path, "audio\none/hi.wav\ntwo/hi.wav\nbye.wav").lines
    assert [line.identity for line in lines] == ["hi-1", "hi-2", "bye"]


def test_a_line_may_name_its_output_within_the_folder(tmp_path):
    first, second, third = read(tmp_path, "id,audio,output\n1,a.wav,scene/hello\n2,a.wav,bye.csv\na/b?,a.wav,").lines
    assert [str(line.output) for line in (first, second, third)] == ["scene/hello.npz", "bye.csv", "a_b_.npz"]


def test_no_line_takes_the_place_of_the_report(tmp_path):
    (line,) = read(tmp_path, "id,audio\nreport,a.wav", ".json").lines
    assert line.request is None and "itself" in line.fault


@pytest.mark.parametrize("place", ["../x.npz", "/tmp/x.npz", "C:\\x.npz"])
def test_no_line_is_written_outside_the_folder(tmp_path, place):
    (line,) = read(tmp_path, f"audio,output\na.wav,{place}").lines
    assert line.request is None and "outside" in line.fault


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("a.wav,9,,", "intensity"), ("a.wav,much,,", "intensity"), (",1,,", "names no sound"),
        ("a.wav,1,nowhere.txt,", "transcript"), ("a.wav,1,,klingon", "language"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_one_line_is_its_own_fault(tmp_path, row, reason):
    bad, good = read(tmp_path, f"id,audio,intensity,text,language\nx,{row}\ny,b.wav,,,").lines
    assert bad.request is None and reason in bad.fault
    assert good.request is not None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no lines"), ("id,sound file\n1,2", "no column audio"), ("id,audio\nx,a.wav\nx,b.wav", "same id"),
        ("audio,output\na.wav,X\nb.wav,x", "same output"), ("audio\na.wav,b,c", "more cells"), ("[1, 2]", "objects"),
        ('[{"audio": ', "JSON"),
    ],
)  # fmt: skip
def test_a_list_that_contradicts_itself_is_refused_as_a_whole(tmp_path, text, reason):
    with pytest.raises(BatchError, match=reason):
        read(tmp_path, text)


def test_there_must_be_a_list(tmp_path):
    with pytest.raises(BatchError, match="There is no list"):
        read_lines(tmp_path / "none.csv", ".npz")
