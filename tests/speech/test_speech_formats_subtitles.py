# SPDX-License-Identifier: Apache-2.0
"""Subtitles of every kind give their words, each once, and when they are said."""

import pytest
from alignment_samples import SUBTITLES

from styletalk.errors import PhonemeFileError, TranscriptError
from styletalk.speech.formats.alignment_files import read_alignment
from styletalk.speech.text.transcript import Cue, parse_transcript
from styletalk.speech.text.transcript_file import read_transcript


@pytest.mark.parametrize("name", SUBTITLES)
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_subtitles_give_words_and_times(name, line_end):
    found = parse_transcript(SUBTITLES[name].replace("\n", line_end))
    assert found.words == ("hello", "there", "bye")
    assert found.cues == (Cue(0, 2, 1.0, 2.5), Cue(2, 3, 3.0, 4.0))


def test_a_line_that_holds_a_figure_is_said_and_one_with_times_backwards_has_none():
    found = parse_transcript("1\n00:00:02,000 --> 00:00:01,000\nOne\n2\n00:00:02,000 --> 00:00:03,000\nTwo\n5 more")
    assert found.words == ("one", "two", "five", "more")
    assert found.cues == (Cue(1, 4, 2.0, 3.0),)


@pytest.mark.parametrize(
    "text", ["At 10:30,11:30 and 12:00 --> done.", "[10:32] hi\n[10:33] ho", "[00:01.00] a\nb", "a"]
)
def test_a_text_that_is_not_of_subtitles_has_no_cues(text):
    assert parse_transcript(text).words
    assert parse_transcript(text).cues == ()


def test_lyrics_have_cues_until_the_next_line():
    assert parse_transcript("[00:01.00]One two\n[00:02.50]three").cues == (Cue(0, 2, 1.0, 2.5),)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
def test_whatever_an_editor_saves_is_read(tmp_path, encoding):
    path = tmp_path / "said.txt"
    path.write_bytes("Zoë’s naïve –\r\nyes.\r".encode(encoding))
    assert read_transcript(path) == "Zoë’s naïve –\nyes.\n"


@pytest.mark.parametrize("opened, closed", ["[]", "()", "<>", "{}", "**"])
def test_a_bracket_that_is_closed_in_another_subtitle_takes_no_subtitle_away(opened, closed):
    cue = "00:00:0{}.000 --> 00:00:0{}.000\n{}\n\n"
    text = cue.format(1, 2, f"one {opened}laughs") + cue.format(2, 3, f"two{closed} &#31;\x1f three")
    assert [(each.first, each.last) for each in parse_transcript(text).cues] in ([(0, 2), (2, 4)], [(0, 1), (1, 3)])


def test_rich_text_is_called_so(tmp_path):
    path = tmp_path / "said.rtf"
    path.write_text(r"{\rtf1\ansi Hello there}")
    with pytest.raises(TranscriptError, match="Rich Text"):
        read_transcript(path)


@pytest.mark.parametrize(
    "text", ['File type = "ooTextFile"\nxmin = 0', '{"words": []}', '\n[\n {"word": "a"}]', '<?xml version="1.0"?><a/>']
)
def test_an_alignment_chosen_as_text_is_refused_and_its_place_named(text, tmp_path):
    """Or its names and numbers are read as words."""
    path = tmp_path / "line.TextGrid"
    path.write_text(text)
    with pytest.raises(TranscriptError, match="choose it as alignment file"):
        read_transcript(path)


@pytest.mark.parametrize(("text", "encoding"), [("Доброе утро", "koi8-r"), ("おはようございます", "shift-jis")])
def test_what_is_in_an_encoding_that_nothing_tells_is_not_read_as_another(tmp_path, text, encoding):
    path = tmp_path / "line.srt"
    path.write_bytes(f"1\n00:00:00,000 --> 00:00:01,000\n{text}\n".encode(encoding))
    with pytest.raises(TranscriptError, match="UTF-8"):
        read_transcript(path)
    with pytest.raises(PhonemeFileError, match="UTF-8"):
        read_alignment(path, 2.0)


def test_the_times_of_subtitles_without_text_are_no_words():
    with pytest.raises(TranscriptError, match="no words"):
        parse_transcript("WEBVTT\n\n00:12.000 --> 00:13.000\n\n00:14.000 --> 00:15.000\n")
