# SPDX-License-Identifier: Apache-2.0
"""Stretches of a text that are written in one script, and which languages a script stands for."""

import re
from collections.abc import Iterator
from typing import NamedTuple

HOME = {"Cyrillic": "ru", "Devanagari": "hi", "Hangul": "ko", "kana": "ja", "Han": "zh", "Latin": "en"}
"""The language that a script stands for where it is not the text's own."""
SCRIPTS = {"ru": ("Cyrillic",), "hi": ("Devanagari",), "zh": ("Han",), "ja": ("kana", "Han"), "ko": ("Hangul",)}
"""The scripts of the languages that are not written in Latin."""
_LATIN = "A-Za-z\u00aa\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff\u0300-\u036f"
_KANA, _HAN = "\u3041-\u309f\u30a1-\u30ff", "\u3005\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
_STRETCH = re.compile(
    rf"(?P<Latin>[{_LATIN}]+(?:'[{_LATIN}]+)*'?)|(?P<Cyrillic>[\u0400-\u052f\u0301]+)|(?P<Devanagari>[\u0900-\u0963\u0970-\u097f]+)"
    rf"|(?P<Hangul>[\uac00-\ud7a3\u1100-\u11ff\u3131-\u318e]+)|(?P<kana>[{_HAN}]*[{_KANA}][{_HAN}{_KANA}]*)|(?P<Han>[{_HAN}]+)"
    r"|(?P<other>[^\W\d_]+)"
)  # fmt: skip


class Stretch(NamedTuple):
    """What is written in one script without a break: a word, or a phrase in Chinese or Japanese."""

    script: str
    text: str


def stretches(text: str) -> Iterator[Stretch]:
    """The stretches of letters in `text`, in order; what is no letter is left out."""
    return (Stretch(found.lastgroup or "other", found.group()) for found in _STRETCH.finditer(text))
