# SPDX-License-Identifier: Apache-2.0
"""Commands of parts that this copy of the package does not carry: they say so."""

import argparse

from ..errors import MissingPackageError
from .console import Console
from .options import Commands, new_command


def add_absent(commands: Commands, name: str, summary: str) -> None:
    """A command that takes any arguments and fails with one sentence."""
    parser = new_command(commands, name, f"{summary} (not in this copy)")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    parser.set_defaults(run=_run, command=name)


def _run(options: argparse.Namespace, console: Console) -> None:
    raise MissingPackageError(
        f"`styletalk {options.command}` is not in this copy of StyleTalk. Install the whole with `pip install .` in a "
        "checkout."
    )
