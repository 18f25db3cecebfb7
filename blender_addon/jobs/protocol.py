# SPDX-License-Identifier: GPL-3.0-or-later
"""The client's side of docs/protocol.md: the lines that are sent, and what the worker's lines say."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..styletalk import __version__
from ..styletalk.request import AnimationRequest
from ..styletalk.worker import PROTOCOL_VERSION

OLDEST_NUMPY, TOO_NEW_NUMPY = (1, 22), (3, 0)


class ProtocolError(Exception):
    """A line that no StyleTalk worker writes."""


@dataclass(frozen=True)
class WordsRequest:
    """Asks for the English words of a sound, as a text file."""

    audio: Path


@dataclass(frozen=True)
class SuggestRequest:
    """Asks for the presets that a sound may want, as a JSON file. transcript: what is said, where that is known."""

    audio: Path
    transcript: str | None = None


@dataclass(frozen=True)
class FilmRequest:
    """Asks for the face in a film as an animation, or, with a name, as a style.

    options: see `track` in docs/protocol.md.
    """

    film: Path
    options: Mapping[str, Any]
    name: str | None = None


@dataclass(frozen=True)
class PassRequest:
    """Asks for a photoreal pass as a sequence of pictures, and a JSON file that says where they are.

    frames: the pattern of their files. options: see `pass` in docs/protocol.md.
    """

    animation: Path
    photo: Path
    frames: Path
    options: Mapping[str, Any]


Request = AnimationRequest | WordsRequest | SuggestRequest | FilmRequest | PassRequest


@dataclass(frozen=True)
class Ready:
    """The worker is up. note: a sentence for the user about its Python, or ""."""

    note: str = ""


@dataclass(frozen=True)
class Refused:
    """A worker that cannot be used: why, in a few words."""

    reason: str


@dataclass(frozen=True)
class Progressed:
    """How far the request with this number is, 0..1, and a short phrase for what is being done."""

    identity: int
    fraction: float
    stage: str


@dataclass(frozen=True)
class Finished:
    """What was asked for lies in `output`. `note` is a sentence for the user, or empty."""

    identity: int
    output: str
    note: str


@dataclass(frozen=True)
class Failed:
    """A request failed. `message` is for the user as it stands; `report` is for whoever looks into it.

    identity: of the request, None where the failure is the worker's own or that of a line it could not read.
    """

    kind: str
    message: str
    report: str = ""
    identity: int | None = None


Message = Ready | Refused | Progressed | Finished | Failed


def request_line(identity: int, request: Request, output: Path) -> str:
    """The line that asks for an animation, words, a style, suggestions or a pass, to be written to `output`."""
    if isinstance(request, PassRequest):
        files = {name: str(getattr(request, name)) for name in ("animation", "photo", "frames")}
        return line(type="pass", id=identity, **files, options=dict(request.options), output=str(output))
    if isinstance(request, FilmRequest):
        asked = {"film": str(request.film), "options": dict(request.options), "output": str(output)}
        named = {"type": "track"} if request.name is None else {"type": "style_from", "name": request.name}
        return line(id=identity, **named, **asked)
    if isinstance(request, WordsRequest):
        return line(type="recognise", id=identity, audio=str(request.audio), output=str(output))
    if isinstance(request, SuggestRequest):
        said = {} if request.transcript is None else {"transcript": request.transcript}
        return line(type="suggest", id=identity, audio=str(request.audio), **said, output=str(output))
    return line(type="animate", id=identity, request=request.as_values(), output=str(output))


def line(**fields: Any) -> str:
    """A message as a line: `type="cancel", id=…` for a request, `type="shutdown"` once all before is answered."""
    return json.dumps(fields) + "\n"


def parse(said: str) -> Message:
    """What a line of the worker says. Raises ProtocolError for anything that is not of this protocol."""
    try:
        fields = json.loads(said)
        return _READERS[fields["type"]](fields)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ProtocolError(f"not a worker's message: {said.strip()[:120]!r}") from error


def _ready(fields: dict[str, Any]) -> Message:
    ours = {"protocol": PROTOCOL_VERSION, "version": __version__}
    for name, value in ours.items():
        if fields[name] != value:
            return Refused(f"its worker has {name} {fields[name]}, this add-on {value}")
    numpy = str(fields["numpy"])
    if not OLDEST_NUMPY <= tuple(map(int, numpy.split(".")[:2])) < TOO_NEW_NUMPY:
        return Refused(f"its NumPy is {numpy}, and 1.22 to 2.x are needed")
    return Ready(str(fields.get("note") or ""))


def _progressed(fields: dict[str, Any]) -> Message:
    return Progressed(int(fields["id"]), min(1.0, max(0.0, float(fields["fraction"]))), str(fields["stage"]))


def _finished(fields: dict[str, Any]) -> Message:
    return Finished(int(fields["id"]), str(fields["output"]), str(fields.get("note") or ""))


def _failed(fields: dict[str, Any]) -> Message:
    identity = fields["id"] if fields["id"] is None else int(fields["id"])
    return Failed(str(fields["kind"]), str(fields["message"]), str(fields.get("traceback") or ""), identity)


_READERS = {"ready": _ready, "progress": _progressed, "result": _finished, "error": _failed}
