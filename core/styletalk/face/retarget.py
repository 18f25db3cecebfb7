# SPDX-License-Identifier: Apache-2.0
"""The 64 coefficients as weights of the 52 ARKit shapes, for rigs that have those (or the user's names for them)."""

import numpy as np

from ..animation import BLINK_DIM, GAZE_DIM, TONGUE_DIM, UPPER_DIM
from ..errors import CoefficientShapeError, FaceModelError
from .arkit_names import ARKIT_NAMES, UPPER_ROWS
from .model import FaceModel, checked_coefficients, open_face
from .movement import movement, parting

NOT_FITTED = ("tongueOut", "mouthClose", *(name for name in ARKIT_NAMES if name.startswith("eyeLook")))
"""mouthClose only undoes jawOpen and would fight it; tongue and gaze have no part in the 64 coefficients."""
GAZE_SHAPES = (
    ("eyeLookOutLeft", "eyeLookInRight"), ("eyeLookInLeft", "eyeLookOutRight"),
    ("eyeLookUpLeft", "eyeLookUpRight"), ("eyeLookDownLeft", "eyeLookDownRight"),
)  # fmt: skip
"""Per gaze column: left, right, up, down."""
OPENING_WEIGHT = 400.0
"""How much more than a vertex the lips' distance counts: a mouth that does not close is seen before all else."""
SPARSITY = 0.02
"""Pull towards zero, as a part of a mean shape's squared length: of equal fits the one with the least movement."""
ROUNDS = 60
TOLERANCE = 1e-5


def arkit_weights(
    coefficients: np.ndarray,
    blinks: np.ndarray | None = None,
    gaze: np.ndarray | None = None,
    model: FaceModel | None = None,
    tongue: np.ndarray | None = None,
    upper: np.ndarray | None = None,
) -> np.ndarray:
    """ARKit weights w that move the face like the coefficients: min ‖A w − E δ‖² + λ‖w‖², 0 ≤ w ≤ 1, frame by frame;
    the lips count more, and how far they are apart most (`movement`).

    coefficients: (T, 64). blinks: (T, 2), gaze: (T, 4), tongue: (T, 4), upper: (T, 15), or None. model: a face with
    ARKit shapes, the open face by default. Returns (T, 52) float32 in [0, 1], columns as ARKIT_NAMES. Blinks and upper
    add to what the coefficients move; of the tongue ARKit has only how far it is out.
    Raises CoefficientShapeError, FaceModelError where the model has no ARKit shapes.
    """
    model = model or open_face()
    if not len(model.arkit):
        raise FaceModelError("This face model has no ARKit shapes. Use the open face to make ARKit weights.")
    wanted = checked_coefficients(coefficients)
    fitted = [index for index, name in enumerate(ARKIT_NAMES) if name not in NOT_FITTED]
    apart, columns = parting(model), len(model.expression)
    alike = movement(model) + OPENING_WEIGHT * apart @ apart.T
    shapes = columns + np.array(fitted)
    gram = alike[np.ix_(shapes, shapes)]
    toward = wanted.astype(np.float64) @ alike[:columns, shapes]  # (T, 40)
    weights = np.zeros((len(wanted), len(ARKIT_NAMES)))
    weights[:, fitted] = bounded_least_squares(gram, toward, SPARSITY * np.trace(gram) / len(gram))
    _add_eyes(weights, blinks, gaze)
    if upper is not None:
        weights[:, UPPER_ROWS] += _checked("upper", upper, len(weights), UPPER_DIM)
    if tongue is not None:
        weights[:, ARKIT_NAMES.index("tongueOut")] = _checked("tongue", tongue, len(weights), TONGUE_DIM)[:, 0]
    return np.clip(weights, 0, 1).astype(np.float32)


def bounded_least_squares(gram: np.ndarray, toward: np.ndarray, ridge: float | np.ndarray) -> np.ndarray:
    """Minimise wᵀ(G + λ)w − 2 wᵀb over 0 ≤ w ≤ 1 for many b at once, by coordinate descent.

    gram: (n, n) float64, positive semidefinite. ridge: λ, one or (n,). toward: (T, n). Returns (T, n).
    """
    system = gram + ridge * np.eye(len(gram))
    diagonal = np.diag(system)
    weights = np.clip(np.linalg.solve(system, toward.T).T, 0, 1)  # (T, n), a good start
    for _ in range(ROUNDS):
        before = weights.copy()
        for k in range(len(system)):
            rest = toward[:, k] - weights @ system[:, k] + weights[:, k] * diagonal[k]
            weights[:, k] = np.clip(rest / diagonal[k], 0, 1)
        if np.abs(weights - before).max(initial=0.0) < TOLERANCE:
            break
    return weights


def _add_eyes(weights: np.ndarray, blinks: np.ndarray | None, gaze: np.ndarray | None) -> None:
    if blinks is not None:
        for side, name in enumerate(("eyeBlinkLeft", "eyeBlinkRight")):
            weights[:, ARKIT_NAMES.index(name)] += _checked("blinks", blinks, len(weights), BLINK_DIM)[:, side]
    if gaze is not None:
        for column, names in enumerate(GAZE_SHAPES):
            for name in names:
                weights[:, ARKIT_NAMES.index(name)] = _checked("gaze", gaze, len(weights), GAZE_DIM)[:, column]


def _checked(name: str, values: np.ndarray, rows: int, width: int) -> np.ndarray:
    """(T, width) values. Raises CoefficientShapeError for another shape."""
    if np.shape(values) != (rows, width):
        raise CoefficientShapeError(f"{name} has shape {np.shape(values)}; expected ({rows}, {width}).")
    return np.asarray(values)
