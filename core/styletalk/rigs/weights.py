# SPDX-License-Identifier: Apache-2.0
"""What a character's shapes are set to so that they do together what the coefficients want."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ..animation import EXPRESSION_DIM, FaceAnimation
from ..errors import RigError
from ..face.arkit_names import ARKIT_NAMES, UPPER_ROWS
from ..face.model import open_face
from ..face.movement import movement
from ..face.retarget import GAZE_SHAPES, bounded_least_squares
from .closing import shut_share, wanted_partings
from .mapping import LIP_PLACES, RigMapping, Row
from .measure import open_face_lids, open_face_mouth
from .played import rows_played, set_to_coefficients, without_rows

SPARSITY = 0.02
"""Pull of each shape towards zero, as a part of its own squared movement: small shapes are no less wanted."""
WHOLE_MOUTH = 0.1
"""The same for a viseme: many at once would be no mouth any more."""
TOGETHER = 3.0
"""And of their sum: one viseme more is one less of another."""
NARROWEST = 0.2
"""An eye that is open by less than this share needs no blink any more."""
PARTS = 2
"""A shape that shows more than so many ARKit shapes, a pair, is a whole mouth."""
OPENING_WEIGHT = 6000.0
"""How much more the lips' distance counts than a vertex: a mouth that does not close is seen before all else."""
OPEN_PLACES = np.array([0.1, 0.4, 4.0, 0.4, 0.1])
"""And at which places across the mouth: what is seen of an open mouth is its middle."""
SHUT_WEIGHT = 200_000.0
"""The same while they are shut."""
DIRECT = tuple(name for name in ARKIT_NAMES if name.startswith(("eyeBlink", "eyeLook")) or name == "tongueOut")
"""Lids, eyes and tongue are set as they are, not fitted: an eye that is shut for nine tenths is open."""
PURE = 0.6
"""A shape whose weights point this much (cosine) along those of a direct name, on either or both sides, makes it."""
_COLUMN = {name: column for column, name in enumerate(ARKIT_NAMES)}


