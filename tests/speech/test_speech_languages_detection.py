# SPDX-License-Identifier: Apache-2.0
"""The language of a transcript is found by its script, its commonest words and its letters."""

import pytest

from styletalk.request import LANGUAGES
from styletalk.speech.languages.detection import COMMON_WORDS, language_of
from styletalk.speech.languages.scripts import HOME, SCRIPTS, stretches

EXAMPLES = [
    ("en", "The quick brown fox jumps over the lazy dog."), ("en", "I met Jürgen at a café in São Paulo."),
    ("en", "Ok"), ("en", ""), ("en", "42"), ("en", "😀"), ("en", "Don't die in the hall."),
    ("en", "Die!"), ("de", "Danke schön."), ("fr", "Merci beaucoup !"),
    ("de", "Wir fahren morgen mit dem Zug nach Berlin."), ("fr", "Je ne sais pas où elle habite."),
    ("es", "¿Por qué no vienes con nosotros?"), ("it", "Non c'è niente da fare oggi."),
    ("pt", "Não tenho tempo para isso agora."), ("nl", "Ik heb geen idee wat hij bedoelt."),
    ("pl", "Nie mam dzisiaj czasu."), ("tr", "Bu akşam ne yapıyorsun?"), ("ru", "Я тебя не понимаю."),
    ("hi", "मुझे समझ नहीं आता।"), ("zh", "我不明白你的意思。"), ("ja", "何を言っているのか分かりません。"),
    ("ja", "東京タワーの展望台"), ("ko", "무슨 말인지 모르겠어요."), ("ru", "Он работает в Microsoft и Google."),
]  # fmt: skip


@pytest.mark.parametrize(("language", "text"), EXAMPLES)
def test_a_short_sentence_is_taken_for_its_language(language, text):
    assert language_of(text) == language


def test_only_languages_that_can_be_asked_for_are_found():
    assert {*COMMON_WORDS, *SCRIPTS} == set(LANGUAGES)
    assert set(HOME.values()) <= set(LANGUAGES)


def test_the_beginning_of_a_long_text_decides():
    assert language_of("Wir wissen nicht, was das ist. " * 10_000 + "the " * 1_000_000) == "de"


def test_a_stretch_is_one_script():
    found = [tuple(each) for each in stretches("l'été Привет안녕 東京タワーabc ٣ α")]
    assert found == [
        ("Latin", "l'été"), ("Cyrillic", "Привет"), ("Hangul", "안녕"), ("kana", "東京タワー"), ("Latin", "abc"),
        ("other", "α"),
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["Aaaaaaaaaaaaah!", "Eeeeeeeeeeeeek! No!", "Hi, hi, hi!"])
def test_a_cry_shows_no_language(text):
    assert language_of(text) == "en"
