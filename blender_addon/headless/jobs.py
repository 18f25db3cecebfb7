# SPDX-License-Identifier: GPL-3.0-or-later
"""Many runs of the headless command in one Blender: a JSON list, each with the options of one."""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn

import bpy

from ..styletalk.cli.options import Parser
from ..styletalk.errors import BatchError, StyleTalkError, one_line
from ..styletalk.files.json_text import read_json
from ..styletalk.files.reading import UnusableContent, existing_file, explaining

STATE_DONE, STATE_FAILED = "done", "failed"
SHOWN_FAILURES = 10


def job_file(arguments: Sequence[str]) -> tuple[Path | None, list[str]]:
    """The file after --job, and the other arguments, which are of all jobs; None where there is none."""
    if "--job" not in arguments[:-1]:
        return None, list(arguments)
    place = list(arguments).index("--job")
    return Path(arguments[place + 1]), [*arguments[:place], *arguments[place + 2 :]]


def run_jobs(path: Path, run: Callable[[list[str]], str]) -> None:
    """Do the jobs of a file, one after the other, each in a scene of its own; one that fails keeps no other from it.

    Each begins with the file that is open now. How each ended is printed as one JSON object a line: job, state,
    message. run: does the one of these arguments; returns what to say of it.
    Raises BatchError where the list cannot be read, before anything is done, or where jobs failed.
    """
    jobs = list(_jobs(path))
    start, failed = bpy.data.filepath, []
    for name, arguments in jobs:
        if "--blend" not in arguments:
            _open_again(start)
        try:
            message, state = run(arguments), STATE_DONE
        except StyleTalkError as error:
            message, state = str(error), STATE_FAILED
            failed.append(name)
        print(json.dumps({"job": name, "state": state, "message": message}), flush=True)
    if failed:
        shown = ", ".join(failed[:SHOWN_FAILURES]) + (" …" if len(failed) > SHOWN_FAILURES else "")
        raise BatchError(f"{len(failed)} of {len(jobs)} jobs failed: {shown}.")


def _open_again(start: str) -> None:
    if start:
        bpy.ops.wm.open_mainfile(filepath=start, load_ui=False)
    else:
        bpy.ops.wm.read_homefile(use_empty=True)


def refusing(parser: Parser) -> Parser:
    """The parser, which raises BatchError for wrong usage: in a list it is one job's, and does not end the others."""

    def refuse(message: str) -> NoReturn:
        raise BatchError(one_line(f"Wrong usage: {message}."))

    parser.error = refuse  # type: ignore[method-assign]
    return parser


def _jobs(path: Path) -> Iterator[tuple[str, list[str]]]:
    """(name, arguments) of each. Raises BatchError."""
    path = existing_file(path, "list of jobs", BatchError)
    with explaining(
        lambda reason: BatchError(f"The jobs {path} cannot be read ({reason}). Give a JSON list of objects.")
    ):
        found = read_json(path)
        if not isinstance(found, list) or not found or not all(isinstance(job, dict) for job in found):
            raise UnusableContent("it is no list of objects")
        for number, job in enumerate(found, start=1):
            yield str(job.get("id", number)), list(_arguments(job))


def _arguments(job: dict[str, Any]) -> Iterator[str]:
    """The options of a job as they would be typed. Raises UnusableContent."""
    for name, value in job.items():
        if name == "id" or value is None or value is False:
            continue
        flag = f"--{name.removeprefix('--').replace('_', '-')}"
        if value is True:
            yield flag
        elif isinstance(value, (str, int, float)):
            yield f"{flag}={value}"
        else:
            raise UnusableContent(f"the option {name} holds a list or an object")
