# SPDX-License-Identifier: Apache-2.0
"""Options that several commands share."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]
else:
    Commands = object


def new_command(commands: Commands, name: str, summary: str) -> argparse.ArgumentParser:
    """The parser of a command, with the options that all have."""
    parser = commands.add_parser(name, help=summary, description=summary)
    parser.add_argument("--json", action="store_true", help="one JSON line per event on stdout, no progress bar")
    parser.add_argument("--traceback", action="store_true", help="show where an error came from")
    return parser


def add_speech_options(parser: argparse.ArgumentParser) -> None:
    """How the sound becomes phonemes: --text, --phonemes, --recogniser."""
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--text", type=Path, metavar="FILE", help="transcript, plain text")
    group.add_argument("--phonemes", type=Path, metavar="FILE", help="*_seq.json, TextGrid, Rhubarb .tsv or .json")
    parser.add_argument("--recogniser", choices=("auto", "pocketsphinx", "faster-whisper", "phones"), default="auto")


def transcript(path: Path | None) -> str | None:
    """What the file of --text says. Raises TranscriptError."""
    if path is None:
        return None
    from ..speech.text.transcript_file import read_transcript

    return read_transcript(path)
