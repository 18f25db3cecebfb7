# SPDX-License-Identifier: Apache-2.0
"""Rows of expression coefficients out of files of other makers."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..animation import MAX_ABS_POSE
from ..errors import StyleError
from ..face.arkit_json import read_arkit_json
from ..face.blendshapes import fit_coefficients
from ..face.landmarks import eye_openness
from ..face.live_link import BlendshapeTable, arkit_name, read_live_link
from ..face.model import open_face
from ..face.published_pose import head_pose_of_clip
from ..face.resampling import resampled, rows_at_30
from ..files.npy import read_npy
from ..files.published_clip import expression_from_mat, expression_of, pose_from_mat
from ..files.reading import UnusableContent, explaining
from ..files.table import read_numbers, table_lines
from ..files.text import read_text
from ..timeline import FRAME_RATE_HZ, MAX_DURATION_S, MAX_ROWS
from .manner_measure import Motion


@dataclass(frozen=True)
class Rows:
    """values: (T, 64) at 30 a second, not yet checked. made_of: what they were, in words."""

    values: np.ndarray
    made_of: str


def read_rows(path: Path, fps: float | None = None) -> Rows:
    """The expression in a file of one of ENDINGS. fps: of the file; wins over what itself says; 30 where nobody does.

    Raises StyleError where it cannot be read.
    """
    read, advice = _READERS[path.suffix.lower()]
    with explaining(lambda reason: StyleError(f"{path.name} is not a style that can be read ({reason}). {advice}")):
        found = read_arkit_json(path, fps) if read is read_arkit_json else read(path)
        if isinstance(found, BlendshapeTable):
            return _fitted(found, fps)
        rate_hz = fps or FRAME_RATE_HZ
        even = rate_hz == FRAME_RATE_HZ or found.ndim != 2  # such a one is refused with a better reason
        return Rows(found if even else _at_30(found, rate_hz), f"{len(found)} rows")


def seen_motion(path: Path, expression: np.ndarray) -> Motion | None:
    """How the head and lids move in a published clip, 30 rows a second; None of a file that does not say.

    expression: its (T, 64) rows, which hold the blinks.
    """
    if path.suffix.lower() != ".mat":
        return None
    try:
        head_pose = head_pose_of_clip(*pose_from_mat(path))
    except (UnusableContent, KeyError, ValueError, TypeError):  # coefficients alone, or of a fit without a head
        return None
    if len(head_pose) != len(expression) or not np.abs(head_pose).max() <= MAX_ABS_POSE:
        return None
    opening = eye_openness(open_face(), expression).mean(axis=1)
    return Motion(head_pose[:, :3], head_pose[:, 3:], opening)


def _fitted(table: BlendshapeTable, fps: float | None) -> Rows:
    rate_hz = fps or table.rate_hz or FRAME_RATE_HZ
    fit = fit_coefficients(np.clip(_at_30(table.weights, rate_hz), 0, 1))
    missing = f", {len(table.missing)} shapes missing" if table.missing else ""
    return Rows(fit.coefficients, f"{len(table.weights)} rows of ARKit weights at {rate_hz:g} a second{missing}")


def _at_30(values: np.ndarray, rate_hz: float) -> np.ndarray:
    """(N, C) at 30 rows a second. Raises UnusableContent where they would be too many, before they are made."""
    if rows_at_30(len(values), rate_hz) > MAX_ROWS:
        raise UnusableContent(f"at {rate_hz:g} rows a second it lasts longer than {MAX_DURATION_S / 3600:g} hours")
    return resampled(values, rate_hz)


def _from_csv(path: Path) -> "np.ndarray | BlendshapeTable":
    """Rows of numbers, or columns named after ARKit's shapes, as Live Link Face has them."""
    first = next(table_lines(path), [])
    return read_live_link(path) if any(arkit_name(cell) for cell in first) else read_numbers(path)


def _from_npy(path: Path) -> np.ndarray:
    table = read_npy(path)
    return (
        expression_of(table) if table.ndim == 3 or (table.ndim == 2 and table.shape[1] in (70, 73, 144, 257)) else table
    )


def _from_txt(path: Path) -> np.ndarray:
    """Rows of numbers between spaces, commas, semicolons or tabs; lines that begin with # are remarks."""
    rows: list[list[float]] = []
    for line in read_text(path).splitlines():
        cells = line.replace(",", " ").replace(";", " ").split()
        if not cells or cells[0].startswith("#"):
            continue
        try:
            rows.append([float(cell) for cell in cells])
        except ValueError as error:
            raise UnusableContent("it holds something else than numbers") from error
        if len(rows[-1]) != len(rows[0]) or len(rows) > MAX_ROWS:
            raise UnusableContent(
                "its rows have different lengths" if len(rows) <= MAX_ROWS else "it has too many rows"
            )
    if not rows:
        raise UnusableContent("it has no rows")
    table = np.array(rows, np.float64)
    return expression_of(table)


_READERS: "dict[str, tuple[Callable[[Path], np.ndarray | BlendshapeTable], str]]" = {
    ".mat": (expression_from_mat, "Give a clip of 64 expression coefficients, not saved as v7.3."),
    ".npy": (_from_npy, "Save it again, as float32."),
    ".csv": (_from_csv, "Export the 64 expression columns alone, or a Live Link Face recording."),
    ".txt": (_from_txt, "Give rows of 64 numbers."),
    ".json": (read_arkit_json, "Give frames of ARKit weights."),
}
ENDINGS = tuple(_READERS)
