# SPDX-License-Identifier: Apache-2.0
"""`styletalk portrait`: fit the face of a photo once, and keep it for passes."""

import argparse
from pathlib import Path

from .console import Console
from .options import Commands, new_command
from .track import point


def add(commands: Commands) -> None:
    parser = new_command(commands, "portrait", "fit the face of a photo, for photoreal passes")
    parser.add_argument("photo", type=Path, metavar="PHOTO", help="a person who looks towards the camera")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="P.npz", help="the portrait to write")
    parser.add_argument("--at", type=point, metavar="X,Y", help="a pixel of the face, where there are several")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, console: Console) -> None:
    from ..files.writing import check_ending, check_not_read, check_writable
    from ..photoreal.photo import portrait_of

    check_ending(options.output, ".npz")
    check_not_read(options.output, (options.photo,))
    check_writable(options.output)
    with console.progress() as progress:
        portrait = portrait_of(options.photo, progress, options.at)
    portrait.save(options.output)
    mouth = "closed" if portrait.lips_closed else f"{1000 * portrait.mouth_gap_m:.0f} mm open"
    console.done(
        f"Wrote {options.output}: the mouth is {mouth}. {' '.join(portrait.notes)}".rstrip(),
        output=str(options.output), lips_closed=portrait.lips_closed, mouth_gap_m=portrait.mouth_gap_m,
        notes=list(portrait.notes),
    )  # fmt: skip
