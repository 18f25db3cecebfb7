# SPDX-License-Identifier: Apache-2.0
"""Words and their sound where the writing does not tell it: Han characters, by a dictionary that is installed."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from ...errors import MissingPackageError

_TO_HIRAGANA = {code: code - 0x60 for code in range(0x30A1, 0x30F7)}
"""Katakana → hiragana."""
_HAN = re.compile("[\u3005\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003134f]")


def chinese_words(text: str) -> Iterator[tuple[str, str]]:
    """(word, its pinyin without tones) of a stretch of Han characters. Raises MissingPackageError."""
    try:
        from pypinyin import lazy_pinyin  # pyright: ignore[reportMissingImports]
        from pypinyin.seg.mmseg import seg  # pyright: ignore[reportMissingImports]
    except ImportError as error:
        raise _missing("Mandarin", "pypinyin") from error
    for word in seg.cut(text):
        yield word, " ".join(lazy_pinyin(word, errors="ignore"))


def japanese_words(text: str) -> Iterator[tuple[str, str]]:
    """(word, its hiragana) of a stretch of kana and kanji.

    Without the dictionary kana are read as they stand, in one word. Raises MissingPackageError where there are kanji.
    """
    try:
        tokenizer = _tokenizer()
    except ImportError as error:
        if _HAN.search(text):
            raise _missing("Japanese with kanji", "janome") from error
        yield text, text.translate(_TO_HIRAGANA)
        return
    for token in tokenizer.tokenize(text):
        said = token.phonetic if token.phonetic not in ("*", "") else token.surface
        yield token.surface, said.translate(_TO_HIRAGANA)


@lru_cache(maxsize=1)
def _tokenizer() -> Any:
    from janome.tokenizer import Tokenizer  # pyright: ignore[reportMissingImports]

    return Tokenizer()


def _missing(language: str, package: str) -> MissingPackageError:
    return MissingPackageError(
        f"A transcript in {language} needs the package {package}. Install it with `pip install {package}` (for "
        "Blender, into the Python that its preferences name as External Python), or omit the transcript: without one "
        "any language is heard."
    )
