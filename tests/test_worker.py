# SPDX-License-Identifier: Apache-2.0
"""The worker speaks JSON lines and nothing else, answers every request, and goes when its parent goes."""

import json
import subprocess
import sys
from pathlib import Path

from styletalk.animation import FaceAnimation

ROOT = Path(__file__).resolve().parents[1]
LINE = ROOT / "core" / "styletalk" / "demo" / "line.flac"


def converse(*requests: dict | str) -> list[dict]:
    """All that a worker says to these lines, each of them JSON, until it is told to end."""
    said = (*requests, {"type": "shutdown"})
    lines = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in said) + "\n"
    command = [sys.executable, "-m", "styletalk.worker"]
    done = subprocess.run(command, input=lines, capture_output=True, text=True, timeout=120, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_request_is_answered_with_progress_and_a_file(tmp_path):
    request = {
        "id": 7, "type": "animate", "output": str(tmp_path / "out.npz"),
        "request": {"audio": str(LINE), "transcript": LINE.with_suffix(".txt").read_text(), "style": "sad"},
    }  # fmt: skip
    ready, *progress, result = converse(request)
    assert ready["type"] == "ready" and ready["protocol"] == 2
    assert progress and all(message["type"] == "progress" and message["id"] == 7 for message in progress)
    assert result["type"] == "result" and result["id"] == 7
    assert len(FaceAnimation.load(tmp_path / "out.npz")) == result["rows"]


def asked(identity: int, output: Path, **request) -> dict:
    return {"id": identity, "type": "animate", "request": request, "output": str(output)}


def test_a_bad_request_is_one_sentence_and_the_worker_lives_on(tmp_path):
    answers = converse(
        asked(1, tmp_path / "o.npz", audio=str(tmp_path / "no.wav")),
        "not json", "[1, 2]", "[" * 5000, {"id": 2, "type": "sing"}, {"type": "animate", "id": True},
        asked(3, tmp_path / "nowhere" / "o.npz", audio=str(LINE)),
        asked(4, tmp_path / "o.npz", audio=str(LINE), raw="false"),
        asked(5, tmp_path / "o.npz", audio=str(LINE), colour="red"),
    )  # fmt: skip
    errors = {message["id"]: message for message in answers if message["type"] == "error"}
    assert sum(message["type"] == "error" for message in answers) == 9
    assert {identity: message["kind"] for identity, message in errors.items()} == {
        None: "ProtocolError", 1: "AudioError", 3: "OutputError", 4: "RequestError", 5: "RequestError",
    }  # fmt: skip
    assert "no.wav" in errors[1]["message"] and "true or false" in errors[4]["message"]
    assert all(message["traceback"] is None for message in errors.values())


def test_a_request_is_cancelled_by_its_number(tmp_path):
    cancelled, kept = tmp_path / "cancelled.npz", tmp_path / "kept.npz"
    told = {"audio": str(LINE), "transcript": LINE.with_suffix(".txt").read_text()}
    answers = converse(
        asked(1, kept, **told), asked(2, cancelled, **told), {"type": "cancel", "id": 2}, asked(3, kept, **told)
    )
    ends = [(each["id"], each.get("kind", "done")) for each in answers if each["type"] in ("result", "error")]
    assert ends == [(1, "done"), (2, "Cancelled"), (3, "done")] and not cancelled.exists()


def test_it_ends_soon_when_the_other_side_is_gone(tmp_path):
    command = [sys.executable, "-m", "styletalk.worker"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as worker:
        worker.stdin.write(json.dumps(asked(1, tmp_path / "o.npz", audio=str(LINE))) + "\n")
        worker.stdin.flush()
        assert json.loads(worker.stdout.readline())["type"] == "ready"
        worker.stdin.close()
        assert worker.wait(timeout=60) == 0
    assert list(tmp_path.iterdir()) == []


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
