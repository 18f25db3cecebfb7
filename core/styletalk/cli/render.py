# SPDX-License-Identifier: Apache-2.0
"""`styletalk render`"""

import argparse
from pathlib import Path

from .console import Console
from .options import Commands, new_command
from .pass_options import OUTPUT_HELP, add_pass_options, pass_request, render_and_tell


def add(commands: Commands) -> None:
    summary = "an animation and a photo become a film, or a sequence of pictures"
    parser = new_command(commands, "render", summary)
    parser.add_argument("animation", type=Path, metavar="IN.npz", help="an animation")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="OUT", help=OUTPUT_HELP)
    parser.add_argument("--audio", type=Path, metavar="FILE", help="the sound (the one that the animation names)")
    add_pass_options(parser, "--checkpoint")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto", help="where PyTorch runs")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, console: Console) -> None:
    render_and_tell(pass_request(options, options.animation, options.audio), console)
