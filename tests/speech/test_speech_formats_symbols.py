# SPDX-License-Identifier: Apache-2.0
"""Every symbol of every alphabet moves a mouth: known ones as they are meant, others as what is nearest."""

import pytest

from styletalk.phonemes import PHONEMES
from styletalk.speech.formats.symbols import alphabet_of, nearest_phoneme, phoneme_symbol, sampa_symbol

OF_ALIGNERS = {
    "AH0": "AH", "ae_B": "AE", "AX-H": "AH", "IA": "IH", "ia": "AA", "y": "UW", "Y": "Y",
    "ts": "S", "tsʰ": "S", "t͈ɕ͈": "CH", "dʒʱ": "JH", "t͡ʃʲ": "CH", "t̪s̪ʲ": "S", "ɥ": "W", "ʝ": "Y", "ʏ": "UH",
    "a˥˩": "AA", "aj˥": "AY", "iɛw˨˩": "EH", "uː˩˩˦": "UW", "z̩˥": "Z", "ʐ̩˥": "ZH", "a⁵¹": "AA",
    "ɐ̃w̃": "AW", "ɐ̃ʊ̯̃": "AW", "õj̃": "OY", "œ̃": "AO", "ŋ͡m": "M", "k͡p": "P", "ɡ͡b": "B", "ᵐb": "B", "ⁿd": "D",
    "kʷʼ": "K", "pʼ": "P", "ɓ": "B", "ɗ": "D", "ʄ": "G", "ǀʰ": "T", "ʘ": "P", "ɡǃ": "G",
    "i̥": "IY", "ɯ̥": "IH", "ɰ̃": "G", "sˤ": "S", "lˠ": "L", "d̪ʲ": "D", "cː": "K", "ɻ̍": "R", "n̩": "N", "ɚ˞": "ER",
    "aːu˨˩˨": "AW", "a˨ˀ˥": "AA", "ɨə˨˩ˀ": "IH", "ɯa˧": "AA", "ŋm": "M", "tɬ": "L", "kʷː": "K", "ɾ̃": "D", "ʡ": "HH",
    "ˈaɪ": "AY", "ɔːɹ": "AO", "aɪɚ": "AY", "iə˧˥": "IY", "əː": "AH", "č": "CH", "ž": "ZH", "ʦ": "S", "Ʒ": "ZH",
    "<eps>": "SIL", "H#": "SIL", "[noise]": "SIL", "{BR}": "SIL", "Breath": "SIL",
}  # fmt: skip
OF_NO_ALPHABET = {
    "ueng": "UW", "SCH": "SH", "ATU": "AA", "uang4": "AA", "A~": "AA", "BB": "B", "Q_vn": "HH", "ɕɕɕq¿": "SH",
    "語": "AH", "café": "AA", "§§": "SIL", "ƥ": "P", "x" * 5000: "K",
}  # fmt: skip
OF_SAMPA = {"@": "AH", "tS": "CH", "{:": "AE", "2:": "UH", "a~": "AA", "t_h": "T", "r\\`": "R", "s`": "SH", "@`": "ER"}


@pytest.mark.parametrize("symbol", OF_ALIGNERS)
def test_what_aligners_write_is_one_of_ours(symbol):
    known = nearest_phoneme(symbol)
    assert known[0] == OF_ALIGNERS[symbol]
    assert known[1] or symbol == "Ʒ"


@pytest.mark.parametrize("symbol", OF_NO_ALPHABET)
def test_a_symbol_of_no_alphabet_is_the_nearest_and_counts_as_guessed(symbol):
    assert phoneme_symbol(symbol) is None
    assert nearest_phoneme(symbol) == (OF_NO_ALPHABET[symbol], False)


@pytest.mark.parametrize("symbol", OF_SAMPA)
def test_what_webmaus_writes_is_one_of_ours(symbol):
    assert sampa_symbol(symbol) == OF_SAMPA[symbol]


def test_every_letter_of_unicode_is_a_mouth():
    for code in (*range(0x2000), *range(0xA700, 0xAB70), 0x65E5, 0xD55C, 0x1DF00, 0x1F600):
        assert nearest_phoneme(chr(code))[0] in PHONEMES


@pytest.mark.parametrize(
    ("symbols", "y"),
    [(["b", "iy1", "y"], "Y"), (["y", "œ"], "UW"), (["y", "k", "a"], "UW"), (["hh", "ae_B", "y"], "Y")],
)
def test_a_letter_of_two_alphabets_is_read_as_the_others_of_its_file(symbols, y):
    assert alphabet_of(symbols)("y") == y


@pytest.mark.parametrize("symbols", [["g", "u:", "@"], ["t", "aI", "S"], ["p", "O:", "E", "n"]])
def test_sampa_is_told_by_its_signs(symbols):
    assert alphabet_of(symbols) is sampa_symbol


@pytest.mark.parametrize(
    ("symbols", "ours"),
    [
        ("x iao4 q ve2 z ii4 c ueng1 v3", "SH AW CH EH Z IH S AH UW"),
        ("a0 &1 =", "AA AA S"),
        ("@0 +  J _ W1 B0 X1 |1 /0", "AH F CH JH AY AW OY UH AO"),
        ("ð ə m æ p", "DH AH M AE P"),
        ("dh ah0 m ae1 p", "DH AH M AE P"),
    ],
)
def test_the_alphabet_of_a_file_is_told_by_all_its_symbols(symbols, ours):
    alphabet = alphabet_of(symbols.split())
    assert [alphabet(symbol) for symbol in symbols.split()] == ours.split()
