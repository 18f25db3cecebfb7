# SPDX-License-Identifier: GPL-3.0-or-later
"""A worker that speaks the protocol and computes nothing: it hands out the animation named in FAKE_ANIMATION.

FAKE_BEHAVIOUR says how it fails: missing, silent and newer from the start; error, crash, garbage, slow, deaf, patient
at a request; by default it does not. A request for a sound named after a behaviour (slow.wav) gets that one.
"""

import json
import os
import shutil
import signal
import sys
import time
from pathlib import Path

PROTOCOL_VERSION = 2
SLOW_S = 60.0


def say(**message: object) -> None:
    print(json.dumps(message), flush=True)


def main() -> int:
    behaviour = os.environ.get("FAKE_BEHAVIOUR", "")
    if behaviour == "missing":
        print("ModuleNotFoundError: No module named 'numpy'", file=sys.stderr)
        return 1
    if behaviour == "silent":
        time.sleep(SLOW_S)
    protocol = PROTOCOL_VERSION + (behaviour == "newer")
    say(id=None, type="ready", protocol=protocol, version="fake", pid=os.getpid())
    while line := sys.stdin.readline():
        message = json.loads(line)
        if message["type"] == "shutdown":
            break
        if message["type"] == "animate":
            named = Path(message["request"]["audio"]).stem
            answer(message, named if named in BEHAVIOURS else behaviour)
    return 0


def answer(message: dict, behaviour: str) -> None:
    identity = message["id"]
    say(id=identity, type="progress", fraction=0.5, stage="pretending")
    if behaviour in BEHAVIOURS:
        BEHAVIOURS[behaviour](identity)
        return
    if "FAKE_REQUEST" in os.environ:
        Path(os.environ["FAKE_REQUEST"]).write_text(json.dumps(message))
    shutil.copyfile(os.environ["FAKE_ANIMATION"], message["output"])
    say(id=identity, type="result", output=message["output"], rows=45, note="")


def error(identity: int) -> None:
    sentence = "The sound is silent. Choose another."
    say(id=identity, type="error", kind="AudioError", message=sentence, traceback=None)


def crash(identity: int) -> None:
    print("Segmentation fault, or so", file=sys.stderr, flush=True)
    os._exit(3)


def garbage(identity: int) -> None:
    print("Hello, this is not JSON", flush=True)
    time.sleep(SLOW_S)


def slow(identity: int) -> None:
    """Hears of no cancel for as long as it works."""
    time.sleep(SLOW_S)


def deaf(identity: int) -> None:
    """Nor can it be asked by the system to end."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    say(id=identity, type="progress", fraction=0.6, stage="deaf")
    time.sleep(SLOW_S)


def patient(identity: int) -> None:
    """Works until it is cancelled."""
    while json.loads(sys.stdin.readline()) != {"type": "cancel", "id": identity}:
        pass
    say(id=identity, type="error", kind="Cancelled", message="Cancelled.", traceback=None)


BEHAVIOURS = {each.__name__: each for each in (error, crash, garbage, slow, deaf, patient)}

if __name__ == "__main__":
    sys.exit(main())
