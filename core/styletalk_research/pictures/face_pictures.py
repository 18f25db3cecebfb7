# SPDX-License-Identifier: Apache-2.0
"""Pictures of a talking face without Blender: rows of an animation on a face model."""

from collections.abc import Iterable

import numpy as np

from styletalk.animation import FaceAnimation
from styletalk.face.model import FaceModel
from styletalk.face.published_pose import rotation_matrix
from styletalk.face.rasteriser import Framing, render_mesh

FACE_SHARE = 0.72
"""Close-ups show this much of the head's radius, and look at the face rather than at the neck."""


def face_pictures(
    face: FaceModel,
    animation: FaceAnimation,
    rows: Iterable[int],
    size: int = 256,
    view: "str | tuple[float, float]" = "front",
    framing: Framing | None = None,
) -> list[np.ndarray]:
    """A picture (size, size, 3) uint8 for each of `rows`, head pose, blinks, gaze and tongue included, from one camera.

    framing: what the camera looks at; by default the face of the head at rest. Raises CoefficientShapeError.
    """
    rows = list(rows)
    framing = framing or face_framing(face)
    pictures = []
    for row in rows:
        one = slice(row, row + 1)
        others = (track[one] for track in (animation.blinks, animation.gaze, animation.tongue, animation.upper))
        shape = face.vertices(animation.coefficients[one], None, *others)[0]
        posed = posed_vertices(shape, animation.head_pose[row], face.neck_pivot)
        pictures.append(render_mesh(posed, face.triangles, face.colours, size, view, framing))
    return pictures


def posed_vertices(vertices: np.ndarray, head_pose: np.ndarray, neck_pivot: np.ndarray) -> np.ndarray:
    """(V, 3): the head turned about its neck and moved, v' = R (v − p) + p + t. head_pose: (6,), radians and metres."""
    head_pose = np.asarray(head_pose, np.float64)
    turned = (vertices - neck_pivot) @ rotation_matrix(head_pose[None, :3])[0].T
    return turned + neck_pivot + head_pose[3:]


def face_framing(face: FaceModel) -> Framing:
    """The framing of a close-up: from the chin to the crown of the head at rest."""
    whole = Framing.of(face.mean)
    high, front = face.mean[:, 1].max(), face.mean[:, 2].max()
    radius = whole.radius * FACE_SHARE
    return Framing(np.array([0.0, high - radius, front / 2]), radius)
