# SPDX-License-Identifier: Apache-2.0
"""`styletalk train`"""

import argparse
import contextlib
import os
from pathlib import Path

from styletalk.cli.console import Console
from styletalk.cli.options import Commands, new_command
from styletalk.progress import silent


def add(commands: Commands) -> None:
    parser = new_command(commands, "train", "train weights on recordings of speech and coefficients")
    parser.add_argument(
        "data", type=Path, nargs="+", metavar="DATA",
        help="folder with speech/ and style_clips/; for the paper's recipe also manifests to learn from together, for "
        "the renderer's also a folder of films",
    )  # fmt: skip
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="RUN", help="run folder; resumes there")
    parser.add_argument("--config", type=Path, metavar="FILE", help="JSON with fields of the recipe's configuration")
    parser.add_argument(
        "--recipe", choices=("paper", "distillation", "renderer"), help="default: what the configuration names"
    )
    parser.add_argument(
        "--stage", choices=("sync", "style", "generator", "all"), help="of the paper's recipe: one part of it"
    )
    parser.add_argument(
        "--from",
        dest="start",
        metavar="WEIGHTS",
        help="go on from these weights, or `default`, with the recordings of manifests: your own people",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, console: Console) -> None:
    from ..training.recipes import chosen_recipe, train_by

    recipe = chosen_recipe(options.config, options.recipe, options.stage, int(os.environ.get("WORLD_SIZE", "1")))
    speaks = os.environ.get("RANK", "0") == "0"  # of the processes that torchrun started, the first
    with console.progress() if speaks else contextlib.nullcontext(silent) as progress:
        written, note = train_by(
            recipe, options.data, options.output, options.config, options.stage, progress, options.start
        )
    paths = [str(path) for path in written]
    if not speaks:
        return
    console.done(f"Wrote {', '.join(paths)}. {note}".strip(), output=paths[-1], outputs=paths, recipe=recipe, note=note)
