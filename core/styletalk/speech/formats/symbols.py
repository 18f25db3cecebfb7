# SPDX-License-Identifier: Apache-2.0
"""Other people's phoneme symbols → ours: ARPAbet with stress digits, IPA, SAMPA, and what is none of them, guessed."""

import re
import unicodedata
from collections.abc import Callable, Iterable

from ...phonemes import CLOSED_LIPS, PHONEME_INDEX, SILENCE
from .symbol_tables import (
    ARPABET_EXTRAS,
    CLOSE,
    DISC,
    GLIDES,
    IPA,
    LATIN,
    OPENNESS,
    PINYIN,
    SAMPA,
    SEQUENCES,
    SILENT_SYMBOLS,
)

Alphabet = Callable[[str], str | None]
MAX_LETTERS = 3
"""Of IPA, without modifiers: a rising and falling diphthong has three, a word mostly more."""
MAX_SAMPA = 5
MAX_SYMBOL = 40
"""Characters. A longer one is a word or damage."""
_SECONDARY = {"Mn", "Mc", "Lm", "Sk", "No", "Nd", "Sm", "So", "Po", "Pd"}
"""Unicode's categories of what modifies a letter: length, stress, tone, tie bars, superscripts."""
_TAG = re.compile(r"<.*>|\[.*\]|\(.*\)|\{.+\}|\*.*\*", re.DOTALL)
"""<p:>, [noise]: no speech."""
_KALDI_POSITION = re.compile(r"_[BIES]$")
_SAMPA_SYMBOL = re.compile(r"_[^_]\\?|.[\\`]+|.", re.DOTALL)
_SAMPA_MARKS = set('@{}&?"%3269784\\`')
_LATIN_SPELLING = re.compile(f"{'|'.join(sorted(LATIN, key=len, reverse=True))}|.", re.DOTALL)
_LATIN_LETTER = re.compile(r"LATIN (?:SMALL |CAPITAL )?LETTER (?:[A-Z]{2,} )*([A-Z])\b")
_FRICATED = {"SH": "CH", "ZH": "JH"}
_STOPS = {"T", "D", "K", "G", "P", "B"}
_NASALS = {"M", "N", "NG"}


def phoneme_symbol(symbol: str) -> str | None:
    """One of our 41 symbols for an ARPAbet or IPA symbol, SIL for pauses and noise, None for what is neither."""
    plain = _plain(symbol)
    if _is_silent(plain):
        return SILENCE
    name = _arpabet_name(plain)
    if name in PHONEME_INDEX and (len(plain) > 1 or plain == name):  # "y" is IPA, "Y" is ARPAbet
        return name
    return _from_ipa(plain) or (ARPABET_EXTRAS.get(name) if len(plain) > 1 or plain == name else None)


def sampa_symbol(symbol: str) -> str | None:
    """One of our 41 symbols for one of (X-)SAMPA, which WebMAUS writes: IPA in ASCII, "S" for ʃ and "@" for ə."""
    plain = _plain(symbol)
    if _is_silent(plain):
        return SILENCE
    letters = (
        SAMPA.get(part) or SAMPA.get(part[0], part[0])
        for part in map(str, _SAMPA_SYMBOL.findall(plain))
        if part[0] != "_"
    )
    return _from_ipa("".join(letters))


def arpabet_symbol(symbol: str) -> str | None:
    """One of our 41 symbols for one of ARPAbet, of either case."""
    plain = _plain(symbol)
    name = _arpabet_name(plain)
    return SILENCE if _is_silent(plain) else name if name in PHONEME_INDEX else ARPABET_EXTRAS.get(name)


def pinyin_symbol(symbol: str) -> str | None:
    """One of our 41 symbols for an initial or final of Mandarin, with or without its tone, as in "iao4"."""
    plain = _plain(symbol)
    return SILENCE if _is_silent(plain) else PINYIN.get(plain.rstrip("012345"))


def disc_symbol(symbol: str) -> str | None:
    """One of our 41 symbols for one of CELEX's, with a digit for stress."""
    plain = symbol.strip()
    if plain not in DISC and _is_silent(plain):
        return SILENCE
    sign = plain.rstrip("01")
    return _from_ipa(DISC[sign]) if sign in DISC else sampa_symbol(sign)


def nearest_phoneme(symbol: str, alphabet: Alphabet = phoneme_symbol) -> tuple[str, bool]:
    """The symbol of ours that looks most like a symbol of whatever alphabet, and whether the alphabet has it.

    What it has not is guessed: as ARPAbet or IPA in another case, from its letters, at last as a neutral vowel; as
    silence where it has no letter.
    """
    known = alphabet(symbol)
    if known is not None:
        return known, True
    plain = _plain(symbol)
    plain = plain.partition("_")[0] or plain
    guess = phoneme_symbol(plain) or phoneme_symbol(plain.lower()) or _from_spelling(plain) or sampa_symbol(plain)
    return guess or ("AH" if any(map(str.isalpha, plain)) else SILENCE), False


