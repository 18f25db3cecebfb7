# SPDX-License-Identifier: Apache-2.0
"""A word of an alignment that has no phonemes is found in the sound; all others stay where they are."""

from dataclasses import replace

import pytest

from styletalk.demo import LINE
from styletalk.errors import TranscriptError
from styletalk.phonemes import PhonemeSegment, PhonemeTrack, WordSegment
from styletalk.speech.align.missing import with_missing
from styletalk.speech.audio.sound_file import Audio, load_audio
from styletalk.speech.formats.alignment_files import write_textgrid
from styletalk.speech.hearing.confidence import with_confidences
from styletalk.speech.hearing.listening import listen
from styletalk.speech.track import phoneme_track
from styletalk.track_edits import changed_span, with_word


@pytest.fixture(scope="module")
def audio() -> Audio:
    return load_audio(LINE)


@pytest.fixture(scope="module")
def heard(audio) -> PhonemeTrack:
    return phoneme_track(audio)


def place_of(track: PhonemeTrack, word: str) -> int:
    return [each.word for each in track.words].index(word)


def given(audio, track, folder, language="auto"):
    write_textgrid(folder / "line.TextGrid", track)
    return phoneme_track(audio, phonemes=folder / "line.TextGrid", language=language)


def test_a_word_that_was_taken_out_is_found_where_it_was(audio, heard, tmp_path):
    word = heard.words[place_of(heard, "leisure")]
    again = given(audio, with_word(heard, place_of(heard, "leisure"), "leisure"), tmp_path)
    assert [each.word for each in again.words] == [each.word for each in heard.words]
    assert changed_span(heard, again) is None or changed_span(heard, again).end_s - word.end_s < 0.03
    found = again.words[place_of(again, "leisure")]
    assert abs(found.start_s - word.start_s) < 0.03 and abs(found.end_s - word.end_s) < 0.03


def test_other_words_keep_their_times_to_the_microsecond(audio, heard, tmp_path):
    place = place_of(heard, "power")
    again = given(audio, with_word(heard, place, "tower"), tmp_path)
    assert [each.word for each in again.words][place] == "tower"
    for old, new in zip(heard.words[:place], again.words[:place], strict=True):
        assert (new.word, new.start_s, new.end_s) == (old.word, pytest.approx(old.start_s), pytest.approx(old.end_s))
    word = again.words[place]
    phonemes = [each.phoneme for each in again.segments if word.start_s <= (each.start_s + each.end_s) / 2 < word.end_s]
    assert phonemes[0] == "T", "tower begins with a T, whatever is heard"


def test_one_word_may_become_two(audio, heard, tmp_path):
    again = given(audio, with_word(heard, place_of(heard, "dashwood"), "dash wood"), tmp_path)
    assert [each.word for each in again.words][3:5] == ["dash", "wood"] and again.note == ""


def test_a_word_that_nobody_says_is_spread_over_its_time_and_the_note_says_so(audio, heard, tmp_path):
    place = place_of(heard, "much")
    again = given(audio, with_word(heard, place, "kilimanjaro"), tmp_path)
    found = again.words[place]
    assert (found.start_s, found.end_s) == (
        pytest.approx(heard.words[place].start_s), pytest.approx(heard.words[place].end_s),
    )  # fmt: skip
    assert "'kilimanjaro' was not heard there" in again.note
    sure = with_confidences(again, listen(audio)).words
    assert sure[place].confidence < 0.5 < min(each.confidence for each in (*sure[:place], *sure[place + 1 :]))


def test_words_that_cannot_be_read_say_so_and_noises_stay_silent(audio, heard, tmp_path):
    with pytest.raises(TranscriptError):
        given(audio, with_word(heard, 4, "学校"), tmp_path, "en")
    silent = given(audio, with_word(heard, 4, "[laughs]"), tmp_path)
    assert len(silent.segments) == len(with_word(heard, 4, "").segments)


def test_words_that_are_said_are_surer_than_others(audio, heard):
    sure = with_confidences(heard, listen(audio)).words
    assert min(each.confidence for each in sure) > 0.5
    swapped = replace(heard, words=tuple(replace(each, confidence=0.1) for each in heard.words))
    assert with_confidences(swapped, listen(audio)).words == sure, "what was believed before does not matter"


def test_a_word_between_neighbours_that_leave_no_room_stays_silent(audio):
    """As where the phonemes of a file go on into the next word: nothing that is there is pushed aside."""
    segments = PhonemeSegment("D", 1.2, 1.79), PhonemeSegment("EH", 1.79, 2.1)
    words = WordSegment("dashwood", 1.2, 1.6), WordSegment("had", 1.6, 1.8), WordSegment("then", 1.8, 2.1)
    again = with_missing(PhonemeTrack(segments, audio.duration_s, words=words), listen(audio))
    assert again.segments == segments and "'had' was not heard" in again.note
