# SPDX-License-Identifier: Apache-2.0
"""`styletalk batch`"""

import argparse
import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .console import Console
from .options import Commands, new_command
from .request_options import add_request_options

if TYPE_CHECKING:
    from ..batch.run import Pool, Scenes

FORMATS = ("npz", "csv", "json", "glb", "blend")
SHOWN_FAILURES = 10
MAX_JOBS = 256


def add(commands: Commands) -> None:
    parser = new_command(commands, "batch", "many lines at once, from a list; a batch that was stopped goes on")
    parser.add_argument("lines", type=Path, metavar="LINES", help=".csv with columns audio, text, style, …, or JSON")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="DIR", help="folder for what is made")
    parser.add_argument("--format", choices=FORMATS, default="npz", help="of lines whose output does not say (npz)")
    parser.add_argument("--jobs", type=_count, metavar="N", help="processes at work (as many as there are cores)")
    parser.add_argument("--ray", metavar="ADDRESS", help="work on this Ray cluster instead: auto, or host:port")
    parser.add_argument("--again", action="store_true", help="make finished lines, too")
    parser.add_argument("--dry-run", action="store_true", help="only say what would be made")
    parser.add_argument("--blend", type=Path, metavar="BLEND", help="the scene with the characters, for glb and blend")
    parser.add_argument("--blender", type=Path, metavar="PROGRAM", help="the Blender for glb and blend")
    add_request_options(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, console: Console) -> None:
    from ..batch.line_list import read_lines
    from ..batch.run import plan, run_batch
    from ..errors import BatchError
    from ..files.writing import check_not_read

    check_not_read(options.output / "report.json", (options.lines,))
    lines = read_lines(options.lines, f".{options.format}", _defaults(options))
    if lines.ignored:
        console.remark(f"Columns that are not used: {', '.join(lines.ignored)}.")
    if options.dry_run:
        waiting, kept, broken = plan(lines, options.output)
        sentence = f"{waiting} lines would be made, {kept} are finished, {broken} cannot be made."
        return console.done(sentence, to_make=waiting, finished=kept, broken=broken)
    with console.progress() as progress:
        summary = run_batch(lines, options.output, _pool(options), _scenes(options), options.again, progress)
    if summary.failed:
        shown = ", ".join(summary.failed[:SHOWN_FAILURES]) + (" …" if len(summary.failed) > SHOWN_FAILURES else "")
        raise BatchError(f"{len(summary.failed)} of {len(lines.lines)} lines failed: {shown}. See {summary.report}.")
    sentence = f"Made {len(summary.made)} lines, {len(summary.kept)} were finished. See {summary.report}."
    console.done(sentence, made=len(summary.made), finished=len(summary.kept), report=str(summary.report))


def _defaults(options: argparse.Namespace) -> dict[str, Any]:
    """What is asked for all lines, as far as it is."""
    from ..errors import RequestError
    from ..request import AnimationRequest

    given = {f.name: vars(options)[f.name] for f in dataclasses.fields(AnimationRequest) if f.name in vars(options)}
    for name, flag in (("transcript", "--text"), ("phonemes", "--phonemes")):
        if given[name] is not None:
            raise RequestError(f"{flag} is of one line. Give it in the list, in a column of that name.")
    AnimationRequest(audio=options.lines, **given)  # or each line would fail alike
    return given


def _pool(options: argparse.Namespace) -> "Pool":
    from ..batch.run import local_pool, usable_cores

    if options.ray is None:
        return local_pool(options.jobs or usable_cores())
    from ..batch.ray_cluster import ray_pool

    return ray_pool(options.ray)


def _scenes(options: argparse.Namespace) -> "Scenes":
    from ..batch.scenes import scenes_in_blender

    return scenes_in_blender(options.blender, options.blend)


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MAX_JOBS:
        raise argparse.ArgumentTypeError(f"must be from 1 to {MAX_JOBS}")
    return int(text)
