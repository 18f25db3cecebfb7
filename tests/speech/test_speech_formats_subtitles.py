# SPDX-License-Identifier: Apache-2.0
"""Subtitles of every kind give their words, each once, and when they are said."""

import pytest

from styletalk.speech.text.transcript import Cue, parse_transcript
from styletalk.speech.text.transcript_file import read_transcript

SRT = "1\n00:00:01,000 --> 00:00:02,500\nANNA: Hello [music] <i>there</i>\n\n2\n00:00:03,000 --> 00:00:04,000\nBye.\n"
VTT = (
    "WEBVTT\nKind: captions\n\nNOTE not said\n\nSTYLE\n::cue {}\n\nfirst\n00:01.000 --> 00:02.500 align:start\n"
    "<v Anna>Hello there</v>\n\n00:00:03.000 --> 00:00:04.000\nBye."
)
SBV = "0:00:01.000,0:00:02.500\nHello there\n\n0:00:03.000,0:00:04.000\nBye."
ASS = (
    "[Script Info]\nTitle: not said\n\n[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, "
    "Effect, Text\nDialogue: 0,0:00:03.00,0:00:04.00,Default,,0,0,0,,Bye.\n"
    "Comment: 0,0:00:01.00,0:00:02.50,Default,,0,0,0,,not said\n"
    "Dialogue: 0,0:00:01.00,0:00:02.50,Default,Anna,0,0,0,,{\\\\an8}Hello\\\\Nthere\n"
    "Dialogue: 1,0:00:01.00,0:00:02.50,Default,Anna,0,0,0,,{\\\\bord2}Hello\\\\Nthere\n"
    "Dialogue: 0,0:00:01.00,0:00:02.50,Default,,0,0,0,,{\\\\p1}m 0 0 l 9 9\n"
).replace("\\\\", "\\")
ROLLING = (
    "WEBVTT\n\n00:00:01.000 --> 00:00:02.500\n \nhello<00:00:01.320><c> there</c>\n\n"
    "00:00:02.500 --> 00:00:02.510\nhello there\n \n\n00:00:03.000 --> 00:00:04.000\nhello there\n<c>bye</c>\n"
)


@pytest.mark.parametrize("text", [SRT, VTT, SBV, ASS, ROLLING], ids=["srt", "vtt", "sbv", "ass", "rolling"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_subtitles_give_words_and_times(text, line_end):
    found = parse_transcript(text.replace("\n", line_end))
    assert found.words == ("hello", "there", "bye")
    assert found.cues == (Cue(0, 2, 1.0, 2.5), Cue(2, 3, 3.0, 4.0))


def test_a_line_that_holds_a_figure_is_said_and_one_with_times_backwards_has_none():
    found = parse_transcript("1\n00:00:02,000 --> 00:00:01,000\nOne\n2\n00:00:02,000 --> 00:00:03,000\nTwo\n5 more")
    assert found.words == ("one", "two", "five", "more")
    assert found.cues == (Cue(1, 4, 2.0, 3.0),)


def test_a_plain_text_has_no_cues():
    assert parse_transcript("At 10:30,11:30 and 12:00 --> done.").cues == ()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
def test_whatever_an_editor_saves_is_read(tmp_path, encoding):
    path = tmp_path / "said.txt"
    path.write_bytes("Zoë’s naïve –\r\nyes.\r".encode(encoding))
    assert read_transcript(path) == "Zoë’s naïve –\nyes.\n"
