# SPDX-License-Identifier: Apache-2.0
"""The worker speaks JSON lines and nothing else, answers every request, and goes when its parent goes."""

import contextlib
import errno
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from styletalk import worker as worker_module
from styletalk.animation import FaceAnimation
from styletalk.speech.audio.sound_file import load_audio
from styletalk.speech.formats.alignment_files import write_textgrid
from styletalk.speech.track import phoneme_track
from styletalk.worker import MAX_LINE_BYTES, MAX_WHOLE_NUMBER, Worker

ROOT = Path(__file__).resolve().parents[1]
LINE = ROOT / "core" / "styletalk" / "demo" / "line.wav"
WORDS = LINE.with_suffix(".txt").read_text()
COMMAND = [sys.executable, "-m", "styletalk.worker"]
MAX_GROWTH_BYTES = 8 << 20
SHUTDOWN = {"type": "shutdown"}


def encoded(line: dict | str | bytes) -> bytes:
    if isinstance(line, dict):
        line = json.dumps(line)
    return (line if isinstance(line, bytes) else line.encode()) + b"\n"


def converse(*requests: dict | str | bytes) -> list[dict]:
    """All that a worker says to these lines, until it is told to end."""
    lines = b"".join(map(encoded, (*requests, SHUTDOWN)))
    done = subprocess.run(COMMAND, input=lines, capture_output=True, timeout=120, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def asked(identity: int, output: Path, **request) -> dict:
    return {"id": identity, "type": "animate", "request": request, "output": str(output)}


def asked_for(**values) -> dict:
    return asked(1, Path("o.npz"), audio=str(LINE), **values)


@contextlib.contextmanager
def talking() -> Iterator[tuple[Callable[[dict], None], Callable[[], dict], int]]:
    """A worker that is ready: say a message to it, have its next answer that is no progress; and its process."""
    with subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT) as worker:

        def say(message: dict) -> None:
            worker.stdin.write(encoded(message))
            worker.stdin.flush()

        def answer() -> dict:
            while (message := json.loads(worker.stdout.readline()))["type"] == "progress":
                pass
            return message

        assert answer()["pid"] == worker.pid
        yield say, answer, worker.pid
        say(SHUTDOWN)


def test_a_request_is_answered_with_progress_and_a_file(tmp_path):
    request = asked(7, tmp_path / "out.npz", audio=str(LINE), transcript=WORDS, style="sad")
    ready, *progress, result = converse(request)
    assert ready["type"] == "ready" and ready["protocol"] == 2
    assert progress and all(message["type"] == "progress" and message["id"] == 7 for message in progress)
    fractions = [message["fraction"] for message in progress]
    assert fractions == sorted(fractions) and fractions[0] == 0.0 and fractions[-1] == 1.0
    assert result["type"] == "result" and result["id"] == 7
    assert len(FaceAnimation.load(tmp_path / "out.npz")) == result["rows"]


def test_a_bad_request_is_one_sentence_and_the_worker_lives_on(tmp_path):
    answers = converse(
        asked(1, tmp_path / "o.npz", audio=str(tmp_path / "no.wav")),
        asked(3, tmp_path / "nowhere" / "o.npz", audio=str(LINE)),
        asked(4, tmp_path / "o.npz", audio=str(LINE), raw="false"),
        asked(5, tmp_path / "o.npz", audio=str(LINE), colour="red"),
        asked(6, Path(), audio=str(LINE)),
        asked(7, tmp_path / "o.npz", audio=str(LINE), seed=MAX_WHOLE_NUMBER),
    )  # fmt: skip
    errors = {message["id"]: message for message in answers if message["type"] == "error"}
    assert {identity: message["kind"] for identity, message in errors.items()} == {
        1: "AudioError", 3: "OutputError", 4: "RequestError", 5: "RequestError", 6: "OutputError", 7: "RequestError",
    }  # fmt: skip
    assert "no.wav" in errors[1]["message"] and "true or false" in errors[4]["message"]
    assert all(message["traceback"] is None for message in errors.values())


UNUSABLE = {
    "a list deep in a list": '"style": ' + "[" * 900 + "]" * 900,
    "an object": '"audio": {"a": 1}',
    "nothing": '"audio": null',
    "nothing for a word": '"engine": null',
    "text for a switch": '"raw": "false"',
    "a number for a switch": '"blinks": 1',
    "not a number": '"intensity": NaN',
    "infinity": '"sync_offset_ms": Infinity',
    "more than there is": '"intensity": 1e999',
    "a fraction": '"seed": 1.5',
    "a field that is none": '"colour": "red"',
    "a long name": f'"engine": "{"x" * 100_000}"',
}


