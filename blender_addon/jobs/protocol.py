# SPDX-License-Identifier: GPL-3.0-or-later
"""One line of the worker's protocol: a JSON object with a `type`, and an `id` where it answers a request."""

import json
from dataclasses import asdict, dataclass
from typing import Any

PROTOCOL_VERSION = 2


class ProtocolError(Exception):
    """A line that no StyleTalk worker writes."""


@dataclass(frozen=True)
class AnimateRequest:
    """What the worker is asked for; names as in `styletalk.api.AnimationRequest`, and `output` is the .npz."""

    audio: str
    output: str
    style: str = "neutral"
    intensity: float = 1.0
    transcript: str | None = None
    phonemes: str | None = None
    pose: str = "auto"
    seed: int = 0
    sync_offset_ms: float = 0.0
    checkpoint: str | None = None
    engine: str = "auto"
    device: str = "auto"
    raw: bool = False


@dataclass(frozen=True)
class Ready:
    """The worker is up. `device` says where it computes, or is empty."""

    version: str
    device: str


@dataclass(frozen=True)
class Progressed:
    """How far the job is, 0..1, and a short phrase for what is being done."""

    fraction: float
    stage: str


@dataclass(frozen=True)
class Finished:
    """The animation lies in `output`. `note` is a sentence for the user, or empty."""

    output: str
    note: str


@dataclass(frozen=True)
class Failed:
    """The job failed. `message` is one sentence for the user; `report` is for whoever looks into it."""

    kind: str
    message: str
    report: str


Message = Ready | Progressed | Finished | Failed


def request_line(identity: int, request: AnimateRequest) -> str:
    """The line that asks for an animation."""
    fields = {name: value for name, value in asdict(request).items() if value is not None}
    output = fields.pop("output")
    return json.dumps({"id": identity, "type": "animate", "request": fields, "output": output}) + "\n"


def shutdown_line() -> str:
    """The line that ends the worker."""
    return json.dumps({"type": "shutdown"}) + "\n"


def parse(line: str) -> Message:
    """What a line of the worker says. Raises ProtocolError for anything that is not of this protocol."""
    try:
        fields = json.loads(line)
        return _READERS[fields["type"]](fields)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ProtocolError(f"not a worker's message: {line.strip()[:120]!r}") from error


def _ready(fields: dict[str, Any]) -> Message:
    if fields["protocol"] != PROTOCOL_VERSION:
        sentence = (
            f"The worker speaks protocol {fields['protocol']}, this add-on {PROTOCOL_VERSION}. "
            "Install the add-on and the styletalk package from the same release."
        )
        return Failed("ProtocolError", sentence, "")
    return Ready(str(fields.get("version", "")), str(fields.get("device", "")))


def _progressed(fields: dict[str, Any]) -> Message:
    return Progressed(min(1.0, max(0.0, float(fields["fraction"]))), str(fields["stage"]))


def _finished(fields: dict[str, Any]) -> Message:
    return Finished(str(fields["output"]), str(fields.get("note") or ""))


def _failed(fields: dict[str, Any]) -> Message:
    return Failed(str(fields["kind"]), str(fields["message"]), str(fields.get("traceback") or ""))


_READERS = {"ready": _ready, "progress": _progressed, "result": _finished, "error": _failed}
