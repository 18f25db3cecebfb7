# SPDX-License-Identifier: GPL-3.0-or-later
"""The worker's first lines, run by whichever Python serves: `styletalk` becomes importable, and nothing beside it.

The add-on's folder does not go on sys.path, for its modules have names that other packages have too.
"""

import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

ADDON = Path(__file__).resolve().parents[1]


def load(name: str, path: Path) -> ModuleType:
    """Import a file, or a package by its `__init__.py`, under a name of our choice."""
    folders = [str(path.parent)] if path.name == "__init__.py" else None
    spec = importlib.util.spec_from_file_location(name, path, submodule_search_locations=folders)
    assert spec is not None and spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    if "bpy" in sys.modules:  # Debian's Blender; any other Python has its own NumPy or is none for us
        load("styletalk_numpy_path", ADDON / "numpy_path.py").ensure()
    load("styletalk", ADDON / "styletalk" / "__init__.py")
    sys.exit(importlib.import_module("styletalk.worker").main())