@pytest.mark.parametrize(
    "output", ["o.npz", "sound.flac", "link.npz", "folder", "pipe", "nowhere/o.npz", "x" * 300, "\ud800"]
)
def test_an_output_that_cannot_be_written_is_answered_while_another_request_is_worked_on(tmp_path, output):
    """So are fields that cannot be used. The request that is worked on ends afterwards, as it should."""
    shutil.copyfile(LINE, tmp_path / "sound.flac")
    (tmp_path / "link.npz").symlink_to("sound.flac")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    good = asked(1, tmp_path / "good.npz", audio=str(LINE), transcript=WORDS)
    bad = asked(2, tmp_path / output, audio=str(tmp_path / "sound.flac"))
    if output == "o.npz":
        bad["request"]["intensity"] = "much"
    _, *answers = converse(good, bad)
    ends = [(each["id"], each["type"], each.get("kind")) for each in answers if each["type"] != "progress"]
    kind = "RequestError" if output == "o.npz" else "OutputError"
    assert ends == [(2, "error", kind), (1, "result", None)]
    assert (tmp_path / "sound.flac").read_bytes() == LINE.read_bytes()


@pytest.fixture(scope="module")
def answers_to_unusable() -> dict[int, dict]:
    lines = []
    for number, field in enumerate(UNUSABLE.values()):
        sound = "" if "audio" in field else f'"audio": {json.dumps(str(LINE))}, '
        lines.append(f'{{"type": "animate", "id": {number}, "output": "/tmp/o.npz", "request": {{{sound}{field}}}}}')
    return {each["id"]: each for each in converse(*lines) if each["type"] == "error"}


@pytest.mark.parametrize("number", range(len(UNUSABLE)), ids=UNUSABLE)
def test_a_field_that_cannot_be_used_is_one_sentence_under_the_number_of_its_request(answers_to_unusable, number):
    answer = answers_to_unusable[number]
    assert (answer["kind"], answer["traceback"]) == ("RequestError", None)
    assert answer["message"].endswith(".") and len(answer["message"]) < 300


@pytest.mark.parametrize("name", ["worker_deep.jsonl", "worker_utf8.jsonl"])
def test_lines_that_ended_a_former_worker_are_answered(shared_dir, name):
    lines = (shared_dir / "data" / "damaged" / name).read_bytes().splitlines()
    _, *answers = converse(*lines)
    assert answers and all(each["type"] == "error" and each["traceback"] is None for each in answers)


FAILURES = {
    "MemoryError": (MemoryError(), False),
    "RecursionError": (RecursionError("deep"), True),
    "KeyError": (KeyError("x"), True),
    "RuntimeError": (RuntimeError("\ud800"), True),
    "SystemExit": (SystemExit(3), True),
}
PLACES = [(where, kind) for where in ("animate", "check_writable", "_message") for kind in list(FAILURES)[:4]]


@pytest.mark.parametrize(("where", "kind"), [*PLACES, ("animate", "SystemExit")])
def test_whatever_a_request_does_it_is_answered_and_the_worker_lives_on(tmp_path, monkeypatch, where, kind):
    """In the work, where libraries may even exit; in the check of a request; and in reading its line."""
    error, unforeseen = FAILURES[kind]
    usual, calls = getattr(worker_module, where), []

    def failing_once(*given):
        calls.append(given)
        if len(calls) == 1:
            raise error
        if where == "animate":
            raise worker_module.StyleTalkError("no")
        return usual(*given)

    monkeypatch.setattr(worker_module, where, failing_once)
    request = {"audio": str(tmp_path / "no.wav")}
    lines = [asked(number, tmp_path / "o.npz", **request) for number in (1, 2)]
    worker = Worker(io.BytesIO(b"".join(map(encoded, (*lines, SHUTDOWN)))), answers := io.StringIO())
    worker.serve()
    first, second = [each for each in map(json.loads, answers.getvalue().splitlines()) if each["type"] == "error"]
    assert (first["kind"], first["id"]) == (kind, None if where == "_message" else 1)
    assert (first["traceback"] is not None) == unforeseen and second["id"] == 2
    assert worker._unanswered == {}


