# SPDX-License-Identifier: Apache-2.0
"""Rows of expression coefficients out of files of other makers."""

from pathlib import Path

import numpy as np

from ..errors import StyleError
from ..files.mat import read_mat
from ..files.npy import read_npy
from ..files.published_clip import COEFFICIENTS, EXPRESSION
from ..files.reading import UnusableContent, explaining
from ..files.table import read_numbers


def _rows_from_mat(path: Path) -> np.ndarray:
    """The expression columns of `coeff` in a published .mat."""
    coefficients = read_mat(path).get(COEFFICIENTS)
    if coefficients is None:
        raise UnusableContent(f"it has no variable {COEFFICIENTS}")
    if coefficients.ndim == 2 and coefficients.shape[1] >= EXPRESSION.stop:
        return coefficients[:, EXPRESSION]
    return coefficients  # perhaps the 64 columns alone; anything else fails the check of the columns


_READERS = {
    ".mat": (_rows_from_mat, "Give a clip in the published format, not saved as v7.3."),
    ".npy": (read_npy, "Save it again, as float32."),
    ".csv": (read_numbers, "Export the 64 expression columns alone, as CSV."),
}
ENDINGS = tuple(_READERS)


def read_rows(path: Path) -> np.ndarray:
    """The table of a published .mat (`coeff`), a plain .npy or a .csv; whose rows it holds is not yet checked.

    A first line of column names in a .csv is skipped. Raises StyleError where it cannot be read.
    """
    read, advice = _READERS[path.suffix.lower()]
    with explaining(lambda reason: StyleError(f"{path.name} is not a style that can be read ({reason}). {advice}")):
        return read(path)
