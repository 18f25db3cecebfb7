# SPDX-License-Identifier: Apache-2.0
"""F and V: the lower lip rises towards the upper teeth and thins, as far as the coefficients can show it.

The published coefficients were fitted to pictures from the front and carry little depth: of the shape mouthRollLower
they can make the way up, and little of the way in.
"""

from typing import TYPE_CHECKING

import numpy as np

from ..animation import EXPRESSION_DIM, LOWER_FACE

if TYPE_CHECKING:
    from ..face.model import FaceModel

SHAPE = "mouthRollLower"
SHARE = 0.5
"""How much of the shape an F or V gets."""
USUALNESS = 3.0
"""Pull towards few standard deviations, in mm²: without it the brows would pay for the lip."""


def labiodental_move(face: "FaceModel") -> np.ndarray:
    """(64,) change of the lower-face coefficients for an F or V on `face`; zeros where it has no ARKit shapes.

    δ = argmin |E δ − SHARE · shape|² + λ Σ (δ / std)², over landmarks of the face and lines across the lips, in mm.
    """
    move = np.zeros(EXPRESSION_DIM)
    if not len(getattr(face, "arkit", ())):
        return move
    from ..face.landmarks import landmark_positions
    from ..face.retarget import ARKIT_NAMES

    wanted = SHARE * face.arkit[ARKIT_NAMES.index(SHAPE)]
    columns = face.expression[list(LOWER_FACE)]
    places = (face.landmarks_mediapipe, face.lip_upper, face.lip_lower)

    def on_the_face(deltas: np.ndarray) -> np.ndarray:
        parts = [landmark_positions(deltas, face.triangles, place) for place in places]
        return 1000.0 * np.concatenate(parts, axis=-2).reshape(*deltas.shape[:-2], -1).astype(np.float64)

    reach, goal = on_the_face(columns), on_the_face(wanted)  # (13, L), (L,)
    deviation = np.asarray(face.coefficient_std, np.float64)[list(LOWER_FACE)]
    move[list(LOWER_FACE)] = np.linalg.solve(reach @ reach.T + USUALNESS * np.diag(deviation**-2), reach @ goal)
    return move
