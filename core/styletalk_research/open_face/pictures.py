# SPDX-License-Identifier: Apache-2.0
"""Contact sheets of a face model, to look at."""

from pathlib import Path

import numpy as np

from styletalk.face.model import FaceModel
from styletalk.face.retarget import ARKIT_NAMES

from .render import Camera, Painter, sheet

SIZE = 320
SHOWN = (("rest", ()), ("jawOpen", (("jawOpen", 0.7),)), ("smile", (("mouthSmileLeft", 0.8), ("mouthSmileRight", 0.8))),
         ("pucker", (("mouthPucker", 0.8),)), ("funnel", (("mouthFunnel", 0.8), ("jawOpen", 0.2))),
         ("blink", (("eyeBlinkLeft", 1.0), ("eyeBlinkRight", 1.0))))  # fmt: skip


def painter_of(model: FaceModel) -> Painter:
    """A painter with the model's colours: painted on skin and eyes, the region's own elsewhere."""
    return Painter(model.triangles, model.colours[model.triangles])


def views(model: FaceModel, size: int = SIZE) -> tuple[Camera, Camera]:
    """From the front and from three-quarter."""
    middle = (0.0, float(model.mean[:, 1].max()) * 0.53, 0.0)
    height = float(np.ptp(model.mean[:, 1])) * 1.12
    return Camera(middle, height, size=size), Camera(middle, height, yaw=38.0, size=size)


def write_sheet(model: FaceModel, path: Path) -> None:
    """ARKit poses, gaze and three identities, each from the front and three-quarter, as a PNG."""
    from PIL import Image

    painter, shape = painter_of(model), dict(zip(ARKIT_NAMES, model.arkit, strict=True))
    faces = [model.mean + sum((weight * shape[name] for name, weight in pose), start=0.0) for _, pose in SHOWN]
    faces += [model.mean + model.gaze[0]]
    random = np.random.default_rng(3)
    faces += [model.shape(random.normal(size=len(model.identity)).astype(np.float32)) for _ in range(3)]
    front, side = views(model)
    tops, bottoms = faces[: len(faces) // 2], faces[len(faces) // 2 :]
    pictures = [painter.picture(face, camera) for row in (tops, bottoms) for camera in (front, side) for face in row]
    image = Image.fromarray(sheet(pictures, len(tops)))
    image.quantize(192, dither=Image.Dither.NONE).save(path, optimize=True)
