# SPDX-License-Identifier: Apache-2.0
"""Transcripts in other languages: their words, and the phonemes of each, with no package but the dictionaries."""

import importlib
import re
import string
import sys

import numpy as np
import pytest

from styletalk.errors import MissingPackageError
from styletalk.phonemes import PHONEME_INDEX, PHONEMES, VISEME_OF_PHONEME, VISEMES
from styletalk.request import LANGUAGES
from styletalk.speech.languages.accent import with_accents
from styletalk.speech.languages.reading import Reader
from styletalk.speech.languages.scripts import SCRIPTS

TABLES = [code for code in LANGUAGES if code != "en"]
SENTENCES = [
    ("de", "Schöne Grüße, Herr Müller!", "SH UH N AH | G G UW S AH | HH EH G | M UW L AH"),
    ("de", "Das Pferd läuft über die Brücke.", "D AA S | P F EH AH T | L OY F T | UW B AH | D IY | B G UW K AH"),
    ("de", "Ich habe zwei Äpfel gekauft.", "IH HH | HH AA B AH | T S V AY | EH P F AH L | G AH K AW F T"),
    ("fr", "Le chat boit un bon vin blanc.", "L UH | SH AA | B W AA | AO | B AO | V EH | B L AA"),
    ("fr", "Les enfants parlent beaucoup.", "L EY | AA F AA | P AA G L | B OW K UW"),
    ("fr", "C'est l'homme qui vient aujourd'hui.", "S EH | L AO M | K IY | V Y EH | OW ZH UW G D UW IY"),
    ("es", "Los niños juegan aquí.", "L OW S | N IY N OW S | K W EY G AA N | AA K IY"),
    ("es", "¿Dónde vive la gente joven?", "D OW N D EY | B IY B EY | L AA | K EY N T EY | K OW B EY N"),
    ("es", "Quiero una cerveza y agua.", "K Y EY D OW | UW N AA | TH EY D B EY TH AA | IY | AA G W AA"),
    ("it", "Gli gnocchi sono buoni.", "L IY | N OW K IY | S OW N OW | B W OW N IY"),
    ("it", "Che bella giornata!", "K EY | B EY L AA | JH OW D N AA T AA"),
    ("it", "C’è l’arte dell’amico.", "CH EH | L AA D T EY | D EY L AA M IY K OW"),
    ("pt", "O menino não gosta de pão.", "UH | M EY N IY N UH | N AH UH | G OW S T AA | JH IY | P AH UH"),
    ("pt", "Bom dia, tudo bem?", "B OW NG | JH IY AA | T UW D UH | B EY IH NG"),
    ("pt", "A filha do senhor tem medo.", "AA | F IY L AA | D UH | S EY N OW D | T EY IH NG | M EY D UH"),
    ("nl", "De school is heel mooi.", "D AH | S K OW L | IH S | HH EY L | M OW IH"),
    ("nl", "Ik heb twee huizen.", "IH K | HH EH P | T V EY | HH AO UH Z AH N"),
    ("nl", "Mijn moeder drinkt koffie.", "M EY N | M UW D AH D | D D IH NG K T | K AO F IY"),
    ("pl", "Dziękuję bardzo, proszę pana.", "JH EH NG K UW Y EH | B AA D D Z AO | P D AO SH EH | P AA N AA"),
    ("pl", "Szczęście i miłość.", "SH CH EH SH CH EH | IY | M IY W AO SH CH"),
    ("pl", "Mąż pije wodę.", "M AO W ZH | P IY Y EH | V AO D EH"),
    ("ru", "Это хорошая погода.", "EY T AA | K AA D OW SH AA Y AA | P AA G OW D AA"),
    ("ru", "Спасибо, я люблю тебя.", "S P AA S IY B AA | Y AA | L UW B L UW | T IH B AA"),
    ("ru", "Что он говорит?", "SH T OW | OW N | G AA V AA D IY T"),
    ("tr", "Güzel bir gün.", "G UW Z EY L | B IY D | G UW N"),
    ("tr", "Çocuk ağaçta oturuyor.", "CH OW JH UW K | AA AA CH T AA | OW T UW D UW Y OW D"),
    ("tr", "Işık çok parlak.", "IH SH IH K | CH OW K | P AA D L AA K"),
    ("hi", "मेरा नाम राम है।", "M EY D AA | N AA M | D AA M | HH EH"),
    ("hi", "यह किताब अच्छी है।", "Y EY | K IH T AA B | AH CH CH IY | HH EH"),
    ("hi", "बारिश में पानी बहता है।", "B AA D IH SH | M EY | P AA N IY | B AH HH T AA | HH EH"),
    ("ko", "안녕하세요.", "AA N N Y AH NG HH AA S EY Y OW"),
    ("ko", "감사합니다.", "G AA M S AA HH AA M N IY D AA"),
    ("ko", "물을 마셔요.", "M UW D IH L | M AA SH Y AH Y OW"),
    ("ja", "こんにちは。", "K OW N N IY CH IY W AA"),
    ("ja", "ありがとう。", "AA D IY G AA T OW"),
    ("ja", "コーヒー、ください。", "K OW HH IY | K UW D AA S AA IY"),
]
CHINESE = [
    ("zh", "你好。", "N IY K AW"),
    ("zh", "我们喜欢鱼。", "W AO M AH N | SH IY K W AA N | UW"),
    ("zh", "谢谢你。", "SH Y EH SH Y EH | N IY"),
    ("ja", "私は東京へ行きます。", "W AA T AA SH IY | W AA | T OW K Y OW | EY | IY K IY | M AA S"),
]


