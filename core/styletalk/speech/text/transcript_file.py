# SPDX-License-Identifier: Apache-2.0
"""The text of a transcript file, whatever editor saved it."""

from pathlib import Path

from ...errors import TranscriptError
from ...files.reading import existing_file

MAX_BYTES = 4_000_000
_ENCODINGS = ("utf-8-sig", "utf-16", "cp1252")


def read_transcript(path: Path) -> str:
    """The text of a plain text file. Raises TranscriptError where it is missing, empty, or no text."""
    existing_file(path, "transcript", TranscriptError)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise TranscriptError(f"{path} is too large for a transcript. Give a plain text file with what is said.")
        content = path.read_bytes()
    except OSError as error:
        raise TranscriptError(f"The transcript {path} cannot be read: {error.strerror}. Choose another.") from error
    text = decoded(content)
    if text is None:
        raise TranscriptError(f"{path} is not plain text. Save the transcript as a .txt file.")
    if not text.strip():
        raise TranscriptError(f"The transcript {path} is empty. Type what is said, or omit the transcript.")
    return text


def decoded(content: bytes) -> str | None:
    """The text of a file, or None where it is not text.

    UTF-16 counts only with its byte order mark; cp1252 reads what old Windows programs wrote, and Praat in Latin-1.
    """
    for encoding in _ENCODINGS:
        if encoding == "utf-16" and content[:2] not in (b"\xff\xfe", b"\xfe\xff"):
            continue
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return None if "\x00" in text else text
    return None