BAD_LINES = {
    "not JSON": "hello",
    "no object": "[1, 2]",
    "5,000 brackets": "[" * 5000,
    "100,000 brackets": '{"a":' * 100_000,
    "not UTF-8": b'{"type": "animate", "id": 1, "request": {"audio": "\xff.wav"}, "output": "o.npz"}',
    "an unknown type": {"id": 2, "type": "sing"},
    "a type that is no text": {"type": ["cancel"], "id": 1},
    "no type": {},
    "true as a number": {"type": "cancel", "id": True},
    "a fraction as a number": {"type": "cancel", "id": 1.0},
    "text as a number": {"type": "animate", "id": "1", "request": {}, "output": "o.npz"},
    "too great a number": {"type": "cancel", "id": MAX_WHOLE_NUMBER + 1},
    "a number of 5,000 digits": '{"type": "cancel", "id": ' + "9" * 5000 + "}",
    "too great a number in the request": asked_for(seed=10**400),
    "no request": {"type": "animate", "id": 1, "output": "o.npz"},
    "a request that is a list": {"type": "animate", "id": 1, "request": [], "output": "o.npz"},
    "no output": {"type": "animate", "id": 1, "request": {}},
    "NUL in the output": {"type": "animate", "id": 1, "request": {}, "output": "o\0.npz"},
    "NUL in the request": asked_for(checkpoint="a\0"),
    "a byte too much": b'{"type": "cancel", "id": 1}'.ljust(MAX_LINE_BYTES),
}


@pytest.fixture(scope="module")
def answers_to_bad_lines() -> list[dict]:
    """What one worker says to each of BAD_LINES, in order, and then to a request that fails as it should."""
    _, *answers = converse(*BAD_LINES.values(), asked(1, Path("o.npz"), audio="/no.wav"))
    errors = [each for each in answers if each["type"] == "error"]
    assert errors.pop()["kind"] == "AudioError"
    return errors


@pytest.mark.parametrize("number", range(len(BAD_LINES)), ids=BAD_LINES)
def test_a_line_that_is_no_message_is_refused_without_a_number(answers_to_bad_lines, number):
    """Each gets exactly one answer, or the numbers would not fit."""
    assert len(answers_to_bad_lines) == len(BAD_LINES)
    answer = answers_to_bad_lines[number]
    assert (answer["id"], answer["kind"], answer["traceback"]) == (None, "ProtocolError", None)
    assert answer["message"].endswith(".") and len(answer["message"]) < 200


def test_what_belongs_to_no_message_is_ignored():
    """Empty lines, further fields, and the cancel of what is not there or no longer there."""
    longest = b'{"type": "cancel", "id": 1}'.ljust(MAX_LINE_BYTES - 1)
    unknown = {"type": "cancel", "id": 8, "request": 5}
    failing = asked(8, Path("o.npz"), audio="/no.wav")
    _, *answers = converse("", "  ", longest, unknown, failing)
    assert [each["kind"] for each in answers if each["type"] != "progress"] == ["AudioError"]


def test_a_number_can_be_used_again_once_it_is_answered(tmp_path):
    told = {"audio": str(LINE), "transcript": WORDS}
    twice = asked(1, tmp_path / "o.npz", **told)
    _, *answers = converse(twice, twice)
    ends = [(each["id"], each.get("kind", "done")) for each in answers if each["type"] != "progress"]
    assert ends == [(None, "ProtocolError"), (1, "done")]

    with talking() as (say, answer, _):
        for _ in range(2):
            say(asked(1, tmp_path / "o.npz", audio="/no.wav"))
            assert answer()["kind"] == "AudioError"


def test_nothing_is_kept_of_what_is_answered_or_cancelled(monkeypatch, tmp_path):
    def stopped(request, tell):
        tell(0.5, "")
        raise worker_module.StyleTalkError("no")

    monkeypatch.setattr(worker_module, "animate", stopped)
    lines = []
    for number in range(300):
        lines += [asked(number, tmp_path / "o.npz", audio="a.wav"), {"type": "cancel", "id": number}]
        lines += [{"type": "cancel", "id": 1000 + number}]
    worker = Worker(io.BytesIO(b"".join(map(encoded, (*lines, SHUTDOWN)))), answers := io.StringIO())
    worker.serve()
    kinds = [json.loads(line).get("kind") for line in answers.getvalue().splitlines()]
    assert len([kind for kind in kinds if kind]) == 300 and worker._unanswered == {}


def test_a_request_is_cancelled_by_its_number(tmp_path):
    cancelled, kept = tmp_path / "cancelled.npz", tmp_path / "kept.npz"
    told = {"audio": str(LINE), "transcript": WORDS}
    answers = converse(
        asked(1, kept, **told), asked(2, cancelled, **told), {"type": "cancel", "id": 2}, asked(3, kept, **told)
    )
    ends = [(each["id"], each.get("kind", "done")) for each in answers if each["type"] in ("result", "error")]
    assert ends == [(1, "done"), (2, "Cancelled"), (3, "done")] and not cancelled.exists()


