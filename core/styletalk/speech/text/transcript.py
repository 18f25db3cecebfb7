# SPDX-License-Identifier: Apache-2.0
"""A transcript as people type it → the words as they are spoken: numbers, money, times, abbreviations, initialisms."""

import html
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from ...errors import TranscriptError
from ...files.limits import MAX_SUBTITLES
from ...request import LANGUAGES
from ..languages.detection import language_of
from ..languages.reading import Reader
from .abbreviations import spelled_out
from .codes import spoken_codes
from .dictionary import Pronunciations, dictionary
from .directions import without_directions
from .numerals import spoken_numbers
from .pronunciation import pronunciations
from .subtitles import Subtitle, subtitles

MAX_INITIALISM = 5
MAX_WORD = 1000
"""Letters without a space. How a word is pronounced is worked out letter by letter."""
WITHOUT_SPACES = ("zh", "ja", "ko")
"""Languages that are, or may be, written without spaces."""

LATIN = {
    r"\be\.\s?g\.": "for example", r"\bi\.\s?e\.": "that is", r"\bw/o\b": "without", r"\bph\.\s?d\b\.?": "p. h. d.",
}  # fmt: skip
SIGNS = {
    "&": " and ", "+": " plus ", "=": " equals ", "@": " at ", "×": " times ", "÷": " divided by ",
    "±": " plus or minus ", "≈": " about ", "√": " square root of ", "≤": " at most ", "≥": " at least ",
}  # fmt: skip
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
_FIGURE_OR_SIGN = re.compile(r"[\d%&+°$€£¥₩₹]")
_LETTER = r"[^\W\d_]"
_GREEK_LETTER = re.compile(r"(?<![^\W\d_])[Α-Ωα-ω](?![^\W\d_])")
_OTHER_LETTER = re.compile(r"(?![a-zA-Z])[^\W\d_]")
_FOREIGN_WORD = re.compile(f"(?:{_OTHER_LETTER.pattern})+")
_INITIALS = re.compile(rf"\b(?:(?:[A-Z]\.)+[A-Z]\b\.?|(?:{_LETTER}\.){{2,}}|(?<![°\d])(?<!° )[A-Z]\.(?!\w))")
_PLURAL_INITIALISM = re.compile(r"[A-Z]{2,4}'?s")
MAX_SAID, MAX_SAID_WITHOUT_SPACES = 200_000, 60_000
"""Characters without tags and times. In two hours about 20,000 words are said, 40,000 characters in Mandarin."""
MAX_FIGURES = 25_000
"""And signs such as %, each of which is a word or more. Three are said in a second."""
_PART = "\n\x1f\n"
"""Between two cues, while what nobody says is taken out. A separator of Unicode's, which counts as a blank."""


@dataclass(frozen=True)
class Cue:
    """Words number first … last - 1 of a transcript are said between start_s and end_s, as subtitles have it."""

    first: int
    last: int
    start_s: float
    end_s: float


@dataclass(frozen=True)
class Transcript:
    """Normalised words, and when some of them are said where the text was subtitles. cues: in order of their words.

    language: a code of `request.LANGUAGES`. pronunciations: of each of the words. note: what the user should know of
    them, or "". unknown: words of which no rule knows some letters, and these; borrowed: words in another script, and
    the language by whose rules they are read; both empty in English.
    """

    words: tuple[str, ...]
    cues: tuple[Cue, ...] = ()
    language: str = "en"
    pronunciations: Callable[[str], Pronunciations] = pronunciations
    note: str = ""
    unknown: Mapping[str, str] = field(default_factory=dict)
    borrowed: Mapping[str, str] = field(default_factory=dict)


