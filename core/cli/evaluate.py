# SPDX-License-Identifier: Apache-2.0
"""`styletalk evaluate`"""

import argparse
from pathlib import Path

from ..console import Console
from .options import Commands, new_command


def add(commands: Commands) -> None:
    parser = new_command(commands, "evaluate", "measure labels, motion and face on pairs of speech and coefficients")
    parser.add_argument("data", type=Path, metavar="DIR", help="folder with speech/ and style_clips/")
    parser.add_argument("--only", choices=("labels", "motion", "face"), help="one part of the report")
    parser.add_argument("--checkpoint", type=Path, metavar="FILE", help="weights other than the shipped ones")
    parser.add_argument("-o", "--output", type=Path, metavar="OUT", help="also write the report: .md or .json")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, console: Console) -> None:
    from ..evaluation.report import check_report_path, evaluate, write_report

    if options.output:
        check_report_path(options.output)
    with console.progress() as progress:
        report = evaluate(options.data, options.only, options.checkpoint, progress)
    if options.output:
        write_report(report, options.output)
    console.document(report.as_markdown(), report.as_dict())
