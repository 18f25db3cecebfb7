# SPDX-License-Identifier: Apache-2.0
"""`styletalk bench`"""

import argparse
from pathlib import Path

from styletalk.cli.console import Console
from styletalk.cli.options import Commands, new_command

PARTS = ("short", "long", "distinct", "shipped", "memory", "start-up", "animate", "hour")
"""Named here too, so that --help needs no torch; a test holds them equal to the benchmark's own."""


def add(commands: Commands) -> None:
    parser = new_command(commands, "bench", "measure speed and memory beside the published formulation (needs torch)")
    parser.add_argument("-o", "--output", type=Path, metavar="OUT", help="also write the report: .json or .md")
    parser.add_argument("--quick", action="store_true", help="small networks, short lines: only to see that it runs")
    parser.add_argument(
        "--only", choices=PARTS, action="append", help="this part (may be given several times); all but hour without it"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, console: Console) -> None:
    from styletalk.files.torch_file import import_torch

    from ..benchmark.report import check_report_path, write_report

    if options.output:
        check_report_path(options.output)
    import_torch()
    from ..benchmark.run import run_benchmark

    with console.progress() as progress:
        report = run_benchmark(options.only or (), options.quick, progress)
    if options.output:
        write_report(report, options.output)
    console.document(report.as_markdown(), report.as_dict())
