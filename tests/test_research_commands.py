# SPDX-License-Identifier: Apache-2.0
"""The research commands that have no entry of their own in `styletalk` start and say how they are used."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

CORE = Path(__file__).resolve().parents[1] / "core"


@pytest.mark.parametrize(
    "module", ["open_face", "experiments.cross_validation", "experiments.ablation", "experiments.teacher_study"]
)
def test_a_research_command_starts_and_calls_itself_by_its_name(module):
    pytest.importorskip("torch", reason="training needs PyTorch")
    command = [sys.executable, "-m", f"styletalk_research.{module}", "--help"]
    paths = os.pathsep.join([str(CORE), *filter(None, [os.environ.get("PYTHONPATH")])])
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": paths})
    assert done.returncode == 0, done.stderr
    assert " ".join(done.stdout.split()).startswith(f"usage: python -m styletalk_research.{module} [-h]")
