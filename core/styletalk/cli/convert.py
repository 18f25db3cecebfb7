# SPDX-License-Identifier: Apache-2.0
"""`styletalk convert`"""

import argparse
from pathlib import Path

from .console import Console
from .options import Commands, new_command


def add(commands: Commands) -> None:
    parser = new_command(commands, "convert", "an animation, or a take of ARKit weights, as another type of file")
    parser.add_argument("input", type=Path, metavar="IN", help=".npz of ours, Live Link Face .csv or ARKit .json")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="OUT", help=".npz, .csv or .json to write")
    parser.add_argument("--fps", type=float, default=30.0, metavar="30|60", help="rows a second of a .csv (30)")
    parser.add_argument("--mirrored", action="store_true", help="left is right in the .csv, as some programs want it")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, console: Console) -> None:
    from ..animation import FaceAnimation
    from ..errors import RequestError
    from ..exports import check_output, write_animation, write_live_link
    from ..face.take import read_take
    from ..files.writing import check_not_read

    check_output(options.output)
    check_not_read(options.output, (options.input,))
    is_csv = options.output.suffix.lower() == ".csv"
    if not is_csv and (options.mirrored or options.fps != 30.0):
        raise RequestError("Only a .csv has --fps and --mirrored. Omit them, or choose an output that ends in .csv.")
    is_ours = options.input.suffix.lower() == ".npz"
    animation = FaceAnimation.load(options.input) if is_ours else read_take(options.input)
    if is_csv:
        write_live_link(animation, options.output, options.fps, options.mirrored)
    else:
        write_animation(animation, options.output)
    note = str(animation.metadata.get("note", ""))
    console.done(
        f"Wrote {options.output}: {len(animation)} rows. {note}".strip(), output=str(options.output), note=note
    )
