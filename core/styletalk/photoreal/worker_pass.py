# SPDX-License-Identifier: Apache-2.0
"""A pass that is asked for in a message: a sequence of pictures, and a JSON file that says where they are."""

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import RequestError
from ..files.writing import written_whole
from ..progress import Progress
from .film_pass import PassRequest, render_pass
from .renderers import PassOptions
from .sequence import FrameSequence

_RENDERING: dict[str, type | tuple[type, ...]] = {
    "renderer": str, "checkpoint": str, "size": int, "background": str, "mouth_offset_mm": (int, float),
    "mouth_amount": (int, float), "batch": int, "device": str,
}  # fmt: skip
"""Fields of PassOptions."""
_OTHERS: dict[str, type | tuple[type, ...]] = {"fps": (int, float), "first": int, "last": int, "watermark": str}


def request_of(animation: str, photo: str, frames: str, options: Mapping[str, Any]) -> PassRequest:
    """The request of a message's fields; what `options` does not name has its default. Raises RequestError,
    RenderError, OutputError."""
    FrameSequence.of(Path(frames))
    for name, value in options.items():
        kind = _RENDERING.get(name) or _OTHERS.get(name)
        if kind is None:
            raise RequestError(f"There is no option {str(name)[:40]!r}. Use the same release on both sides.")
        if not isinstance(value, kind) or isinstance(value, bool):
            raise RequestError(f"The option {name} of a pass is not what it must be.")
    given = {name: value for name, value in options.items() if name in _RENDERING}
    if "checkpoint" in given:
        given["checkpoint"] = Path(given["checkpoint"])
    request = PassRequest(
        Path(animation), Path(photo), Path(frames), PassOptions(**given), float(options.get("fps", 30.0)),
        watermark=options.get("watermark", ""),
    )  # fmt: skip
    if ("first" in options) != ("last" in options):
        raise RequestError("A range of frames needs both first and last.")
    return dataclasses.replace(request, frames=(options["first"], options["last"])) if "first" in options else request


def write_pass(request: PassRequest, output: Path, progress: Progress) -> tuple[int, str]:
    """Render the pictures, then write where they are; return how many there are, and a note."""
    notes: list[str] = []
    report = render_pass(request, progress, notes.append)
    sequence = FrameSequence.of(request.output)
    files = [sequence.path(number).name for number in range(report.first, report.last + 1)]
    said = {
        "folder": str(sequence.folder), "files": files, "first": report.first, "first_frame": report.first_frame,
        "made": report.made, "kept": report.kept,
    }  # fmt: skip
    with written_whole(output) as temporary:
        temporary.write_text(json.dumps(said), encoding="utf-8")
    return len(files), " ".join(notes)
