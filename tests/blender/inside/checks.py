# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs inside Blender: every check of the modules beside it, in the order in which they stand there.

While you work on one thing, STYLETALK_CHECKS=check_this,check_that runs these alone; the tests of the others then fail.
"""

import json
import os
import sys
from pathlib import Path

import bpy  # noqa: F401 - first, for it makes NumPy and its own modules importable

sys.path.insert(0, str(Path(__file__).parent))
import checks_bake
import checks_bones
import checks_characters
import checks_comfort
import checks_curves
import checks_edits
import checks_edits_moved
import checks_exported_bones
import checks_exports
import checks_expression
import checks_faces
import checks_films
import checks_heard
import checks_lines
import checks_migration
import checks_own_python
import checks_panel
import checks_paths
import checks_photoreal
import checks_polishing
import checks_queue
import checks_retiming
import checks_rigs
import checks_safety
import checks_style_track
import checks_styles
import checks_timeline
import checks_transfer
import checks_words
from harness import arguments, run

if __name__ == "__main__":
    given = json.loads(Path(arguments()[0]).read_text())
    modules = (
        checks_bake,
        checks_curves,
        checks_polishing,
        checks_edits,
        checks_edits_moved,
        checks_exports,
        checks_exported_bones,
        checks_expression,
        checks_lines,
        checks_timeline,
        checks_retiming,
        checks_safety,
        checks_migration,
        checks_panel,
        checks_queue,
        checks_own_python,
        checks_paths,
        checks_words,
        checks_heard,
        checks_films,
        checks_photoreal,
        checks_characters,
        checks_rigs,
        checks_bones,
        checks_transfer,
        checks_style_track,
        checks_styles,
        checks_faces,
        checks_comfort,
    )
    names = {name: value for module in modules for name, value in vars(module).items()}
    wanted = [name for name in os.environ.get("STYLETALK_CHECKS", "").split(",") if name]
    found = {name: value for name, value in names.items() if name.startswith("check_")}
    found = {name: found[name] for name in wanted} or found
    run(found, Path(arguments()[1]), given)
