# SPDX-License-Identifier: Apache-2.0
"""`styletalk manifest|train|evaluate|bench`: commands of the research package, which the add-on does not carry."""

import importlib
import importlib.util

from .absent import add_absent
from .options import Commands

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
            add_absent(commands, name, summary)
