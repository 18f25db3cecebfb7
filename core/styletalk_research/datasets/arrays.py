# SPDX-License-Identifier: Apache-2.0
"""Expression rows out of the files that 3DMM extractors write (`files.published_clip`).

A folder of numbered .mat with one row each, as Deep3DFaceRecon writes the frames of a video, is one clip.
"""

from pathlib import Path

import numpy as np

from styletalk.animation import EXPRESSION_DIM
from styletalk.files.npy import read_npy
from styletalk.files.published_clip import expression_from_mat, expression_of
from styletalk.files.reading import UnusableContent, explaining

from .errors import ClipError

PLAUSIBLE = 12.0
"""Published clips stay below 3.7; what goes beyond this is another model's, or a fit that went astray."""


def read_expression(path: Path) -> np.ndarray:
    """(T, 64) float32 at the file's own rate, out of a .mat, a .npy or a folder of numbered .mat, one a frame.

    Raises ClipError with what is wrong.
    """
    if path.is_dir():
        return checked_expression(_from_frames(path))
    table = _from_mat(path) if path.suffix.lower() == ".mat" else _from_npy(path)
    return checked_expression(table)


def rows_in(path: Path) -> int | None:
    """How many rows a .mat holds, or None where it cannot be read."""
    try:
        return len(_from_mat(path))
    except ClipError:
        return None


def _from_frames(folder: Path) -> np.ndarray:
    """The frames in the order of their numbers, none of which may be missing."""
    files = {int(path.stem): path for path in folder.glob("*.mat") if path.stem.isdecimal()}
    numbers = sorted(files)
    for number in range(numbers[0], numbers[-1]) if numbers else ():
        if number not in files:
            raise ClipError(f"frame {number} of {numbers[0]}..{numbers[-1]} is missing.")
    rows = []
    for number in numbers:
        try:
            rows.append(_from_mat(files[number]))
        except ClipError as error:
            raise ClipError(f"frame {files[number].name}: {error}") from error
        if len(rows[-1]) != 1:
            raise ClipError(f"frame {files[number].name} holds {len(rows[-1])} rows, not one.")
    return np.concatenate(rows) if rows else np.zeros((0, EXPRESSION_DIM))


def read_table(path: Path) -> np.ndarray:
    """The numbers of a .npy file, nothing unpickled. Raises ClipError."""
    with explaining(lambda reason: ClipError(f"it is no .npy file of plain numbers ({reason}).")):
        table = read_npy(path)
        if table.dtype.kind not in "fiu":
            raise UnusableContent("it holds no numbers")
        return table


def checked_expression(expression: np.ndarray) -> np.ndarray:
    """The same as float32, if it can be a face in motion. Raises ClipError."""
    if len(expression) == 0:
        raise ClipError("it has no rows.")
    finite = np.isfinite(expression).all(axis=1)
    if not finite.all():
        count = np.count_nonzero(~finite)
        raise ClipError(f"{count} of {len(finite)} rows hold no numbers (NaN), the first is row {np.argmin(finite)}.")
    largest = float(np.abs(expression).max())
    if largest > PLAUSIBLE:
        raise ClipError(f"its values reach {largest:.3g}; expression coefficients of this model stay below 4.")
    if len(expression) > 1 and float(np.ptp(expression, axis=0).max()) == 0.0:
        raise ClipError("all its rows are alike: the face does not move.")
    if len(expression) > 1 and not (expression[-1].any() and expression[:, -1].any()):
        raise ClipError("its last rows or columns hold nothing but zeros: it is damaged.")
    return expression.astype(np.float32)


def _from_mat(path: Path) -> np.ndarray:
    with explaining(lambda reason: ClipError(f"it cannot be read: {reason}. Save it again, not as v7.3.")):
        return expression_from_mat(path)


def _from_npy(path: Path) -> np.ndarray:
    with explaining(lambda reason: ClipError(f"{reason}.")):
        return expression_of(read_table(path))
