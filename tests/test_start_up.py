# SPDX-License-Identifier: Apache-2.0
"""What only prints starts at once: nothing heavy is imported on the way. `bench` measures the time itself."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
HEAVY = ("torch", "scipy", "nltk", "bpy", "av", "soundfile", "pocketsphinx", "faster_whisper", "mediapipe")


@pytest.mark.parametrize(
    ("arguments", "forbidden"),
    [(("--help",), (*HEAVY, "numpy")), (("animate", "--help"), (*HEAVY, "numpy")), (("styles", "list"), HEAVY)],
    ids=lambda value: " ".join(value) if value[0] not in HEAVY else "",
)
def test_a_command_that_only_prints_imports_nothing_heavy(arguments, forbidden):
    code = (
        "import sys\n"
        "from styletalk.cli import main\n"
        f"try: main({list(arguments)!r})\n"
        "except SystemExit: pass\n"
        f"print(*sorted(set(sys.modules) & set({forbidden!r})), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout
    assert done.stderr.split() == []
