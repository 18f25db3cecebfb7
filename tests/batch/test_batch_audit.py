# SPDX-License-Identifier: Apache-2.0
"""What a batch says of each line: sounds that are clipped, words that are guessed, texts that are not said."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from styletalk.batch.audit import clipped_seconds
from styletalk.batch.coverage import coverage_of, sentences_of
from styletalk.batch.work import Made, Task, make
from styletalk.demo import LINE, TRANSCRIPT
from styletalk.request import AnimationRequest
from styletalk.speech.audio.sound_file import load_audio
from styletalk_research.hearing.languages import sections


@pytest.fixture(scope="module")
def said() -> str:
    return TRANSCRIPT.read_text(encoding="utf-8").strip()


def kinds(made: Made) -> set[str]:
    assert made.failure == "", made.failure
    return {kind for kind, _ in made.findings}


def test_of_a_good_line_there_is_nothing_to_say(said):
    made = make(Task({"audio": str(LINE), "transcript": said}, ".npz"))
    assert kinds(made) == set()
    assert made.measures["language"] == "en" and made.measures["words"] == len(said.split())
    assert 8 < made.measures["phonemes_per_s"] < 18
    assert made.picture.startswith(b"\x89PNG")


def test_clipping_is_measured_and_a_loud_sound_is_not_clipped(tmp_path):
    sound, rate_hz = soundfile.read(LINE)
    loud, clipped = 0.999 * sound / np.abs(sound).max(), np.clip(12 * sound / np.abs(sound).max(), -1, 1)
    for name, samples in (("loud", loud), ("clipped", clipped)):
        soundfile.write(tmp_path / f"{name}.wav", samples, rate_hz)
    assert clipped_seconds(load_audio(tmp_path / "loud.wav")) < 0.001
    there = np.abs(clipped) >= 0.999
    expected = np.convolve(there, np.ones(4), "valid").__eq__(4).sum() / rate_hz  # so many runs of four begin
    assert clipped_seconds(load_audio(tmp_path / "clipped.wav")) > expected > 0.1
    made = make(Task({"audio": str(tmp_path / "clipped.wav")}, ".npz"))
    assert "clipped" in kinds(made)


def test_words_that_no_dictionary_has_are_named_once():
    request = AnimationRequest(
        audio=Path("a.wav"), transcript="The zorblax met a zorblax's Frandibble, and Anna's cat."
    )
    assert coverage_of(request).unsure == ("zorblax", "zorblax's", "frandibble")


@pytest.mark.parametrize(
    ("text", "language", "unsure", "kind", "said"),
    [
        ("Schöne Grüße aus Łódź und Zürich.", "auto", (), "", ""),
        ("Das ist nicht שלום, das ist ein Haus.", "auto", ("שלום",), "pronunciation", "No rule of German knows"),
        ("Это не iPhone, а мой телефон.", "auto", ("iphone",), "pronunciation", "Read by the rules of English: iphone"),
        ("Bonjour, je ne sais pas où vous êtes.", "de", (), "language", "The text looks French"),
        ("Это мой дом.", "es", ("это", "мой", "дом"), "language", "The text looks Russian"),
        ("The weather is very good today.", "it", (), "language", "The text looks English"),
        ("안녕하세요 여러분", "tr", ("안녕하세요", "여러분"), "language", "The text looks Korean"),
    ],
)
def test_texts_of_other_languages_are_read_by_rules_or_somebody_is_told(text, language, unsure, kind, said):
    coverage = coverage_of(AnimationRequest(audio=Path("a.wav"), transcript=text, language=language))
    assert coverage.unsure == unsure
    found = list(sentences_of(coverage))
    assert any(each == kind and said in sentence for each, sentence in found) if kind else not found, found


def test_a_text_that_its_language_reads_whole_is_left_alone():
    for language, sentences in sections().items():
        for sentence in sentences:
            coverage = coverage_of(AnimationRequest(audio=Path("a.wav"), transcript=sentence, language=language))
            if coverage is not None:  # Mandarin and Japanese need their dictionaries
                assert not coverage.looks and not coverage.unknown, (language, sentence, coverage)


def test_a_text_that_goes_on_after_the_sound_is_noticed(said):
    more = f"{said} And then the seven brothers went down to the harbour to look for another ship."
    made = make(Task({"audio": str(LINE), "transcript": more}, ".npz"))
    assert any(kind == "text" and "are not said" in sentence for kind, sentence in made.findings)


@pytest.mark.parametrize(
    ("values", "reason"),
    [({"audio": "nowhere.wav"}, "There is no sound"), ({"audio": str(LINE), "style": "none such"}, "style")],
)
def test_what_cannot_be_made_is_one_sentence(values, reason):
    made = make(Task(values, ".npz"))
    assert reason in made.failure and "\n" not in made.failure and made.content == b""
