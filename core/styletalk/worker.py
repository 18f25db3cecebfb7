# SPDX-License-Identifier: Apache-2.0
"""The child process of the Blender add-on: requests and answers as JSON lines, arrays through `.npz` files.

In:  {"id": 1, "type": "animate", "audio": ..., "output": ..., "style": ..., ...}, {"type": "shutdown"} or end of input.
Out: {"id": null, "type": "ready", "protocol": 1, ...}, then for each request `progress` …, and `result` or `error`.
"""

import json
import os
import sys
import traceback
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, TextIO

from . import __version__
from .api import AnimationRequest, animate
from .errors import StyleTalkError

PROTOCOL_VERSION = 1
_PATH_FIELDS = ("audio", "phonemes", "checkpoint")


def main() -> int:
    """Serve requests until `shutdown` or end of input."""
    protocol = _claim_stdout()
    _send(
        protocol,
        {"id": None, "type": "ready", "protocol": PROTOCOL_VERSION, "version": __version__, "pid": os.getpid()},
    )
    for line in sys.stdin:
        if not line.strip():
            continue
        message = _message(line)
        if message is None:
            _send(
                protocol,
                {
                    "id": None,
                    "type": "error",
                    "kind": "ProtocolError",
                    "message": "That line is not a JSON object.",
                    "traceback": None,
                },
            )
            continue
        if message.get("type") == "shutdown":
            break
        _send(protocol, answer(message, protocol))
    return 0


def _message(line: str) -> dict[str, Any] | None:
    """The JSON object of a line, or None where it holds none."""
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def answer(message: Mapping[str, Any], protocol: TextIO) -> dict[str, Any]:
    """Do what one message asks; return the closing `result` or `error` message."""
    identity = message.get("id")

    def tell(fraction: float, stage: str) -> None:
        _send(protocol, {"id": identity, "type": "progress", "fraction": round(fraction, 4), "stage": stage})

    try:
        if message.get("type") != "animate":
            raise StyleTalkError(
                f"The worker does not know {message.get('type')!r}. Update the add-on and its worker together."
            )
        animation = animate(request_from(message), tell)
        output = Path(message["output"])
        animation.save(output)
        return {
            "id": identity,
            "type": "result",
            "output": str(output),
            "rows": len(animation),
            "note": animation.metadata["note"],
        }
    except StyleTalkError as error:
        return _failure(identity, type(error).__name__, str(error), None)
    except Exception as error:
        sentence = (
            f"The worker failed unexpectedly ({type(error).__name__}: {error}). Copy the report and send it to us."
        )
        return _failure(identity, type(error).__name__, sentence, traceback.format_exc())


def request_from(message: Mapping[str, Any]) -> AnimationRequest:
    """The request that a message carries; names we do not know are left out, so that an older worker still serves."""
    known = {field.name for field in fields(AnimationRequest)}
    values: dict[str, Any] = {name: value for name, value in message.items() if name in known and value is not None}
    paths = {name: Path(values[name]) for name in _PATH_FIELDS if name in values}
    return AnimationRequest(**{**values, **paths})


def _failure(identity: Any, kind: str, sentence: str, trace: str | None) -> dict[str, Any]:
    return {"id": identity, "type": "error", "kind": kind, "message": sentence, "traceback": trace}


def _claim_stdout() -> TextIO:
    """Keep stdout for the protocol; what libraries print goes to stderr."""
    protocol = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return protocol


def _send(protocol: TextIO, message: Mapping[str, Any]) -> None:
    protocol.write(json.dumps(message) + "\n")
    protocol.flush()


if __name__ == "__main__":
    sys.exit(main())
