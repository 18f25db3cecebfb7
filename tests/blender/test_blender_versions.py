# SPDX-License-Identifier: GPL-3.0-or-later
"""The built add-on in every Blender: one process a version runs all checks of inside/."""

import ast
import functools
import json
import shutil
import subprocess
from pathlib import Path

import pytest
from hosts import Host, hosts

INSIDE = Path(__file__).resolve().parent / "inside"
RIGIFY = INSIDE.parents[3] / "shared" / "data" / "rigs" / "mh_female_rigify_bones.blend"
CHECKS_SCRIPT = INSIDE / "checks.py"
CHECKS = {
    node.name: ast.get_docstring(node)
    for module in sorted(INSIDE.glob("checks_*.py"))
    for node in ast.parse(module.read_text(encoding="utf-8")).body
    if isinstance(node, ast.FunctionDef) and node.name.startswith("check_")
}

pytestmark = pytest.mark.blender


@pytest.fixture(scope="session")
def verdict_of(tmp_path_factory, addon_zip, animation_file, spoken_file, line, flac, alignment, fake_python):
    """Runs a version's process once, with no Python on PATH, and keeps what it said."""

    @functools.cache
    def verdict(host: Host) -> dict:
        folder = tmp_path_factory.mktemp(f"blender-{host.version}")
        shutil.copyfile(line, folder / "line.wav")
        inputs = {
            "zip": str(addon_zip), "animation": str(animation_file), "spoken": str(spoken_file),
            "audio": str(line), "folder": str(folder),
            "flac": str(flac), "alignment": str(alignment),
            "fake_python": str(fake_python), "nowhere": str(folder / "nowhere" / "python"),
            "request": str(folder / "request.json"), "rigify": str(RIGIFY) if RIGIFY.exists() else "",
        }  # fmt: skip
        (folder / "inputs.json").write_text(json.dumps(inputs))
        path = folder / "verdict.json"
        called = folder / "called.log"
        variables = {
            "FAKE_ANIMATION": str(animation_file), "FAKE_REQUEST": inputs["request"], "NETWORK_LOG": str(called),
            "PATH": str(folder),
        }  # fmt: skip
        try:
            done = host.run(CHECKS_SCRIPT, [folder / "inputs.json", path], folder, **variables)
        except subprocess.TimeoutExpired as error:
            return {"end": f"timed out: {error.stdout}"}
        found = json.loads(path.read_text()) if path.exists() else {}
        tail = f"exit code {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
        ended = done.returncode == 0 and "all checks ran" in done.stdout
        calls = called.read_text() if called.exists() else ""
        return {**found, "end": "" if ended else tail, "tail": tail, "calls": calls}

    return verdict


@pytest.fixture(params=hosts(), ids=lambda host: host.version)
def host(request) -> Host:
    if request.param.reason:
        pytest.skip(f"Blender {request.param.version}: {request.param.reason}")
    return request.param


@pytest.mark.parametrize("check", CHECKS)
def test_inside(host, check, verdict_of):
    verdict = verdict_of(host)
    assert check in verdict, f"never ran: {verdict.get('end') or verdict.get('tail')}"
    assert verdict[check]["passed"], f"{CHECKS[check]}\n{verdict[check]['said']}"
    print(f"Blender {verdict['version']}: {verdict[check]['said']}")


def test_the_process_ends_well(host, verdict_of):
    """With all classes unregistered no Blender crashes or hangs on the way out."""
    assert verdict_of(host)["end"] == ""


def test_nobody_is_called(host, verdict_of):
    """Whatever the add-on is asked to do, from its installation on, it never tries to reach the network."""
    assert verdict_of(host)["calls"] == ""
    manifest = (INSIDE.parents[2] / "blender_addon" / "blender_manifest.toml").read_text(encoding="utf-8")
    assert "network" not in manifest
