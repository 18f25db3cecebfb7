# SPDX-License-Identifier: Apache-2.0
"""`styletalk train`"""

import argparse
from pathlib import Path

from ..console import Console
from .options import Commands, new_command


def add(commands: Commands) -> None:
    parser = new_command(commands, "train", "train weights on pairs of speech and coefficients")
    parser.add_argument("data", type=Path, metavar="DIR", help="folder with speech/ and style_clips/")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="DIR", help="run folder; resumes there")
    parser.add_argument("--config", type=Path, metavar="FILE", help="JSON with fields of TrainingConfig")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, console: Console) -> None:
    from ..training.distillation.solver import read_config, train

    with console.progress() as progress:
        weights = train(read_config(options.config, data=options.data, run=options.output), progress)
    console.done(f"Wrote {weights}", output=str(weights))
