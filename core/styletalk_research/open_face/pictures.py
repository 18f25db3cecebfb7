# SPDX-License-Identifier: Apache-2.0
"""A contact sheet of a face model, to look at."""

from pathlib import Path

import numpy as np

from styletalk.face.model import FaceModel
from styletalk.face.retarget import ARKIT_NAMES
from styletalk.files.png import write_png

from ..pictures.sheet import contact_sheet
from .render import Camera, Painter

SIZE = 320
POSES = ({}, {"jawOpen": 0.7}, {"mouthSmileLeft": 0.8, "mouthSmileRight": 0.8}, {"mouthPucker": 0.8},
         {"mouthFunnel": 0.8, "jawOpen": 0.2}, {"eyeBlinkLeft": 1.0, "eyeBlinkRight": 1.0})  # fmt: skip
IDENTITIES = 3


def write_sheet(model: FaceModel, path: Path) -> None:
    """ARKit poses, gaze and three identities, each from the front and three-quarter, as a PNG. Raises OutputError."""
    painter, shape = (
        Painter(model.triangles, model.colours[model.triangles]),
        dict(zip(ARKIT_NAMES, model.arkit, strict=True)),
    )
    faces = [model.mean + sum((weight * shape[name] for name, weight in pose.items()), start=0.0) for pose in POSES]
    faces += [model.mean + model.gaze[0]]
    random = np.random.default_rng(3)
    faces += [model.shape(random.normal(size=len(model.identity)).astype(np.float32)) for _ in range(IDENTITIES)]
    middle = (0.0, float(model.mean[:, 1].max()) * 0.53, 0.0)
    cameras = [Camera(middle, float(np.ptp(model.mean[:, 1])) * 1.12, yaw=yaw, size=SIZE) for yaw in (0.0, 38.0)]
    halves = (faces[: len(faces) // 2], faces[len(faces) // 2 :])
    pictures = [painter.picture(face, camera) for half in halves for camera in cameras for face in half]
    write_png(path, contact_sheet(pictures, len(halves[0])))
