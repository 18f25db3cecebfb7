# SPDX-License-Identifier: Apache-2.0
"""A transcript as people type it → the words as they are spoken: numbers, money, times, abbreviations, initialisms."""

import re
import unicodedata
from collections.abc import Callable

from ...errors import TranscriptError
from .numerals import spoken_numbers
from .pronunciation import dictionary

MAX_INITIALISM = 5

ABBREVIATIONS = {
    "mr": "mister", "mrs": "missus", "ms": "miz", "dr": "doctor", "prof": "professor", "rev": "reverend",
    "hon": "honorable", "gen": "general", "col": "colonel", "capt": "captain", "lt": "lieutenant", "sgt": "sergeant",
    "sen": "senator", "rep": "representative", "gov": "governor", "pres": "president", "jr": "junior", "sr": "senior",
    "st": "saint", "mt": "mount", "ave": "avenue", "blvd": "boulevard", "rd": "road", "dept": "department",
    "univ": "university", "inc": "incorporated", "ltd": "limited", "corp": "corporation", "co": "company",
    "bros": "brothers", "vs": "versus", "etc": "et cetera", "approx": "approximately", "est": "established",
    "vol": "volume", "fig": "figure", "min": "minutes", "jan": "january", "feb": "february", "apr": "april",
    "aug": "august", "sept": "september", "oct": "october", "nov": "november", "dec": "december",
}  # fmt: skip
"""Written with a full stop. Words in their own right (no., sun., mar.) need more than the stop to be abbreviations."""
BARE_ABBREVIATIONS = {"mr", "mrs", "dr", "vs", "etc", "prof", "sgt", "ltd", "blvd"}
"""Of those, the ones that are no words without the stop."""
LATIN = {r"\be\.\s?g\.": "for example", r"\bi\.\s?e\.": "that is", r"\bno\.(?=\s?\d)": "number", r"\bw/o\b": "without"}
SIGNS = {"&": " and ", "+": " plus ", "=": " equals ", "@": " at ", "©": " ", "®": " ", "™": " "}
SPELLED_THOUGH_WORDS = {"US"}
"""Initialisms that the dictionary would read as a word."""
ROMAN = {"II": "two", "III": "three", "IV": "four", "VI": "six", "VII": "seven", "VIII": "eight", "IX": "nine"}
_TRANSLATION = str.maketrans({
    "‘": "'", "’": "'", "ʼ": "'", "`": "'", "´": "'", "′": "'", "＇": "'",
    "“": " ", "”": " ", "„": " ", "«": " ", "»": " ", '"': " ",
    "–": "-", "‐": "-", "‑": "-", "−": "-", "—": " ", "―": " ", "…": " ", "\u00ad": "", "\u200b": "", "\ufeff": "",
})  # fmt: skip
_LETTER = r"[^\W\d_]"
_INITIALS = re.compile(rf"\b(?:{_LETTER}\.){{2,}}")
_PLURAL_INITIALISM = re.compile(r"[A-Z]{2,4}'?s")
_SUBTITLE_TIME = re.compile(r"^\s*(?:\d+\s*\n)?[\d:.,]+ --> .*$", re.MULTILINE)
_STAGE_DIRECTION = re.compile(r"\[[^\]]*\]|<[^>]*>")


def normalise(text: str) -> tuple[str, ...]:
    """The words of a transcript in the dictionary's spelling: lower case, apostrophes kept, letters alone as "b.".

    Subtitle times, [stage directions] and <tags> are left out. Raises TranscriptError where no word remains.
    """
    text = _SUBTITLE_TIME.sub(" ", unicodedata.normalize("NFC", text).translate(_TRANSLATION))
    text = _STAGE_DIRECTION.sub(" ", text)
    text = _without_accents(text)
    shouted = text.upper() == text and text.lower() != text  # all capitals: no initialism can be told from a word
    for pattern, spoken in LATIN.items():
        text = re.sub(pattern, spoken, text, flags=re.IGNORECASE)
    text = _INITIALS.sub(lambda found: f" {_spelled(found.group().replace('.', ''))} ", text)
    text = re.sub(rf"(?<={_LETTER})\.(?={_LETTER}{{2}})", " dot ", text)  # example.com
    text = re.sub(rf"\b({_LETTER}{{2,}})\.", _abbreviation, text)
    text = spoken_numbers(text)
    for sign, spoken in SIGNS.items():
        text = text.replace(sign, spoken)
    words = tuple(word for token in text.split() for word in _words(token, shouted))
    if not words:
        raise TranscriptError("The transcript has no words in it. Type what is said in the recording, in English.")
    return words


def _without_accents(text: str) -> str:
    """é → e: the dictionary and the network know 26 letters. Money signs and the like stay."""
    parts = unicodedata.normalize("NFD", text)
    return "".join(char for char in parts if unicodedata.category(char) != "Mn")


def _abbreviation(found: "re.Match[str]") -> str:
    return ABBREVIATIONS.get(found.group(1).lower(), found.group(1)) + " "


def _words(token: str, shouted: bool) -> list[str]:
    """The words of one token between blanks; the dictionary's own hyphenated words stay whole."""
    bare = re.sub(r"[^A-Za-z'.\-]", " ", token)
    words = []
    for piece in bare.split():
        whole = piece.strip(".-").lower()
        parts = [piece] if whole in dictionary() else re.split(r"-+", piece)
        for part in parts:
            words += _spoken(part, shouted)
    return words


def _spoken(part: str, shouted: bool) -> list[str]:
    """One written word as one or more spoken ones."""
    if re.fullmatch(r"[a-z]\.", part):
        return [part]  # a letter that an earlier step has spelled
    plain = part.replace(".", "").strip("-")
    word = _apostrophes(plain.lower())
    if not re.search("[a-z]", word):
        return []
    if not shouted and plain in ROMAN:
        return [ROMAN[plain]]
    if not shouted and _is_initialism(plain, word):
        return _spelled(plain).split()
    if not shouted and _PLURAL_INITIALISM.fullmatch(plain):
        return f"{_spelled(plain[:-1])}'s".split()
    if word in BARE_ABBREVIATIONS:
        return ABBREVIATIONS[word].split()
    return [word]


def _is_initialism(plain: str, word: str) -> bool:
    """Capitals only, too short for a name, and not a word that the dictionary can read."""
    if plain in SPELLED_THOUGH_WORDS:
        return True
    capitals = plain.isalpha() and plain.isupper() and 2 <= len(plain) <= MAX_INITIALISM
    return capitals and word not in dictionary() and not _pronounceable(word)


def _pronounceable(word: str) -> bool:
    """UNESCO and NATO are read, HTML and CPU are spelled: every other letter or so is a vowel."""
    return (
        len(word) > 3 and re.search("[^aeiouy]{3}", word) is None and re.search("[aeiou].*[aeiouy]", word) is not None
    )


def _spelled(letters: str) -> str:
    """ABC → "a. b. c.", the dictionary's names for the letters."""
    return " ".join(f"{letter}." for letter in letters.lower() if letter.isalpha())


def _apostrophes(word: str) -> str:
    """Quotes round a word go, apostrophes of the word stay: 'tis, dogs' → dogs, don't."""
    known: Callable[[str], bool] = dictionary().__contains__
    for candidate in (word, word.rstrip("'"), word.lstrip("'")):
        if known(candidate):
            return candidate
    return word.strip("'")
