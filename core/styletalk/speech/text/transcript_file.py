# SPDX-License-Identifier: Apache-2.0
"""The text of a transcript file, whatever editor saved it."""

import re
from pathlib import Path

from ...errors import TranscriptError
from ...files.reading import existing_file, explaining
from ...files.text import read_text

MAX_BYTES = 4_000_000
"""Of a file. Most of one of subtitles in SubStation Alpha is formatting."""
_DATA = re.compile(r'\s*(?:File type = "ooText|\{\s*"|\[\s*\{|<\?xml)')
"""How TextGrids, JSON and XML begin, whose names and numbers would be read as words."""


def read_transcript(path: Path) -> str:
    """The text of a plain text file. Raises TranscriptError where it is missing, empty, no text, or an alignment."""
    existing_file(path, "transcript", TranscriptError)
    with explaining(lambda reason: TranscriptError(
        f"The transcript {path} cannot be read ({reason}). Save what is said as a plain .txt file."
    )):  # fmt: skip
        text = read_text(path, MAX_BYTES)
    if text.startswith("{\\rtf"):
        raise TranscriptError(f"The transcript {path} is Rich Text. Save it as plain text, a .txt file.")
    if _DATA.match(text):
        raise TranscriptError(
            f"The transcript {path} is no plain text. If it says when things are said, choose it as alignment file."
        )
    if not text.strip():
        raise TranscriptError(f"The transcript {path} is empty. Type what is said, or omit the transcript.")
    return text
