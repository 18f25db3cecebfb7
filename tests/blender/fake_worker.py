# SPDX-License-Identifier: GPL-3.0-or-later
"""A worker that speaks the protocol and computes nothing: it hands out the animation named in FAKE_ANIMATION.

FAKE_BEHAVIOUR says how it fails: error, crash, missing, garbage, silent, slow, deaf, newer; by default it does not.
"""

import json
import os
import shutil
import signal
import sys
import time

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
    say(id=None, type="ready", protocol=2 if behaviour == "newer" else 1, version="fake", device="cpu")
    for line in sys.stdin:
        request = json.loads(line)
        if request["type"] == "shutdown":
            break
        answer(request, behaviour)
    return 0


def answer(request: dict, behaviour: str) -> None:
    identity = request["id"]
    say(id=identity, type="progress", fraction=0.5, stage="pretending")
    if behaviour == "crash":
        print("Segmentation fault, or so", file=sys.stderr, flush=True)
        os._exit(3)
    if behaviour == "garbage":
        print("Hello, this is not JSON", flush=True)
        time.sleep(SLOW_S)
    if behaviour in ("slow", "deaf"):
        if behaviour == "deaf":
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            say(id=identity, type="progress", fraction=0.6, stage="deaf")
        time.sleep(SLOW_S)
    if behaviour == "error":
        say(
            id=identity, type="error", kind="AudioError", message="The sound is silent. Choose another.", traceback=None
        )
        return
    shutil.copyfile(os.environ["FAKE_ANIMATION"], request["output"])
    if "FAKE_REQUEST" in os.environ:
        with open(os.environ["FAKE_REQUEST"], "w") as stream:
            json.dump(request, stream)
    say(id=identity, type="result", output=request["output"], note="")


if __name__ == "__main__":
    sys.exit(main())
