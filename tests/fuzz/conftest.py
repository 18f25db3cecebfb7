# SPDX-License-Identifier: Apache-2.0
"""Blender's fixtures, which lie in tests/blender: the built zip, an animation, a line, a fake worker."""

import importlib.util
from pathlib import Path

_FILE = Path(__file__).resolve().parents[1] / "blender" / "conftest.py"
_SPEC = importlib.util.spec_from_file_location("blender_conftest", _FILE)
assert _SPEC is not None and _SPEC.loader is not None
_MODULE = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_MODULE)
addon_zip, animation_file, fake_python, line = (
    getattr(_MODULE, name) for name in ("addon_zip", "animation_file", "fake_python", "line")
)