@dataclass(frozen=True, eq=False)
class RigSolver:
    """Weights of one character's shapes.

    columns: (J, 52) what each slider direction shows. slider: (J,) int, the row it belongs to; sign: (J,) its way.
    opening: (J, LIP_PLACES) how far each parts the lips, in mouth widths. direct: (J, n) how much of a direct name each
    makes; those that make none are found by least squares. reach: (J,) the value at which a direction ends.
    """

    mapping: RigMapping
    columns: np.ndarray
    opening: np.ndarray
    slider: np.ndarray
    sign: np.ndarray
    reach: np.ndarray
    direct: np.ndarray

    @classmethod
    def of(cls, mapping: RigMapping) -> "RigSolver":
        """For a mapping. Raises RigError where none of its shapes takes part."""
        if not mapping.used:
            raise RigError("None of the face's shapes is known. Say in the table what they show, or load one.")
        columns, openings, slider, sign, reach = [], [], [], [], []
        for index, row in enumerate(mapping.rows):
            if not row.enabled:
                continue
            for negative, end in ((False, row.high), (True, -row.low)):
                vector, room = row.vector(negative), end - (-1 if negative else 1) * row.offset
                if vector.any() and room > 0 and row.gain > 0:
                    columns.append(vector)
                    openings.append(_opening(row, vector, negative))
                    slider.append(index)
                    sign.append(-1.0 if negative else 1.0)
                    reach.append(room / row.gain)
        if not columns:
            raise RigError("The ranges of the mapping leave its shapes no room. Widen them in the table.")
        shown = np.array(columns)
        return cls(
            mapping, shown, np.array(openings), np.array(slider), np.array(sign), np.array(reach), _direct(shown)
        )

    def values(self, animation: FaceAnimation) -> np.ndarray:
        """(T, R) float32: the value of each of the mapping's R shapes in each row of an animation."""
        return self.values_of(animation.coefficients, arkit_extras(animation))

    def values_of(self, coefficients: np.ndarray, extras: np.ndarray, closing: bool = True) -> np.ndarray:
        """(T, R) float32 for coefficients (T, 64) and ARKit weights (T, 52) on top of them.

        closing: whether the lips' distance counts; not where other shapes open and shut the mouth. Shapes that are our
        own directions are set to the coefficients; without any, as for a recording, they are solved for like others.
        """
        played = rows_played(self.mapping) if coefficients.any() else {}
        if played:
            return self._played(coefficients, extras, played, closing)
        directions = np.zeros((len(coefficients), len(self.columns)))
        fitted = ~self.direct.any(axis=1)
        if fitted.any():
            directions[:, fitted] = self._fitted(coefficients, extras, fitted, closing)
        direct = self._shutting(coefficients, extras, directions)[:, [_COLUMN[name] for name in DIRECT]]
        makes = self.direct > 0
        for column in np.flatnonzero(makes.any(axis=1)):
            names = makes[column]
            directions[:, column] = (direct[:, names] / self.direct[column, names]).max(axis=1)
        return self._sliders(np.clip(directions, 0.0, self.reach))

    def _played(
        self, coefficients: np.ndarray, extras: np.ndarray, played: dict[int, int], closing: bool
    ) -> np.ndarray:  # fmt: skip
        """(T, R) float32: `played` rows by their coefficients, the others by what moves beside these."""
        rest = without_rows(self.mapping, played)
        values = np.zeros((len(coefficients), len(rest.rows)))
        if rest.used:
            values += RigSolver.of(rest).values_of(np.zeros_like(coefficients), extras, closing=False)
        gaps = own_gaps(coefficients, extras) if closing else np.ones((len(coefficients), LIP_PLACES))
        return set_to_coefficients(self.mapping, played, coefficients, values, gaps).astype(np.float32)

    def _shutting(self, coefficients: np.ndarray, extras: np.ndarray, directions: np.ndarray) -> np.ndarray:
        """(T, 52) extras whose blinks shut this character's eyes: on the open face coefficients narrow them, too, and a
        blink goes only the way that is left."""
        lids = open_face_lids()
        plain = np.where(np.isin(ARKIT_NAMES, DIRECT), 0.0, extras)
        asked = 1.0 + coefficients @ lids[:EXPRESSION_DIM] + plain @ lids[EXPRESSION_DIM:]  # (T, 2)
        shown = 1.0 + directions @ self.columns @ lids[EXPRESSION_DIM:]
        adapted = extras.copy()
        blinks = [_COLUMN["eyeBlinkLeft"], _COLUMN["eyeBlinkRight"]]
        adapted[:, blinks] *= np.maximum(shown, NARROWEST) / np.maximum(asked, NARROWEST)
        return np.minimum(adapted, 1.0)

    def _fitted(
        self, coefficients: np.ndarray, extras: np.ndarray, fitted: np.ndarray, closing: bool
    ) -> np.ndarray:  # fmt: skip
        """(T, n): bounded least squares over the movement of the open face's vertices, lips counting more, and most
        where they are to be shut."""
        own, plain, gaps = open_face_mouth(), _without_direct(extras), own_gaps(coefficients, extras)
        problem = _Problem.of(self.columns[fitted] * self.reach[fitted, None])
        toward = problem.toward(coefficients, plain)
        partings, opening = wanted_partings(gaps, own.rest, self._rest), self.opening[fitted] * self.reach[fitted, None]
        values = problem.solved(toward, opening, partings, (OPENING_WEIGHT if closing else 0.0) * OPEN_PLACES)
        share = shut_share(gaps) if closing else np.zeros(len(gaps))
        rows = np.flatnonzero(share)
        if len(rows):
            shut = problem.solved(toward[rows], opening, partings[rows], SHUT_WEIGHT * np.ones(LIP_PLACES))
            values[rows] += share[rows, None] * (shut - values[rows])
        return values * self.reach[fitted]

    @property
    def _rest(self) -> np.ndarray:
        """(LIP_PLACES,) how far apart the lips rest; as the open face's where nobody measured it."""
        return np.array(self.mapping.rest_gaps) if self.mapping.rest_gaps else open_face_mouth().rest

    def _sliders(self, directions: np.ndarray) -> np.ndarray:
        rows = self.mapping.rows
        sliders = np.zeros((len(directions), len(rows)))
        for column, (slider, sign) in enumerate(zip(self.slider, self.sign, strict=True)):
            sliders[:, slider] += sign * directions[:, column]
        gain, offset = (np.array([getattr(row, name) for row in rows]) for name in ("gain", "offset"))
        low, high = (np.array([getattr(row, name) for row in rows]) for name in ("low", "high"))
        used = np.array([row in self.mapping.used for row in rows])
        return np.where(used, np.clip(sliders * gain + offset, low, high), 0.0).astype(np.float32)


