# SPDX-License-Identifier: Apache-2.0
"""`styletalk doctor`"""

import argparse

from .console import Console
from .options import Commands, new_command


def add(commands: Commands) -> None:
    summary = "what is installed here and what is missing, with the command that mends it"
    new_command(commands, "doctor", summary).set_defaults(run=run)


def run(options: argparse.Namespace, console: Console) -> None:
    from ..doctor import examine

    console.table(("what", "found", "what to do"), examine())
