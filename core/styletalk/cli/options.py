# SPDX-License-Identifier: Apache-2.0
"""Options that several commands share."""

import argparse
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
