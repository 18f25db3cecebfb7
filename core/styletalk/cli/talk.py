# SPDX-License-Identifier: Apache-2.0
"""`styletalk talk`"""

import argparse
from dataclasses import replace
from pathlib import Path

from .console import Console
from .options import Commands, new_command
from .pass_options import OUTPUT_HELP, add_pass_options, pass_request, render_and_tell
from .request_options import add_request_options, request_from_options

FITTED, ANIMATED = 0.05, 0.2
"""Of the whole work, the shares at which the photo is said to be fitted, and the animation to be made."""


def add(commands: Commands) -> None:
    summary = "a line of speech and a photo become a film of the person saying it"
    parser = new_command(commands, "talk", summary)
    parser.add_argument("audio", type=Path, help="sound or video file")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="OUT", help=OUTPUT_HELP)
    parser.add_argument("--animation", type=Path, metavar="OUT.npz", help="also keep the animation")
    add_pass_options(parser, "--renderer-checkpoint")
    add_request_options(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, console: Console) -> None:
    from ..api import animate
    from ..files.writing import check_ending, check_not_read, check_writable
    from ..photoreal.film_pass import check_request, ready_to_animate
    from ..progress import part
    from ..speech.audio.sound_file import measure_audio

    request = request_from_options(options, options.audio)
    asked = pass_request(options, options.audio, options.audio)  # the animation comes when all else is known to be well
    check_request(asked)
    if options.animation is not None:
        check_not_read(options.animation, [value for name, value in vars(options).items() if name != "animation"])
        check_ending(options.animation, ".npz")
        check_writable(options.animation)
    with console.progress() as progress:
        around_s = request.lead_in_s + request.lead_out_s
        asked = ready_to_animate(asked, measure_audio(options.audio).duration_s + around_s, part(progress, 0.0, FITTED))
        animation = animate(request, part(progress, FITTED, ANIMATED))
    if options.animation is not None:
        animation.save(options.animation)
    render_and_tell(replace(asked, animation=animation), console, ANIMATED)
