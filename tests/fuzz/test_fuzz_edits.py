# SPDX-License-Identifier: Apache-2.0
"""Random hand edits and re-bakes in every Blender: `FUZZ_EDITS=2000 pytest -s tests/fuzz/test_fuzz_edits.py`."""

import json
import os
from collections import Counter
from pathlib import Path

import pytest

pytest.importorskip("torch")
from hosts import hosts

pytestmark = pytest.mark.blender
STEPS, SEED = int(os.environ.get("FUZZ_EDITS", "80")), int(os.environ.get("FUZZ_SEED", "20"))
STEPS_A_PROCESS, PROCESS_S = 400, 1500.0
"""They take half a minute on a machine that does nothing else."""
HOSTS = [host for host in hosts() if not host.reason]


@pytest.mark.parametrize("host", HOSTS if STEPS > 100 else HOSTS[-1:], ids=lambda host: host.version)
def test_hand_edits_are_never_lost(host, tmp_path, addon_zip, animation_file):
    inputs = {"zip": str(addon_zip), "animation": str(animation_file), "folder": str(tmp_path)}
    totals, fell, seed = Counter(), [], SEED * 1000
    while totals.total() < STEPS and not fell:
        inputs |= {"seed": seed, "calls": min(STEPS_A_PROCESS, STEPS - totals.total())}
        made, fallen = one_process(host, tmp_path, inputs)
        totals.update(made)
        fell += [f"seed {seed}, {each}" for each in fallen]
        seed += 1
    print(f"Blender {host.version}: {totals.total()} steps, {len(fell)} fell; {dict(totals)}", *fell, sep="\n")
    assert fell == []


def one_process(host, folder, inputs):
    """(steps by their kind, what fell) of one Blender."""
    given, verdict = folder / "inputs.json", folder / "verdict.json"
    given.write_text(json.dumps(inputs))
    verdict.write_text(json.dumps({"counts": {}, "fell": []}))
    done = host.run(Path(__file__).with_name("edits.py"), [given, verdict], folder, timeout_s=PROCESS_S)
    found = json.loads(verdict.read_text())
    if "all calls were made" in done.stdout and done.returncode == 0:
        return found["counts"], found["fell"]
    steps = [each for each in done.stderr.splitlines() if each.startswith("step_")]
    return found["counts"], [*found["fell"], f"died with {done.returncode} after {steps[-6:]}: {done.stderr[-2500:]}"]