def alphabet_of(symbols: Iterable[str], sampa: bool = False) -> Alphabet:
    """The alphabet that the symbols of a file are of. sampa: what they are where they are ASCII and not ARPAbet."""
    spoken = {plain for plain in map(_plain, symbols) if not _is_silent(plain)}
    names = {_arpabet_name(each) for each in spoken if len(each) > 1}
    if all(map(arpabet_symbol, spoken)) and names & PHONEME_INDEX.keys():
        return arpabet_symbol
    if not all(map(str.isascii, spoken)):
        return phoneme_symbol
    if any(re.search("[a-z][1-5]$", each) for each in spoken) and all(map(pinyin_symbol, spoken)):
        return pinyin_symbol
    if any(len(each) == 2 and each[1] == "0" for each in spoken) and _most(
        len(each.rstrip("01")) < 2 for each in spoken
    ):
        return disc_symbol
    if sampa or _looks_like_sampa(spoken):
        return sampa_symbol
    return phoneme_symbol


def _most(told: Iterable[bool]) -> bool:
    found = list(told)
    return 10 * sum(found) >= 9 * len(found)


def _looks_like_sampa(spoken: "set[str]") -> bool:
    """Signs that ARPAbet has not, or capitals beside small letters as in "tS" and "aI"."""
    marked = [each for each in spoken if each in SAMPA or _SAMPA_MARKS & set(each.rstrip("0123456789"))]
    small = any(re.search("[a-z:]", each) for each in spoken)
    return small and 4 * len(marked) >= len(spoken) and max(map(len, spoken)) <= MAX_SAMPA


def _plain(symbol: str) -> str:
    """Without blanks and Kaldi's position in the word; of what is too long enough to show it."""
    return _KALDI_POSITION.sub("", symbol.strip()[: MAX_SYMBOL + 1])


def _is_silent(plain: str) -> bool:
    return plain.lower() in SILENT_SYMBOLS or _TAG.fullmatch(plain) is not None


def _arpabet_name(symbol: str) -> str:
    return symbol.upper().rstrip("0123456789")


def _from_ipa(symbol: str) -> str | None:
    """Of a symbol of several letters what `_blended` sees; those that ASCII alone writes must be known."""
    if len(symbol) > MAX_SYMBOL:
        return None
    plain = _letters(symbol)
    if plain in SEQUENCES:
        return SEQUENCES[plain]
    if not 1 <= len(plain) <= MAX_LETTERS or any(letter not in IPA for letter in plain):
        return None
    if "\u02de" in symbol and IPA[plain[0]] in OPENNESS:  # rhoticity hook
        return "ER"
    if len(plain) > 1 and symbol.isascii() and not set(plain) <= set("aeiouyjw"):
        return None
    return _blended([IPA[letter] for letter in plain])


def _letters(symbol: str) -> str:
    """The letters of IPA, without what modifies them."""
    composed = unicodedata.normalize("NFC", symbol)
    kept = (c if c in IPA else unicodedata.normalize("NFD", c)[0] for c in composed if not _is_secondary(c))
    return "".join(kept)


def _is_secondary(char: str) -> bool:
    return char not in IPA and (unicodedata.category(char) in _SECONDARY or char.isspace())


def _blended(phonemes: "list[str]") -> str:
    """What is seen of a diphthong, an affricate or a cluster that one symbol names, one of ours."""
    vowels = [each for each in phonemes if each in OPENNESS]
    if vowels:
        main = max(vowels, key=OPENNESS.__getitem__)
        following = phonemes[phonemes.index(main) + 1 :]
        return GLIDES.get((main, CLOSE.get(following[0], "")), main) if following else main
    closed = [each for each in phonemes if each in CLOSED_LIPS]
    if closed:
        return closed[-1]
    first, last = phonemes[0], phonemes[-1]
    if first in _STOPS and last not in _STOPS | {"W", "Y", "HH"}:
        return _FRICATED.get(last, last)
    return last if first in _NASALS and last not in ("W", "Y") else first


def _from_spelling(symbol: str) -> str | None:
    """From the letters of any Latin alphabet, as dictionaries without IPA write sounds."""
    letters = "".join(filter(str.isalpha, symbol.lower()))
    found = [
        LATIN.get(part) or IPA.get(part) or IPA.get(_base_letter(part))
        for part in map(str, _LATIN_SPELLING.findall(letters))
    ]
    known = [each for each in found if each]
    return _blended(known) if known else None


def _base_letter(char: str) -> str:
    named = _LATIN_LETTER.match(unicodedata.name(char, ""))
    return named[1].lower() if named else ""
