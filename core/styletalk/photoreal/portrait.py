# SPDX-License-Identifier: Apache-2.0
"""A photo with the face that was fitted to it: what the photoreal pass begins with, in one file."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ..animation import EXPRESSION_DIM, MAX_ABS_COEFFICIENT
from ..errors import PortraitError
from ..face.model import IDENTITY_DIM, LANDMARKS_MEDIAPIPE, open_face
from ..face.published_pose import rotation_matrix
from ..files.json_text import parse_json
from ..files.npy import text_of
from ..files.npz import read_npz, write_npz
from ..files.reading import UnusableContent, existing_file

MIN_SIDE_PX, MAX_SIDE_PX = 128, 4096
"""Of the photo in a portrait. Larger ones are made smaller when they are read."""
MAX_OUTSIDE = 10.0
"""By so many sides of the photo a landmark or the neck may lie beside it."""
MAX_ABS_IDENTITY = 10.0
"""Standard deviations."""
MAX_TURN = np.pi
MAX_SCALE = 1e6
MAX_GAP_M = 0.15
"""Nobody's mouth opens wider."""


@dataclass(frozen=True, eq=False)
class Portrait:
    """A photo and the face that was fitted to it: all that the warp needs.

    pixels: (H, W, 3) uint8, upright, sRGB. alpha: (H, W) uint8, or None where the photo has no transparent parts.
    landmarks: (478, 3) float32, MediaPipe's, pixels of the photo: x right, y down, z away from the camera.
    identity: (80,) float32, of the open face, in standard deviations. expression: (64,) float32, what the photo shows.
    rotation: (3,) float32, radians x, y, z of R = Rz Ry Rx, by which the open face is turned in the photo; as the
    rotation in FaceAnimation.head_pose. scale: pixels a metre, scaled orthographic. offset: (2,) float32, the pixel at
    which the open face's neck_pivot stands. mouth_gap_m: opening between the inner lips in their middle, metres at the
    open face's scale; 0 where they touch. metadata: of a JSON object; "source", "sha256" of the photo's file,
    "lips_closed" (bool), "residual_px", "notes" (sentences for the user), "versions". matte: (H, W) uint8, how much of
    each pixel is the person, which needs to be right near the head alone; None where nothing is known of it.
    """

    pixels: np.ndarray
    alpha: np.ndarray | None
    landmarks: np.ndarray
    identity: np.ndarray
    expression: np.ndarray
    rotation: np.ndarray
    scale: float
    offset: np.ndarray
    mouth_gap_m: float
    metadata: Mapping[str, Any] = field(default_factory=dict)
    matte: np.ndarray | None = None

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences for the user: what to expect of this photo."""
        return tuple(map(str, self.metadata.get("notes", ())))

    @property
    def lips_closed(self) -> bool:
        """Whether the lips touch in the photo."""
        return bool(self.metadata.get("lips_closed", False))

    def projected(self, points_m: np.ndarray) -> np.ndarray:
        """(..., 2) pixels of the photo: where points (..., 3) of the open face lie, metres, in the face's axes."""
        return self.placed(points_m)[..., :2]

    def placed(self, points_m: np.ndarray) -> np.ndarray:
        """(..., 3) pixels: `projected`, and the depth below the neck's, positive away from the camera, as landmarks."""
        return placed(points_m, self.rotation, self.scale, self.offset)

    def save(self, path: Path) -> None:
        """Write the portrait, whole or not at all. Raises OutputError."""
        arrays = {name: np.asarray(getattr(self, name), dtype) for name, (dtype, _, _) in _NUMBERS.items()}
        arrays["pixels"] = np.asarray(self.pixels, np.uint8)
        if self.alpha is not None:
            arrays["alpha"] = np.asarray(self.alpha, np.uint8)
        if self.matte is not None:
            arrays["matte"] = np.asarray(self.matte, np.uint8)
        arrays["metadata"] = np.array(json.dumps(dict(self.metadata)))
        write_npz(Path(path), arrays)

    @classmethod
    def load(cls, path: Path) -> "Portrait":
        """Read a portrait. Raises PortraitError for anything else."""
        path = existing_file(Path(path), "portrait", PortraitError)
        with read_npz(path, partial(_no_portrait, path)) as data:
            numbers: dict[str, Any] = {name: _number(name, data[name]) for name in _NUMBERS}
            pixels, alpha, matte = _picture(data["pixels"], data.get("alpha"), data.get("matte"))
            metadata = parse_json(text_of(data["metadata"]))
            if not isinstance(metadata, dict) or not isinstance(metadata.get("notes", []), list):
                raise UnusableContent("its metadata are no JSON object")
            _check_places(pixels, numbers)
            return cls(pixels=pixels, alpha=alpha, metadata=metadata, matte=matte, **numbers)


