# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs inside Blender: every check of the modules beside it, in the order in which they stand there."""

import json
import sys
from pathlib import Path

import bpy  # noqa: F401 - first, for it makes NumPy and its own modules importable

sys.path.insert(0, str(Path(__file__).parent))
import checks_bake
import checks_panel
from harness import arguments, run

if __name__ == "__main__":
    given = json.loads(Path(arguments()[0]).read_text())
    names = {**vars(checks_bake), **vars(checks_panel)}
    found = {name: value for name, value in names.items() if name.startswith("check_")}
    run(found, Path(arguments()[1]), given)
