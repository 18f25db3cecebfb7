# SPDX-License-Identifier: GPL-3.0-or-later
"""What the add-on says to its worker and understands of it, and which Python runs it; without Blender."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from blender_addon.jobs.interpreters import SCRIPT, worker_place
from blender_addon.jobs.protocol import Failed, Finished, Progressed, ProtocolError, Ready, Refused, parse, request_line
from blender_addon.styletalk import __version__
from blender_addon.styletalk.request import AnimationRequest

CHECKOUT = Path(__file__).resolve().parents[2]


def ready(**fields: object) -> str:
    """What a worker that can be used says first, but for these fields."""
    usual = {"type": "ready", "protocol": 2, "version": __version__, "pid": 9, "numpy": "1.26.4", "note": ""}
    return json.dumps({"id": None, **usual, **fields})


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (ready(), Ready()),
        (ready(numpy="1.22.0", note="It is slow."), Ready("It is slow.")),
        (ready(numpy="2.5.5rc1"), Ready()),
        (ready(numpy="1.21.6"), Refused("its NumPy is 1.21.6, and 1.22 to 2.x are needed")),
        (ready(numpy="3.0.0"), Refused("its NumPy is 3.0.0, and 1.22 to 2.x are needed")),
        (ready(protocol=9), Refused("its worker has protocol 9, this add-on 2")),
        (ready(version="0.1.0"), Refused(f"its worker has version 0.1.0, this add-on {__version__}")),
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
    ["", "hello", ready(numpy="none"), ready(numpy=None), '{"type": "ready", "protocol": 2}',
      "3", "null", "[]", "{}", '{"type": "dance"}', '{"type": "progress"}', '{"type": []}', "[" * 5000,
     '{"type": "progress", "id": null, "fraction": 0.1, "stage": ""}'],
)  # fmt: skip
def test_parse_refuses_what_no_worker_says(line):
    with pytest.raises(ProtocolError):
        parse(line)


def test_a_request_is_one_line_and_arrives_as_it_was_sent():
    sent = AnimationRequest(
        Path("a\nb.wav"), transcript="Two\nlines, naïve", style="happy", phonemes=Path("a.TextGrid")
    )
    line = request_line(1, sent, Path("o.npz"))
    assert line.count("\n") == 1 and line.isascii()
    message = json.loads(line)
    assert AnimationRequest.from_values(message.pop("request")) == sent
    assert message == {"type": "animate", "id": 1, "output": "o.npz"}


@pytest.mark.parametrize(
    ("chosen", "executable", "blender", "programs"),
    [
        (
            "",
            "/blender/python/bin/python3.11",
            "/blender/blender",
            ["/blender/python/bin/python3.11", "/blender/blender"],
        ),
        ("/venv/python", "/b/python", "/b/blender", ["/venv/python", "/b/python", "/b/blender"]),
        ("/b/python", "/b/python", "", ["/b/python"]),
        ("", "/usr/bin/blender", "/usr/bin/blender", ["/usr/bin/blender"]),
        ("", "", "/usr/bin/blender", ["/usr/bin/blender"]),
        ("", "/venv/bin/python", "", ["/venv/bin/python"]),
    ],
)
def test_which_interpreters_are_tried_in_which_order(chosen, executable, blender, programs):
    """The user's, Blender's own Python, Blender itself; never a program that would open a window."""
    found = worker_place(chosen, executable, blender).interpreters
    assert [each.command[0] for each in found] == [os.path.abspath(program) for program in programs]
    assert [each.is_external for each in found] == [bool(chosen), *[False] * (len(found) - 1)]
    for each in found:
        assert ("-b" in each.command) is (each.command[0] == blender) and each.command[-1] == str(SCRIPT)


def test_the_worker_sees_nothing_of_blenders_python_and_nothing_beside_the_package(tmp_path):
    """Variables that would make another Python load Blender's modules do nothing; nor does the folder it starts in."""
    (tmp_path / "numpy.py").write_text("raise SystemExit('the wrong one')")
    variables = {**os.environ, "PYTHONHOME": "/nowhere", "PYTHONPATH": str(tmp_path)}
    command = worker_place("", sys.executable, "").interpreters[0].command
    done = subprocess.run(command, input=b'{"type": "shutdown"}\n', capture_output=True, cwd=tmp_path, env=variables)
    assert parse(done.stdout.decode()) == Ready() and done.returncode == 0
    code = "import atexit, runpy, sys; atexit.register(lambda: print(sys.path, file=sys.stderr)); "
    code += f"runpy.run_path({str(SCRIPT)!r}, run_name='__main__')"
    done = subprocess.run([sys.executable, "-I", "-c", code], input=b'{"type": "shutdown"}\n', capture_output=True)
    assert b"site-packages" in done.stderr and b"blender_addon" not in done.stderr


def test_importing_the_jobs_needs_no_blender():
    code = "import sys, blender_addon.jobs.queue; sys.exit('bpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=CHECKOUT).returncode == 0
