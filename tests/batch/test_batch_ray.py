# SPDX-License-Identifier: Apache-2.0
"""A batch on a cluster: two nodes of one core, one of which is killed in the middle."""

import json
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
import soundfile

from styletalk.batch.ledger import LEDGER_NAME
from styletalk.demo import LINE

COUNT = 12


@pytest.fixture
def listed(tmp_path) -> Path:
    sound, rate_hz = soundfile.read(LINE)
    for number in range(COUNT):
        soundfile.write(tmp_path / f"{number}.wav", sound[number * 4000 : number * 4000 + 2 * rate_hz], rate_hz)
    path = tmp_path / "lines.csv"
    path.write_text("audio\n" + "\n".join(f"{number}.wav" for number in range(COUNT)))
    return path


def entries(folder: Path) -> list[dict]:
    ledger = folder / LEDGER_NAME
    return [json.loads(line) for line in ledger.read_text().splitlines()] if ledger.exists() else []


def test_a_node_that_is_killed_loses_nothing_and_nothing_is_done_twice(listed, tmp_path, monkeypatch):
    ray_cluster = pytest.importorskip("ray.cluster_utils", reason="needs Ray: pip install ray")
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    cluster = ray_cluster.Cluster(
        initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False}
    )  # fmt: skip
    folder = tmp_path / "out"
    try:
        node = cluster.add_node(num_cpus=1)
        child = subprocess.Popen(
            [sys.executable, "-m", "styletalk.cli", "batch", str(listed), "-o", str(folder), "--ray", cluster.address]
        )
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and child.poll() is None and len(entries(folder)) < 2:
            time.sleep(0.02)
        assert child.poll() is None, "it was over before a node could be killed"
        cluster.remove_node(node, allow_graceful=False)
        assert child.wait(timeout=240) == 0
    finally:
        cluster.shutdown()
    assert Counter(entry["id"] for entry in entries(folder)) == {str(number): 1 for number in range(COUNT)}
    assert len(list(folder.glob("*.npz"))) == COUNT


def test_without_a_cluster_there_is_one_sentence(listed, tmp_path):
    pytest.importorskip("ray", reason="needs Ray: pip install ray")
    command = [sys.executable, "-m", "styletalk.cli", "batch", str(listed), "-o", str(tmp_path / "out")]
    ended = subprocess.run([*command, "--ray", "127.0.0.1:1"], capture_output=True, text=True, timeout=240)
    assert ended.returncode == 1
    assert [line for line in ended.stderr.splitlines() if line.startswith("styletalk: ")] == [
        "styletalk: No Ray cluster answers at 127.0.0.1:1. Start one with `ray start --head`."
    ]
