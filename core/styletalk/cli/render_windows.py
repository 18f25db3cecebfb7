# SPDX-License-Identifier: Apache-2.0
"""`styletalk render-windows`"""

import argparse
from pathlib import Path

from .console import Console
from .options import Commands, new_command


def add(commands: Commands) -> None:
    summary = "an animation and a photo become the photoreal renderer's flow, warped photo and frames, as arrays"
    parser = new_command(commands, "render-windows", summary)
    parser.add_argument("source", type=Path, metavar="IN.npz", help="an animation, or windows (T, 73, 27)")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="OUT.npz")
    parser.add_argument("--photo", type=Path, required=True, metavar="FILE", help="a face, 256 × 256 pixels")
    parser.add_argument("--renderer", type=Path, required=True, metavar="FILE", help="weights (.safetensors or .pt)")
    parser.add_argument(
        "--pose", type=Path, metavar="FILE", help="head pose instead of the animation's own; of a .mat exactly"
    )
    parser.add_argument("--batch", type=int, metavar="N", help="frames at a time")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, console: Console) -> None:
    from ..photoreal.neural.windows_file import render_file

    notes: list[str] = []
    with console.progress() as progress:
        frames = render_file(
            options.source, options.photo, options.renderer, options.output,
            options.batch, options.device, progress, notes.append, options.pose,
        )  # fmt: skip
    note = " ".join(notes)
    console.done(f"Wrote {options.output}: {frames} frames. {note}".strip(), output=str(options.output), note=note)
