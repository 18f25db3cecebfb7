# SPDX-License-Identifier: Apache-2.0
"""Styles that change along a line, from a file: from one time on, or for as long as a word."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from ..errors import StyleError
from ..files.json_text import read_json
from ..files.reading import UnusableContent, existing_file, explaining
from ..files.table import table_rows
from ..files.text import read_text
from ..request import MAX_INTENSITY
from ..styles.presets import preset_names
from ..timeline import MAX_DURATION_S

MAX_CHANGES = 500
COLUMNS = ("seconds", "style", "intensity", "until")


@dataclass(frozen=True)
class StyleChange:
    """From `seconds` of the sound on, until `until` or the next change, another style.

    style: a preset or the path of a style file; "" is the line's own. intensity: None is the line's own.
    """

    seconds: float
    style: str
    intensity: float | None = None
    until: float | None = None


def read_style_changes(path: Path) -> tuple[StyleChange, ...]:
    """The changes in a file, by their times: .csv with the columns seconds and style, if need be intensity and until,
    or .json, a list of objects with these names. Paths of styles are relative to the file. Raises StyleError.
    """
    path = Path(path)
    if path.suffix.lower() not in (".csv", ".json"):
        raise StyleError(f"{path.name} has no style changes. Give a .csv with the columns seconds and style, or .json.")
    existing_file(path, "file with style changes", StyleError)
    with explaining(partial(_no_changes, path)):
        rows = read_json(path) if path.suffix.lower() == ".json" else list(table_rows(read_text(path)))
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise UnusableContent("it is no list of objects")
        if not rows:
            raise UnusableContent("it has no changes")
        if len(rows) > MAX_CHANGES:
            raise UnusableContent(f"it has more than {MAX_CHANGES:,} changes")
        changes = [_change(row, path.parent) for row in rows]
    return tuple(sorted(changes, key=lambda each: each.seconds))


def _change(row: Mapping[str, Any], folder: Path) -> StyleChange:
    """Raises UnusableContent."""
    if wrong := set(row) - set(COLUMNS):
        raise UnusableContent(f"it has “{str(min(wrong))[:40]}”; there are {', '.join(COLUMNS)}")
    seconds, style = _number(row, "seconds", -MAX_DURATION_S, MAX_DURATION_S), row.get("style") or ""
    if seconds is None or not isinstance(style, str):
        raise UnusableContent("each change needs its seconds and a style")
    until = _number(row, "until", -MAX_DURATION_S, MAX_DURATION_S)
    if until is not None and until <= seconds:
        raise UnusableContent(f"the change at {seconds:g} s ends before it begins")
    named = style in ("", *preset_names()) or Path(style).is_absolute()
    intensity = _number(row, "intensity", 0.0, MAX_INTENSITY)
    return StyleChange(seconds, style if named else str(folder / style), intensity, until)


def _number(row: Mapping[str, Any], name: str, low: float, high: float) -> float | None:
    """A number of a row, None where it says none. Raises UnusableContent."""
    value = row.get(name)
    if value is None or value == "":
        return None
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not low <= number <= high:
        raise UnusableContent(f"{name} {str(value)[:40]!r} is no number from {low:g} to {high:g}")
    return number


def _no_changes(path: Path, reason: str) -> StyleError:
    return StyleError(
        f"{path.name} has no style changes that can be read ({reason}). Give a row of seconds and style for each."
    )
