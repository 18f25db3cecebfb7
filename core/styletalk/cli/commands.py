# SPDX-License-Identifier: Apache-2.0
"""Every command, in the order of --help.

A command is a module with `add(commands)`, which makes its parser and sets `run(options, console)`. What `run` needs
it imports itself, when it runs: a command that only prints costs no more than that.
"""

import argparse

from .. import __version__
from . import (
    animate,
    batch,
    convert,
    demo,
    doctor,
    import_checkpoint,
    import_faces,
    phonemes,
    render,
    render_windows,
    research,
    styles,
    talk,
    track,
    words,
)
from .options import Parser

COMMANDS = (
    demo, animate, batch, words, phonemes, styles, track, render, talk, convert, import_checkpoint, import_faces,
    render_windows, research, doctor,
)  # fmt: skip


def make_parser() -> argparse.ArgumentParser:
    """The parser of the whole command line."""
    parser = Parser(prog="styletalk", description="Make a face talk: speech in, face animation out.")
    parser.add_argument("--version", action="version", version=f"styletalk {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in COMMANDS:
        command.add(commands)
    return parser
