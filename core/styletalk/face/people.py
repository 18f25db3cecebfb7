# SPDX-License-Identifier: Apache-2.0
"""Who the open face is: named sliders and chance, as the 80 numbers of an identity."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..errors import FaceModelError
from ..files.json_text import read_json
from ..files.reading import UnusableContent, explaining
from ..files.shipped import reading_shipped, shipped_folder
from .model import IDENTITY_DIM

SLIDERS_FILE = shipped_folder("bfm_assets") / "sliders.json"
MAX_DEVIATIONS = 10.0
IDENTITY_LIMIT = 4.0
"""No number of a person's identity is beyond: faces there are none that anybody has."""
RANDOM_LIMIT = 2.0


@dataclass(frozen=True)
class Slider:
    """What may be said of a face, from low to high; 0 is the mean face."""

    name: str
    low: float
    high: float
    what: str


SLIDERS = (
    Slider("age", 0.0, 1.0, "0: a young adult; 1: old"),
    Slider("masculine", -1.0, 1.0, "−1: a woman; 1: a man"),
    Slider("weight", -1.0, 1.0, "How full the face is"),
    Slider("face_length", -1.0, 1.0, "How long the head is from chin to crown"),
    Slider("jaw_width", -1.0, 1.0, "How broad the jaw is"),
    Slider("chin", -1.0, 1.0, "How far the chin comes forward and down"),
    Slider("cheekbones", -1.0, 1.0, "How far the cheekbones stand out"),
    Slider("brow_height", -1.0, 1.0, "How high the brows are"),
    Slider("eye_size", -1.0, 1.0, "How large the eyes are"),
    Slider("eye_distance", -1.0, 1.0, "How far the eyes are apart"),
    Slider("nose_width", -1.0, 1.0, "How broad the nose is"),
    Slider("nose_length", -1.0, 1.0, "How long the nose is"),
    Slider("nose_bridge", -1.0, 1.0, "−1: a nose that curves inwards; 1: one with a hump"),
    Slider("mouth_width", -1.0, 1.0, "How wide the mouth is"),
    Slider("lip_fullness", -1.0, 1.0, "How full the lips are"),
    Slider("ear_size", -1.0, 1.0, "How large the ears are"),
)
PEOPLE: Mapping[str, Mapping[str, float]] = {
    "young_woman": {"masculine": -0.75, "lip_fullness": 0.5, "eye_size": 0.4, "jaw_width": -0.35, "nose_width": -0.3},
    "young_man": {"masculine": 0.75, "jaw_width": 0.4, "brow_height": -0.4, "chin": 0.3, "eye_size": -0.2},
    "middle_aged_woman": {
        "age": 0.45, "masculine": -0.65, "weight": 0.25, "lip_fullness": 0.25, "eye_size": 0.25, "jaw_width": -0.15,
    },
    "middle_aged_man": {
        "age": 0.5, "masculine": 0.8, "weight": 0.45, "jaw_width": 0.5, "brow_height": -0.5, "nose_width": 0.4,
        "chin": 0.3,
    },
    "old_woman": {
        "age": 1.0, "masculine": -0.55, "weight": -0.1, "lip_fullness": -0.4, "ear_size": 0.4, "eye_size": -0.1,
        "nose_length": 0.25,
    },
    "old_man": {
        "age": 1.0, "masculine": 0.75, "weight": -0.25, "lip_fullness": -0.6, "ear_size": 0.8, "nose_length": 0.5,
        "nose_width": 0.4, "jaw_width": 0.3, "brow_height": -0.3, "nose_bridge": 0.3,
    },
}  # fmt: skip
"""Six people, by their sliders: the same face at three ages, as a woman and as a man."""


def people() -> dict[str, np.ndarray]:
    """Name of PEOPLE → identity (80,) float32, in standard deviations. Raises FaceModelError where they are missing."""
    return {name: identity_of(sliders) for name, sliders in PEOPLE.items()}


def identity_of(sliders: Mapping[str, float], chance: float = 0.0, seed: int = 0) -> np.ndarray:
    """(80,) float32: a person by sliders of SLIDERS, and as much of the person `random_identity(seed)` as chance says.

    Raises FaceModelError where the installation is incomplete.
    """
    directions = _directions()
    identity = sum((value * directions[name] for name, value in sliders.items()), start=np.zeros(IDENTITY_DIM))
    identity = identity + chance * random_identity(seed)
    return np.clip(identity, -IDENTITY_LIMIT, IDENTITY_LIMIT).astype(np.float32)


def random_identity(seed: int) -> np.ndarray:
    """(80,) float32: a person at random, in standard deviations, none beyond RANDOM_LIMIT. Same seed, same person."""
    numbers = np.random.default_rng(seed).normal(0.0, 1.0, IDENTITY_DIM)
    return np.clip(numbers, -RANDOM_LIMIT, RANDOM_LIMIT).astype(np.float32)


@functools.lru_cache(maxsize=1)
def _directions() -> dict[str, np.ndarray]:
    """Slider → what it adds to an identity at 1."""

    def unusable(reason: str) -> FaceModelError:
        return FaceModelError(f"{SLIDERS_FILE} holds no sliders ({reason}). Install StyleTalk again.")

    with reading_shipped(SLIDERS_FILE, FaceModelError), explaining(unusable):
        found = read_json(SLIDERS_FILE)
        return {slider.name: _direction(found[slider.name]) for slider in SLIDERS}


def _direction(numbers: list[float]) -> np.ndarray:
    direction = np.array(numbers, np.float32)
    if direction.shape != (IDENTITY_DIM,) or not np.abs(direction).max() <= MAX_DEVIATIONS:
        raise UnusableContent(f"a slider is not {IDENTITY_DIM} numbers")
    return direction
