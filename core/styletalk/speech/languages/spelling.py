# SPDX-License-Identifier: Apache-2.0
"""How a language is spelled, as a table, and a word's phonemes from it.

A rule is `letters=symbols`: a regular expression that begins where the last rule ended, and what it sounds like in IPA,
the symbols apart by full stops, none where the letters are silent. Of the rules that fit at a place the first holds, so
"sch" stands before "s", and a whole word, `^word$`, before all. Capitals in it stand for the classes of letters that
the table names. What no rule knows is left out.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from unicodedata import normalize

from ..formats.symbols import phoneme_symbol

OTHER_LETTERS = {"ß": "ss", "æ": "e", "œ": "e", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "t", "ı": "i"}
"""Letters without an accent to be taken off, where a table does not have them."""


@dataclass(frozen=True)
class Spelling:
    """The spelling of one language.

    rules: apart by blanks, see above. classes: what capitals in rules stand for. words: those that the rules would
    read wrongly, `word=as if it were written so`, apart by blanks. respelled: (pattern, replacement) of all other
    words, made one after the other before the rules. letter_names: what a, b, … z are called, in this spelling.
    signs: what %, € and others are called. decimal_sign: what is said between a number's whole and its decimals.
    """

    rules: str
    classes: Mapping[str, str] = field(default_factory=dict)
    words: str = ""
    respelled: tuple[tuple[str, str], ...] = ()
    letter_names: str = ""
    signs: Mapping[str, str] = field(default_factory=dict)
    decimal_sign: str = ""

    def phonemes(self, word: str) -> tuple[str, ...]:
        """The phonemes of a word in lower case, () where no rule knows any of its letters."""
        pattern, sounds = self._compiled
        return tuple(
            sound for found in pattern.finditer(self._spelled(word)) for sound in sounds[(found.lastindex or 1) - 1]
        )

    def unknown(self, word: str) -> str:
        """The letters of a word in lower case that no rule knows, and that are left out."""
        if word in self._words:
            return ""
        spelled = self._spelled(word)
        lost = [letter for letter in word if not self._known(letter)] + [spelled[at] for at in self._passed(spelled)]
        return "".join(filter(str.isalpha, lost))

    def has_word(self, word: str) -> bool:
        """Whether the table names the word."""
        return word in self._words

    def _known(self, letter: str) -> str:
        """A letter that the table has, or what it is without its accent: č → c."""
        if letter in self._letters:
            return letter
        return OTHER_LETTERS.get(letter) or "".join(c for c in normalize("NFD", letter) if c in self._letters)

    def _spelled(self, word: str) -> str:
        """A word as the rules are to read it. A letter that they only know beside others loses its accent: ó → o."""
        word = self._words.get(word) or self._respelled("".join(map(self._known, word)))
        passed = self._passed(word)
        return "".join(_plain(letter) if at in passed else letter for at, letter in enumerate(word)) if passed else word

    def _passed(self, word: str) -> list[int]:
        """The places in a word that no rule reads."""
        read = {at for found in self._compiled[0].finditer(word) for at in range(*found.span())}
        return [at for at in range(len(word)) if at not in read]

    @cached_property
    def _letters(self) -> set[str]:
        """Every character that occurs in the table, what Devanagari adds to letters among them."""
        return {*self.rules, *"".join(self.classes.values()), *"".join(pattern for pattern, _ in self.respelled)}

    def _respelled(self, word: str) -> str:
        for pattern, replacement in self._respellings:
            word = pattern.sub(replacement, word)
        return word

    @cached_property
    def _words(self) -> dict[str, str]:
        return dict(each.split("=") for each in self.words.split())

    @cached_property
    def _respellings(self) -> list[tuple["re.Pattern[str]", str]]:
        return [(re.compile(self._in_full(pattern)), replacement) for pattern, replacement in self.respelled]

    @cached_property
    def _compiled(self) -> tuple["re.Pattern[str]", list[tuple[str, ...]]]:
        """One pattern with a group for each rule, and the phonemes of each."""
        rules = [rule.rpartition("=")[::2] for rule in self.rules.split()]
        pattern = "|".join(f"({self._in_full(letters)})" for letters, _ in rules)
        return re.compile(pattern), [_phonemes(symbols) for _, symbols in rules]

    def _in_full(self, letters: str) -> str:
        return re.sub("[A-Z]", lambda found: f"[{self.classes[found.group()]}]", letters)


def _plain(letter: str) -> str:
    return OTHER_LETTERS.get(letter) or normalize("NFD", letter)[0]


@lru_cache(maxsize=1024)
def _phonemes(symbols: str) -> tuple[str, ...]:
    return tuple(filter(None, map(phoneme_symbol, filter(None, symbols.split(".")))))
