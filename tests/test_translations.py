# SPDX-License-Identifier: Apache-2.0
"""The tables of the interface in other languages: complete, with the same values, short enough, and found again."""

import importlib.util
import json
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TABLES = ROOT / "blender_addon" / "translations"
LANGUAGES = ("de", "es", "fr", "ja", "zh")
PLACE = re.compile(r"\{\w*\}")
WIDE = re.compile(r"[\u3000-\u9fff\uff00-\uffef]")
BUTTON_CHARACTERS, LONGER = 34, 1.9
"""A label may be so long, or so many times as long as the English one: what is longer is cut in a narrow sidebar."""
MAX_TOOLTIP = 1.8
"""Times a tooltip or sentence may be as long as the English one, and 40 characters more."""


def module(name, path):
    spec = importlib.util.spec_from_file_location(name, path)
    loaded = importlib.util.module_from_spec(spec)
    sys.modules[name] = loaded
    spec.loader.exec_module(loaded)
    return loaded


listing = module("translations_script", ROOT / "scripts" / "translations.py")
sentences = module("translated_sentences", TABLES / "sentences.py")


@pytest.fixture(scope="module")
def texts():
    return listing.texts()


def table(language):
    return json.loads((TABLES / f"{language}.json").read_text(encoding="utf-8"))


def columns(text):
    return sum(1.8 if WIDE.match(each) else 1.0 for each in text)


def test_there_is_a_table_for_each_language_that_is_promised():
    assert tuple(listing.languages()) == LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_text_of_the_sources_is_translated(language, texts):
    known = table(language)
    lacking = [f"{place}: {text}" for text, place in texts.items() if not known.get(text, "").strip()]
    assert not lacking, "\n".join([f"{language}.json lacks (python scripts/translations.py lists all):", *lacking])


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_translated_that_no_source_says(language, texts):
    spare = sorted(set(table(language)) - set(texts))
    assert not spare, "\n".join(["python scripts/translations.py --merge drops these:", *spare])


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_have_the_values_of_the_english_text(language):
    wrong = {
        text: said
        for text, said in table(language).items()
        if sorted(PLACE.findall(text)) != sorted(PLACE.findall(said))
    }
    assert not wrong


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_fit_where_the_english_text_fits(language):
    too_long = {}
    for text, said in table(language).items():
        is_label = len(text) <= BUTTON_CHARACTERS and not text.endswith((".", "…)")) and not PLACE.search(text)
        limit = max(BUTTON_CHARACTERS, LONGER * len(text)) if is_label else MAX_TOOLTIP * len(text) + 40
        if columns(said) > limit:
            too_long[text] = said
    assert not too_long


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_end_as_the_english_ones_do(language):
    """A full stop more or less is what is forgotten first, and tooltips have none in Blender."""
    stops = (".", "。", "!", "?", "！", "？")
    wrong = {text: said for text, said in table(language).items() if text.endswith(stops) != said.endswith(stops)}
    assert not wrong


def test_a_sentence_is_found_by_its_template_whatever_its_values_say():
    german = table("de")
    found = sentences.Sentences(german)

    def said(text):
        return found.translated(text, lambda known: german.get(known, known))

    assert said("“Cube. Old” is not a talking face. Select one, or add one with Add > Mesh > Talking Face.").startswith(
        "„Cube. Old“ ist kein sprechendes Gesicht."
    )
    assert said("Baked 18432 keys, frames -7–184. Phonemes: words. Nothing was corrected.") == (
        "18432 Keys gebacken, Frames -7–184. Phoneme: words. Nichts wurde korrigiert."
    )
    assert said("Nobody ever said this. Nothing was corrected.") == "Nobody ever said this. Nichts wurde korrigiert."
    assert said("Bake") == "Backen" and said("") == "" and said("somebody.wav") == "somebody.wav"


@pytest.mark.parametrize(
    ("english", "expected"),
    [
        ("Found by: words, then alignment.", "Gefunden durch: Wörter, dann Alignment."),
        ("Phonemes: transcript (German), aligned.", "Phoneme: Transkript (Deutsch), ausgerichtet."),
        ("7 hand-edited keys on 3 channels: kept.", "7 bearbeitete Keys auf 3 Kanälen: behalten."),
        ("1 hand-edited key on 1 channel will be:", "1 bearbeiteter Key auf 1 Kanal, dann:"),
    ],
)  # fmt: skip
def test_values_that_are_words_are_translated_too(english, expected):
    german = table("de")
    assert sentences.Sentences(german).translated(english, lambda text: german.get(text, text)) == expected


def test_names_that_are_called_like_buttons_stay_names():
    german = table("de")
    found = sentences.Sentences(german)
    said = found.translated("“Bake” has no armature.", lambda known: german.get(known, known))
    assert said == "„Bake“ hat kein Skelett."


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_template_is_found_again_with_odd_values(language):
    """Each sentence, filled with names with quotes, stops and brackets, comes out as its own translation."""
    known = table(language)
    found = sentences.Sentences(known)
    odd = ["a.b (1)", "Ärger “x”", "100%", "C:\\new\\1", "两个"]
    for text, wanted in known.items():
        if not re.search(r"[a-z]{3}.*[a-z]{3}", PLACE.sub("", text)) or text == "{path} of the neck":
            continue
        names = [each.strip("{}") for each in PLACE.findall(text) if each != "{}"]
        before_another = re.findall(r"\{(\w+)\} (?=\{)", text)
        values = {name: odd[number % len(odd)] for number, name in enumerate(names)}
        values.update(dict.fromkeys(before_another, "odd file"))
        filled = sentences.filled(text, values)
        assert found.translated(filled, lambda each: known.get(each, each)) == sentences.filled(wanted, values), text
