# SPDX-License-Identifier: Apache-2.0
"""`styletalk manifest`"""

import argparse
from pathlib import Path

from styletalk.cli.console import Console
from styletalk.cli.options import Commands, new_command
from styletalk.files.writing import check_writable


def add(commands: Commands) -> None:
    what = "scan, check and split recordings to train on: films, MEAD, HDTF, blendshapes"
    parser = new_command(commands, "manifest", what)
    parser.add_argument("data", type=Path, metavar="DIR", help="folder of clips, sounds and labels")
    parser.add_argument("-o", "--output", type=Path, default=Path("manifest.json"), metavar="OUT.json")
    parser.add_argument("--kind", choices=("auto", "film", "mead", "hdtf", "sample", "blendshapes"), default="auto")
    parser.add_argument(
        "--validation-speakers", default="0.1", metavar="NAMES|SHARE",
        help="speakers kept for validation, separated by commas, or a share of them (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument("--fps", type=_rate, metavar="RATE", help="of the faces: 25, 29.97 (default: found out)")
    parser.add_argument(
        "--av-offset", "--lead", type=_av_offset, metavar="ROWS|measure",
        help="row i of the face goes with label i + ROWS; measure: as each clip's sound says (default: by kind)",
    )  # fmt: skip
    parser.add_argument("--without-sound", action="store_true", help="keep clips that have no sound, too")
    parser.add_argument(
        "--recognise", nargs="?", const="auto", choices=("auto", "heard", "words"),
        help="make labels where there are none",
    )  # fmt: skip
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, console: Console) -> None:
    from ..datasets.errors import ManifestError
    from ..datasets.scan import ScanOptions, scan
    from ..datasets.summary import summary, summary_facts

    check_writable(options.output)
    wanted = ScanOptions(
        options.kind,
        options.validation_speakers,
        options.fps,
        options.av_offset,
        options.without_sound,
        options.recognise,
    )
    with console.progress() as progress:
        manifest = scan(options.data, options.output, wanted, progress)
    if manifest.clips:
        manifest.save(options.output)
    console.document(summary(manifest), {**summary_facts(manifest), "output": str(options.output)})
    if not manifest.clips:
        raise ManifestError(f"None of {len(manifest.left_out)} clips can be used; {options.output} was not written.")


def _av_offset(text: str) -> int | str:
    return text if text == "measure" else int(text)


def _rate(text: str) -> float:
    """A frame rate for argparse, which turns ValueError into wrong usage."""
    from ..datasets.rates import exact_rate

    return exact_rate(text)
