# SPDX-License-Identifier: Apache-2.0
"""An intensity over time from a file: as an animation has it, or as somebody drew it."""

from functools import partial
from pathlib import Path

import numpy as np

from ..animation import MAX_INTENSITY_IN_ROW, FaceAnimation
from ..errors import IntensityCurveError, StyleError
from ..files.reading import UnusableContent, existing_file, explaining
from ..files.table import read_numbers
from ..timeline import MAX_ROWS


def read_curve(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """(N,) seconds of the sound, rising, and (N,) the intensity then; between them it is a straight line.

    A .csv has these two columns, with or without a heading; an animation's .npz has its own. Raises
    IntensityCurveError.
    """
    path = Path(path)
    if path.suffix.lower() not in (".csv", ".npz"):
        raise IntensityCurveError(f"{path.name} is no intensity curve. Give a .csv of two columns, or an .npz.")
    existing_file(path, "intensity curve", IntensityCurveError)
    with explaining(partial(_no_curve, path)):
        return _checked(*(_from_npz(path) if path.suffix.lower() == ".npz" else _from_csv(path)))


def read_blend_keys(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """(N,) seconds of the sound, rising, and (N,) 0..1 how much of the second style there is then. Raises StyleError.

    A .csv of these two columns, with or without a heading.
    """
    path = Path(path)
    if path.suffix.lower() != ".csv":
        raise StyleError(f"{path.name} is no blend over time. Give a .csv of two columns, seconds and blend.")
    existing_file(path, "blend over time", StyleError)
    with explaining(partial(_no_blend, path)):
        times_s, values = _from_csv(path)
        if len(values) and not values.max() <= 1.0:
            raise UnusableContent("a blend in it is missing, or not within 0 to 1")
        return _checked(times_s, values)


def _from_csv(path: Path) -> tuple[np.ndarray, np.ndarray]:
    table = read_numbers(path)
    if table.ndim != 2 or table.shape[1] != 2:
        raise UnusableContent("it has not two columns, seconds and a value")
    return table[:, 0], table[:, 1]


def _from_npz(path: Path) -> tuple[np.ndarray, np.ndarray]:
    animation = FaceAnimation.load(path)
    if animation.intensity is None:
        raise UnusableContent("that animation has no intensity in it")
    return animation.times_s - animation.sync_offset_s, animation.intensity


def _checked(times_s: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both as float64. Raises UnusableContent."""
    if not 0 < len(times_s) <= MAX_ROWS:
        raise UnusableContent("it is empty" if not len(times_s) else f"it has more than {MAX_ROWS:,} rows")
    if not (np.isfinite(times_s).all() and (np.diff(times_s) > 0).all()):
        raise UnusableContent("its seconds do not rise from row to row")
    if not (values.min() >= 0 and values.max() <= MAX_INTENSITY_IN_ROW):
        raise UnusableContent(f"a value in it is missing, or not within 0 to {MAX_INTENSITY_IN_ROW:g}")
    return times_s.astype(np.float64), values.astype(np.float64)


def _no_curve(path: Path, reason: str) -> IntensityCurveError:
    return IntensityCurveError(
        f"{path.name} has no intensity that can be used ({reason}). Give seconds and intensity, or an animation."
    )


def _no_blend(path: Path, reason: str) -> StyleError:
    return StyleError(f"{path.name} has no blend that can be used ({reason}). Give seconds and numbers from 0 to 1.")
