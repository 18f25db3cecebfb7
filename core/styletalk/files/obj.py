# SPDX-License-Identifier: Apache-2.0
"""The one reader of Wavefront .obj files: points, polygons and their texture corners; all else is passed over."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .reading import UnusableContent
from .text import read_text

MIN_CORNERS = 3


@dataclass(frozen=True)
class ObjMesh:
    """points (V, 3) float64. loops (L,) int32, sizes (P,) int32: the polygons, corner by corner. uv (L, 2) float32.

    Corners without a place in the texture have the uv (0, 0).
    """

    points: np.ndarray
    loops: np.ndarray
    sizes: np.ndarray
    uv: np.ndarray


def read_obj(path: Path) -> ObjMesh:
    """A mesh. Raises UnusableContent where it is none, OSError."""
    lines = read_text(path).split("\n")
    points = _numbers(lines, "v ", 3)
    textures = _numbers(lines, "vt ", 2)
    polygons = [line.split()[1:] for line in lines if line.startswith("f ")]
    sizes = np.array([len(corners) for corners in polygons], np.int32)
    if not len(polygons) or sizes.min() < MIN_CORNERS:
        raise UnusableContent("it has no polygons")
    corners = [corner.split("/") for polygon in polygons for corner in polygon]
    loops = _indices([corner[0] for corner in corners], len(points))
    chosen = _indices([corner[1] if len(corner) > 1 and corner[1] else "0" for corner in corners], len(textures), 0)
    uv = np.concatenate([textures, np.zeros((1, 2))])[chosen]
    return ObjMesh(points, loops, sizes, uv.astype(np.float32))


def read_obj_points(path: Path) -> np.ndarray:
    """(V, 3) float64: the points of a mesh alone. Raises UnusableContent where it has none, OSError."""
    return _numbers(read_text(path).split("\n"), "v ", 3)


def _numbers(lines: list[str], kind: str, width: int) -> np.ndarray:
    """(n, width) of the lines of a kind."""
    rows = [line.split()[1 : width + 1] for line in lines if line.startswith(kind)]
    if any(len(row) < width for row in rows):
        raise UnusableContent("a line of it is cut off")
    try:
        numbers = np.array(rows, np.float64).reshape(-1, width)
    except ValueError as error:
        raise UnusableContent("it holds text where numbers belong") from error
    if not np.isfinite(numbers).all():
        raise UnusableContent("it holds values that are not numbers")
    if kind == "v " and not len(numbers):
        raise UnusableContent("it has no points")
    return numbers


def _indices(texts: list[str], count: int, least: int = 1) -> np.ndarray:
    """(n,) int32 from 0, of numbers from 1; 0 becomes −1, where it is allowed."""
    try:
        numbers = np.array(texts, np.int64)
    except (ValueError, OverflowError) as error:
        raise UnusableContent("it holds text where numbers belong") from error
    if numbers.size and not least <= numbers.min() <= numbers.max() <= count:
        raise UnusableContent("its polygons point to points that do not exist")
    return (numbers - 1).astype(np.int32)
