# SPDX-License-Identifier: Apache-2.0
"""The one reader of text files, whatever editor saved them."""

from pathlib import Path

from .limits import MAX_TEXT_BYTES
from .reading import UnusableContent, file_bytes

_ENCODINGS = ("utf-8-sig", "utf-16", "cp1252")
_UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")


def read_text(path: Path, max_bytes: int = MAX_TEXT_BYTES) -> str:
    """The text of a file. Raises UnusableContent where it is none or too large, OSError.

    UTF-16 counts only with its byte order mark; cp1252 reads what old Windows programs wrote, and Praat in Latin-1.
    """
    content = file_bytes(path, max_bytes)
    for encoding in _ENCODINGS:
        if encoding == "utf-16" and content[:2] not in _UTF_16_MARKS:
            continue
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
        break
    raise UnusableContent("it is not a text file")
