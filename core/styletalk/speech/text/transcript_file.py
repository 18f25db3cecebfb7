# SPDX-License-Identifier: Apache-2.0
"""The text of a transcript file, whatever editor saved it."""

from pathlib import Path

from ...errors import TranscriptError
from ...files.reading import existing_file, explaining
from ...files.text import read_text

MAX_BYTES = 4_000_000
"""Of a file. Most of one of subtitles in SubStation Alpha is formatting."""


def read_transcript(path: Path) -> str:
    """The text of a plain text file. Raises TranscriptError where it is missing, empty, or no text."""
    existing_file(path, "transcript", TranscriptError)
    with explaining(lambda reason: TranscriptError(
        f"The transcript {path} cannot be read ({reason}). Save what is said as a plain .txt file."
    )):  # fmt: skip
        text = read_text(path, MAX_BYTES)
    if text.startswith("{\\rtf"):
        raise TranscriptError(f"The transcript {path} is Rich Text. Save it as plain text, a .txt file.")
    if not text.strip():
        raise TranscriptError(f"The transcript {path} is empty. Type what is said, or omit the transcript.")
    return text
