# SPDX-License-Identifier: Apache-2.0
"""The open face moved by the 52 ARKit shapes instead of the 64 coefficients: signed and the same, or positive and near.

The 64 columns are made of the ARKit shapes (expression = arkit × M), and lids, eyes and upper face are some of them. So
signed weights move each vertex as the coefficients do. Where they may not be negative, bounded least squares find what
looks most alike.
"""

from dataclasses import dataclass

import numpy as np

from ..face.arkit_names import ARKIT_NAMES
from ..face.landmarks import LIPS
from ..face.model import open_face
from ..face.movement import movement
from ..face.retarget import bounded_least_squares
from .closing import shut_share
from .measure import open_face_mouth
from .weights import Beside, arkit_extras

TONGUE_SHAPES = ("tongueUp", "tongueBack", "tongueWide")
"""ARKit's tongue comes out and does nothing else; these three follow after the 52."""
OWN_SHAPES = (*ARKIT_NAMES, *TONGUE_SHAPES)
LIDS = (
    33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7,
    263, 466, 388, 387, 386, 385, 384, 398, 362, 382, 381, 380, 374, 373, 390, 249,
)  # fmt: skip
"""MediaPipe landmarks along the edges of the right and the left eye's lids."""
LIPS_COUNT, LIDS_COUNT = 200.0, 100.0
"""How much more these landmarks count than a vertex of the skin."""
OPEN_COUNTS, SHUT_COUNTS = 1_000.0, 50_000.0
"""The same of the lips' distance, and while they are shut."""
RIDGE = 0.002
"""Pull towards what is wanted, held to 0..1, as a part of a shape's own squared movement: of equal fits the nearest;
what is positive already stays."""
FITTED = tuple(
    k for k, name in enumerate(ARKIT_NAMES) if name != "tongueOut" and not name.startswith("eyeLook")
)  # fmt: skip
"""Eyes and tongue are never negative, and nothing stands for them."""


@dataclass(frozen=True)
class Misfit:
    """How far positive weights are from what was meant, millimetres: at most and on average over all rows, and by how
    much the distance of shut lips is another one."""

    lips: float
    lips_mean: float
    lids: float
    lids_mean: float
    shut: float

    def __str__(self) -> str:
        closed = f"; closed lips within {self.shut:.2f} mm" if self.shut >= 0 else ""
        return (
            f"Positive keys: lips within {self.lips:.1f} mm ({self.lips_mean:.2f} on average), lids within "
            f"{self.lids:.1f} mm ({self.lids_mean:.2f}){closed}."
        )


def signed_weights(coefficients: np.ndarray, beside: Beside) -> np.ndarray:
    """(T, 55) float32: OWN_SHAPES that move the open face as coefficients (T, 64) and what is beside them do."""
    weights = coefficients.astype(np.float64) @ open_face().arkit_matrix.T + arkit_extras(beside)
    return np.hstack([weights, beside.tongue[:, 1:]]).astype(np.float32)


def positive_weights(signed: np.ndarray) -> np.ndarray:
    """(T, 55) float32 in 0..1 that move lips and lids nearest to (T, 55) signed ones; shut lips stay shut."""
    weights = signed.astype(np.float64)
    wanted = weights[:, : len(ARKIT_NAMES)]
    found = _solved(wanted, OPEN_COUNTS)
    share = _shut(wanted)
    rows = np.flatnonzero(share)
    if len(rows):
        found[rows] += share[rows, None] * (_solved(wanted[rows], SHUT_COUNTS) - found[rows])
    weights[:, FITTED] = found
    return np.clip(weights, 0.0, 1.0).astype(np.float32)


def misfit(signed: np.ndarray, positive: np.ndarray) -> Misfit:
    """How far (T, 55) weights are from (T, 55) others."""
    change = (positive - signed)[:, : len(ARKIT_NAMES)].astype(np.float64)
    lips, lids = (1000.0 * np.linalg.norm(_moved(change, marks), axis=2) for marks in (LIPS, LIDS))
    shut = _shut(signed[:, : len(ARKIT_NAMES)].astype(np.float64)) == 1.0
    parted = 1000.0 * np.abs(change[shut] @ _partings())
    return Misfit(
        float(lips.max(initial=0.0)), float(lips.mean()), float(lids.max(initial=0.0)), float(lids.mean()),
        float(parted.max()) if len(parted) else -1.0,
    )  # fmt: skip


def _solved(wanted: np.ndarray, gap_counts: float) -> np.ndarray:
    """(T, n) in 0..1 of the fitted shapes, for (T, 52) wanted. gap_counts: how much the lips' distance counts."""
    marks = [_movements(names).reshape(len(ARKIT_NAMES), -1) for names in (LIPS, LIDS)]
    alike = movement(open_face())[-len(ARKIT_NAMES) :, -len(ARKIT_NAMES) :]
    alike = alike + sum(counts * each @ each.T for counts, each in zip((LIPS_COUNT, LIDS_COUNT), marks, strict=True))
    apart = _partings()
    alike = alike + gap_counts * apart @ apart.T
    gram = alike[np.ix_(FITTED, FITTED)]
    ridge = RIDGE * np.diag(gram)
    toward = (wanted @ alike)[:, FITTED] + ridge * np.clip(wanted[:, FITTED], 0.0, 1.0)
    return bounded_least_squares(gram, toward, ridge)


def _shut(weights: np.ndarray) -> np.ndarray:
    """(T,) how far lips are shut under (T, 52) weights, 0..1."""
    mouth = open_face_mouth()
    return shut_share(mouth.rest + weights @ _partings() / mouth.width)


def _partings() -> np.ndarray:
    """(52, P): by how much each shape parts the lips at places across the mouth, metres."""
    mouth = open_face_mouth()
    return mouth.openings[-len(ARKIT_NAMES) :] * mouth.width


def _movements(marks: tuple[int, ...] | list[int]) -> np.ndarray:
    """(52, n, 3) float64: how the shapes move landmarks, metres."""
    model = open_face()
    points = model.landmarks_mediapipe
    corners = model.arkit[:, model.triangles[points.triangles[list(marks)]]].astype(np.float64)
    return np.einsum("nk,cnkd->cnd", points.weights[list(marks)], corners)


def _moved(weights: np.ndarray, marks: tuple[int, ...]) -> np.ndarray:
    """(T, n, 3) metres: landmarks under (T, 52) weights."""
    return np.tensordot(weights, _movements(marks), 1)
