# SPDX-License-Identifier: Apache-2.0
"""Damaged messages for one worker: `python tests/fuzz/messages.py --inputs 10000`.

The promise: each line that asks for something is answered once, with a result or one line of at most 300 characters and
no traceback; the worker stays below 1 GB and lives, whatever came before.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))
from mutate import edit_bytes
from run import MAX_BYTES, MAX_SENTENCE
from text_edits import RAW_JSON, edit_json

PROBE = 10**9
ANSWER_S = 120.0
BATCH = 40
RAW_LINES = (
    b"", b"   ", b"\xff\xfe{", b"\0", b"[" * 5000, b'{"a":' * 100_000, b"x" * 4_100_000, b'{"type": "animate"}',
    b"null", b'{"type": "cancel"}', b'{"type": ["animate"]}', b"\xef\xbb\xbf{}", *(raw.encode() for raw in RAW_JSON),
)  # fmt: skip


class Conversation:
    """A worker, and what it has said."""

    def __init__(self, folder: Path) -> None:
        self.log = (folder / "worker.log").open("w+b")
        command = [sys.executable, "-m", "styletalk.worker"]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, cwd=folder
        )
        self.answers: SimpleQueue[dict[str, Any] | None] = SimpleQueue()
        threading.Thread(target=self._listen, daemon=True).start()
        self.answers.get(timeout=ANSWER_S)  # ready

    def _listen(self) -> None:
        for line in self.process.stdout:  # type: ignore[union-attr]
            self.answers.put(json.loads(line))
        self.answers.put(None)

    def say(self, line: bytes) -> None:
        self.process.stdin.write(line + b"\n")  # type: ignore[union-attr]
        self.process.stdin.flush()  # type: ignore[union-attr]

    def ended(self) -> "list[dict[str, Any]]":
        """The answers that end something, up to that to a probe. Raises AssertionError where it does not come."""
        self.say(
            json.dumps({"type": "animate", "id": PROBE, "request": {"audio": "absent.wav"}, "output": "x.npz"}).encode()
        )
        found: list[dict[str, Any]] = []
        while not found or found[-1]["id"] != PROBE:
            try:
                answer = self.answers.get(timeout=ANSWER_S)
            except Empty:
                raise AssertionError("the worker does not answer any more") from None
            assert answer is not None, f"the worker ended: {self.log_end()}"
            if answer["type"] != "progress":
                found.append(answer)
        return found[:-1]

    def log_end(self) -> str:
        self.log.seek(0)
        return self.log.read()[-500:].decode("utf-8", "replace")

    def peak_bytes(self) -> int:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) << 10


def line_of(identity: int, rng: random.Random, folder: Path) -> bytes:
    """A message, whole or damaged."""
    if rng.random() < 0.15:
        return rng.choice(RAW_LINES)
    sound = rng.choice(("line.wav", "absent.wav", "absent.wav", "absent.wav", ".", "null"))
    request = {
        "audio": str(folder / sound), "phonemes": str(folder / "line.tsv"), "engine": "numpy", "style": "happy",
        "seed": 3, "intensity": 1.0, "pose": "none", "raw": True, "blinks": True, "sync_offset_ms": 0.0,
    }  # fmt: skip
    output = rng.choice([folder / name for name in ("out.npz", "line.wav", ".", "null", "absent/out.npz")])
    message = {"type": "animate", "id": identity, "request": request, "output": str(output)}
    if rng.random() < 0.2:
        message = {"type": "recognise", "id": identity, "audio": request["audio"], "output": f"{output}.txt"}
    if rng.random() < 0.2:
        files = {"animation": request["phonemes"], "photo": request["audio"], "frames": f"{folder / 'frames'}_##.png"}
        options = {"size": 64, "background": "#102030", "fps": 25.0, "first": 1, "last": 2, "mouth_amount": 1.0}
        message = {"type": "pass", "id": identity, **files, "options": options, "output": f"{output}.json"}
    if rng.random() < 0.2:
        message = {"type": "cancel", "id": rng.choice((identity - 1, identity - 3, -1, 10**400, 1.5))}
    content = json.dumps(message).encode()
    for _ in range(rng.choice((0, 1, 1, 2))):
        try:
            content = edit_json(content, rng) if rng.random() < 0.85 else edit_bytes(content, rng)
        except (ValueError, RecursionError, IndexError, TypeError):
            content = edit_bytes(content, rng)
    return content.replace(b"\n", b" ").replace(b"shutdown", b"shut")


def expected(line: bytes) -> "tuple[int, int]":
    """How many answers a line may have: a cancel has none, or one where something is wrong with it."""
    if not line.strip():
        return 0, 0
    try:
        return (0, 1) if json.loads(line)["type"] == "cancel" else (1, 1)
    except (ValueError, KeyError, TypeError, RecursionError, IndexError):
        return 1, 1


def wrong_with(answers: "list[dict[str, Any]]") -> "list[str]":
    """What is wrong with answers that end something."""
    found = []
    for answer in answers:
        said = answer.get("message", ".")
        if answer.get("traceback") or "unexpected" in said.lower():
            found.append(f"unexpected {answer['kind']}: {said[:150]}")
        elif not said.isprintable() or len(said) > MAX_SENTENCE:
            found.append(f"{answer['kind']} is no line of {MAX_SENTENCE} characters: {said[:150]!a}")
    return found


def fuzz(seed: int, inputs: int, folder: Path) -> "tuple[Counter[str], list[str]]":
    """(answers by kind, what fell)."""
    import soundfile

    from styletalk.demo import LINE

    soundfile.write(folder / "line.wav", *soundfile.read(LINE, frames=6000))
    os.mkfifo(folder / "null")  # stands for a device: a fault must not cost the machine its own
    (folder / "line.tsv").write_text("0.00\tX\n0.05\tD\n0.30\tX\n")
    rng, worker, fell, kinds = random.Random(f"messages:{seed}"), Conversation(folder), [], Counter()
    sound = (folder / "line.wav").read_bytes()
    for start in range(0, inputs, BATCH):
        lines = [line_of(start + k, rng, folder) for k in range(min(BATCH, inputs - start))]
        for line in lines:
            worker.say(line)
        answers = worker.ended()
        least, most = (sum(counts) for counts in zip(*map(expected, lines), strict=True))
        if not least <= len(answers) <= most:
            fell.append(f"lines {start} to {start + len(lines)}: {len(answers)} answers, not {least} to {most}")
        if not (folder / "null").is_fifo():
            fell.append(f"lines {start} to {start + len(lines)}: a device was replaced")
            (folder / "null").unlink()
            os.mkfifo(folder / "null")
        if (folder / "line.wav").read_bytes() != sound:
            fell.append(f"lines {start} to {start + len(lines)}: the sound was overwritten")
            (folder / "line.wav").write_bytes(sound)
        fell += [f"lines {start} to {start + len(lines)}: {what}" for what in wrong_with(answers)]
        kinds.update(answer.get("kind", answer["type"]) for answer in answers)
    if worker.peak_bytes() > MAX_BYTES:
        fell.append(f"the worker took {worker.peak_bytes() >> 20} MiB")
    worker.say(b'{"type": "shutdown"}')
    if worker.process.wait(ANSWER_S) != 0:
        fell.append(f"the worker ended with {worker.process.returncode}")
    return kinds, fell + [f"left behind: {path.name}" for path in folder.glob(".*")]


def main() -> int:
    """The command line; 1 where a message fell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        kinds, fell = fuzz(options.seed, options.inputs, Path(folder))
    answers = ", ".join(f"{number} {kind}" for kind, number in kinds.most_common())
    print(f"{options.inputs} messages, {len(fell)} fell. Answers: {answers}")
    print(*(f"    {count} × {what}" for what, count in Counter(fell).most_common(20)), sep="\n")
    return 1 if fell else 0


if __name__ == "__main__":
    sys.exit(main())