@dataclass(frozen=True, eq=False)
class _Problem:
    """What shapes move, n of them at their ends, as the least squares need it. columns: (n, 52). gram: (n, n)."""

    columns: np.ndarray
    gram: np.ndarray
    whole: np.ndarray

    @classmethod
    def of(cls, columns: np.ndarray) -> "_Problem":
        """For shapes that show `columns` (n, 52)."""
        shapes = movement(open_face())[EXPRESSION_DIM:, EXPRESSION_DIM:]
        return cls(columns, columns @ shapes @ columns.T, (columns != 0).sum(axis=1) > PARTS)

    def toward(self, coefficients: np.ndarray, extras: np.ndarray) -> np.ndarray:
        """(T, n) how much of each shape's movement is wanted."""
        alike = movement(open_face())[:, EXPRESSION_DIM:]
        return (coefficients @ alike[:EXPRESSION_DIM] + extras @ alike[EXPRESSION_DIM:]) @ self.columns.T

    def solved(self, toward: np.ndarray, opening: np.ndarray, partings: np.ndarray, places: np.ndarray) -> np.ndarray:
        """(T, n) in 0..1: what moves the face `toward`, and the lips, which each shape parts by `opening` (n, P), by
        `partings` (T, P); each of the P places counts as much as `places` (P,) says."""
        counts = places * open_face_mouth().width ** 2 / LIP_PLACES
        ridge = np.where(self.whole, WHOLE_MOUTH, SPARSITY) * np.diag(self.gram)
        gram = self.gram + (counts * opening) @ opening.T
        gram += TOGETHER * ridge.mean() * np.outer(self.whole, self.whole)
        return bounded_least_squares(gram, toward + (counts * partings) @ opening.T, ridge)


def own_gaps(coefficients: np.ndarray, extras: np.ndarray) -> np.ndarray:
    """(T, LIP_PLACES) how far apart the open face's lips are, in mouth widths, under coefficients and ARKit weights."""
    own = open_face_mouth()
    return own.rest + np.tensordot(np.concatenate([coefficients, _without_direct(extras)], axis=1), own.openings, 1)


def _without_direct(extras: np.ndarray) -> np.ndarray:
    plain = extras.copy()
    plain[:, [_COLUMN[name] for name in DIRECT]] = 0.0
    return plain


class Beside(Protocol):
    """What moves beside the coefficients: FaceAnimation has it, and so have its samples."""

    @property
    def blinks(self) -> np.ndarray: ...
    @property
    def gaze(self) -> np.ndarray: ...
    @property
    def tongue(self) -> np.ndarray: ...
    @property
    def upper(self) -> np.ndarray: ...


def arkit_extras(beside: Beside) -> np.ndarray:
    """(T, 52) float64: blinks, gaze, tongue and the upper face's own shapes as ARKit weights."""
    blinks, gaze = beside.blinks, beside.gaze
    extras = np.zeros((len(blinks), len(ARKIT_NAMES)))
    extras[:, UPPER_ROWS] = beside.upper
    extras[:, [_COLUMN["eyeBlinkLeft"], _COLUMN["eyeBlinkRight"]]] = blinks
    extras[:, _COLUMN["tongueOut"]] = beside.tongue[:, 0]
    for column, names in enumerate(GAZE_SHAPES):
        for name in names:
            extras[:, _COLUMN[name]] = gaze[:, column]
    return extras


def _opening(row: Row, vector: np.ndarray, negative: bool) -> np.ndarray:
    """(LIP_PLACES,) by how much a direction of a slider parts the lips: as measured, or as the open face's shapes of
    that meaning."""
    if row.opening is None:
        return vector @ open_face_mouth().openings[EXPRESSION_DIM:]
    measured = np.array(row.lips) if row.lips else np.full(LIP_PLACES, row.opening)
    return -measured if negative else measured


def _direct(columns: np.ndarray) -> np.ndarray:
    """(J, n): the weight of each of DIRECT in the columns that are all but made of it, or of it and its other side.

    Each name has one column, the purest; the others of the kind stay at rest.
    """
    wanted = columns[:, [_COLUMN[name] for name in DIRECT]]
    made = np.linalg.norm(wanted, axis=1) >= PURE * np.maximum(np.linalg.norm(columns, axis=1), 1e-9)
    makes = np.where(made[:, None] & (wanted > 0), wanted, 0.0)
    purity = makes / np.maximum(np.linalg.norm(columns, axis=1), 1e-9)[:, None]
    purest = np.zeros_like(makes, bool)
    purest[purity.argmax(axis=0), np.arange(makes.shape[1])] = True  # one of Blink, Blink_L and a copy, not all of them
    return np.where(purest, makes, 0.0)
