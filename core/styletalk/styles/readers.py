# SPDX-License-Identifier: Apache-2.0
"""Rows of expression coefficients out of files of other makers."""

import csv
from pathlib import Path

import numpy as np

from ..errors import StyleError
from ..files.mat import read_mat
from ..files.npz import UNREADABLE, reason_of
from ..files.published_clip import COEFFICIENTS, EXPRESSION


def rows_from_mat(path: Path) -> np.ndarray:
    """(N, 64): the expression columns of `coeff` in a published .mat. Raises StyleError."""
    try:
        coefficients = read_mat(path).get(COEFFICIENTS)
    except (OSError, ValueError) as error:
        raise StyleError(
            f"{path.name} is not a MATLAB file that can be read ({reason_of(error)}). Export it again, not as v7.3."
        ) from error
    if coefficients is None:
        raise StyleError(f"{path.name} has no variable `{COEFFICIENTS}`. Give a clip in the published format.")
    if coefficients.ndim == 2 and coefficients.shape[1] >= EXPRESSION.stop:
        return coefficients[:, EXPRESSION]
    return coefficients  # perhaps the 64 columns alone; anything else fails the check of the columns


def rows_from_npy(path: Path) -> np.ndarray:
    """The array of a .npy file, nothing unpickled. Raises StyleError."""
    try:
        rows = np.load(path, allow_pickle=False)
    except UNREADABLE as error:
        raise StyleError(f"{path.name} is not a .npy file of plain numbers. Save it again as float32.") from error
    if not isinstance(rows, np.ndarray):
        raise StyleError(f"{path.name} is an .npz file under another name. Rename it to {path.stem}.npz.")
    return rows


def rows_from_csv(path: Path) -> np.ndarray:
    """The numbers of a .csv file; a first line of column names is skipped. Raises StyleError."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            lines = [line for line in csv.reader(stream) if line]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise StyleError(f"{path.name} is not a text file of comma-separated numbers. Export it as CSV.") from error
    if lines and not _is_number(lines[0][0]):
        lines = lines[1:]
    widths = {len(line) for line in lines}
    if len(widths) > 1:
        raise StyleError(f"{path.name} has lines of {min(widths)} and of {max(widths)} columns. Export it again.")
    try:
        return np.array([[float(cell) if cell.strip() else np.nan for cell in line] for line in lines])
    except ValueError as error:
        raise StyleError(f"{path.name} holds text among its numbers. Keep the 64 expression columns alone.") from error


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return cell.strip() == ""
    return True