def test_it_ends_soon_when_its_input_ends(tmp_path):
    with subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as worker:
        worker.stdin.write(json.dumps(asked(1, tmp_path / "o.npz", audio=str(LINE))) + "\n")
        worker.stdin.flush()
        assert json.loads(worker.stdout.readline())["type"] == "ready"
        worker.stdin.close()
        assert worker.wait(timeout=60) == 0
    assert list(tmp_path.iterdir()) == []


class Broken(io.BytesIO):
    def readline(self, *_) -> bytes:
        raise OSError(errno.EIO, "Input/output error")


def test_it_ends_when_its_input_breaks(monkeypatch):
    monkeypatch.setattr(worker_module, "ABANDONED_TIMEOUT_S", 3600.0)  # or the process of this test would end
    serving = threading.Thread(target=Worker(Broken(), io.StringIO()).serve, daemon=True)
    serving.start()
    serving.join(timeout=30)
    assert not serving.is_alive()


def test_what_libraries_print_stays_out_of_the_protocol(tmp_path):
    code = (
        "import styletalk.worker as w, os\n"
        "def noisy(request, tell):\n    print('noise'); os.write(1, b'more noise'); raise w.StyleTalkError('no')\n"
        "w.animate = noisy; w.main()"
    )
    lines = [asked(1, tmp_path / "o.npz", audio=str(LINE)), {"type": "shutdown"}]
    done = subprocess.run(
        [sys.executable, "-c", code], input="\n".join(map(json.dumps, lines)) + "\n",
        capture_output=True, text=True, cwd=ROOT, timeout=60,
    )  # fmt: skip
    assert [json.loads(line)["type"] for line in done.stdout.splitlines()] == ["ready", "progress", "error"]
    assert "noise" in done.stderr


def test_it_ends_when_nobody_reads_its_answers(tmp_path):
    with subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as worker:
        worker.stdout.readline()
        worker.stdout.close()
        worker.stdin.write(encoded(asked(1, tmp_path / "o.npz", audio=str(LINE), transcript=WORDS)))
        worker.stdin.flush()
        assert worker.wait(timeout=60) == 0
    assert list(tmp_path.iterdir()) == []


def running(pid: int) -> bool:
    """Whether that process is at work: one that has ended and that nobody has asked about is not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


PARENT = """
import subprocess, sys
worker = subprocess.Popen(sys.argv[2:], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
print(worker.pid, flush=True)
worker.stdin.write(sys.argv[1])
worker.stdin.flush()
for line in worker.stdout:
    print(line, end="", flush=True)
"""


STUCK = """
import re, styletalk.worker as worker
worker.animate = lambda request, tell: re.match("(a+)+b", "a" * 60)
worker.main()
"""
"""Works for ages in one call that lets no other thread of Python run, as recognition does for seconds."""


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize(
    ("command", "stage"), [(COMMAND, "reading the sound"), ([sys.executable, "-c", STUCK], "starting")],
    ids=["at work", "stuck"],
)  # fmt: skip
def test_it_is_gone_when_its_parent_is_killed_in_the_middle_of_its_work(tmp_path, command, stage):
    request = encoded(asked(1, tmp_path / "o.npz", audio=str(LINE), transcript=WORDS)).decode()
    with subprocess.Popen([sys.executable, "-c", PARENT, request, *command], stdout=subprocess.PIPE) as parent:
        pid = int(parent.stdout.readline())
        while json.loads(parent.stdout.readline()).get("stage") != stage:
            pass
        assert running(pid)
        parent.send_signal(signal.SIGKILL)
        until = time.monotonic() + 3.0
        while running(pid) and time.monotonic() < until:
            time.sleep(0.05)
        survived = running(pid)
        if survived:
            os.kill(pid, signal.SIGKILL)
        assert not survived
    assert not (tmp_path / "o.npz").exists()


def resident_bytes(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_a_warm_worker_does_not_grow(tmp_path):
    """After its first lines, 20 more add less than one animation's worth of intermediate results."""
    phonemes, sizes = tmp_path / "line.TextGrid", []
    write_textgrid(phonemes, phoneme_track(load_audio(LINE), WORDS, None))
    with talking() as (say, answer, pid):
        for number in range(25):
            say(asked(number, tmp_path / "o.npz", audio=str(LINE), phonemes=str(phonemes), engine="numpy"))
            assert answer()["type"] == "result"
            sizes.append(resident_bytes(pid))
    assert sizes[-1] - sizes[4] < MAX_GROWTH_BYTES
