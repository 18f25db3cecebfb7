# SPDX-License-Identifier: Apache-2.0
"""`styletalk demo`"""

import argparse
from pathlib import Path

from .console import Console
from .options import Commands, new_command


def add(commands: Commands) -> None:
    parser = new_command(commands, "demo", "a bundled line of speech becomes demo.npz, demo.blend and demo.mp4")
    parser.add_argument("-o", "--output", type=Path, default=Path(), metavar="DIR", help="folder to write to (here)")
    parser.add_argument("--style", default="happy", help="style preset or file (default: %(default)s)")
    parser.add_argument("--blender", type=Path, help="a Blender program (default: bpy, else an installed one)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, console: Console) -> None:
    from ..demo.run import run_demo

    with console.progress() as progress:
        made = run_demo(options.output, options.style, options.blender, progress)
    console.done("Made " + ", ".join(str(path) for path in made), outputs=[str(path) for path in made])
