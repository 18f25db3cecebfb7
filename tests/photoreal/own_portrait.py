# SPDX-License-Identifier: Apache-2.0
"""A portrait of the open face itself, in bands of two colours: nobody's, and its landmarks are where they must be."""

import numpy as np

from styletalk.face.landmarks import landmark_positions
from styletalk.face.model import open_face
from styletalk.photoreal.portrait import Portrait, placed

SIDE_PX = 160


def own_portrait() -> Portrait:
    face, still = open_face(), np.zeros(3, np.float32)
    scale, offset = 500.0, np.array([SIDE_PX / 2, SIDE_PX - 10], np.float32)
    points = landmark_positions(face.mean, face.triangles, face.landmarks_mediapipe)
    pixels = np.full((SIDE_PX, SIDE_PX, 3), (90, 110, 120), np.uint8)
    pixels[20:140, 40:120] = (190, 150, 130)
    pixels[::8] //= 2
    return Portrait(
        pixels=pixels, alpha=None, landmarks=placed(points, still, scale, offset).astype(np.float32),
        identity=np.zeros(80, np.float32), expression=np.zeros(64, np.float32), rotation=still, scale=scale,
        offset=offset, mouth_gap_m=0.0, metadata={"source": "nobody.png", "sha256": "", "notes": []},
    )  # fmt: skip
