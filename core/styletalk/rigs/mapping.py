# SPDX-License-Identifier: Apache-2.0
"""RigMapping: which shape of a character shows what, editable, and its file."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import RigError
from ..face.arkit_names import ARKIT_NAMES
from ..files.json_text import read_json
from ..files.reading import UnusableContent, existing_file, explaining
from ..files.writing import written_whole
from .directions import BESIDE, COLUMN_OF, REACH, arkit_of, directions_among
from .naming import Match, matches

MAX_SHAPES = 5000
"""Characters with wrinkle maps have some hundreds."""
MAX_NAME = 200
MAX_GAIN = 10.0
LIP_PLACES = 5
ENOUGH_PARTS = 20
"""A face with so many shapes of single parts needs no visemes beside them: both together would move the mouth twice."""
_FILE_KIND = "styletalk-mapping"
_COLUMN = {name: column for column, name in enumerate(ARKIT_NAMES)}


@dataclass(frozen=True)
class Row:
    """One shape of a character.

    shape: its name there. weights: what it shows at value 1, ARKit names to −1..1, or one of our 64 directions; empty
    where it takes no part.
    negative: the same at value −1, of a slider that goes both ways. low, high: what its value is held to.
    gain: times which its value is set; offset: what is added. enabled: whether it takes part.
    opening: by how much it parts the lips at 1, in widths of the mouth; None where nobody measured it. lips: the same
    at each of LIP_PLACES from its right to its left, empty where nobody measured it.
    confidence: 0..1, how sure the weights are. reason: where they come from, or why there are none.
    """

    shape: str
    weights: dict[str, float] = field(default_factory=dict)
    negative: dict[str, float] = field(default_factory=dict)
    low: float = 0.0
    high: float = 1.0
    gain: float = 1.0
    offset: float = 0.0
    enabled: bool = True
    opening: float | None = None
    lips: tuple[float, ...] = ()
    confidence: float = 0.0
    reason: str = ""

    def vector(self, negative: bool = False) -> np.ndarray:
        """(52,) float64 weights, columns as ARKIT_NAMES."""
        vector = np.zeros(len(ARKIT_NAMES))
        for name, weight in (self.negative if negative else self.weights).items():
            if name in _COLUMN:
                vector[_COLUMN[name]] += weight
            else:
                vector += weight * arkit_of(name)
        return vector

    @property
    def direction(self) -> int | None:
        """The coefficient that it is set to, where it shows one of our 64 directions and nothing else."""
        names = tuple(self.weights)
        return COLUMN_OF.get(names[0]) if len(names) == 1 and self.weights[names[0]] == 1.0 else None


@dataclass(frozen=True)
class RigMapping:
    """What a character's shapes show. rows: in the order of its shapes.

    rest_gaps: how far apart its lips rest at LIP_PLACES across the mouth, in its widths; empty where not measured.
    """

    rows: tuple[Row, ...]
    rest_gaps: tuple[float, ...] = ()

    @classmethod
    def of_names(cls, names: Sequence[str], families: Sequence[str] = ()) -> "RigMapping":
        """What the names of a face's shapes say. families: conventions that they follow, as far as the file says so.

        Raises RigError for none or too many.
        """
        if not 0 < len(names) <= MAX_SHAPES:
            raise RigError(
                f"A face needs 1 to {MAX_SHAPES:,} shape keys to talk; this one has {len(names):,}. "
                "Choose the mesh that has the mouth's shapes."
            )
        directions = directions_among(names)
        found = matches([name for name in names if name not in directions], families)
        parts = sum(not match.visemes and bool(match.meaning.weights.any()) for match in found.values())
        has_parts = bool(directions) or parts >= ENOUGH_PARTS
        rows = tuple(_row(name, found.get(name), has_parts) for name in names if name not in directions)
        if not directions:
            return cls(rows)
        others = {row.shape: _beside(row) for row in rows}
        return cls(tuple(others.get(name) or _direction(name, directions[name]) for name in names))

    @property
    def used(self) -> tuple[Row, ...]:
        """The rows that take part."""
        return tuple(row for row in self.rows if row.enabled and (row.weights or row.negative))

    def fitted_to(self, names: Sequence[str]) -> "RigMapping":
        """The same for a face whose shapes are `names`: rows of shapes that it has not go, new shapes take no part.

        Raises RigError where fewer than half of the mapping's shapes are there: it is another face's.
        """
        known = {row.shape: row for row in self.rows}
        used = [row.shape for row in self.used]
        there = sum(name in set(names) for name in used)
        if used and 2 * there < max(2, len(used)):
            raise RigError(
                f"The mapping is for another face: it has {there} of its {len(used)} shapes. Map this face instead."
            )
        rows = tuple(known.get(name, Row(name, reason="not in the mapping")) for name in names)
        return replace(self, rows=rows)

    def as_json(self) -> str:
        """As text, what differs from the defaults."""
        plain = Row("")
        rows = [
            {name: value for name, value in vars(row).items() if name == "shape" or value != getattr(plain, name)}
            for row in self.rows
        ]
        rest = {"rest_gaps": self.rest_gaps} if self.rest_gaps else {}
        return json.dumps({"kind": _FILE_KIND, "version": 1, **rest, "shapes": rows}, ensure_ascii=False, indent=1)

    def save(self, path: Path) -> None:
        """Write it as JSON, whole or not at all. Raises OutputError."""
        with written_whole(path) as temporary:
            temporary.write_text(self.as_json() + "\n", "utf-8")

    @classmethod
    def load(cls, path: Path) -> "RigMapping":
        """Read a mapping file. Raises RigError for anything else."""
        path = existing_file(path, "mapping", RigError)
        with explaining(partial(_no_mapping, path)):
            return cls.of_json(read_json(path))

    @classmethod
    def of_json(cls, content: Any) -> "RigMapping":
        """From parsed JSON. Raises UnusableContent where it is no mapping."""
        if not isinstance(content, dict) or content.get("kind") != _FILE_KIND:
            raise UnusableContent("it is no mapping of shapes")
        if content.get("version") != 1:
            raise UnusableContent("a newer release made it")
        shapes = content.get("shapes")
        if not isinstance(shapes, list) or not 0 < len(shapes) <= MAX_SHAPES:
            raise UnusableContent("it has no shapes, or too many")
        rows = tuple(_checked(row) for row in shapes)
        if len({row.shape for row in rows}) != len(rows):
            raise UnusableContent("a shape stands in it twice")
        return cls(rows, _places(content.get("rest_gaps", []), "the gap at rest"))


def _row(name: str, match: Match | None, has_parts: bool) -> Row:
    """The row of a shape whose name means `match` or nothing, of a face that has parts or nothing but whole mouths."""
    if match is None:
        return Row(name, reason="no convention knows the name")
    weights = _named(match.meaning.weights)
    negative = _named(match.meaning.negative) if match.meaning.negative is not None else {}
    if not weights and not negative:
        return Row(name, reason=f"{match.convention}: no part in speech or expression")
    spare = has_parts and match.visemes
    return Row(
        name, weights, negative, low=-1.0 if negative else 0.0, enabled=not spare,
        confidence=round(match.confidence, 2),
        reason=f"{match.convention}: {match.meaning.name}" + (", which the other shapes make" if spare else ""),
    )  # fmt: skip


def _direction(name: str, direction: str) -> Row:
    return Row(
        name, {direction: 1.0}, {direction: -1.0}, low=-REACH, high=REACH, confidence=1.0,
        reason="StyleTalk: set to the coefficient",
    )  # fmt: skip


def _beside(row: Row) -> Row:
    """A row of a face that has our 64 directions: on if a line moves its shape beside them."""
    if not row.enabled or (row.weights and set(row.weights) <= set(BESIDE)):
        return row
    return replace(row, enabled=False, reason=f"{row.reason}, which the 64 directions make") if row.weights else row


def _named(vector: np.ndarray) -> dict[str, float]:
    return {ARKIT_NAMES[column]: round(float(vector[column]), 3) for column in np.flatnonzero(vector)}


def _checked(row: Any) -> Row:
    """A row of a file. Raises UnusableContent."""
    if not isinstance(row, dict) or not set(row) <= set(vars(Row(""))):
        raise UnusableContent("one of its shapes is not what it must be")
    made = Row(**row) if isinstance(row.get("shape"), str) else None
    if made is None or not 0 < len(made.shape) <= MAX_NAME or not isinstance(made.reason, str):
        raise UnusableContent("one of its shapes has no name")
    for weights in (made.weights, made.negative):
        if (
            not isinstance(weights, dict)
            or not set(weights) <= {*_COLUMN, *COLUMN_OF}
            or not all(map(_small, weights.values()))
        ):
            raise UnusableContent(f"the weights of {made.shape} are no ARKit weights")
    numbers = (made.low, made.high, made.gain, made.offset, made.confidence)
    if (made.opening is not None and not _small(made.opening)) or type(made.enabled) is not bool:
        raise UnusableContent(f"the opening of {made.shape} is no number")
    if not all(map(_small, numbers)) or made.low >= made.high:
        raise UnusableContent(f"the numbers of {made.shape} are out of range")
    return replace(made, lips=_places(made.lips, f"the opening of {made.shape}"))


def _places(values: Any, what: str) -> tuple[float, ...]:
    """Numbers at LIP_PLACES, or none. Raises UnusableContent."""
    if not isinstance(values, (list, tuple)) or len(values) not in (0, LIP_PLACES) or not all(map(_small, values)):
        raise UnusableContent(f"{what} is not {LIP_PLACES} numbers")
    return tuple(values)


def _small(value: Any) -> bool:
    return type(value) in (int, float) and abs(value) <= MAX_GAIN


def _no_mapping(path: Path, reason: str) -> RigError:
    return RigError(f"{path} is not a mapping of shapes ({reason}). Choose a file that Save Mapping wrote.")
