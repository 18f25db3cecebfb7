# SPDX-License-Identifier: Apache-2.0
"""MediaPipe's face mesh: all faces of a picture as landmarks (Kartynnik et al., 2019; the wheels carry the model)."""

import contextlib
import os
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import MissingPackageError
from ..face.landmarks import EYE_DISTANCE
from .tracks import LANDMARKS

MAX_FACES = 4
SAME_PLACE = 0.5
"""Middles that lie nearer than this, in distances between the outer corners of the eyes, are of one face."""
PATCH_SIDE = 3
"""A landmark's colour is the mean of so many pixels across, of a picture in which the eyes lie PATCH_EYES_PX apart."""
PATCH_EYES_PX = 32.0
SKIN_LANDMARKS = 468
"""Those without the irises."""
SIGNATURE_SIDE, SIGNATURE_SAMPLES = 16, 4


@dataclass(frozen=True)
class Sighting:
    """What is kept of a picture.

    landmarks: (F, 478, 3) float32, parts of the picture's width (x, z) and height (y), of F faces. colours: (F, 468,
    3) uint8, RGB of the picture at each. signature: (256,) uint8, the picture itself, very small.
    """

    landmarks: np.ndarray
    colours: np.ndarray
    signature: np.ndarray


class FaceMesh:
    """Finds faces in one picture after the other, each the easier for the one before. Close it after use."""

    def __init__(self) -> None:
        """Raises MissingPackageError."""
        with _quiet():
            self._mesh = _solution().FaceMesh(max_num_faces=MAX_FACES, refine_landmarks=True)
            self._mesh.process(np.zeros((64, 64, 3), np.uint8))
        self._new = True  # until its first face it writes of its models

    def __enter__(self) -> "FaceMesh":
        return self

    def __exit__(self, *_: object) -> None:
        self._mesh.close()

    def forget(self) -> None:
        """The next picture is looked at as if it was the first."""
        with _quiet():
            self._mesh.reset()
        self._new = True

    def look(self, pixels: np.ndarray) -> Sighting:
        """The faces in (H, W, 3) uint8 RGB."""
        with _quiet() if self._new else contextlib.nullcontext():
            found = self._mesh.process(pixels).multi_face_landmarks or ()
        self._new = self._new and not found
        faces = np.array([[(p.x, p.y, p.z) for p in face.landmark] for face in found], np.float32)
        faces = _each_once(faces.reshape(-1, LANDMARKS, 3), pixels.shape)
        colours = np.array([_colours(pixels, face) for face in faces], np.uint8).reshape(-1, SKIN_LANDMARKS, 3)
        return Sighting(faces, colours, _signature(pixels))


def _each_once(faces: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """The faces (F, 478, 3) without those that were found in the place of an earlier one."""
    at = faces[:, :, :2] * (shape[1], shape[0])
    middles, sizes = at.mean(axis=1), np.linalg.norm(at[:, EYE_DISTANCE[0]] - at[:, EYE_DISTANCE[1]], axis=1)
    kept: list[int] = []
    for face in range(len(faces)):
        if all(np.linalg.norm(middles[face] - middles[other]) > SAME_PLACE * sizes[other] for other in kept):
            kept.append(face)
    return faces[kept]


def _solution() -> Any:
    try:
        with _quiet():
            import mediapipe

            warnings.filterwarnings("ignore", "SymbolDatabase.GetPrototype", UserWarning)
            return mediapipe.solutions.face_mesh  # pyright: ignore[reportAttributeAccessIssue] - made at run time
    except (ImportError, AttributeError) as error:
        raise MissingPackageError(
            "Following a face needs MediaPipe, a version that carries its face model. "
            'Install it with `pip install "mediapipe>=0.10.14,<0.10.22"` (Python 3.9 to 3.12).'
        ) from error


def _colours(pixels: np.ndarray, face: np.ndarray) -> np.ndarray:
    """(468, 3) colours at the landmarks of a face, which may reach beyond the picture."""
    height, width = pixels.shape[:2]
    at = face[:SKIN_LANDMARKS, :2] * (width, height)
    step = float(np.linalg.norm(at[EYE_DISTANCE[0]] - at[EYE_DISTANCE[1]])) / PATCH_EYES_PX
    around = step * (np.arange(PATCH_SIDE) - PATCH_SIDE // 2)
    x = np.clip(at[:, 0, None, None] + around[None, None, :], 0, width - 1).astype(int)
    y = np.clip(at[:, 1, None, None] + around[None, :, None], 0, height - 1).astype(int)
    return pixels[y, x].mean(axis=(1, 2))


def _signature(pixels: np.ndarray) -> np.ndarray:
    """(256,) uint8: a grid of the picture's brightness, each the mean of some pixels about it."""
    rows, columns = (
        np.linspace(0, side - 1, SIGNATURE_SIDE * SIGNATURE_SAMPLES).astype(int) for side in pixels.shape[:2]
    )
    some = pixels[np.ix_(rows, columns)].mean(axis=2)
    blocks = some.reshape(SIGNATURE_SIDE, SIGNATURE_SAMPLES, SIGNATURE_SIDE, SIGNATURE_SAMPLES)
    return blocks.mean(axis=(1, 3)).astype(np.uint8).reshape(-1)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """MediaPipe writes of its own affairs on the process's stderr, where no Python function can keep it back."""
    sys.stderr.flush()
    with contextlib.ExitStack() as stack:
        try:
            kept, nothing = os.dup(2), os.open(os.devnull, os.O_WRONLY)
        except OSError:  # no stderr at all
            yield
            return
        stack.callback(lambda: (os.dup2(kept, 2), os.close(kept), os.close(nothing)))
        os.dup2(nothing, 2)
        yield
