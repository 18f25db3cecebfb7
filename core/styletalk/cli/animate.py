# SPDX-License-Identifier: Apache-2.0
"""`styletalk animate`"""

import argparse
import time
from pathlib import Path

from ..timings import Timings
from .console import Console
from .options import Commands, new_command
from .request_options import add_request_options, request_from_options


def add(commands: Commands) -> None:
    summary = "a line of speech becomes face animation: .npz, .csv (Live Link Face), .json"
    parser = new_command(commands, "animate", summary)
    parser.add_argument("audio", type=Path, help="sound or video file")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="OUT", help="file to write")
    add_request_options(parser)
    parser.add_argument("--timings", action="store_true", help="also say where the time went, in seconds by stage")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, console: Console) -> None:
    from ..api import animate
    from ..exports import check_output, rows_written, write_animation

    check_output(options.output)  # what cannot be written is said before the work, not after it
    request = request_from_options(options, options.audio)
    timings = Timings()
    timings.add("start", time.process_time())  # until here one thread has worked: its seconds are the clock's
    with console.progress() as progress:
        animation = animate(request, progress, timings)
    with timings.stage("write"):
        write_animation(animation, options.output)
    if options.timings:
        console.table(("stage", "seconds"), timings.rows())
    note, rows = str(animation.metadata["note"]), rows_written(animation, options.output)
    console.done(f"Wrote {options.output}: {rows} rows. {note}".strip(), output=str(options.output), note=note)
