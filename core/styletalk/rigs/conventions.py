# SPDX-License-Identifier: Apache-2.0
"""The naming conventions of face shapes, and what each shape shows in weights of the 52 ARKit shapes."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import RigError
from ..face.arkit_names import ARKIT_NAMES
from ..files.json_text import read_json
from ..files.shipped import reading_shipped
from .spelling import Spelling

CONVENTIONS_FILE = Path(__file__).parent / "conventions.json"
_COLUMN = {name: column for column, name in enumerate(ARKIT_NAMES)}


@dataclass(frozen=True)
class Meaning:
    """What a shape shows: weights (52,) at value 1, negative (52,) at value −1 or None where it has no such side.

    name: the convention's own spelling. stated: whether a published table says so, or only the plain words do.
    """

    name: str
    weights: np.ndarray
    negative: np.ndarray | None
    stated: bool

    @property
    def named(self) -> dict[str, float]:
        """The weights at value 1 that are not zero, by ARKit name."""
        return {ARKIT_NAMES[column]: round(float(self.weights[column]), 3) for column in np.flatnonzero(self.weights)}


@dataclass(frozen=True)
class Convention:
    """A family of names. visemes: its shapes are whole mouths, not parts of one. meanings: by spelling."""

    name: str
    visemes: bool
    meanings: Mapping[tuple[str, tuple[str, ...]], Meaning]


@functools.lru_cache(maxsize=1)
def conventions() -> tuple[Convention, ...]:
    """All that are known. Read once. Raises RigError where the installation is incomplete."""
    with reading_shipped(CONVENTIONS_FILE, RigError):
        tables = read_json(CONVENTIONS_FILE)
        return tuple(_convention(name, table) for name, table in tables.items())


def _convention(name: str, table: dict[str, dict]) -> Convention:
    shapes = table["shapes"]
    meanings = {
        shape: Meaning(
            shape,
            _vector(weights),
            _vector(table["negative"][shape]) if shape in table["negative"] else None,
            shape not in table["inferred"],
        )
        for shape, weights in shapes.items()
    }
    spelled = {Spelling.of(shape).key: meaning for shape, meaning in meanings.items()}
    for alias, shape in table["aliases"].items():
        spelled.setdefault(Spelling.of(alias).key, meanings[shape])
    return Convention(name, table["kind"] == "visemes", spelled)


def _vector(weights: dict[str, float]) -> np.ndarray:
    vector = np.zeros(len(ARKIT_NAMES), np.float32)
    for shape, weight in weights.items():
        vector[_COLUMN[shape]] = weight
    return vector
