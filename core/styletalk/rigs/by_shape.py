# SPDX-License-Identifier: Apache-2.0
"""What a character's shapes show, told by what they move: each is compared with the 52 ARKit shapes as the open face
makes them, carried over to the character."""

import functools
import hashlib
from dataclasses import dataclass, replace

import numpy as np

from ..face.arkit_names import ARKIT_NAMES
from ..face.retarget import bounded_least_squares
from .assignment import assigned
from .checking import STILL, other_side
from .finding import find_landmarks
from .head_landmarks import HeadLandmarks
from .mapping import ENOUGH_PARTS, RigMapping, Row
from .surface import Surface
from .transfer import EYE_SHAPES, checked_mesh, transferred

ALIKE = 0.7
"""Cosine of two movements above which one is the other."""
AMONG_ALL = 0.5
"""The same for shapes of a face that has single parts, where each ARKit shape goes to one of them."""
MANY_WRONG = 1 / 3
"""Where this part of the names contradicts what the shapes do, no name counts against that."""
CONTRADICTED = 0.4
"""A shape that moves less like its name than this does not show what its name says."""
PLAINLY = 0.8
"""And is taken for what it moves like by so much."""
PARTS = 2
"""A name that stands for more shapes than a pair is a whole mouth's: what it looks like differs from face to face."""
NOTHING_LIKE, CERTAINLY = 0.25, 0.9
"""A whole mouth's name is overruled where the shape moves less like it than this, and so much like a single one."""
BELIEVED = 0.6
"""Half of a face's shapes move as much like one of ours as this, or more, or our head was laid on wrongly."""
MIXED = 0.7
"""The part of a shape's movement that a mix of ARKit shapes must explain."""
LEAST_WEIGHT, LEAST = 0.15, 0.02
"""What a mix has less of than this part of its strongest shape, or than this, it is left without."""
OPPOSITE = tuple(
    (ARKIT_NAMES.index(one), ARKIT_NAMES.index(other))
    for one, other in (("mouthLeft", "mouthRight"), ("jawLeft", "jawRight"))
)
LIKE_OURS = (0.6, 1.7)
"""A shape that moves by so much of the open face's needs no gain."""
GAINS = (0.25, 4.0)
RIDGE = 0.02


@dataclass(frozen=True, eq=False)
class Likeness:
    """How R shapes move beside 52 ARKit shapes. cosine, amount: (R, 52), the cosine and by how much of the ARKit shape
    each moves along it. gram: (52, 52), toward: (R, 52) products. square: (R,) squared size of each shape."""

    cosine: np.ndarray
    amount: np.ndarray
    gram: np.ndarray
    toward: np.ndarray
    square: np.ndarray

    @classmethod
    def between(cls, deltas: np.ndarray, ours: np.ndarray, area: np.ndarray) -> "Likeness":
        """Of shapes (R, V, 3) and ARKit shapes (52, V, 3) on points that stand for area (V,)."""
        weight = np.sqrt(area)[None, :, None]
        theirs, arkit = (np.reshape(each * weight, (len(each), -1)) for each in (deltas, ours))
        gram, toward, square = arkit @ arkit.T, theirs @ arkit.T, (theirs**2).sum(axis=1)
        size = np.maximum(np.diag(gram), 1e-30)
        cosine = toward / np.sqrt(np.maximum(np.outer(square, size), 1e-30))
        return cls(cosine, toward / size, gram, toward, square)

    def of_mix(self, row: int, weights: np.ndarray) -> float:
        """The cosine of a shape and a mix (52,) of ARKit shapes."""
        size = float(weights @ self.gram @ weights)
        return float(weights @ self.toward[row] / np.sqrt(max(size * self.square[row], 1e-30)))

    def mixes(self) -> np.ndarray:
        """(R, 52) the sparse mix of ARKit shapes that moves most like each shape; of opposite ones the stronger."""
        ridge = RIDGE * np.diag(self.gram).mean()
        weights = bounded_least_squares(self.gram, self.toward, ridge)
        for one, other in OPPOSITE:
            both = weights[:, [one, other]].min(axis=1, keepdims=True)
            weights[:, [one, other]] -= both
        for row, first in enumerate(weights):
            some = np.flatnonzero(first >= max(LEAST_WEIGHT * first.max(), LEAST))
            again = bounded_least_squares(self.gram[np.ix_(some, some)], self.toward[row : row + 1, some], ridge / 4)
            weights[row] = 0.0
            weights[row, some] = np.where(again[0] >= LEAST_WEIGHT / 2 * again[0].max(initial=0.0), again[0], 0.0)
        return weights


