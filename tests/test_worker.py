# SPDX-License-Identifier: Apache-2.0
"""The worker speaks JSON lines and nothing else, answers every request, and goes when its parent goes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from styletalk.animation import FaceAnimation
from styletalk.worker import request_from

ROOT = Path(__file__).resolve().parents[1]
LINE = ROOT / "core" / "styletalk" / "demo" / "line.flac"


def converse(*requests: dict | str) -> list[dict]:
    """All that a worker says to these lines, each of them JSON."""
    lines = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in requests) + "\n"
    command = [sys.executable, "-m", "styletalk.worker"]
    done = subprocess.run(command, input=lines, capture_output=True, text=True, timeout=120, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_request_is_answered_with_progress_and_a_file(tmp_path):
    request = {
        "id": 7, "type": "animate", "audio": str(LINE), "transcript": LINE.with_suffix(".txt").read_text(),
        "style": "sad", "output": str(tmp_path / "out.npz"),
    }  # fmt: skip
    ready, *progress, result = converse(request)
    assert ready["type"] == "ready" and ready["protocol"] == 1
    assert progress and all(message["type"] == "progress" and message["id"] == 7 for message in progress)
    assert result["type"] == "result" and result["id"] == 7
    assert len(FaceAnimation.load(tmp_path / "out.npz")) == result["rows"]


def test_a_bad_request_is_one_sentence_and_the_worker_lives_on(tmp_path):
    missing = {"id": 1, "type": "animate", "audio": str(tmp_path / "no.wav"), "output": str(tmp_path / "o.npz")}
    answers = converse(
        missing, "not json", "[1, 2]", {"id": 2, "type": "sing"}, {"type": "shutdown"}, {"id": 3, "type": "sing"}
    )
    errors = [message for message in answers if message["type"] == "error"]
    assert [message["id"] for message in errors] == [1, None, None, 2]
    assert errors[0]["kind"] == "AudioError" and errors[0]["traceback"] is None
    assert "no.wav" in errors[0]["message"]


def test_what_libraries_print_stays_out_of_the_protocol():
    code = (
        "import styletalk.worker as w, os; w.answer = lambda m, p: (print('noise'), os.write(1, b'more noise\\n'), "
        "{'id': m['id'], 'type': 'result'})[-1]; w.main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        input='{"id": 1, "type": "x"}\n',
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=60,
    )
    assert [json.loads(line)["type"] for line in done.stdout.splitlines()] == ["ready", "result"]
    assert "noise" in done.stderr


def test_a_request_names_only_what_it_changes():
    request = request_from({"id": 1, "type": "animate", "audio": "a.wav", "style": "sad", "checkpoint": None, "new": 1})
    assert request.audio == Path("a.wav") and request.style == "sad" and request.checkpoint is None


@pytest.mark.parametrize("intensity", [-0.1, 2.5, float("nan")])
def test_an_intensity_out_of_range_is_refused(intensity):
    from styletalk.errors import StyleError

    with pytest.raises(StyleError, match="Intensity"):
        request_from({"audio": "a.wav", "intensity": intensity})
