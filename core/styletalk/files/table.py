# SPDX-License-Identifier: Apache-2.0
"""The one reader of comma-separated tables, a line at a time."""

import csv
import io
import math
from array import array
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ..timeline import MAX_ROWS
from .limits import MAX_UNPACKED_BYTES
from .reading import UnusableContent, opened

_BYTES_OF_A_NUMBER = 8


def table_lines(path: Path) -> Iterator[list[str]]:
    """The cells of each line that is not empty, as texts. Raises UnusableContent, OSError."""
    with opened(path) as (stream, _):
        lines = csv.reader(io.TextIOWrapper(stream, encoding="utf-8-sig", newline=""))
        try:
            for count, line in enumerate(filter(None, lines)):
                if count > MAX_ROWS:
                    raise UnusableContent(f"it has more than {MAX_ROWS:,} rows")
                yield line
        except (csv.Error, UnicodeDecodeError) as error:
            raise UnusableContent("it is no text of comma-separated columns") from error


def table_rows(text: str) -> Iterator[dict[str, str]]:
    """The cells of each line by the names in the first one, whatever separates columns where the table comes from.

    Raises UnusableContent.
    """
    head = text.partition("\n")[0]
    lines = csv.reader(io.StringIO(text), delimiter=max(",;\t", key=head.count))
    try:
        names = next(lines, [])
        for cells in lines:
            if any(cells[len(names) :]):
                raise UnusableContent(f"line {lines.line_num} has more cells than columns; put quotes round its text")
            yield {name: cell.strip() for name, cell in zip(names, cells, strict=False)}
    except csv.Error as error:
        raise UnusableContent("it is no table") from error


def read_numbers(path: Path) -> np.ndarray:
    """(N, W) float64, NaN where a cell is empty; a first line of column names is skipped.

    Raises UnusableContent where lines have different numbers of cells, or something else than numbers; OSError.
    """
    numbers, width = array("d"), 0
    for count, line in enumerate(table_lines(path)):
        if count == 0 and not _is_number(line[0]):
            continue
        width = width or len(line)
        if len(line) != width:
            raise UnusableContent(f"it has lines of {width} and of {len(line)} columns")
        numbers.extend(map(_number, line))
        if len(numbers) * _BYTES_OF_A_NUMBER > MAX_UNPACKED_BYTES:
            raise UnusableContent(f"it holds more than {MAX_UNPACKED_BYTES >> 20} MB of numbers")
    return np.frombuffer(numbers, np.float64).reshape(-1, max(width, 1))


def _number(cell: str) -> float:
    if not cell.strip():
        return math.nan
    try:
        return float(cell)
    except ValueError as error:
        raise UnusableContent("it holds text among its numbers") from error


def _is_number(cell: str) -> bool:
    try:
        _number(cell)
    except UnusableContent:
        return False
    return True
