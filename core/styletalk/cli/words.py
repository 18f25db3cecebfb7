# SPDX-License-Identifier: Apache-2.0
"""`styletalk words`"""

import argparse
from pathlib import Path

from .console import Console
from .options import Commands, new_command


def add(commands: Commands) -> None:
    parser = new_command(commands, "words", "the English words of a sound as a text file, a transcript to correct")
    parser.add_argument("audio", type=Path, help="sound or video file")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="OUT.txt", help="text file to write")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, console: Console) -> None:
    from ..files.writing import check_ending, check_writable
    from ..speech.recognition.written_words import write_words

    check_ending(options.output, ".txt")
    check_writable(options.output)
    with console.progress() as progress:
        count, note = write_words(options.audio, options.output, progress)
    console.done(f"Wrote {options.output}: {count} words. {note}".strip(), output=str(options.output), note=note)
