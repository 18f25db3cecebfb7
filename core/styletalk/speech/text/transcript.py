# SPDX-License-Identifier: Apache-2.0
"""A transcript as people type it → the words as they are spoken: numbers, money, times, abbreviations, initialisms."""

import html
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from ...errors import TranscriptError
from .abbreviations import spelled_out
from .numerals import spoken_numbers
from .pronunciation import dictionary

MAX_INITIALISM = 5

LATIN = {
    r"\be\.\s?g\.": "for example", r"\bi\.\s?e\.": "that is", r"\bw/o\b": "without", r"\bph\.\s?d\b\.?": "p. h. d.",
}  # fmt: skip
SIGNS = {"&": " and ", "+": " plus ", "=": " equals ", "@": " at "}
SPELLED_THOUGH_WORDS = {"US", "ID"}
"""Initialisms that the dictionary would read as a word."""
ROMAN = {
    "II": "two", "III": "three", "IV": "four", "VI": "six", "VII": "seven", "VIII": "eight", "IX": "nine",
    "XI": "eleven", "XII": "twelve", "XIII": "thirteen", "XIV": "fourteen", "XV": "fifteen", "XVI": "sixteen",
}  # fmt: skip
_TRANSLATION = str.maketrans({
    **dict.fromkeys("‘’ʼ`´′＇‛", "'"), **dict.fromkeys("“”„«»\"", " "), **dict.fromkeys("–‐‑‒−﹣", "-"),
    **dict.fromkeys("—―…©®™", " "), **dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff"),
    "Æ": "AE", "æ": "ae", "Œ": "OE", "œ": "oe", "Ø": "O", "ø": "o", "ß": "ss", "Ł": "L", "ł": "l", "Đ": "D", "đ": "d",
    "Ð": "D", "ð": "d", "Þ": "Th", "þ": "th", "ı": "i", "²": " squared", "³": " cubed", "№": "no. ",
})  # fmt: skip
_LETTER = r"[^\W\d_]"
_INITIALS = re.compile(rf"\b(?:(?:[A-Z]\.)+[A-Z]\b\.?|(?:{_LETTER}\.){{2,}}|(?<![°\d])(?<!° )[A-Z]\.(?!\w))")
_PLURAL_INITIALISM = re.compile(r"[A-Z]{2,4}'?s")
_SPEAKER = re.compile(r"^[ \t]*(?:>+[ \t]*)?(?:[A-Z][A-Z0-9 .'-]*|Speaker \d+):(?=\s)", re.MULTILINE)
_STAGE_DIRECTION = re.compile(r"\[[^\]]*\]|<[^>]*>|^[ \t]*\([a-zA-Z ,.']+\)", re.MULTILINE)
_CUE_TIME = re.compile(r"\d\d[.,]\d+\s*-->\s*\d")
_NO_CUE = ("WEBVTT", "NOTE", "STYLE", "REGION")
"""How the blocks of a WebVTT file begin that are never shown."""


@dataclass(frozen=True)
class Cue:
    """Words number first … last - 1 of a transcript are said between start_s and end_s, as subtitles have it."""

    first: int
    last: int
    start_s: float
    end_s: float


@dataclass(frozen=True)
class Transcript:
    """Normalised words, and when some of them are said where the text was subtitles. cues: in order of their words."""

    words: tuple[str, ...]
    cues: tuple[Cue, ...] = ()


def parse_transcript(text: str) -> Transcript:
    """The words of a transcript as people type or save it; see `normalise`. Raises TranscriptError."""
    return Transcript(normalise(text))


def normalise(text: str) -> tuple[str, ...]:
    """The words of a transcript in the dictionary's spelling: lower case, apostrophes kept, letters alone as "b.".

    What nobody says is left out: times of subtitles, the speaker's NAME: before a line, [stage directions], <tags>, and
    (how it is said) where a line begins with it. Raises TranscriptError where no word remains.
    """
    text = _without_subtitle_marks(html.unescape(text))
    text = _in_plain_letters(_STAGE_DIRECTION.sub(" ", _SPEAKER.sub(" ", text)))
    shouted = text.upper() == text and text.lower() != text  # all capitals: no initialism can be told from a word
    text = spoken_numbers(_without_stops(text, shouted))
    for sign, spoken in SIGNS.items():
        text = text.replace(sign, spoken)
    words = tuple(word for token in text.split() for word in _words(token, shouted))
    if not words:
        raise TranscriptError("The transcript has no words in it. Type what is said in the recording, in English.")
    return words


def _without_subtitle_marks(text: str) -> str:
    """The shown lines of SubRip and WebVTT subtitles; other texts as they are."""
    if not _CUE_TIME.search(text):
        return text
    blocks = re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n"))
    return "\n".join(_shown_lines(block.splitlines()) for block in blocks if not block.strip().startswith(_NO_CUE))


def _shown_lines(lines: list[str]) -> str:
    """A block of subtitles without its times, and without the names or numbers of cues above them."""
    timed = {index for index, line in enumerate(lines) if _CUE_TIME.search(line)}
    names = {index - 1 for index in timed if index == 1 or lines[index - 1].strip().isdigit()}
    return "\n".join(line for index, line in enumerate(lines) if index not in timed | names)


def _in_plain_letters(text: str) -> str:
    """é → e, ﬁ → fi, ½ → 1/2: the dictionary and the network know 26 letters. Money signs and the like stay."""
    text = re.sub("(?=[¼-¾⅐-⅞])", " ", unicodedata.normalize("NFC", text).translate(_TRANSLATION))
    parts = unicodedata.normalize("NFKD", text).replace("⁄", "/")
    return "".join(char for char in parts if unicodedata.category(char) != "Mn")


def _without_stops(text: str, shouted: bool) -> str:
    """The text with what is written with full stops spelled out: Latin, initials, abbreviations, example.com."""
    for pattern, spoken in LATIN.items():
        text = re.sub(pattern, spoken, text, flags=re.IGNORECASE)
    text = _INITIALS.sub(lambda found: f" {_spelled(found.group())} ", text)
    text = spelled_out(text, shouted)
    text = re.sub(r"(?<=[a-z0-9])\.(?=[a-z]{2})", " dot ", text)
    return re.sub(rf"(?<={_LETTER}{{2}})\.(?={_LETTER})", " ", text)


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
        stem = plain[:-1].rstrip("'")
        return f"{_spelled(stem) if _is_initialism(stem, stem.lower()) else stem.lower()}'s".split()
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