def phonemes(text: str, language: str) -> str:
    """Of each word, in order, words apart by "|"."""
    reader = Reader(language)
    return " | ".join(" ".join(reader.pronunciations(word)[0]) for word in reader.words(text))


def words(text: str, language: str) -> str:
    return " ".join(Reader(language).words(text, shouted=text.isupper()))


def lips(symbols: str) -> set[str]:
    """The viseme classes that occur among phonemes."""
    names = list(VISEMES)
    return {names[VISEME_OF_PHONEME[PHONEME_INDEX[each]]] for each in symbols.split() if each != "|"}


@pytest.mark.parametrize(("language", "text", "expected"), SENTENCES)
def test_a_sentence_has_the_phonemes_of_its_language(language, text, expected):
    assert phonemes(text, language) == expected


@pytest.mark.parametrize(("language", "text", "expected"), CHINESE)
def test_han_characters_have_the_phonemes_of_the_dictionary(language, text, expected):
    pytest.importorskip({"zh": "pypinyin", "ja": "janome"}[language])
    assert phonemes(text, language).replace(" | ", " ") == expected.replace(" | ", " ")


@pytest.mark.parametrize("language", TABLES)
def test_every_rule_is_a_symbol_that_we_know_and_begins_where_the_last_ended(language):
    from styletalk.speech.formats.symbols import phoneme_symbol

    spelling = importlib.import_module(f"styletalk.speech.languages.tables.{language}").SPELLING
    symbols = {s for rule in spelling.rules.split() for s in rule.rpartition("=")[2].split(".") if s}
    assert {s for s in symbols if phoneme_symbol(s) not in PHONEMES} == set()
    assert [rule for rule in spelling.rules.split() if re.search(r"(?<!\\)\((?!\?)", rule)] == []
    assert all("=" in rule for rule in spelling.rules.split())


@pytest.mark.parametrize("language", [code for code in TABLES if code not in SCRIPTS])
def test_every_letter_of_latin_has_a_name_in_words_that_the_table_reads(language):
    spelling = importlib.import_module(f"styletalk.speech.languages.tables.{language}").SPELLING
    names = spelling.letter_names.split()
    assert len(names) == len(string.ascii_lowercase)
    assert all(map(spelling.phonemes, names))


@pytest.mark.parametrize("language", TABLES)
def test_there_is_a_table_for_every_language_that_can_be_asked_for(language):
    assert words("OK" if language in SCRIPTS else "a", language)


@pytest.mark.parametrize(
    ("language", "text"), [("de", "üb öl"), ("fr", "eux du un œufs"), ("tr", "ölü"), ("nl", "uur deur"), ("pl", "ó u")]
)
def test_rounded_front_vowels_are_rounded(language, text):
    assert lips(phonemes(text, language)) - {"consonant", "closed lips", "lip on teeth"} == {"rounded"}


@pytest.mark.parametrize(
    ("nasal", "oral"), [("banc", "bas"), ("pont", "pot"), ("fin", "fait"), ("brun", "breu"), ("tombe", "tobe")]
)
def test_nasal_vowels_keep_the_mouth_of_the_oral_vowel(nasal, oral):
    assert lips(phonemes(nasal, "fr")) == lips(phonemes(oral, "fr"))


@pytest.mark.parametrize(("language", "text"), [("tr", "ıı"), ("ko", "으"), ("pl", "ty"), ("ru", "ты"), ("pt", "de")])
def test_close_unrounded_vowels_are_spread(language, text):
    assert "spread" in lips(phonemes(text, language))
    assert "rounded" not in lips(phonemes(text, language))


