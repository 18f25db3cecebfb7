# SPDX-License-Identifier: Apache-2.0
"""Options that several commands share."""

import argparse
from typing import TYPE_CHECKING, NoReturn

from ..errors import one_line

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]
else:
    Commands = object


class Parser(argparse.ArgumentParser):
    """What is wrong with a usage is a line as short as any error, whatever was typed."""

    def error(self, message: str) -> NoReturn:
        """Exit with 2."""
        super().error(one_line(message))


def new_command(commands: Commands, name: str, summary: str) -> argparse.ArgumentParser:
    """The parser of a command, with the options that all have."""
    parser = commands.add_parser(name, help=summary, description=summary)
    parser.add_argument("--json", action="store_true", help="one JSON line per event on stdout, no progress bar")
    parser.add_argument("--traceback", action="store_true", help="show where an error came from")
    return parser
