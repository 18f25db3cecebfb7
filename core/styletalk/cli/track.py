# SPDX-License-Identifier: Apache-2.0
"""`styletalk track`, and the options of whatever looks at a film."""

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING

from .console import Console
from .options import Commands, new_command

if TYPE_CHECKING:
    from ..tracking.capture import CaptureOptions


def add(commands: Commands) -> None:
    parser = new_command(commands, "track", "the face of a film as an animation: expression, head, blinks, gaze")
    parser.add_argument("film", type=Path, metavar="FILM", help="film or photo")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="OUT", help=".npz, .csv or .json to write")
    parser.add_argument("--landmarks", type=Path, metavar="TRACK.npz", help="also write the landmarks of each picture")
    add_film_options(parser)
    parser.add_argument(
        "--lag", default="auto", metavar="auto|MS", help="by how much the picture is late; auto (default): as is heard"
    )
    parser.set_defaults(run=run)


def add_film_options(parser: argparse.ArgumentParser) -> None:
    """What `film_options` reads."""
    group = parser.add_argument_group("the face in the film")
    group.add_argument("--face", type=int, default=1, metavar="N", help="1 the largest (default), 2 the next, …")
    group.add_argument("--at", type=point, metavar="X,Y", help="the face at these pixels of the first picture")
    group.add_argument("--start", type=float, default=0.0, metavar="S", help="seconds of the film to begin at")
    group.add_argument("--end", type=float, default=math.inf, metavar="S", help="seconds of the film to stop at")
    group.add_argument("--mirrored", action="store_true", help="left is right, as selfie cameras have it")
    group.add_argument("--neutral", type=Path, metavar="PHOTO", help="the same person at rest, mouth closed")


def film_options(options: argparse.Namespace) -> "CaptureOptions":
    """Raises RequestError."""
    from ..tracking.capture import CaptureOptions

    return CaptureOptions(
        face=options.face, at=options.at, start_s=options.start, end_s=options.end, mirrored=options.mirrored,
        neutral=options.neutral, lag=getattr(options, "lag", "0"),
    )  # fmt: skip


def run(options: argparse.Namespace, console: Console) -> None:
    from ..errors import OutputError
    from ..exports import check_output, rows_written, write_animation
    from ..files.writing import check_ending, check_not_read, check_writable
    from ..tracking.capture import animation_of, capture
    from ..tracking.track_file import write_track
    from ..tracking.tracker import usable_share

    asked = film_options(options)
    check_output(options.output)
    for path in filter(None, (options.output, options.landmarks)):
        check_not_read(path, (options.film, options.neutral))
    if options.landmarks is not None:
        check_ending(options.landmarks, ".npz")
        check_writable(options.landmarks)
        if options.landmarks.resolve() == options.output.resolve():
            raise OutputError(f"{options.output} cannot hold both the animation and the landmarks. Give two names.")
    kept = options.output.with_name(options.output.name + ".unfinished")
    with console.progress() as progress:
        track, fitted = capture(options.film, asked, kept, progress)
    animation = animation_of(options.film, track, fitted, asked)
    write_animation(animation, options.output)
    if options.landmarks is not None:
        write_track(options.landmarks, track)
    note, usable, rows = str(animation.metadata["note"]), usable_share(track), rows_written(animation, options.output)
    console.done(
        f"Wrote {options.output}: {rows} rows, the face was seen well in {usable:.0%} of the "
        f"pictures. {note}",
        output=str(options.output), usable=usable, note=note,
    )  # fmt: skip


def point(text: str) -> tuple[float, float]:
    """An option X,Y. Raises ArgumentTypeError."""
    try:
        x, y = map(float, text.split(","))
    except ValueError:
        x = y = math.nan
    if not math.isfinite(x + y):
        raise argparse.ArgumentTypeError(f"{text!r} is no place such as 320,240")
    return x, y
