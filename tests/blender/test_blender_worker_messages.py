# SPDX-License-Identifier: GPL-3.0-or-later
"""What the add-on says to its worker and understands of it, and which Python runs it; without Blender."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from blender_addon.jobs.interpreters import NoWorkerPython, checkout_python, package_folder, worker_python
from blender_addon.jobs.protocol import Failed, Finished, Progressed, ProtocolError, Ready, parse, request_line
from blender_addon.styletalk.request import AnimationRequest

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"id": null, "type": "ready", "protocol": 2, "version": "0.1.0", "pid": 9}', Ready("0.1.0", 9)),
        ('{"id": 1, "type": "progress", "fraction": 0.4, "stage": "listening"}', Progressed(1, 0.4, "listening")),
        ('{"id": 1, "type": "progress", "fraction": 1.7, "stage": ""}', Progressed(1, 1.0, "")),
        ('{"id": 1, "type": "result", "output": "a.npz", "rows": 9, "note": null}', Finished(1, "a.npz", "")),
        (
            '{"id": 1, "type": "error", "kind": "AudioError", "message": "No.", "traceback": null}',
            Failed("AudioError", "No.", "", 1),
        ),
        (
            '{"id": null, "type": "error", "kind": "ProtocolError", "message": "What?", "traceback": null}',
            Failed("ProtocolError", "What?"),
        ),
    ],
)
def test_parse(line, message):
    assert parse(line) == message


@pytest.mark.parametrize(
    "line",
    ["", "hello", "3", "null", "[]", "{}", '{"type": "dance"}', '{"type": "progress"}', '{"type": []}', "[" * 5000,
     '{"type": "progress", "id": null, "fraction": 0.1, "stage": ""}'],
)  # fmt: skip
def test_parse_refuses_what_no_worker_says(line):
    with pytest.raises(ProtocolError):
        parse(line)


def test_another_protocol_is_a_failure_with_advice():
    message = parse('{"id": null, "type": "ready", "protocol": 9}')
    assert isinstance(message, Failed) and "same release" in message.message


def test_a_request_is_one_line_and_arrives_as_it_was_sent():
    sent = AnimationRequest(
        Path("a\nb.wav"), transcript="Two\nlines, naïve", style="happy", phonemes=Path("a.TextGrid")
    )
    line = request_line(1, sent, Path("o.npz"))
    assert line.count("\n") == 1 and line.isascii()
    message = json.loads(line)
    assert AnimationRequest.from_values(message.pop("request")) == sent
    assert message == {"type": "animate", "id": 1, "output": "o.npz"}


def test_which_python(tmp_path, monkeypatch):
    """The chosen one, else the checkout's, else this one where it has what the worker needs, else advice."""
    addon = tmp_path / "checkout" / "blender_addon"
    addon.mkdir(parents=True)
    (tmp_path / "checkout" / "core" / "styletalk").mkdir(parents=True)
    (addon / "styletalk").symlink_to("../core/styletalk")
    assert package_folder(addon) == tmp_path / "checkout" / "core"
    assert worker_python(sys.executable, addon) == Path(sys.executable)
    with pytest.raises(NoWorkerPython, match="does not exist"):
        worker_python(str(tmp_path / "nothing"), addon)
    with pytest.raises(NoWorkerPython, match="is a folder"):
        worker_python(str(tmp_path), addon)

    for present in ((), ("torch",), ("torch", "soundfile")):
        monkeypatch.setattr("importlib.util.find_spec", lambda name, present=present: name in present or None)
        with pytest.raises(NoWorkerPython, match="preferences"):
            worker_python("", addon)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "torch" else name)
    assert worker_python("", addon) == Path(sys.executable)

    python = tmp_path / "checkout" / ".venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    python.parent.mkdir(parents=True)
    python.touch()
    (tmp_path / "checkout" / "pyproject.toml").touch()
    assert checkout_python(package_folder(addon)) == python == worker_python("", addon)


def test_importing_the_jobs_needs_no_blender():
    code = "import sys, blender_addon.jobs.queue; sys.exit('bpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=CHECKOUT).returncode == 0
