# SPDX-License-Identifier: GPL-3.0-or-later
"""The worker in Blender's own Python ends with Blender, however that ends."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hosts import Host, environment, hosts

from styletalk.files.writing import sweep

SCRIPT = Path(__file__).resolve().parent / "inside" / "bake_and_stay.py"
GONE_WITHIN_S = 3.0
AVAILABLE = [host for host in hosts() if not host.reason]
pytestmark = [
    pytest.mark.blender,
    pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL"),
]


@pytest.mark.parametrize("moment", ["starting", "working", "idle"])
@pytest.mark.parametrize("host", AVAILABLE, ids=lambda host: host.version)
def test_a_killed_blender_leaves_no_worker(host, moment, tmp_path, addon_zip, alignment, line):
    """Killed while the worker starts, while it works, and while it waits for more."""
    given = {"zip": str(addon_zip), "alignment": str(alignment), "audio": str(line), "folder": str(tmp_path)}
    (tmp_path / "inputs.json").write_text(json.dumps(given))
    (tmp_path / "scratch").mkdir()
    blender, worker = stayed(host, tmp_path, moment)
    try:
        assert not gone(worker)
        os.kill(blender.pid, signal.SIGKILL)
        until = time.monotonic() + GONE_WITHIN_S
        while not gone(worker) and time.monotonic() < until:
            time.sleep(0.02)
        assert gone(worker)
        (left,) = (tmp_path / "scratch").glob(".styletalk-*")
        sweep(left.parent)
        assert not left.exists(), "the next Blender does not remove what this one left"
    finally:
        blender.kill()
        blender.communicate()


def stayed(host: Host, home: Path, moment: str) -> tuple[subprocess.Popen, int]:
    """A Blender at that moment of a bake, and the process of its worker."""
    command = host.command(SCRIPT, [home / "inputs.json", moment])
    variables = environment(home, {"PATH": str(home), "TMPDIR": str(home / "scratch")})
    blender = subprocess.Popen(
        command, cwd=home, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    )
    said = []
    for line in blender.stdout:
        said.append(line)
        if found := re.match(r"worker (\d+)", line):
            return blender, int(found[1])
    raise AssertionError("".join(said))


def gone(pid: int) -> bool:
    """Whether a process has ended; one that nobody has asked how it ended yet has."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True).stdout.strip()
    return not state or state.startswith("Z")
