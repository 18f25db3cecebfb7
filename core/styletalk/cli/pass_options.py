# SPDX-License-Identifier: Apache-2.0
"""The flags of a photoreal pass: the same for `styletalk render` and `styletalk talk`."""

import argparse
import math
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import RenderError
from .console import Console

if TYPE_CHECKING:
    from ..animation import FaceAnimation
    from ..photoreal.film_pass import PassRequest

OUTPUT_HELP = "film (.mp4), pattern of pictures (frames_####.png or .exr), or a folder for pictures"
WATERMARK = "AI-GENERATED"


def add_pass_options(parser: argparse.ArgumentParser, weights_flag: str) -> None:
    """What `pass_request` reads, but --device, which `talk` has already. weights_flag: of the renderer's weights."""
    parser.add_argument("--photo", type=Path, required=True, metavar="PHOTO", help="a face, or a portrait .npz")
    group = parser.add_argument_group("the pass")
    group.add_argument(
        "--renderer", choices=("auto", "warp", "neural"), default="auto", help="auto: neural with weights"
    )
    group.add_argument(weights_flag, dest="weights", type=Path, metavar="FILE", help="weights of the neural renderer")
    group.add_argument("--size", type=int, metavar="PX", help="pixels of the longer side (the photo's own)")
    group.add_argument("--fps", type=_rate, default=30.0, metavar="X", help="frames a second, also as 30000/1001 (30)")
    group.add_argument("--background", default="keep", metavar="keep|#RRGGBB|alpha", help="behind the person (keep)")
    group.add_argument("--range", dest="frames", type=_range, metavar="A-B", help="only these frames, the first is 1")
    group.add_argument("--mouth-offset", type=float, default=0.0, metavar="MM", help="millimetres more open, or less")
    group.add_argument("--mouth-amount", type=float, default=1.0, metavar="X", help="factor on the mouth's movement")
    group.add_argument(
        "--watermark", nargs="?", const=WATERMARK, default="", metavar="TEXT", help=f"a visible mark ({WATERMARK})"
    )
    group.add_argument("--batch", type=int, metavar="N", help="frames at a time, of the neural renderer")
    group.add_argument("--silent", action="store_true", help="a film without sound")
    group.add_argument("--sign-certificate", type=Path, metavar="PEM", help="sign each file with C2PA, as this signer")
    group.add_argument("--sign-key", type=Path, metavar="PEM", help="the signer's private key")


def pass_request(
    options: argparse.Namespace, animation: "Path | FaceAnimation", audio: Path | None
) -> "PassRequest":  # fmt: skip
    """What the flags ask for. Raises RenderError."""
    from ..photoreal.film_pass import PassRequest
    from ..photoreal.renderers import PassOptions
    from ..photoreal.signing import Signing

    if (options.sign_certificate is None) != (options.sign_key is None):
        raise RenderError("Signing needs both --sign-certificate and --sign-key.")
    signing = None if options.sign_key is None else Signing(options.sign_certificate, options.sign_key)
    asked = PassOptions(
        options.renderer, options.weights, options.size, options.background, options.mouth_offset,
        options.mouth_amount, options.batch, options.device,
    )  # fmt: skip
    return PassRequest(
        animation, options.photo, options.output, asked, options.fps, options.frames, audio, options.silent,
        options.watermark, signing,
    )  # fmt: skip


def render_and_tell(request: "PassRequest", console: Console, start: float = 0.0) -> None:
    """Render, and say what was made. start: how much of the whole work is done before."""
    from ..photoreal.film_pass import render_pass
    from ..progress import part

    notes: list[str] = []
    with console.progress() as progress:
        report = render_pass(request, part(progress, start, 1.0), notes.append)
    kept = f", {report.kept} were there" if report.kept else ""
    note = " ".join(notes)
    console.done(
        f"Wrote {report.output}: {report.made + report.kept} frames{kept}. {note}".strip(),
        output=str(report.output), frames=report.made + report.kept, kept=report.kept, first=report.first,
        last=report.last, first_frame=report.first_frame, note=note,
    )  # fmt: skip


def _rate(text: str) -> float:
    try:
        rate_hz = float(Fraction(text))
    except (ValueError, ZeroDivisionError, OverflowError):
        rate_hz = math.nan
    if not 1.0 <= rate_hz <= 240.0:
        raise argparse.ArgumentTypeError(f"{text!r} is no rate from 1 to 240")
    return rate_hz


def _range(text: str) -> tuple[int, int]:
    first, _, last = text.partition("-")
    if not (first.isdecimal() and last.isdecimal() and len(text) < 20 and 1 <= int(first) <= int(last)):
        raise argparse.ArgumentTypeError(f"{text!r} is no range of frames such as 1-48")
    return int(first), int(last)
