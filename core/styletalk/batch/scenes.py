# SPDX-License-Identifier: Apache-2.0
"""Scenes of animations: one Blender bakes and saves them all."""

import json
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from ..background import Background
from ..demo.addon import ADDON_ID, assemble
from ..demo.blender import BlenderHost, find_blender, run_headless
from ..errors import StyleTalkError
from ..files.json_text import parse_json
from ..files.writing import temporary_folder
from ..progress import silent
from .run import SceneJob, Scenes

NOT_MADE = "Blender ended before it was made"


def scenes_in_blender(program: Path | None = None, template: Path | None = None) -> Scenes:
    """What makes scenes in a Blender: the bpy package, an installed one, or `program`.

    template: the .blend with the characters. Raises, when it is called, MissingPackageError without a Blender.
    """

    def scenes(jobs: Sequence[SceneJob]) -> Iterator[tuple[int, str]]:
        host = find_blender(program)
        with temporary_folder(Path(tempfile.gettempdir())) as scratch:
            addon = assemble(scratch / "scripts" / "addons" / ADDON_ID)
            listed = scratch / "jobs.json"
            listed.write_text(json.dumps([_job(number, job, template) for number, job in enumerate(jobs)]))
            yield from _run(host, addon, listed, len(jobs))

    return scenes


def _job(number: int, job: SceneJob, template: Path | None) -> dict[str, Any]:
    """The options of the headless command."""
    output = "export" if job.output.suffix.lower() == ".glb" else "output"
    options = {"id": str(number), "animation": str(job.animation.absolute()), "audio": str(job.audio.absolute())}
    options[output] = str(job.output.absolute())
    if template is not None:
        options["blend"] = str(template.absolute())
    if job.character:
        options["object"] = job.character
    return options


def _run(host: BlenderHost, addon: Path, listed: Path, count: int) -> Iterator[tuple[int, str]]:
    """How each of `count` jobs ended, as soon as that is known; those that Blender did not come to have failed."""
    said: SimpleQueue[str | None] = SimpleQueue()

    def work(_: Any) -> str:
        try:
            run_headless(host, addon, ["--job", listed], silent, said.put)
            return ""
        except StyleTalkError as error:
            return str(error)
        finally:
            said.put(None)

    left = set(range(count))
    with Background(work) as blender:
        while (line := said.get()) is not None:
            for number, failure in _ended(line):
                left.discard(number)
                yield number, failure
        reason = blender.result()
    yield from ((number, f"{NOT_MADE}. {reason}".strip()) for number in sorted(left))


def _ended(line: str) -> Iterator[tuple[int, str]]:
    """(number, why it failed or "") where a printed line says how a job ended."""
    if line.startswith('{"job":'):
        found = parse_json(line)
        yield int(found["job"]), "" if found["state"] == "done" else found["message"]