@lru_cache(maxsize=1)
def parse_transcript(text: str, language: str = "auto") -> Transcript:
    """The words of a transcript as people type or save it, and the times of subtitles; see `normalise`.

    language: a code of `request.LANGUAGES`, or "auto". Raises TranscriptError where no word remains, or more than can
    be said, or in English one in other letters than Latin ones; MissingPackageError as `Reader.words`.
    """
    text = html.unescape(text).replace("\r\n", "\n").replace("\r", "\n").replace(_PART[1], " ")
    shown = subtitles(text) or (Subtitle(text),)
    said = without_directions(_PART.join(each.text for each in shown))
    length = len(said) - len(shown) * len(_PART)
    _check_length(length, MAX_SAID, "characters")
    _check_length(len(shown), MAX_SUBTITLES, "subtitles")
    _check_length(len(_FIGURE_OR_SIGN.findall(said)), MAX_FIGURES, "figures and signs")
    spoken_in = language_of(said) if language == "auto" else language
    if spoken_in == "en":
        said = _in_plain_letters(said)
        _check_letters(said)
    if spoken_in in WITHOUT_SPACES:
        _check_length(length, MAX_SAID_WITHOUT_SPACES, f"characters of {LANGUAGES[spoken_in]}")
    elif max(map(len, said.split()), default=0) > MAX_WORD:
        raise TranscriptError(f"The transcript holds a word of more than {MAX_WORD:,} letters. Correct it.")
    shouted = said.upper() == said and said.lower() != said  # all capitals: no initialism can be told from a word
    reader = Reader(spoken_in) if spoken_in != "en" else None
    words, cues = [], []
    for each, part in zip(shown, said.split(_PART[1]), strict=True):
        first = len(words)
        words += reader.words(part, shouted) if reader else _spoken_words(part, shouted)
        if each.start_s is not None and each.end_s is not None and len(words) > first and each.end_s > each.start_s:
            cues.append(Cue(first, len(words), each.start_s, each.end_s))
    if not words and reader and reader.note:
        raise TranscriptError(
            f"The transcript has no words that are read in {LANGUAGES[spoken_in]}. {reader.note} Choose its language, "
            "or omit it."
        )
    if not words:
        raise TranscriptError("The transcript has no words in it. Type what is said in the recording.")
    if reader:
        return Transcript(
            tuple(words), tuple(cues), spoken_in, reader.pronunciations, reader.note, reader.unknown, reader.borrowed
        )
    return Transcript(tuple(words), tuple(cues))


def normalise(text: str) -> tuple[str, ...]:
    """The words of a transcript in the dictionary's spelling: lower case, apostrophes kept, letters alone as "b.".

    What nobody says is left out: times of subtitles, who speaks ("Anna:"), [stage directions], (coughs), <tags>.
    Raises TranscriptError as `parse_transcript`.
    """
    return parse_transcript(text, "en").words


def _check_length(found: int, most: int, what: str) -> None:
    """Raises TranscriptError for a transcript that is longer than any sound."""
    if found > most:
        raise TranscriptError(
            f"The transcript has more than {most:,} {what}, more than is said in two hours. Give the words of this "
            "recording alone."
        )


def _check_letters(said: str) -> None:
    """Raises TranscriptError for a word in letters that the dictionary does not know."""
    foreign = None if said.isascii() else _FOREIGN_WORD.search(said)
    if foreign:
        script = unicodedata.name(foreign[0][0], "unknown").split()[0].capitalize().replace("Cjk", "Chinese")
        raise TranscriptError(
            f"The transcript has words in {script} letters ({foreign[0][:20]}), which are not read in English. "
            "Choose its language, write them as they sound in Latin letters, or omit it: then the sound alone is heard."
        )


@lru_cache(maxsize=4096)
def _spoken_words(text: str, shouted: bool) -> tuple[str, ...]:
    text = spoken_numbers(_without_stops(spoken_codes(text), shouted))
    for sign, spoken in SIGNS.items():
        text = text.replace(sign, spoken)
    return tuple(word for token in text.split() for word in _words(token, shouted))


def _in_plain_letters(text: str) -> str:
    """é → e, ﬁ → fi, ½ → 1/2: the dictionary and the network know 26 letters. Money signs and the like stay."""
    text = re.sub("(?=[¼-¾⅐-⅞])", " ", unicodedata.normalize("NFC", text).translate(_TRANSLATION))
    if text.isascii():
        return text
    parts = unicodedata.normalize("NFKD", _GREEK_LETTER.sub(_greek_name, text)).replace("⁄", "/")
    plain = "".join(char for char in parts if char.isascii() or unicodedata.category(char) != "Mn")
    return _OTHER_LETTER.sub(_base_letter, plain)


def _base_letter(found: "re.Match[str]") -> str:
    """ħ → h; letters of other scripts stay."""
    if not (name := unicodedata.name(found[0], "")).startswith("LATIN"):
        return found[0]
    named = re.match(r"LATIN (?:SMALL|CAPITAL) LETTER (?:[A-Z]{2,} )*([A-Z])\b", name)
    return named[1].lower() if named else " "


def _greek_name(found: "re.Match[str]") -> str:
    """β → beta; a sign without such a name stays."""
    named = re.fullmatch(r"GREEK (?:SMALL|CAPITAL) LETTER (?:FINAL )?(\w+)", unicodedata.name(found[0], ""))
    return f" {named[1].lower()} " if named else found[0]


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