@pytest.mark.parametrize(("language", "text"), [("de", "rot"), ("fr", "rat"), ("es", "perro"), ("it", "terra")])
def test_an_r_that_is_not_english_does_not_round_the_lips(language, text):
    assert not {"R", "ER"} & set(phonemes(text, language).split())


def test_pf_closes_the_lips_and_then_lays_one_on_the_teeth():
    assert phonemes("Pfeffer", "de") == "P F EH F AH"


@pytest.mark.parametrize(
    ("language", "text", "said"),
    [
        ("de", "1984", "neunzehnhundertvierundachtzig"), ("de", "3,5 %", "drei komma fünf prozent"),
        ("de", "am 3. Oktober", "am dritte oktober"), ("de", "1.250 €", "eintausendzweihundertfünfzig euro"),
        ("fr", "le 1er mai", "le premier mai"), ("fr", "à 10h30", "à dix heures trente"),
        ("es", "€5", "cinco euros"), ("it", "21", "ventuno"), ("pt", "21", "vinte e um"), ("nl", "21", "eenentwintig"),
        ("pl", "2,5", "dwa przecinek pięć"), ("ru", "21", "двадцать один"), ("tr", "%50", "yüzde elli"),
        ("ko", "25", "이십오"), ("es", "007", "cero cero siete"),
    ],
)  # fmt: skip
def test_numbers_are_said_in_the_language(language, text, said):
    pytest.importorskip("num2words")
    assert words(text, language) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [("25", "पच्चीस"), ("1,984", "एक हज़ार नौ सौ चौरासी"), ("1,23,45,678", "एक करोड़ तेईस लाख पैंतालीस हज़ार छह सौ अठहत्तर"),
     ("0", "शून्य"), ("2.5", "दो दशमलव पाँच")],
)  # fmt: skip
def test_hindi_numbers_need_no_package(text, said, monkeypatch):
    monkeypatch.setitem(sys.modules, "num2words", None)
    assert words(text, "hi") == said


@pytest.mark.parametrize(
    ("number", "said"),
    [(0, "零"), (10, "十"), (12, "十二"), (105, "一百零五"), (110, "一百一十"), (1005, "一千零五"),
     (20_000_000, "二千万"), (100_000_005, "一亿零五")],
)  # fmt: skip
def test_chinese_numbers_are_counted_in_ten_thousands(number, said):
    from styletalk.speech.languages.numbers import spelled_numbers

    assert spelled_numbers(str(number), "zh", {}, "点").strip() == said


def test_without_num2words_a_number_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "num2words", None)
    with pytest.raises(MissingPackageError, match=r"German .*pip install num2words.*External Python"):
        words("21 Äpfel", "de")


@pytest.mark.parametrize(
    ("language", "text", "package"), [("zh", "你好", "pypinyin"), ("ja", "私は東京へ行きます", "janome")]
)
def test_without_the_dictionary_one_sentence_names_the_extra_and_the_way_round(language, text, package, monkeypatch):
    from styletalk.speech.languages import lexicons

    lexicons._tokenizer.cache_clear()
    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.setitem(sys.modules, "janome.tokenizer", None)
    with pytest.raises(MissingPackageError) as error:
        words(text, language)
    assert package in str(error.value)
    assert f"pip install {package}`" in str(error.value) and "External Python" in str(error.value)
    assert "omit the transcript" in str(error.value)


def test_kana_are_read_without_the_dictionary(monkeypatch):
    from styletalk.speech.languages import lexicons

    lexicons._tokenizer.cache_clear()
    monkeypatch.setitem(sys.modules, "janome.tokenizer", None)
    assert phonemes("ラーメン、きょうとのしゃしん。", "ja") == "D AA M EY N | K Y OW T OW N OW SH AA SH IY N"


@pytest.mark.parametrize(
    ("language", "text", "written"),
    [
        ("de", "Brad Pitt isst Äpfel 😀👍🏽", "brad pitt isst äpfel"),
        ("ru", "Я люблю Blender и 안녕", "я люблю blender и 안녕"),
        ("ko", "저는 Blender 좋아해요", "저는 blender 좋아해요"),
        ("fr", "L’homme qu’il a vu", "l'homme qu'il a vu"),
        ("de", "Die USA und die NATO", "die u. s. a. und die nato"),
        ("de", "Plan B", "plan b."),
        ("pl", "W domu", "w domu"),
        ("de", "DAS IST ALLES SO LAUT", "das ist alles so laut"),
        ("tr", "IŞIK İstanbul'da", "ışık istanbul'da"),
        ("ru", "за́мок", "за́мок"),
        ("pl", "ÿ ň Škoda", "ÿ ň škoda"),
    ],
)
def test_words_stay_as_they_are_written_and_what_is_foreign_gets_through(language, text, written):
    assert words(text, language) == written