def told_by_shape(
    mapping: RigMapping, basis: np.ndarray, deltas: np.ndarray, triangles: np.ndarray,
    landmarks: HeadLandmarks | None = None,
) -> RigMapping:  # fmt: skip
    """The mapping with names checked by what the shapes do, and with shapes told whose names say nothing.

    basis: (V, 3), triangles: (F, 3), deltas: (R, V, 3), what the shape of each row moves; y up, looking anywhere.
    landmarks: of the face; found where they are None. Raises RigError where no face is found on the mesh.
    """
    ours = _ours_on(_Mesh(np.asarray(basis, np.float64), triangles, landmarks))
    likeness = Likeness.between(deltas, ours, _areas(basis, triangles))
    best = likeness.cosine[likeness.square > STILL**2 * likeness.square.max(initial=0.0)].max(axis=1, initial=-1.0)
    if not len(best) or np.median(best) < BELIEVED:
        return mapping  # the open face does not lie right, or the shapes are no face's
    rows, mixes = _distrusted(list(mapping.rows), likeness), likeness.mixes()
    for index, row in enumerate(rows):
        if row.weights and likeness.square[index] > 0:
            rows[index] = _checked(row, index, mixes[index], likeness)
    _tell(rows, mixes, likeness)
    return replace(mapping, rows=tuple(rows))


@dataclass(frozen=True, eq=False)
class _Mesh:
    """What the open face's shapes are carried onto; equal where all numbers are."""

    basis: np.ndarray
    triangles: np.ndarray
    landmarks: HeadLandmarks | None

    def __hash__(self) -> int:
        return hash(self._digest)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Mesh) and self._digest == other._digest

    @functools.cached_property
    def _digest(self) -> bytes:
        places = self.landmarks.points.tobytes() if self.landmarks is not None else b""
        return hashlib.sha256(self.basis.tobytes() + self.triangles.tobytes() + places).digest()


@functools.lru_cache(maxsize=1)
def _ours_on(mesh: _Mesh) -> np.ndarray:
    """(52, V, 3) float32: kept, for a table is often made again."""
    checked_mesh(mesh.basis, mesh.triangles)
    found = mesh.landmarks or find_landmarks(mesh.basis, mesh.triangles)
    return transferred(mesh.basis, mesh.triangles, found).deltas.astype(np.float32)


def _areas(basis: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """(V,) a third of the area of the triangles around each point."""
    surface = Surface(np.asarray(basis, np.float64), triangles, np.arange(len(basis)))
    a, b, c = (surface.points[triangles[:, k]] for k in range(3))
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1) / 6
    return np.bincount(triangles.ravel(), np.repeat(area, 3), minlength=len(basis))


def _checked(row: Row, index: int, mix: np.ndarray, likeness: Likeness) -> Row:
    """A row that a name told, or what the shape does where that contradicts it."""
    agreement = likeness.of_mix(index, row.vector())
    if agreement >= ALIKE:
        return replace(row, confidence=max(row.confidence, round(agreement, 2)))
    best = int(likeness.cosine[index].argmax())
    if _is_gaze(row) and ARKIT_NAMES[best].startswith(EYE_SHAPES):
        return row  # lids follow the eyes, which may be meshes of their own
    single, mixed = float(likeness.cosine[index, best]), likeness.of_mix(index, mix)
    is_part = len(row.weights) <= PARTS or (agreement < NOTHING_LIKE and single >= CERTAINLY)
    if agreement >= CONTRADICTED or not (row.enabled or is_part):
        return row
    if is_part and single >= PLAINLY and single >= mixed - (1 - mixed):
        shown, sure = {ARKIT_NAMES[best]: 1.0}, single
    elif is_part and mixed >= PLAINLY:
        shown, sure = _as_weights(mix), mixed
    else:
        sure = round(min(row.confidence, max(0.0, agreement)), 2)
        return replace(row, confidence=sure, reason=f"{row.reason}; but it moves otherwise than that")
    reason = f"{row.reason}; but it moves like {_listed(shown)}"
    return replace(row, weights=shown, negative={}, confidence=round(sure, 2), enabled=True, reason=reason)


def _is_gaze(row: Row) -> bool:
    return all(name.startswith("eyeLook") for name in row.weights)


def _as_weights(mix: np.ndarray) -> dict[str, float]:
    return {ARKIT_NAMES[k]: round(float(mix[k]), 2) for k in np.flatnonzero(mix)}


def _listed(weights: dict[str, float]) -> str:
    """The three strongest, in words."""
    return " and ".join(sorted(weights, key=lambda name: -weights[name])[:3])


