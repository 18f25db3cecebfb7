# SPDX-License-Identifier: Apache-2.0
"""The one reader of text files, whatever editor saved them."""

import codecs
import unicodedata
from pathlib import Path

from .limits import MAX_TEXT_BYTES
from .reading import UnusableContent, file_bytes

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""A mark of UTF-32 begins as that of UTF-16 does."""
_SAMPLE_BYTES = 4096
_OLD = ("cp1252", "latin-1")
"""Of 256 characters: any bytes are a text in them, that of another such encoding too."""
_MIN_GARBLED = 8


def read_text(path: Path, max_bytes: int = MAX_TEXT_BYTES) -> str:
    r"""The text of a file, its lines ended by "\n". Raises UnusableContent where it is none or too large, OSError.

    UTF-8, UTF-16 and UTF-32 by their byte order mark, UTF-16 without one by its zeros; what is none of them is read as
    cp1252, in which old Windows programs wrote, and Praat in Latin-1, unless it looks like neither.
    """
    content = file_bytes(path, max_bytes)
    for encoding in _encodings(content):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" in text or _is_binary(text[:_SAMPLE_BYTES]):
            break
        if encoding in _OLD and _is_garbled(text[:_SAMPLE_BYTES]):
            raise UnusableContent("its encoding is not known; save it in UTF-8")
        return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    raise UnusableContent("it is not a text file")


def _encodings(content: bytes) -> tuple[str, ...]:
    """What the bytes may be, likeliest first."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return (encoding,) if encoding != "utf-8-sig" else (encoding, "cp1252")
    sample = content[: _SAMPLE_BYTES * 2]
    zeros = {"utf-16-be": sample[::2].count(0), "utf-16-le": sample[1::2].count(0)}
    if not any(zeros.values()):
        return ("utf-8", "cp1252", "latin-1")
    likely, other = max(zeros, key=zeros.__getitem__), min(zeros.values())
    return (likely,) if zeros[likely] >= max(len(sample) / 4, 20 * other) else ()


def _is_garbled(text: str) -> bool:
    """Whether most letters are none of the 26: as Western languages look in no encoding, Russian in another one's."""
    beyond, plain = sum(c > "\x7f" for c in text), sum(c.isascii() and c.isalpha() for c in text)
    return beyond >= _MIN_GARBLED and beyond > plain


def _is_binary(text: str) -> bool:
    """Whether a text holds what nobody types: control characters and places that stand for no character."""
    odd = sum(1 for c in text if unicodedata.category(c) in ("Cc", "Cn", "Co") and c not in "\t\n\r\f\v\x1a\x85")
    return odd * 20 > len(text)
