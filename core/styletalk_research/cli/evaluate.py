# SPDX-License-Identifier: Apache-2.0
"""`styletalk evaluate`"""

import argparse
from pathlib import Path

from styletalk.cli.console import Console
from styletalk.cli.options import Commands, new_command
from styletalk.errors import RequestError

from ..evaluation.options import BLENDS, INTENSITIES, PART_NAMES, EvaluationOptions


# fmt: off
def add(commands: Commands) -> None:
    about = "measure speech, lips, style and face on pairs of sound and coefficients"
    parser = new_command(commands, "evaluate", about)
    parser.add_argument("data", type=Path, nargs="?", metavar="DATA",
                        help="folder with speech/ (NAME.wav, .mat, _seq.json), or what `styletalk manifest` wrote")
    parser.add_argument("-o", "--output", type=Path, metavar="OUT",
                        help="write a folder with report.md, report.json and plots, or one file .md or .json")
    parser.add_argument("--only", action="append", default=[], choices=PART_NAMES, metavar="PART",
                        help=f"a part of the report, may be repeated: {', '.join(PART_NAMES)}")
    parser.add_argument("--split", choices=("train", "validation", "all"), default="all", help="side of a manifest")
    parser.add_argument("--checkpoint", type=Path, metavar="FILE", help="weights other than the shipped ones")
    parser.add_argument("--folds", type=Path, metavar="DIR", help="DIR/CLIP/*.safetensors: weights that never saw CLIP")
    parser.add_argument("--from-sound", action="store_true", help="also predict from our recogniser's labels (minutes)")
    _add_styles(parser)
    _add_judges(parser)
    parser.add_argument("--face", action="append", default=[], metavar="FILE|none",
                        help="a character with shape keys as .glb: how it follows (may be repeated; without DATA this "
                             "alone); none: only the open face under the names of several conventions")
    parser.add_argument("--thorough", action="store_true", help="every clip where one of each speaker would do")
    parser.set_defaults(run=run)


def _add_styles(parser: argparse.ArgumentParser) -> None:
    """Which presets are measured, how strong, and which ones are blended."""
    parser.add_argument("--preset", action="append", default=[], metavar="NAME", help="lips under these presets only")
    parser.add_argument("--intensity", type=float, action="append", default=[], metavar="X",
                        help=f"intensities for the lips (default: {', '.join(f'{x:g}' for x in INTENSITIES)})")
    parser.add_argument("--blend", nargs=2, action="append", default=[], metavar=("FROM", "TO"),
                        help=f"presets to blend (default: {', '.join('-'.join(pair) for pair in BLENDS)})")


def _add_judges(parser: argparse.ArgumentParser) -> None:
    """Files of the user that further parts measure with."""
    parser.add_argument("--sync-weights", type=Path, metavar="FILE",
                        help="sync.pt of `styletalk train --stage sync`: sync confidence of our own discriminator")
    parser.add_argument("--videos", type=Path, metavar="DIR", help="films that were made: SSIM and CPBD")
    parser.add_argument("--real-videos", type=Path, metavar="DIR", help="films of the same names that they imitate")
    parser.add_argument("--syncnet", type=Path, metavar="FILE",
                        help="weights of the public SyncNet: LSE-D and LSE-C of the films of --videos")
    parser.add_argument("--renderer", type=Path, metavar="FILE",
                        help="photoreal: weights of the neural renderer, instead of the built-in warp")
    parser.add_argument("--every", type=int, default=10, metavar="N",
                        help="photoreal: judge one picture in so many (default: 10)")
# fmt: on


def run(options: argparse.Namespace, console: Console) -> None:
    from ..evaluation.report import check_report_path, evaluate, write_report

    only, heads = asked_for(options.data, tuple(options.only), tuple(options.face))
    asked = EvaluationOptions(
        data=options.data or Path(), only=only, checkpoint=options.checkpoint, folds=options.folds,
        heads=heads,
        presets=tuple(options.preset), intensities=tuple(options.intensity) or INTENSITIES,
        blends=tuple((first, second) for first, second in options.blend) or BLENDS,
        from_sound=options.from_sound, thorough=options.thorough, sync_weights=options.sync_weights,
        syncnet=options.syncnet, videos=options.videos, real_videos=options.real_videos,
        split=options.split, renderer=options.renderer, every=options.every,
    )  # fmt: skip
    if options.output:
        check_report_path(options.output)
    with console.progress() as progress:
        report = evaluate(asked, progress)
    if options.output:
        write_report(report, options.output)
    console.document(report.as_markdown(), report.as_dict())


def asked_for(
    data: Path | None, only: tuple[str, ...], faces: tuple[str, ...]
) -> tuple[tuple[str, ...], tuple[Path, ...]]:
    """The parts to measure, none for the defaults, and the heads of --face, which alone need no DATA. Raises
    RequestError."""
    parts = (*only, *(["rigs"] if faces and (only or data is None) else []))
    if data is None and set(parts) != {"rigs"}:
        raise RequestError("Give the folder with the pairs to measure, or a character alone with --face FILE.glb.")
    return parts, tuple(Path(each) for each in faces if each != "none")
