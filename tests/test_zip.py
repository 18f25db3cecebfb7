# SPDX-License-Identifier: Apache-2.0
"""The command line of the package that lies in the add-on: it works there, and says what it does not carry."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from styletalk.demo.addon import ADDON_ID, assemble


@pytest.fixture(scope="module")
def addon(tmp_path_factory) -> Path:
    return assemble(tmp_path_factory.mktemp("add-on") / ADDON_ID)


def styletalk(addon: Path, *arguments: str) -> subprocess.CompletedProcess:
    """The command from the add-on's folder alone: -S leaves out installed packages, of which NumPy is named again."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(addon), str(Path(np.__file__).parents[1])])}
    command = [sys.executable, "-S", "-m", "styletalk.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=addon.parent, env=environment)


def test_help_and_the_styles_are_there(addon):
    told = styletalk(addon, "--help")
    assert told.returncode == 0 and "animate" in told.stdout, told.stderr
    listed = styletalk(addon, "styles", "list")
    assert listed.returncode == 0 and "happy" in listed.stdout, listed.stderr
    where = "import styletalk; print(styletalk.__file__)"
    environment = {**os.environ, "PYTHONPATH": str(addon)}
    found = subprocess.run([sys.executable, "-S", "-c", where], capture_output=True, text=True, env=environment)
    assert Path(found.stdout.strip()).parent == addon / "styletalk"


@pytest.mark.parametrize("command", ["train", "evaluate", "bench", "manifest"])
def test_what_is_not_in_this_copy_is_said_in_a_sentence(addon, command):
    for arguments in ([], ["some.npz", "-o", "out.npz", "--anything"]):
        told = styletalk(addon, command, *arguments)
        assert told.returncode == 1, told
        (said,) = told.stderr.strip().splitlines()
        assert said.startswith("styletalk: ") and f"`styletalk {command}` is not in this copy" in said
