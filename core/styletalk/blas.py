# SPDX-License-Identifier: Apache-2.0
"""Whether NumPy computes with the reference BLAS, as that of Debian and Ubuntu does until a faster one is installed."""

import re
from pathlib import Path

LOADED_FILES = Path("/proc/self/maps")
SLOW_BLAS = (
    "NumPy computes with the slow reference BLAS here. Install a fast one (Debian, Ubuntu: apt-get install "
    "libopenblas0) and restart."
)
_REFERENCE, _FAST = r"/libc?blas\.so", r"openblas|/mkl|blis|atlas|flexiblas"


def slow_blas_note(loaded_files: Path = LOADED_FILES) -> str:
    """A sentence for the user where matrices are multiplied slowly; "" where not, and where it cannot be known.

    loaded_files: Linux's list of what this process has loaded. NumPy itself says "blas" of either.
    """
    import numpy  # noqa: F401 - which loads its BLAS

    try:
        names = loaded_files.read_text(errors="replace")
    except OSError:
        return ""
    return SLOW_BLAS if re.search(_REFERENCE, names) and not re.search(_FAST, names) else ""
