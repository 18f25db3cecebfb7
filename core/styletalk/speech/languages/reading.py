# SPDX-License-Identifier: Apache-2.0
"""A transcript in another language → its words as they stand, and how each is pronounced, in our phonemes."""

import importlib
import re
import unicodedata
from collections.abc import Iterator

from ...errors import MissingPackageError, TranscriptError
from ...request import LANGUAGES
from ..text.pronunciation import pronounce
from .lexicons import chinese_words, japanese_words
from .numbers import spelled_numbers
from .scripts import HOME, SCRIPTS, Stretch, stretches
from .spelling import Spelling

MAX_INITIALISM = 5
MAX_SHOWN = 12
"""Letters that a note names."""
_PLAIN = str.maketrans({
    **dict.fromkeys("‘’ʼ`´′＇‛", "'"), **dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff"),
    **{code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)},
})  # fmt: skip
"""Apostrophes are one, invisible signs none, and letters of double width single ones."""
_HALF_WIDTH = re.compile("[\uff66-\uff9f]+")
_TURKISH = str.maketrans({"I": "ı", "İ": "i"})
_VOWEL = re.compile("[aeiouyäöüáéíóúąęı]")
Word = tuple[str, tuple[str, ...]]
"""As it is written, and its phonemes."""


class Reader:
    """Reads the parts of one transcript in any language of `request.LANGUAGES` but English, and remembers its words."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._spelling = _spelling(language)
        self._pronunciations: dict[str, tuple[tuple[str, ...], ...]] = {}
        self._unread: dict[str, None] = {}
        self._unknown: dict[str, str] = {}
        self._borrowed: dict[str, str] = {}

    def words(self, text: str, shouted: bool = False) -> tuple[str, ...]:
        """The words of `text` as they are written, in lower case; numbers and signs in words.

        text: what is said, without speakers' names and stage directions. shouted: it is all in capitals, which then
        show no initialism. Raises MissingPackageError where num2words or the language's dictionary is needed and
        missing.
        """
        text = unicodedata.normalize("NFC", text.translate(_PLAIN))
        text = _HALF_WIDTH.sub(lambda found: unicodedata.normalize("NFKC", found.group()), text)
        text = spelled_numbers(text, self.language, self._spelling.signs, self._spelling.decimal_sign)
        return tuple(word for stretch in stretches(text) for word in self._read(stretch, shouted))

    def pronunciations(self, word: str) -> tuple[tuple[str, ...], ...]:
        """How a word that was read is pronounced in this transcript, in our phonemes."""
        return self._pronunciations[word]

    @property
    def unknown(self) -> dict[str, str]:
        """The words of which some letters are read by no rule, and these letters."""
        return dict(self._unknown)

    @property
    def borrowed(self) -> dict[str, str]:
        """The words in another script, and the code of the language by whose rules they are read."""
        return dict(self._borrowed)

    @property
    def note(self) -> str:
        """What could not be read, in one sentence, or ""."""
        if not self._unread:
            return ""
        letters = list(self._unread)
        shown = " ".join(letters[:MAX_SHOWN]) + (" …" if len(letters) > MAX_SHOWN else "")
        return f"Letters of the transcript that are not {LANGUAGES[self.language]} were left out: {shown}."

    def _read(self, stretch: Stretch, shouted: bool) -> Iterator[str]:
        own = _read_as(stretch.script, self.language)
        for word, phonemes in _words(stretch, own, shouted, needed=own == self.language):
            if letters := _unknown(word, own):
                self._unknown[word] = letters
            if phonemes and own != self.language:
                self._borrowed[word] = own
            if phonemes:
                known = self._pronunciations.get(word, ())
                self._pronunciations[word] = known if phonemes in known else (*known, phonemes)
                yield word
            elif stretch.script in ("other", "Han", "kana"):
                self._unread.update(dict.fromkeys(word))


def _read_as(script: str, language: str) -> str:
    """The language by whose rules a text in `language` reads that script: its own or else the script's; "" for none."""
    return language if script in SCRIPTS.get(language, ("Latin",)) else HOME.get(script, "")


def _unknown(word: str, own: str) -> str:
    """The letters of a word that no rule of the language knows by which it is read."""
    if own in ("", "en", "zh", "ja"):
        return word if not own else ""
    return _spelling(own).unknown(unicodedata.normalize("NFKD", word) if own == "ko" else word)


def _words(stretch: Stretch, own: str, shouted: bool, needed: bool) -> Iterator[Word]:
    """The words of a stretch, by the rules of that language. needed: see `_east_asian`."""
    script, written = stretch
    if not own:
        yield written, ()
    elif own == "en":
        yield written.lower(), _english(written.lower())
    elif own in ("zh", "ja"):
        yield from _east_asian(written, own, needed)
    elif script == "Latin":
        yield from _latin(written, own, shouted)
    else:
        word = written.lower()
        yield word, _spelling(own).phonemes(unicodedata.normalize("NFKD", word) if own == "ko" else word)


def _east_asian(written: str, language: str, needed: bool) -> Iterator[Word]:
    """The words of a phrase; where its dictionary is missing and it is not `needed`, the phrase without phonemes."""
    try:
        for word, sound in (chinese_words if language == "zh" else japanese_words)(written):
            yield word, tuple(each for part in sound.split() for each in _spelling(language).phonemes(part))
    except MissingPackageError:
        if needed:
            raise
        yield written, ()


def _latin(written: str, language: str, shouted: bool) -> Iterator[Word]:
    """A word, of which what an apostrophe cuts off is read by itself: l'homme; or the letters of an initialism."""
    spelling = _spelling(language)
    if not shouted and _is_initialism(written, spelling):
        names = dict(zip("abcdefghijklmnopqrstuvwxyz", spelling.letter_names.split(), strict=True))
        for letter in written.lower():
            yield f"{letter}.", spelling.phonemes(names.get(letter, letter))
        return
    word = written.translate(_TURKISH).lower() if language == "tr" else written.lower()
    parts = re.findall("[^']+'?", word.strip("'") or word)
    yield word.strip("'"), tuple(each for part in parts for each in spelling.phonemes(part))


def _is_initialism(written: str, spelling: Spelling) -> bool:
    """Capitals that are not read as a word, as NATO is: every other letter or so would be a vowel."""
    if len(written) > MAX_INITIALISM or not (written.isupper() and written.isascii() and written.isalpha()):
        return False
    vowels = "".join("v" if _VOWEL.match(letter) else "c" for letter in written.lower())
    if len(written) == 1:
        return vowels == "c" and not spelling.has_word(written.lower())
    return len(written) < 4 or "ccc" in vowels or re.search("v.*v", vowels) is None


def _english(word: str) -> tuple[str, ...]:
    """An English word among others."""
    try:
        return pronounce(word)
    except TranscriptError:  # none of the 26 letters
        return ()


def _spelling(language: str) -> Spelling:
    return importlib.import_module(f".tables.{language}", __package__).SPELLING
