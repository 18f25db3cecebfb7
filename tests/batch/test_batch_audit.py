# SPDX-License-Identifier: Apache-2.0
"""What a batch says of each line: sounds that are clipped, words that are guessed, texts that are not said."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from styletalk.batch.audit import clipped_seconds, guessed_words
from styletalk.batch.work import Made, Task, make
from styletalk.demo import LINE, TRANSCRIPT
from styletalk.request import AnimationRequest
from styletalk.speech.audio.sound_file import load_audio


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
    assert guessed_words(request) == ("zorblax", "zorblax's", "frandibble")


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
