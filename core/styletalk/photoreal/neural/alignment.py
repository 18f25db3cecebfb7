# SPDX-License-Identifier: Apache-2.0
"""The published crop: where a face lies in a picture, by five of its landmarks, and the loose square about it.

The published extractor lays five points of a standard face (eyes, tip of the nose, corners of the mouth) over the
picture by an affine map (Deep3DFaceRecon, "POS"). The last three numbers of a pose are what it finds: s, which falls as
the face grows, and the place (tx, ty) of the standard face's origin, from the left and from the bottom.
"""

import functools
from dataclasses import dataclass

import numpy as np

from ...face.landmarks import MOUTH_WIDTH
from ...face.published_pose import PICTURE_PX

EYES = ((33, 133), (362, 263))
NOSE_TIP = 1
UNIT_PX_PER_M = 1026.2
"""s times pixels a metre of the face. This and the next reproduce s to 1.9 % and tx, ty to 1.2 pixels on 5925 pictures
of the sample clips (`python -m styletalk_research.datasets.five_points`)."""
ORIGIN_M = (0.0, 0.1344, 0.0603)
"""The standard face's origin on the mean face of the tracker, metres."""
LOOSE = 1.02
"""s in the square: the median of the sample clips."""
ORIGIN_PX = (128.0, 134.0)
"""Where the origin lies in the square, from the left and from the top: the same, but in the middle across."""


@dataclass(frozen=True)
class Square:
    """A square of a photo: pixels of its left, its top and its side."""

    left: float
    top: float
    side: float

    @property
    def zoom(self) -> float:
        """Pixels of the published picture for one of the photo."""
        return PICTURE_PX / self.side


def five_points(landmarks: np.ndarray) -> np.ndarray:
    """(..., 5, D) of MediaPipe's landmarks (..., 478, D): right eye, left eye, nose, corners of the mouth."""
    eyes = [landmarks[..., list(corners), :].mean(-2) for corners in EYES]
    return np.stack([*eyes, *(landmarks[..., point, :] for point in (NOSE_TIP, *MOUTH_WIDTH))], -2)


def alignment(landmarks: np.ndarray) -> tuple[float, float, float]:
    """(s, x, y) of landmarks (478, 2 or 3) in pixels, y down: scale, and the origin's place from the left and top."""
    points = np.asarray(landmarks, np.float64)[:, :2]
    affine = np.linalg.lstsq(_standard(), five_points(points), rcond=None)[0]  # (4, 2)
    pixels_a_metre = np.linalg.norm(affine[:3], axis=0).mean()
    x, y = np.array([*ORIGIN_M, 1.0]) @ affine
    return float(UNIT_PX_PER_M / pixels_a_metre), float(x), float(y)


def loose_square(landmarks: np.ndarray) -> Square:
    """The square in which a face lies as in the published sample pictures; it may reach beyond the photo."""
    s, x, y = alignment(landmarks)
    side = PICTURE_PX * LOOSE / s  # s of the square is s · zoom⁻¹
    across, down = (side * at / PICTURE_PX for at in ORIGIN_PX)
    return Square(x - across, y - down, side)


def crop_numbers(landmarks: np.ndarray, square: Square) -> np.ndarray:
    """(3,) s, tx, ty of a face in its square, as the published pose has them: ty from the bottom."""
    s, x, y = alignment(landmarks)
    zoom = square.zoom
    return np.array([s / zoom, (x - square.left) * zoom, PICTURE_PX - (y - square.top) * zoom])


@functools.lru_cache(maxsize=1)
def _standard() -> np.ndarray:
    """(5, 4): the five points of the tracker's mean face, and a column of ones."""
    from ...tracking.fit.reference import face_map

    return np.concatenate([five_points(face_map().template), np.ones((5, 1))], axis=1)
