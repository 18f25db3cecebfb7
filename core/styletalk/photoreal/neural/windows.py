# SPDX-License-Identifier: Apache-2.0
"""What the photoreal renderer sees of an animation: a window of rows about each frame."""

import numpy as np

from ...animation import EXPRESSION_DIM
from ...errors import CoefficientShapeError
from .networks.config import POSE9_DIM, WINDOW_RADIUS, WINDOW_ROWS


def coefficient_windows(coefficients: np.ndarray, pose9: np.ndarray) -> np.ndarray:
    """(T, 64) coefficients and (T, 9) published pose -> windows (T, 73, 27) float32; the edge rows are repeated.

    Window i is centred on row i. It is a read-only view of the padded rows: no memory is taken for the windows, and a
    slice of a batch copies only the batch. Raises CoefficientShapeError for other shapes, no rows, or missing values.
    """
    coefficients, pose9 = np.asarray(coefficients, np.float32), np.asarray(pose9, np.float32)
    rows = len(coefficients) if coefficients.ndim else 0
    if not rows or coefficients.shape != (rows, EXPRESSION_DIM) or pose9.shape != (rows, POSE9_DIM):
        raise CoefficientShapeError(
            f"The renderer takes coefficients (T, {EXPRESSION_DIM}) and poses (T, {POSE9_DIM}) of the same rows; "
            f"these are {coefficients.shape} and {pose9.shape}."
        )
    both = np.concatenate([coefficients, pose9], axis=1)  # (T, 73)
    missing = np.flatnonzero(~np.isfinite(both).all(axis=1))
    if len(missing):
        raise CoefficientShapeError(f"Row {missing[0]} has values that are missing or infinite; animate again.")
    padded = np.pad(both, ((WINDOW_RADIUS, WINDOW_RADIUS), (0, 0)), mode="edge")
    return np.lib.stride_tricks.sliding_window_view(padded, WINDOW_ROWS, axis=0)  # (T, 73, 27)
