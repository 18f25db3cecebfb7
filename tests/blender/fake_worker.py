# SPDX-License-Identifier: GPL-3.0-or-later
"""A worker that speaks the protocol and computes nothing: it hands out the animation of FAKE_ANIMATION, as a
style too, and WORDS.

FAKE_BEHAVIOUR says how it fails: missing, scanned, silent, unreading, newer, old_numpy and babbling from the start,
BEHAVIOURS at a request; by default it does not. A request for a sound named after a behaviour (slow.wav) gets that one.
"""

import json
import os
import re
import shutil
import signal
import sys
import time
from pathlib import Path

PROTOCOL_VERSION = 2
PACKAGE = Path(__file__).resolve().parents[2] / "core" / "styletalk" / "__init__.py"
VERSION = re.search(r'__version__ = "(.+)"', PACKAGE.read_text())[1]
SLOW_S = 60.0
WORDS = "It is 5 o'clock.\nGood morning, naïve world!\n"
PASS_FRAMES = 5
PIXEL = (
    "89504e470d0a1a0a0000000d49484452000000010000000108020000009077"
    "53de0000000c49444154789c63606060000000040001f61738550000000049454e44ae426082"
)
"""A PNG."""
DOUBT = "Between 1 and 2 s the transcript is not what is said."


def say(**message: object) -> None:
    print(json.dumps(message), flush=True)


def main() -> int:
    behaviour = os.environ.get("FAKE_BEHAVIOUR", "")
    if behaviour == "missing":
        print("ModuleNotFoundError: No module named 'numpy'", file=sys.stderr)
        return 1
    if behaviour == "scanned":
        killed(0)
    if behaviour == "silent":
        time.sleep(SLOW_S)
    while behaviour == "babbling":
        print("y", flush=True)
    print("Blender 9.9.9 says its version before the worker says anything", flush=True)
    version = "9.9.9" if behaviour == "newer" else VERSION
    numpy = "1.19.5" if behaviour == "old_numpy" else "1.26.4"
    note = os.environ.get("FAKE_NOTE", "")
    say(id=None, type="ready", protocol=PROTOCOL_VERSION, version=version, pid=os.getpid(), numpy=numpy, note=note)
    if behaviour == "unreading":
        time.sleep(SLOW_S)
    while line := sys.stdin.readline():
        message = json.loads(line)
        if message["type"] == "shutdown":
            break
        if message["type"] in ("animate", "recognise", "suggest", "track", "style_from", "pass"):
            asked = message.get("request", message)
            named = Path(asked.get("film") or asked.get("photo") or asked["audio"]).stem
            answer(message, named if named in BEHAVIOURS else behaviour)
    return 0


def answer(message: dict, behaviour: str) -> None:
    identity = message["id"]
    say(id=identity, type="progress", fraction=0.5, stage="pretending")
    if behaviour in BEHAVIOURS and BEHAVIOURS[behaviour](identity):
        return
    if "FAKE_REQUEST" in os.environ:
        Path(os.environ["FAKE_REQUEST"]).write_text(json.dumps(message))
    if message["type"] == "recognise":
        Path(message["output"]).write_text(WORDS, encoding="utf-8")
    elif message["type"] == "suggest":
        Path(message["output"]).write_text(json.dumps([["happy", 0.4], ["excited", 0.3], ["neutral", 0.1]]))
    elif message["type"] == "pass":
        write_pass(message)
    else:
        shutil.copyfile(os.environ["FAKE_ANIMATION"], message["output"])
    say(id=identity, type="result", output=message["output"], rows=45, note=DOUBT if behaviour == "doubtful" else "")


def write_pass(message: dict) -> None:
    """PASS_FRAMES pictures of one pixel, the first of which is shown three frames before the sound begins."""
    frames, first = Path(message["frames"]), message["options"].get("first", 1)
    files = [frames.name.replace("####", f"{first + n:04}") for n in range(PASS_FRAMES)]
    for name in files:
        (frames.parent / name).write_bytes(bytes.fromhex(PIXEL))
    said = {"folder": str(frames.parent), "files": files, "first": first, "first_frame": -3, "made": 4, "kept": 1}
    Path(message["output"]).write_text(json.dumps(said))


def error(identity: int) -> bool:
    sentence = "The sound is silent. Choose another."
    say(id=identity, type="error", kind="AudioError", message=sentence, traceback=None)
    return True


def lacking(identity: int) -> bool:
    sentence = "Numbers in a transcript need the package num2words. Install it with `pip install num2words`."
    say(id=identity, type="error", kind="MissingPackageError", message=sentence, traceback=None)
    return True


def doubtful(identity: int) -> bool:
    """Does what it was asked, and has something to say of it."""
    return False


def refuse(identity: int) -> bool:
    """Does not take the line for a request."""
    say(id=None, type="error", kind="ProtocolError", message="The request is too long.", traceback=None)
    return True


def crash(identity: int) -> bool:
    print("Segmentation fault, or so", file=sys.stderr, flush=True)
    return vanish(identity)


def vanish(identity: int) -> bool:
    os._exit(3)


def killed(identity: int) -> bool:
    """As by a virus scanner."""
    os.kill(os.getpid(), signal.SIGKILL)
    return True


def chatter(identity: int) -> bool:
    """Writes to the log, and does what it was asked."""
    print("ModuleNotFoundError: No module named 'torch', which does not matter", file=sys.stderr, flush=True)
    return False


def garbage(identity: int) -> bool:
    print("Hello, this is not JSON", flush=True)
    return slow(identity)


def slow(identity: int) -> bool:
    """Hears of no cancel for as long as it works."""
    time.sleep(SLOW_S)
    return False


def deaf(identity: int) -> bool:
    """Nor can it be asked by the system to end."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    say(id=identity, type="progress", fraction=0.6, stage="deaf")
    return slow(identity)


def patient(identity: int) -> bool:
    """Works until it is cancelled."""
    wait_for_cancel(identity)
    say(id=identity, type="error", kind="Cancelled", message="Cancelled.", traceback=None)
    return True


def late(identity: int) -> bool:
    """Is done before it hears of the cancel."""
    wait_for_cancel(identity)
    return False


def wait_for_cancel(identity: int) -> None:
    while json.loads(sys.stdin.readline()) != {"type": "cancel", "id": identity}:
        pass


BEHAVIOURS = {
    each.__name__: each
    for each in (error, lacking, doubtful, refuse, crash, vanish, killed, chatter, garbage, slow, deaf, patient, late)
}
"""By name; whether the request is answered."""

if __name__ == "__main__":
    sys.exit(main())
