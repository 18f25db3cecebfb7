# SPDX-License-Identifier: Apache-2.0
"""ARKit weights out of JSON: the shapes in which recorders, Audio2Face and Azure's speech service keep them.

A list of frames, each an object of weights by name, perhaps within one of CONTAINERS, or a list of objects that have a
name and a value; an object of columns by name; or rows of numbers with their names beside them, and without names in
ARKit's order (Azure's 55: three rotations follow). What a frame does not name is 0 in it.
"""

import contextlib
import re
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from ..files.json_text import read_json
from ..files.reading import UnusableContent
from ..timeline import MAX_ROWS
from .blendshapes import arkit_table
from .live_link import HEAD_ANGLES, NEEDED, BlendshapeTable, arkit_name, check_range
from .retarget import ARKIT_NAMES

CONTAINERS = ("blendshapes", "blendshapeweights", "weights", "weightmat", "frames", "data", "values", "animation")
NAME_LISTS = ("names", "facsnames", "blendshapenames", "shapes", "blendshape_names")
RATES = ("fps", "exportfps", "framerate", "frame_rate", "rate", "rate_hz")
NAME_KEYS, VALUE_KEYS = ("name", "categoryname", "shape"), ("value", "weight", "score")
AZURE_COLUMNS = 55
MAX_DEPTH = 4


def read_arkit_json(path: Path, rate_hz: float | None = None) -> BlendshapeTable:
    """The weights in a JSON file. rate_hz: wins over what the file says of it. Raises UnusableContent, OSError."""
    content = read_json(path)
    rate_hz = rate_hz or _rate(content)
    columns, rows = _columns(content, None, 0)
    if not 0 < rows <= MAX_ROWS:
        raise UnusableContent(f"it has {rows:,} rows")
    absent = [name for name in NEEDED if name not in columns]
    if absent:
        raise UnusableContent(f"it has no weights of {', '.join(absent)}")
    weights, missing = arkit_table(columns, rows)
    check_range(weights)
    return BlendshapeTable(np.clip(weights, 0, 1), rate_hz, missing, np.zeros((rows, len(HEAD_ANGLES))))


def _rate(content: Any, depth: int = 0) -> float | None:
    """What the file says of its rate, wherever it says so. Raises UnusableContent where that is none."""
    if not isinstance(content, dict) or depth > MAX_DEPTH:
        return None
    for name, value in content.items():
        if name.lower() in RATES and value is not None:
            rate_hz = _number(value)
            if rate_hz is None or not 1 <= rate_hz <= 1000:
                said = str(value)[:20]
                raise UnusableContent(f"its {name[:20]} is {said!r}, and no rate from 1 to 1000; give one with --fps")
            return rate_hz
    return next((rate for each in content.values() if (rate := _rate(each, depth + 1)) is not None), None)


def _number(value: Any) -> float | None:
    """A number, or a text that is one, perhaps with its unit behind."""
    if isinstance(value, str):
        with contextlib.suppress(ValueError):
            return float(re.sub(r"\s*(fps|hz)$", "", value.strip().lower()))
    return float(value) if type(value) in (int, float) else None


def _columns(content: Any, names: list[str] | None, depth: int) -> tuple[dict[str, np.ndarray], int]:
    """The columns (T,) by our names, and T, of whatever of these shapes `content` has."""
    if depth <= MAX_DEPTH and isinstance(content, dict):
        lower = {name.lower(): value for name, value in content.items()}
        names = next((lower[each] for each in NAME_LISTS if _is_names(lower.get(each))), names)
        if any(arkit_name(name) and isinstance(value, list) for name, value in content.items()):
            return _of_rows([dict(zip(content, row, strict=True)) for row in _transposed(content)])
        for each in CONTAINERS:
            if isinstance(lower.get(each), list | dict):
                return _columns(lower[each], names, depth + 1)
    if isinstance(content, list) and content and all(isinstance(frame, dict) for frame in content):
        return _of_rows([_weights_of(frame) for frame in content])
    if isinstance(content, list) and content and all(isinstance(row, list) for row in content):
        return _of_rows([_weights_in(row, names) for row in content])
    raise UnusableContent("it holds no ARKit weights")


def _is_names(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, str) for each in value)


def _names(names: list[str] | None, width: int) -> list[str]:
    if names is not None and len(names) == width:
        return names
    if width in (len(ARKIT_NAMES), AZURE_COLUMNS):
        return [*ARKIT_NAMES, *(f"rotation{k}" for k in range(width - len(ARKIT_NAMES)))]
    raise UnusableContent(f"its rows hold {width} numbers without names; ARKit has {len(ARKIT_NAMES)} shapes")


def _transposed(content: dict[str, Any]) -> list[tuple[Any, ...]]:
    shapes = {name: value for name, value in content.items() if arkit_name(name) and isinstance(value, list)}
    rows = {len(value) for value in shapes.values()}
    if len(rows) != 1:
        raise UnusableContent("its shapes have different numbers of rows")
    return [tuple(content[n][k] if n in shapes else None for n in content) for k in range(rows.pop())]


def _weights_of(frame: dict[str, Any]) -> dict[str, Any]:
    """The weights by name of a frame: itself, or what stands in it under one of the usual words."""
    for name, value in frame.items():
        if name.lower() in CONTAINERS and isinstance(value, dict):
            return value
        if name.lower() in CONTAINERS and isinstance(value, list):
            return _weights_in(value, None)
    return frame


def _weights_in(row: list[Any], names: list[str] | None) -> dict[str, Any]:
    """The weights by name of a list: numbers, or objects that each have a name and a value."""
    if not (row and all(isinstance(each, dict) for each in row)):
        return dict(zip(_names(names, len(row)), row, strict=True))
    pairs = [{key.lower(): value for key, value in each.items()} for each in row]
    return {str(_first(pair, NAME_KEYS)): _first(pair, VALUE_KEYS) for pair in pairs}


def _first(pair: dict[str, Any], keys: tuple[str, ...]) -> Any:
    return next((pair[key] for key in keys if key in pair), None)


def _of_rows(rows: list[dict[str, Any]]) -> tuple[dict[str, np.ndarray], int]:
    names = {name: ours for name in dict.fromkeys(chain(*rows)) if (ours := arkit_name(name))}
    columns = {ours: np.zeros(len(rows)) for ours in names.values()}
    for at, row in enumerate(rows):
        for theirs in filter(names.__contains__, row):
            if type(row[theirs]) not in (int, float):
                raise UnusableContent(f"a row has no number for {theirs}")
            columns[names[theirs]][at] = row[theirs]
    return columns, len(rows)
