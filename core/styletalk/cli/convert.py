# SPDX-License-Identifier: Apache-2.0
"""`styletalk convert`"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from .console import Console
from .options import Commands, new_command

if TYPE_CHECKING:
    from ..animation import FaceAnimation

OURS, A2F, METAHUMAN = "ours", "a2f", "metahuman"


def add(commands: Commands) -> None:
    parser = new_command(commands, "convert", "an animation, or a take of ARKit weights, as another type of file")
    parser.add_argument("input", type=Path, metavar="IN", help=".npz of ours, Live Link Face .csv or ARKit .json")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="OUT", help=".npz, .csv or .json to write")
    parser.add_argument("--as", dest="kind", choices=(OURS, A2F, METAHUMAN), default=OURS, help=(
        "a2f: a .json as Audio2Face writes it; metahuman: curves of a MetaHuman's controls, .csv or .json; ours: "
        "Live Link Face where OUT ends in .csv"
    ))  # fmt: skip
    parser.add_argument("--fps", type=float, default=30.0, help="rows a second of what others read (30)")
    parser.add_argument("--live-link-sides", choices=("person", "app", "mirrored"), default=None, help=(
        "whose left the Live Link Face .csv means that is written, or else read: the person's (the default), the "
        "person's but for jaw and mouth sideways, as in takes of the app, or the mirror image's"
    ))  # fmt: skip
    parser.add_argument("--mirrored", action="store_true", help="the same as --live-link-sides mirrored")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, console: Console) -> None:
    from ..animation import FaceAnimation
    from ..exports import check_output
    from ..face.take import read_take
    from ..files.writing import check_not_read

    check_output(options.output)
    check_not_read(options.output, (options.input,))
    sides = _checked_sides(options)
    is_ours = options.input.suffix.lower() == ".npz"
    reads_sides = sides if not _is_live_link(options) else "person"
    animation = FaceAnimation.load(options.input) if is_ours else read_take(options.input, sides=reads_sides)
    _write(animation, options, sides)
    note, rows = str(animation.metadata.get("note", "")), _rows(animation, options)
    console.done(f"Wrote {options.output}: {rows} rows. {note}".strip(), output=str(options.output), note=note)


def _rows(animation: "FaceAnimation", options: argparse.Namespace) -> int:
    """How many are in the file that was written."""
    from ..exports import rows_written, sampled_rows

    if options.kind != OURS or _is_live_link(options):
        return sampled_rows(animation, options.fps)
    return rows_written(animation, options.output)


def _is_live_link(options: argparse.Namespace) -> bool:
    """Whether a Live Link Face CSV is written."""
    return options.kind == OURS and options.output.suffix.lower() == ".csv"


def _checked_sides(options: argparse.Namespace) -> str:
    """Whose left is meant. Raises RequestError for options that do not go together."""
    from ..errors import RequestError

    sides = options.live_link_sides or ("mirrored" if options.mirrored else "person")
    if sides != "person" and not (_is_live_link(options) or options.input.suffix.lower() == ".csv"):
        raise RequestError("Only a Live Link Face .csv has sides. Omit --live-link-sides and --mirrored.")
    if options.fps != 30.0 and options.kind == OURS and not _is_live_link(options):
        raise RequestError("Only a .csv has --fps. Omit it, or choose an output that ends in .csv.")
    endings = {A2F: (".json",), METAHUMAN: (".csv", ".json")}.get(options.kind)
    if endings and options.output.suffix.lower() not in endings:
        raise RequestError(f"--as {options.kind} writes {' or '.join(endings)}. Let the output end so.")
    if not 1.0 <= options.fps <= 240.0:
        raise RequestError(f"--fps is {options.fps:g}, and must be 1 to 240.")
    return sides


def _write(animation: "FaceAnimation", options: argparse.Namespace, sides: str) -> None:
    from ..exports import write_a2f, write_animation, write_live_link, write_metahuman

    if options.kind == A2F:
        write_a2f(animation, options.output, options.fps)
    elif options.kind == METAHUMAN:
        write_metahuman(animation, options.output, options.fps)
    elif _is_live_link(options):
        write_live_link(animation, options.output, options.fps, sides)
    else:
        write_animation(animation, options.output)
