# SPDX-License-Identifier: Apache-2.0
"""ARKit weights of other tools as coefficients, so that all systems are measured on one face."""

from collections.abc import Mapping, Sequence

import numpy as np

from styletalk.face.model import FaceModel
from styletalk.face.retarget import ARKIT_NAMES

RIDGE = 0.02
"""Pull towards zero, in the coefficients' own standard deviations, as a part of their mean squared displacement."""


def coefficients_of_arkit(weights: Sequence[Mapping[str, float]] | np.ndarray, face: FaceModel) -> np.ndarray:
    """(T, 64) float64: coefficients that move the face as ARKit weights do, min ‖E δ − A w‖² + λ‖δ/σ‖².

    weights: (T, 52) in the order of ARKIT_NAMES, or for each row a mapping of names; names that are none of the 52 are
    ignored. A movement that the coefficients cannot make (tongue, gaze) is lost.
    """
    if not isinstance(weights, np.ndarray):
        weights = np.array([[row.get(name, 0.0) for name in ARKIT_NAMES] for row in weights])
    columns = face.expression.reshape(len(face.expression), -1).astype(np.float64)
    columns = columns * face.coefficient_std[:, None]  # in standard deviations
    gram = columns @ columns.T
    toward = columns @ face.arkit.reshape(len(face.arkit), -1).T  # (64, 52)
    system = gram + RIDGE * np.trace(gram) / len(gram) * np.eye(len(gram))
    return weights @ np.linalg.solve(system, toward).T * face.coefficient_std
