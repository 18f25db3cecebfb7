# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of the headless command."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from ..data.characters import MADE_ARKIT, MADE_KINDS
from ..data.lines import NEW_LINES_MM
from ..data.requests import FIELDS
from ..faces.own_keys import KINDS
from ..styletalk.cli.options import Parser
from ..styletalk.cli.request_options import add_request_options
from .whole_scene import wrong_usage

MIN_SIZE_PX, MAX_SIZE_PX = 16, 8192
"""Encoders refuse less, and Blender has no memory for much more: both only at the end of the work."""
MIN_FPS, MAX_FPS = 1.0, 1000.0
MAX_KEY_ERROR_MM = 5.0
MAX_FRAME = 1_000_000
"""Blender's frames end at 1048574."""


def parsed(arguments: Sequence[str], parser: Parser) -> argparse.Namespace:
    """The options, or what `parser` does where something is wrong with them: exit with 2."""
    options = parser.parse_args(arguments)
    if options.job is not None:
        parser.error("give --job with the path of a list of jobs, once")
    given = [name for name in FIELDS if getattr(options, name) != parser.get_default(name)]
    if options.bake_scene:
        if wrong := wrong_usage(options, given):
            parser.error(wrong)
        return options
    if options.audio is None and options.animation is None:
        parser.error("give the line of speech with --audio")
    if options.output is options.render is options.export is options.pass_folder is None:
        parser.error("say what to write with --output, --render, --export or --pass")
    if (options.photo is None) != (options.pass_folder is None):
        parser.error("a photoreal pass needs both: --photo FILE --pass DIR")
    if options.photo is None and (options.renderer or options.renderer_checkpoint):
        parser.error("--renderer and --renderer-checkpoint are of a photoreal pass: --photo FILE --pass DIR")
    if options.renderer == "neural" and options.renderer_checkpoint is None:
        parser.error("the neural renderer needs its weights: --renderer-checkpoint FILE")
    if options.renderer == "warp" and options.renderer_checkpoint is not None:
        parser.error("the warp has no weights: leave out --renderer-checkpoint, or give --renderer neural")
    if options.make_shapes and (options.object is None or options.blend is None):
        parser.error("--make-shapes needs the head: --blend FILE --object NAME")
    if options.animation is not None and (ignored := [name for name in given if name != "audio"]):
        parser.error(
            f"--animation is ready as it is: leave out the options that would change it ({', '.join(ignored)})"
        )
    return options


def make_parser() -> Parser:
    parser = Parser(prog="headless.py", description="Bake a line of speech onto a talking face, without a window.")
    parser.add_argument("--audio", type=Path, metavar="FILE", help="the line of speech")
    parser.add_argument("--animation", type=Path, metavar="NPZ", help="bake this ready animation; no worker is needed")
    parser.add_argument("--output", type=Path, metavar="BLEND", help="save the scene here; the sound is packed into it")
    parser.add_argument("--render", type=Path, metavar="MP4", help="render the line with sound")
    parser.add_argument("--photo", type=Path, metavar="FILE", help="of the person of a photoreal pass, or a portrait")
    parser.add_argument(
        "--pass", dest="pass_folder", type=Path, metavar="DIR", help="render the line with --photo, as pictures in here"
    )
    parser.add_argument(
        "--renderer", choices=("warp", "neural"), help="of the pass; by default neural where weights are given"
    )
    parser.add_argument(
        "--renderer-checkpoint", type=Path, metavar="FILE", help="weights of the neural renderer; needs --worker-python"
    )
    parser.add_argument("--job", type=Path, metavar="JSON", help="do a list of jobs, each with these options, instead")
    parser.add_argument("--dry-run", action="store_true", help="check what was given, and do nothing")
    parser.add_argument(
        "--export",
        type=Path,
        metavar="FILE",
        help="write the face for other programs: .glb, .fbx, .usdc, .abc, .vrma, .vrm or .csv",
    )
    parser.add_argument("--worker-python", default="", metavar="PYTHON", help="by default Blender's own")
    add_request_options(parser)
    _add_scene_options(parser)
    parser.add_argument("--traceback", "--verbose", action="store_true", help="show where an error came from")
    return parser


def _add_scene_options(parser: argparse.ArgumentParser) -> None:
    scene = parser.add_argument_group("the scene")
    scene.add_argument("--blend", type=Path, metavar="BLEND", help="open this file first")
    scene.add_argument("--object", metavar="NAME", help="the talking face, where there are several")
    scene.add_argument(
        "--make-shapes", nargs="?", const=MADE_ARKIT.lower(), choices=[kind.lower() for kind, *_ in MADE_KINDS],
        help="give --object, a head without shape keys, those of the open face: the 52 of ARKit (default), the 64 "
        "coefficients, or both",
    )  # fmt: skip
    scene.add_argument(
        "--start-frame", type=_frame, metavar="N", help="where the line begins (default: on the scene's first frame)"
    )
    scene.add_argument(
        "--bake-scene",
        action="store_true",
        help="bake every sound strip that has a character, by name, marker or channel",
    )
    scene.add_argument(
        "--key-error",
        type=_millimetres,
        metavar="MM",
        help=f"how far the lips may be off for the sake of fewer keys; 0: a key on every frame (default: as the line "
        f"says, {NEW_LINES_MM:g} for a new one)",
    )
    scene.add_argument(
        "--keys",
        type=_kind,
        metavar="KIND",
        help="shape keys of the talking face: coefficients, arkit or positive (default: as it has them; arkit for a "
        "new one)",
    )
    scene.add_argument("--fps", type=_fps, help="set the scene's frame rate")
    scene.add_argument("--size", type=_size, default=(512, 512), metavar="WxH", help="of the video (default: 512x512)")


def _frame(text: str) -> int:
    frame = int(text)
    if abs(frame) > MAX_FRAME:
        raise argparse.ArgumentTypeError(f"must be from {-MAX_FRAME} to {MAX_FRAME}")
    return frame


def _millimetres(text: str) -> float:
    value = float(text)
    if not 0.0 <= value <= MAX_KEY_ERROR_MM:
        raise argparse.ArgumentTypeError(f"must be from 0 to {MAX_KEY_ERROR_MM:g}")
    return value


def _kind(text: str) -> str:
    kinds = [kind for kind, _, _ in KINDS]
    if text.upper() not in kinds:
        raise argparse.ArgumentTypeError(f"must be one of {', '.join(kinds).lower()}")
    return text.upper()


def _fps(text: str) -> float:
    value = float(text)
    if not MIN_FPS <= value <= MAX_FPS:
        raise argparse.ArgumentTypeError(f"must be from {MIN_FPS:g} to {MAX_FPS:g}")
    return value


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    if not (width.isdigit() and height.isdigit()):
        raise argparse.ArgumentTypeError("must look like 512x512")
    if not MIN_SIZE_PX <= min(int(width), int(height)) <= max(int(width), int(height)) <= MAX_SIZE_PX:
        raise argparse.ArgumentTypeError(f"must be from {MIN_SIZE_PX}x{MIN_SIZE_PX} to {MAX_SIZE_PX}x{MAX_SIZE_PX}")
    return int(width) // 2 * 2, int(height) // 2 * 2  # H.264 wants even sizes
