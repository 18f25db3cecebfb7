# SPDX-License-Identifier: Apache-2.0
"""A transcript in another language goes the same way as one in English, and is aligned to the sound."""

import sys
from pathlib import Path

import pytest

from styletalk.api import prepare
from styletalk.errors import MissingPackageError, TranscriptError
from styletalk.request import AnimationRequest
from styletalk.speech.audio.sound_file import load_audio
from styletalk.speech.text.transcript import parse_transcript
from styletalk.speech.track import phoneme_track

DEMO = Path(__file__).resolve().parents[2] / "core" / "styletalk" / "demo"


def test_what_nobody_says_is_left_out_and_times_are_kept_in_any_language():
    text = (
        "1\n00:00:01,000 --> 00:00:02,000\nANNA: Schöne Grüße! [lacht]\n\n2\n00:00:03,000 --> 00:00:04,000\nBis bald.\n"
    )
    transcript = parse_transcript(text)
    assert transcript.language == "de"
    assert transcript.words == ("schöne", "grüße", "bis", "bald")
    assert [(cue.first, cue.last, cue.start_s) for cue in transcript.cues] == [(0, 2, 1.0), (2, 4, 3.0)]
    assert transcript.pronunciations("bald") == (("B", "AA", "L", "T"),)


def test_the_language_that_is_asked_for_wins():
    assert parse_transcript("die", "de").pronunciations("die") == (("D", "IY"),)
    assert parse_transcript("die", "en").pronunciations("die") == (("D", "AY"),)
    assert parse_transcript("die").language == "en"


def test_a_long_text_without_blanks_is_no_word_that_is_too_long():
    assert parse_transcript("こんにちは、" * 1000, "ja").words
    assert parse_transcript("안녕하세요" * 1000).words


@pytest.mark.parametrize(
    ("text", "language"),
    [("的" * 61_000, "zh"), ("あ" * 61_000, "ja"), ("7 " * 26_000, "fr"), ("10 " * 26_000, "en"), ("%" * 26_000, "ja")],
)
def test_more_than_two_hours_of_a_language_are_refused_before_they_are_read(text, language):
    with pytest.raises(TranscriptError, match="two hours"):
        parse_transcript(text, language)


def test_a_transcript_is_read_once_for_its_check_and_its_alignment():
    assert parse_transcript("Guten Morgen") is parse_transcript("Guten Morgen")


def test_a_transcript_in_letters_of_no_language_says_so():
    with pytest.raises(TranscriptError, match=r"no words .* German.*ש"):
        parse_transcript("שלום", "de")


def test_letters_that_are_left_out_are_noted():
    assert "α" in parse_transcript("Der Winkel α ist nicht groß.").note


def test_a_transcript_without_words_is_refused_in_any_language():
    with pytest.raises(TranscriptError, match="no words"):
        parse_transcript("…", "ko")


def test_a_missing_dictionary_is_known_before_the_sound_is_decoded(monkeypatch):
    monkeypatch.setitem(sys.modules, "pypinyin", None)
    with pytest.raises(MissingPackageError, match="pip install pypinyin"):
        prepare(AnimationRequest(DEMO / "line.wav", transcript="你好，我们走吧。"))


def test_words_in_the_spelling_of_another_language_are_found_in_the_sound():
    """The demo line as a German would write down what he hears: each word is where the English one is."""
    said = "Änd Mister Dschon Däschwud häd den leescher tu konsidder hau matsch "
    said += "der meit bi prudentlih in his pauer tu du for dem."
    line = load_audio(DEMO / "line.wav")
    english = phoneme_track(line, (DEMO / "line.txt").read_text(encoding="utf-8"))
    german = phoneme_track(line, said, language="de")
    assert german.method == "transcript (German), aligned"
    assert len(german.words) >= 0.9 * len(english.words)
    starts_s = [word.start_s for word in english.words]
    near = [min(abs(word.start_s - start_s) for start_s in starts_s) < 0.1 for word in german.words]
    assert sum(near) >= 0.9 * len(german.words)
