# SPDX-License-Identifier: GPL-3.0-or-later
"""NumPy for Debian's Blender, which loses sight of its own when another Python comes first on PATH.

Official builds carry their Python and NumPy inside. Debian's looks for its Python's folders beside the first `python3`
on PATH: in an activated environment, under pyenv or in CI that is not Debian's, and `import numpy` fails.
"""

import importlib.util
import sys
from pathlib import Path

DEBIAN_PACKAGES = Path("/usr/lib/python3/dist-packages")
NO_NUMPY = (
    "This Blender's Python has no NumPy. Install it (Debian: apt-get install python3-numpy), or take the Blender of "
    "blender.org, which has it."
)


def ensure() -> None:
    """Make `import numpy` work, or raise ModuleNotFoundError with a sentence that says what to do."""
    if importlib.util.find_spec("numpy") is not None:
        return
    built_for = f"cpython-{sys.version_info[0]}{sys.version_info[1]}-"
    if not any(DEBIAN_PACKAGES.glob(f"numpy/core/_multiarray_umath.{built_for}*.so")):
        raise ModuleNotFoundError(NO_NUMPY, name="numpy")
    sys.path.append(str(DEBIAN_PACKAGES))
    importlib.invalidate_caches()
