# SPDX-License-Identifier: Apache-2.0
"""`styletalk animate`"""

import argparse
import time
from pathlib import Path

from ..files.writing import check_writable
from ..timings import Timings
from .console import Console
from .options import Commands, add_speech_options, new_command, transcript


def add(commands: Commands) -> None:
    summary = "a line of speech becomes face animation: .npz, .csv (Live Link Face), .json"
    parser = new_command(commands, "animate", summary)
    parser.add_argument("audio", type=Path, help="sound or video file")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="OUT", help="file to write")
    add_speech_options(parser)
    parser.add_argument("--style", default="neutral", metavar="NAME|FILE", help="preset name or style file")
    parser.add_argument("--intensity", type=float, default=1.0, metavar="X", help="0 neutral, 1 the style, 2 twice")
    parser.add_argument("--checkpoint", type=Path, metavar="FILE", help="weights (.safetensors or published .pth)")
    parser.add_argument("--engine", choices=("auto", "torch", "numpy"), default="auto")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument("--precision", choices=("auto", "float32", "bfloat16", "float16"), default="auto")
    parser.add_argument("--pose", default="auto", metavar="FILE|auto|none", help="head motion")
    parser.add_argument("--no-blinks", dest="blinks", action="store_false", help="leave the eyelids to the style")
    parser.add_argument("--sync-offset", type=float, default=0.0, metavar="MS", help="positive: the face later")
    parser.add_argument("--seed", type=int, default=0, help="of blinks, gaze and head motion")
    parser.add_argument("--raw", action="store_true", help="the decoder's output, no closures, blinks or head motion")
    parser.add_argument("--timings", action="store_true", help="also say where the time went, in seconds by stage")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, console: Console) -> None:
    from ..api import AnimationRequest, animate
    from ..exports import write_animation, writer_for

    writer_for(options.output)  # what cannot be written is said before the work, not after it
    check_writable(options.output)
    request = AnimationRequest(
        audio=options.audio, transcript=transcript(options.text), phonemes=options.phonemes,
        recogniser=options.recogniser, style=options.style, intensity=options.intensity,
        checkpoint=options.checkpoint, engine=options.engine, device=options.device,
        precision=options.precision, pose=options.pose,
        blinks=options.blinks, sync_offset_ms=options.sync_offset, seed=options.seed, raw=options.raw,
    )  # fmt: skip
    timings = Timings()
    timings.add("start", time.process_time())  # until here one thread has worked: its seconds are the clock's
    with console.progress() as progress:
        animation = animate(request, progress, timings)
    with timings.stage("write"):
        write_animation(animation, options.output)
    if options.timings:
        console.table(("stage", "seconds"), timings.rows())
    note = str(animation.metadata["note"])
    console.done(
        f"Wrote {options.output}: {len(animation)} rows. {note}".strip(), output=str(options.output), note=note
    )
