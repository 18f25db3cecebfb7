# SPDX-License-Identifier: Apache-2.0
"""What a head does over a line: mouth gap and width, eyes, brows, closures; and what the coefficients ask for."""

import functools
from dataclasses import dataclass

import numpy as np

from styletalk.animation import FaceAnimation
from styletalk.face.arkit_names import ARKIT_NAMES
from styletalk.face.model import open_face
from styletalk.motion.closures import CLOSED_MM
from styletalk.motion.lips import LipGap
from styletalk.rigs.lips import LipSurfaces, find_contact
from styletalk.rigs.weights import RigSolver, arkit_extras

from .rig_heads import Head, arkit_head, z_up

TRACKS = ("mouth gap", "mouth width", "eye opening", "brow height")
EYES = 2
"""The track that ends where an eye is shut."""
LIDS, BROWS = ("eyeBlinkLeft", "eyeBlinkRight"), ("browInnerUp",)
MOST_MOVED = 0.6
"""A lid or brow is what its shape moves by more than this share of the most that it moves."""
MEANT = 0.9
MOUTH_MM = 44.0
"""Width of the open face's mouth, by which other heads are scaled: millimetres."""


@dataclass(frozen=True)
class HeadFigures:
    """A head over the lines. r and slope by track, None where the head has no such shapes. closed_rows: rows in which
    the open face's lips are shut in P, B or M and in silence; shut: the share of them that is shut here; worst_mm: the
    widest gap in any; deepest_mm: how far lips pass into each other at the most; rest_mm: how far apart they rest. All
    for a mouth of 44 mm."""

    head: str
    shapes: int
    correlation: dict[str, float | None]
    slope: dict[str, float | None]
    closed_rows: int
    shut: float
    worst_mm: float
    deepest_mm: float
    rest_mm: float


def measure_head(head: Head, animations: list[FaceAnimation]) -> HeadFigures:
    """Play lines on a head and measure it. Raises RigError."""
    solver = RigSolver.of(head.mapping)
    values = [solver.values(animation).astype(np.float64) for animation in animations]
    asked = np.concatenate([_asked(animation) for animation in animations])
    rows = _track_rows(head, head.mesh.targets)
    shown = np.concatenate(values) @ rows.T  # (T, 4)
    asked[:, EYES], shown[:, EYES] = (np.maximum(each[:, EYES], -1.0) for each in (asked, shown))
    known = np.abs(rows).max(axis=1) > 0
    fits = [fit(asked[:, k], shown[:, k]) if known[k] else (None, None) for k in range(len(TRACKS))]
    shut = np.concatenate([_shut_rows(animation) for animation in animations])
    gaps, depths = gaps_mm(head, np.concatenate(values)[shut])
    return HeadFigures(
        head.name, len(head.mapping.used), dict(zip(TRACKS, (fit[0] for fit in fits), strict=True)),
        dict(zip(TRACKS, (fit[1] for fit in fits), strict=True)), int(shut.sum()),
        float((gaps.max(axis=1) <= CLOSED_MM).mean()), float(gaps.max()), float(max(0.0, -depths.min())),
        float(gaps_mm(head, np.zeros((1, len(head.mapping.rows))))[0].max()),
    )  # fmt: skip


def tracks(head: Head, animation: FaceAnimation, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(T, 4) the TRACKS of the coefficients on the open face, and (T, 4) those of a head under `values` (T, R)."""
    return _asked(animation), values @ _track_rows(head, head.mesh.targets).T


def gaps_mm(head: Head, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(T, C) how far apart the lips of the whole mesh are in each column, seen from the front, and the same where they
    are equally deep: negative where they pass into each other. For a mouth of MOUTH_MM."""
    lips, scale = head.lips, MOUTH_MM / head.mouth.width
    used, corners = np.unique(np.concatenate([lips.upper, lips.lower]), return_inverse=True)
    upper, lower = np.split(corners.reshape(-1, 3), [len(lips.upper)])
    near = LipSurfaces(upper, lower, lips.places)
    rest, targets = head.mesh.points[used], head.mesh.targets[:, used]
    found = scale * np.array([near.gaps(rest + np.tensordot(row, targets, 1)) for row in values])  # (T, 2, C)
    return found[:, 0], found[:, 1]


def fit(asked: np.ndarray, shown: np.ndarray) -> tuple[float, float]:
    """Correlation, and slope of what is shown over what is asked."""
    asked, shown = asked - asked.mean(), shown - shown.mean()
    size = float(np.linalg.norm(asked) * np.linalg.norm(shown))
    return float(asked @ shown) / max(size, 1e-12), float(asked @ shown / max(asked @ asked, 1e-12))


@functools.lru_cache(maxsize=1)
def _own_rows() -> np.ndarray:
    """(4, 116): the tracks of one of each of the open face's 64 columns and 52 ARKit shapes."""
    expression = z_up(open_face().expression)
    own = arkit_head()
    return _track_rows(own, np.concatenate([expression, own.mesh.targets]))


def _asked(animation: FaceAnimation) -> np.ndarray:
    """(T, 4) the tracks of the coefficients, and of what moves beside them, on the open face."""
    return np.concatenate([animation.coefficients, arkit_extras(animation)], axis=1) @ _own_rows().T


def _track_rows(head: Head, deltas: np.ndarray) -> np.ndarray:
    """(4, K): what each of `deltas` (K, V, 3) adds to the TRACKS of a head; zeros where they cannot be measured.

    Gap and width in widths of the mouth; eyes and brows in what a whole blink and a whole raise move them.
    """
    contact = find_contact(head.mesh.points, head.mesh.triangles, head.opening, head.mouth)
    right, left = head.mouth.upper[0], head.mouth.upper[-1]
    rows = np.zeros((len(TRACKS), len(deltas)))
    if contact is not None:
        rows[0] = contact.openings(deltas).mean(axis=1)
    rows[1] = (deltas[:, left, 0] - deltas[:, right, 0]) / head.mouth.width
    for track, names in ((2, LIDS), (3, BROWS)):
        shape = _shape(head, names)
        if shape is not None:
            way = np.abs(shape[:, 2])
            marks = way > MOST_MOVED * way.max()
            rows[track] = deltas[:, marks, 2].mean(axis=1) / way[marks].mean()
    return rows


def _shape(head: Head, names: tuple[str, ...]) -> np.ndarray | None:
    """(V, 3) what the head's shape of that meaning moves, or those of its sides together; None without."""
    meant = np.isin(ARKIT_NAMES, names).astype(float)
    vectors = np.array([row.vector() for row in head.mapping.rows])
    size = np.linalg.norm(vectors, axis=1)
    cosine = vectors @ meant / np.maximum(size * np.linalg.norm(meant), 1e-9)
    if cosine.max(initial=0.0) > MEANT:
        return head.mesh.targets[cosine.argmax()]
    sides = [int(np.argmax(vectors[:, ARKIT_NAMES.index(name)] / np.maximum(size, 1.0))) for name in names]
    pure = all(vectors[k, ARKIT_NAMES.index(name)] > MEANT * size[k] > 0 for k, name in zip(sides, names, strict=True))
    return head.mesh.targets[sides].sum(axis=0) if pure else None


def _shut_rows(animation: FaceAnimation) -> np.ndarray:
    """(T,) bool: rows in which the open face's lips are shut, as measured on its mesh."""
    return LipGap.of(open_face()).opening_mm(animation.coefficients) <= CLOSED_MM
