# SPDX-License-Identifier: Apache-2.0
"""A table of names brought to agree with what the file says of the same shapes."""

from dataclasses import replace

import numpy as np

from ..face.arkit_names import ARKIT_NAMES
from .conventions import conventions
from .mapping import ENOUGH_PARTS, MAX_GAIN, RigMapping, Row
from .spelling import Spelling
from .statements import Expression, Said

SPOKEN = ("vrm1", "vrm0", "oculus15", "arkit52_alphabetical")
"""Where the names of expressions are looked up, in this order."""
SURE, PLAIN = 0.95, 0.9
"""How sure a row is that the file speaks of; and from where on a name of a single part needs no word of the file."""
LEAST = 0.05
WHOLE = 3
"""A shape that shows so many ARKit shapes, or more, is a whole mouth or mood."""


def agreeing(mapping: RigMapping, said: Said) -> RigMapping:
    """The mapping with the meanings that the file's expressions give to its shapes.

    An expression of several shapes says what they show together: those of unknown names show what the others do not.
    Shapes whose names are plain parts (jawOpen) keep their own meaning.
    """
    known = [(each, meaning) for each in said.expressions if (meaning := _meaning(each.name)) is not None]
    single = {each.binds[0][0] for each, _ in known if len(each.binds) == 1}
    bound = {shape for each, _ in known for shape, _ in each.binds}
    rows = [
        row for row in mapping.rows
        if row.shape in bound and not _is_part(row) and (row.shape in single or not row.weights)
    ]  # fmt: skip
    place = {row.shape: k for k, row in enumerate(rows)}
    told = [(each, meaning) for each, meaning in known if any(shape in place for shape, _ in each.binds)]
    if not told:
        return mapping
    fixed = {row.shape: row.vector() for row in mapping.rows if row.shape not in place}
    values, shown = np.zeros((len(told), len(rows))), np.zeros((len(told), len(ARKIT_NAMES)))
    for k, (each, meaning) in enumerate(told):
        shown[k] = meaning
        for shape, value in each.binds:
            if shape in place:
                values[k, place[shape]] = value
            elif shape in fixed:
                shown[k] = np.maximum(shown[k] - value * fixed[shape], 0.0)
    before = np.array([row.vector() for row in rows])
    after = np.clip(before + np.linalg.pinv(values) @ (shown - values @ before), 0.0, MAX_GAIN)
    made = {row.shape: _row(row, after[place[row.shape]], told, mapping) for row in rows}
    return replace(mapping, rows=tuple(made.get(row.shape, row) for row in mapping.rows))


def _row(row: Row, weights: np.ndarray, told: list[tuple[Expression, np.ndarray]], mapping: RigMapping) -> Row:
    """The row of a shape that the file speaks of."""
    sources = [each for each, _ in told if row.shape in dict(each.binds)]
    reason = ", ".join(dict.fromkeys(each.source for each in sources[:3]))
    named = {ARKIT_NAMES[k]: round(float(weights[k]), 3) for k in np.flatnonzero(weights >= LEAST)}
    if not named:
        return row
    if all(each.whole_mouth for each in sources):
        return replace(row, weights=named, enabled=False, confidence=SURE,
                       reason=f"{reason}, and that nothing else moves the mouth beside it")  # fmt: skip
    spare = len(named) >= WHOLE and sum(_is_part(each) for each in mapping.rows) >= ENOUGH_PARTS
    return replace(row, weights=named, negative={}, low=max(row.low, 0.0), enabled=not spare, confidence=SURE,
                   reason=reason + (", which the other shapes make" if spare else ""))  # fmt: skip


def _is_part(row: Row) -> bool:
    """Whether its name is a plain part of a face: no mouth, no mood, and surely known."""
    return row.enabled and 0 < len(row.weights) < WHOLE and row.confidence >= PLAIN


def _meaning(name: str) -> np.ndarray | None:
    """(52,) what an expression of that name shows; None where nothing is known of it, or it shows nothing."""
    key = Spelling.of(name).key
    tables = {each.name: each.meanings for each in conventions()}
    for convention in SPOKEN:
        meaning = tables[convention].get(key)
        if meaning is not None and meaning.weights.any():
            return meaning.weights.astype(np.float64)
    return None
