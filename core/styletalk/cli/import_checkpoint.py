# SPDX-License-Identifier: Apache-2.0
"""`styletalk import-checkpoint`"""

import argparse
from pathlib import Path

from .console import Console
from .options import Commands, new_command


def add(commands: Commands) -> None:
    summary = "a published checkpoint, generator or renderer, becomes safetensors"
    parser = new_command(commands, "import-checkpoint", summary)
    parser.add_argument("checkpoint", type=Path, metavar="FILE")
    parser.add_argument(
        "-o", "--output", type=Path, metavar="OUT.safetensors", help="file to write (default: beside FILE)"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, console: Console) -> None:
    from dataclasses import asdict

    from ..checkpoint_import import import_checkpoint

    report = import_checkpoint(options.checkpoint, options.output)
    console.done(
        f"Wrote {report.output}: {report}.", output=str(report.output), kind=report.kind, config=asdict(report.config),
        tensors=report.tensors, parameters=report.parameters,
    )  # fmt: skip
