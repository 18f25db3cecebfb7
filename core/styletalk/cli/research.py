# SPDX-License-Identifier: Apache-2.0
"""`styletalk manifest|train|evaluate|bench`: commands of the research package, which the add-on does not carry."""

import argparse
import importlib
import importlib.util

from ..errors import MissingPackageError
from .console import Console
from .options import Commands, new_command

PACKAGE = "styletalk_research"
COMMANDS = {
    "manifest": "scan, check and split recordings to train on",
    "train": "train weights on recordings of speech and coefficients",
    "evaluate": "measure speech, lips, style and face on recordings",
    "bench": "measure speed and memory beside the published formulation",
}


def add(commands: Commands) -> None:
    """Each command as its own package defines it; where that is missing, a command that says so."""
    present = importlib.util.find_spec(PACKAGE) is not None
    for name, summary in COMMANDS.items():
        if present:
            importlib.import_module(f"{PACKAGE}.cli.{name}").add(commands)
        else:
            _add_absent(commands, name, summary)


def _add_absent(commands: Commands, name: str, summary: str) -> None:
    parser = new_command(commands, name, f"{summary} (not in this copy)")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    parser.set_defaults(run=_absent, command=name)


def _absent(options: argparse.Namespace, console: Console) -> None:
    raise MissingPackageError(
        f"`styletalk {options.command}` is not in this copy of StyleTalk: the add-on leaves training and evaluation "
        "out. Install the whole with `pip install .` in a checkout."
    )
