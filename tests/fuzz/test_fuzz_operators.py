# SPDX-License-Identifier: GPL-3.0-or-later
"""Our operators in random order in every Blender: `FUZZ_CALLS=3500 pytest -s tests/fuzz/test_fuzz_operators.py`."""

import json
import os
import shutil
from collections import Counter
from pathlib import Path

import pytest

pytest.importorskip("torch")
from hosts import hosts

pytestmark = pytest.mark.blender
CALLS, SEED = int(os.environ.get("FUZZ_CALLS", "60")), int(os.environ.get("FUZZ_SEED", "20"))
CALLS_A_PROCESS, PROCESS_S = 300, 1500.0
"""They take a quarter of a minute on a machine that does nothing else."""
HOSTS = [host for host in hosts() if not host.reason]


@pytest.mark.parametrize("host", HOSTS if CALLS > 100 else HOSTS[-1:], ids=lambda host: host.version)
def test_operators_keep_their_promise(host, tmp_path, addon_zip, animation_file, line, fake_python):
    shutil.copyfile(line, tmp_path / "line.flac")
    inputs = {
        "zip": str(addon_zip),
        "audio": str(tmp_path / "line.flac"),
        "animation": str(animation_file),
        "folder": str(tmp_path),
        "fake_python": str(fake_python),
    }
    totals, fell, seed = Counter(), [], SEED * 1000
    while totals.total() < CALLS:
        inputs |= {"seed": seed, "calls": min(CALLS_A_PROCESS, CALLS - totals.total())}
        made, fallen = one_process(host, tmp_path, inputs, animation_file)
        totals.update(made)
        fell += [f"seed {seed}, {each}" for each in fallen]
        seed += 1
    print(f"Blender {host.version}: {totals.total()} calls, {len(fell)} fell; {dict(totals)}", *fell, sep="\n")
    assert fell == []


def one_process(host, folder, inputs, animation_file):
    """(calls by what came of them, what fell) of one Blender."""
    given, verdict = folder / "inputs.json", folder / "verdict.json"
    given.write_text(json.dumps(inputs))
    verdict.write_text(json.dumps({"counts": {}, "fell": []}))
    script, variables = Path(__file__).with_name("operators.py"), {"FAKE_ANIMATION": str(animation_file)}
    done = host.run(script, [given, verdict], folder, timeout_s=PROCESS_S, **variables)
    found = json.loads(verdict.read_text())
    steps = [each for each in done.stderr.splitlines() if each.startswith(("call ", "edit_", "usable"))]
    if "all calls were made" in done.stdout and done.returncode == 0:
        return found["counts"], found["fell"]
    return found["counts"], [*found["fell"], f"died with {done.returncode} after {steps[-6:]}: {done.stderr[-2500:]}"]