def _tell(rows: list[Row], mixes: np.ndarray, likeness: Likeness) -> None:
    """Fill the rows that no name told: single ARKit shapes first, the surest ones, then pairs and mixes."""
    strongest = likeness.square.max(initial=0.0)
    untold = [
        index for index, row in enumerate(rows)
        if not (row.weights or row.negative) and likeness.square[index] > STILL**2 * strongest
    ]  # fmt: skip
    spare = _tell_parts(rows, untold, likeness)
    taken = {name for row in rows for name in row.weights if len(row.weights) == 1}
    of_mix = {index: likeness.of_mix(index, mixes[index]) for index in untold}
    pairs = ((likeness.cosine[index, column], index, column) for index in untold for column in range(len(ARKIT_NAMES)))
    for cosine, index, column in sorted(pairs, reverse=True):
        name, is_mix = ARKIT_NAMES[column], of_mix[index] > cosine + (1 - cosine) / 2
        if cosine >= ALIKE and not rows[index].weights and name not in taken and not is_mix:
            taken.add(name)
            rows[index] = _single(rows[index], name, float(cosine), float(likeness.amount[index, column]))
    has_parts = sum(len(row.weights) == 1 and row.enabled for row in rows) >= ENOUGH_PARTS
    for index in untold:
        if not rows[index].weights:
            is_spare = has_parts and (spare is None or index in spare)
            rows[index] = _mixed(rows[index], _as_weights(mixes[index]), of_mix[index], is_spare)


def _tell_parts(rows: list[Row], untold: list[int], likeness: Likeness) -> set[int] | None:
    """Where a face has single parts, give each ARKit shape to one of the untold ones, so that all are most alike:
    another maker's smile may be as much like our dimple as like our smile, but both are there.
    Returns the shapes for which none is left; None for a face of whole mouths."""
    taken = {name for row in rows for name in row.weights if len(row.weights) == 1}
    free = [column for column, name in enumerate(ARKIT_NAMES) if name not in taken]
    alike = likeness.cosine[np.ix_(untold, free)]
    pairs = [(index, place) for index, place in enumerate(_best(alike)) if place >= 0] if alike.size else []
    if len(taken) + sum(alike[pair] >= ALIKE for pair in pairs) < ENOUGH_PARTS:
        return None
    for index, place in pairs:
        row, column, cosine = untold[index], free[place], float(alike[index, place])
        if cosine >= AMONG_ALL:
            amount = float(likeness.amount[row, column])
            rows[row] = _single(rows[row], ARKIT_NAMES[column], cosine, amount)
    return set(untold) - {untold[index] for index, place in pairs if alike[index, place] >= NOTHING_LIKE}


def _best(cosine: np.ndarray) -> np.ndarray:
    """(N,) the ARKit shape that each of N shapes is best given to; one sure pair is worth two vague ones."""
    return assigned(np.maximum(cosine, 0.0) ** 2)


def _distrusted(rows: list[Row], likeness: Likeness) -> list[Row]:
    """The rows; where many move otherwise than their names say, those without them: someone dealt them out anew."""
    named = [index for index, row in enumerate(rows) if len(row.weights) == 1 and likeness.square[index] > 0]
    if len(named) < ENOUGH_PARTS:
        return rows
    wrong = {index for index in named if likeness.of_mix(index, rows[index].vector()) < CONTRADICTED}
    best = zip(named, _best(likeness.cosine[named]), strict=True)
    known_better = [index in wrong and likeness.cosine[index, column] >= AMONG_ALL for index, column in best]
    mirrored = [likeness.of_mix(index, other_side(rows[index]).vector()) for index in wrong]
    if sum(known_better) < MANY_WRONG * len(named) or sum(each >= ALIKE for each in mirrored) >= len(wrong) / 2:
        return rows  # names of the other side are turned round by those who look at sides
    return [Row(row.shape, low=max(row.low, 0.0)) if index in wrong else row for index, row in enumerate(rows)]


def _single(row: Row, name: str, cosine: float, amount: float) -> Row:
    gain = 1.0 if LIKE_OURS[0] <= amount <= LIKE_OURS[1] else round(float(np.clip(1 / amount, *GAINS)), 2)
    reason = f"it moves like {name}"
    return replace(row, weights={name: 1.0}, gain=gain, confidence=round(cosine, 2), reason=reason, enabled=True)


def _mixed(row: Row, weights: dict[str, float], cosine: float, is_spare: bool) -> Row:
    if cosine < MIXED or not weights:
        return replace(row, reason="it moves like nothing that is known")
    reason, sure = f"it moves like {_listed(weights)}", round(cosine, 2)
    if is_spare:
        reason = f"{reason}, which the face has as parts"
    return replace(row, weights=weights, enabled=not is_spare, confidence=sure, reason=reason)