def placed(points_m: np.ndarray, rotation: np.ndarray, scale: float, offset: np.ndarray) -> np.ndarray:
    """(..., 3) pixels of points (..., 3) of the open face: x right, y down, z away from the camera.

    rotation: (3,) radians. scale: pixels a metre. offset: (2,) the pixel of the neck.
    """
    turned = (np.asarray(points_m) - open_face().neck_pivot) @ rotation_matrix(np.asarray(rotation)[None])[0].T
    found = turned * np.array([scale, -scale, -scale])
    found[..., :2] += offset
    return found


# name -> (type, shape, greatest absolute value)
_NUMBERS: dict[str, tuple[type, tuple[int, ...], float]] = {
    "landmarks": (np.float32, (LANDMARKS_MEDIAPIPE, 3), MAX_OUTSIDE * MAX_SIDE_PX),
    "identity": (np.float32, (IDENTITY_DIM,), MAX_ABS_IDENTITY),
    "expression": (np.float32, (EXPRESSION_DIM,), MAX_ABS_COEFFICIENT),
    "rotation": (np.float32, (3,), MAX_TURN),
    "scale": (np.float64, (), MAX_SCALE),
    "offset": (np.float32, (2,), MAX_OUTSIDE * MAX_SIDE_PX),
    "mouth_gap_m": (np.float64, (), MAX_GAP_M),
}


def _number(name: str, array: np.ndarray) -> Any:
    """One of _NUMBERS as its type. Raises UnusableContent where it is another."""
    dtype, shape, greatest = _NUMBERS[name]
    if array.dtype.kind != "f" or array.shape != shape or not np.abs(array).max() <= greatest:
        raise UnusableContent(f"its {name} is not what it must be")
    return array.astype(dtype) if shape else float(array)


def _picture(
    pixels: np.ndarray, alpha: np.ndarray | None, matte: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray | None, np.ndarray | None]:
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3:
        raise UnusableContent("its photo has no colours")
    if not MIN_SIDE_PX <= min(pixels.shape[:2]) <= max(pixels.shape[:2]) <= MAX_SIDE_PX:
        raise UnusableContent(f"the sides of its photo are not {MIN_SIDE_PX} to {MAX_SIDE_PX} pixels")
    for name, plane in (("transparency", alpha), ("matte", matte)):
        if plane is not None and (plane.dtype != np.uint8 or plane.shape != pixels.shape[:2]):
            raise UnusableContent(f"its {name} does not fit its photo")
    return pixels, alpha, matte


def _check_places(pixels: np.ndarray, numbers: Mapping[str, Any]) -> None:
    """Raises UnusableContent where the face does not lie on the photo."""
    if not numbers["scale"] > 0 or numbers["mouth_gap_m"] < 0:
        raise UnusableContent("its face has no size")
    middle = numbers["landmarks"][:, :2].mean(axis=0)
    if not ((middle > 0) & (middle < pixels.shape[1::-1])).all():
        raise UnusableContent("its face does not lie on its photo")


def _no_portrait(path: Path, reason: str) -> PortraitError:
    return PortraitError(
        f"{path.name} is not a portrait ({reason}). Make one with `styletalk portrait PHOTO -o {path.name}`."
    )