def test_letters_that_no_table_knows_are_left_out_with_a_note():
    reader = Reader("de")
    assert reader.words("Der Winkel ist groß.") == ("der", "winkel", "ist", "groß")
    assert reader.note == ""
    assert reader.words("Der Winkel αβγ ist สวัสดี groß.") == ("der", "winkel", "ist", "groß")
    assert "German" in reader.note
    assert "α" in reader.note


def test_foreign_characters_do_without_the_dictionary(monkeypatch):
    monkeypatch.setitem(sys.modules, "pypinyin", None)
    reader = Reader("de")
    assert reader.words("Das Zeichen 水 heißt Wasser.") == ("das", "zeichen", "heißt", "wasser")
    assert "水" in reader.note


@pytest.mark.parametrize("text", ["", "😀 … !", "…", "αβγ"])
def test_a_text_without_words_has_none(text):
    assert words(text, "de") == ""


def test_the_parts_of_a_transcript_are_read_one_by_one_and_all_are_remembered():
    reader = Reader("de")
    assert [reader.words(part) for part in ("Guten Tag.", "Auf Wiedersehen!")] == [
        ("guten", "tag"),
        ("auf", "wiedersehen"),
    ]
    assert reader.pronunciations("guten") == (("G", "UH", "T", "AH", "N"),)


def test_a_stress_mark_says_which_o_is_round():
    assert phonemes("замо́к", "ru") == "Z AA M OW K"
    assert phonemes("за́мок", "ru") == "Z AA M AA K"


def test_half_width_and_decomposed_writing_is_the_same_writing():
    assert phonemes("ﾗｰﾒﾝ", "ja") == phonemes("ラーメン", "ja")
    assert phonemes("scho\u0308n", "de") == phonemes("schön", "de")
    assert phonemes("ＡＢＣ", "de") == phonemes("ABC", "de")


@pytest.mark.parametrize("language", [code for code in TABLES if code != "zh"])
def test_any_text_gets_through(language):
    """Everything that Unicode calls a letter or a mark, a word of thousands of letters, and a long text."""
    if language == "ja":
        pytest.importorskip("janome")
    letters = "".join(
        map(chr, (*range(0x20, 0x30), *range(0x3A, 0x3100), *range(0xAC00, 0xAC80), *range(0xFB00, 0xFE80)))
    )
    own = {"hi": "नमस्ते", "ru": "привет", "ja": "こんにちは", "ko": "안녕"}.get(language, "mamma")
    for text in (letters, own * 3000, f"{own} " * 5000):
        reader = Reader(language)
        found = {each for word in set(reader.words(text)) for said in reader.pronunciations(word) for each in said}
        assert found
        assert found <= PHONEME_INDEX.keys()


def test_a_phoneme_may_be_meant_where_its_neighbour_was_heard():
    """A German w heard as M is rather a V than an S; silence stays silence, and probabilities add up to one."""
    heard = np.full((2, len(PHONEMES)), 0.001)
    heard[0, PHONEME_INDEX["M"]] = heard[1, PHONEME_INDEX["SIL"]] = 1.0
    meant = with_accents(np.log(heard / heard.sum(axis=1, keepdims=True)).astype(np.float16))
    assert meant.dtype == np.float16
    assert np.allclose(np.exp(meant.astype(float)).sum(axis=1), 1.0, atol=0.01)
    assert meant[0].argmax() == PHONEME_INDEX["M"]
    assert meant[0, PHONEME_INDEX["V"]] > meant[0, PHONEME_INDEX["S"]] + 2.0
    assert meant[1].argmax() == PHONEME_INDEX["SIL"]
    assert np.exp(float(meant[1].max())) > 0.8


@pytest.mark.parametrize("language", [code for code in TABLES if code not in SCRIPTS])
def test_a_foreign_accent_takes_no_letter_away(language):
    spelling = importlib.import_module(f"styletalk.speech.languages.tables.{language}").SPELLING
    letters = "áàâãäåāăéèêëēėęěíìîïīóòôõöøōőúùûüūůűñńćčšśžźżłďťř"
    assert [each for each in letters if spelling.unknown(each)] == []
    assert spelling.unknown("brot") == "" and spelling.unknown("שלום") == "שלום"
