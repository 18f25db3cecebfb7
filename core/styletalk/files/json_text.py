# SPDX-License-Identifier: Apache-2.0
"""The one reader of JSON: strict, and no deeper, longer or larger than a file of ours can be."""

import json
import math
import re
from pathlib import Path
from typing import Any, NoReturn

from .limits import MAX_DIGITS, MAX_NESTING, MAX_TEXT_BYTES, MAX_WHOLE_NUMBER
from .reading import UnusableContent
from .text import read_text

_BRACKETS = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"?|[\[{]|[\]}]', re.DOTALL)
"""Strings, so that what stands in them does not count, and what opens and closes."""


def read_json(path: Path) -> Any:
    """The content of a JSON file. Raises UnusableContent, OSError."""
    return parse_json(read_text(path))


def parse_json(text: str) -> Any:
    """The value of JSON: whole numbers fit into 64 bits, the others are finite, texts can be written anywhere.

    Raises UnusableContent for anything else.
    """
    if len(text) > MAX_TEXT_BYTES:
        raise UnusableContent(f"it is larger than {MAX_TEXT_BYTES >> 20} MB")
    _check_nesting(text)
    try:
        content = json.loads(text, parse_int=_whole, parse_float=_finite, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        raise UnusableContent(f"it is not JSON, line {error.lineno}") from error
    if "\\ud" in text.lower():
        _check_characters(content)
    return content


def _check_nesting(text: str) -> None:
    if text.count("[") + text.count("{") <= MAX_NESTING:
        return
    depth = 0
    for found in _BRACKETS.finditer(text):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(found[0], 0)
        if depth > MAX_NESTING:
            raise UnusableContent(f"it nests more than {MAX_NESTING} deep")


def _check_characters(content: Any) -> None:
    """Raises UnusableContent for halves of surrogate pairs, which no file and no terminal takes."""
    try:
        json.dumps(content, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise UnusableContent("it holds characters that do not exist") from error


def _whole(digits: str) -> int:
    if len(digits) > MAX_DIGITS or abs(number := int(digits)) > MAX_WHOLE_NUMBER:
        raise UnusableContent("it holds a number that is out of range")
    return number


def _finite(digits: str) -> float:
    if not math.isfinite(number := float(digits)):
        raise UnusableContent("it holds a number that is out of range")
    return number


def _no_number(name: str) -> NoReturn:
    raise UnusableContent(f"it holds {name}, which is no number")
