# SPDX-License-Identifier: Apache-2.0
"""Identities of the open face that ship with it: women and men of three ages."""

import functools

import numpy as np

from ..errors import FaceModelError
from ..files.json_text import read_json
from ..files.reading import UnusableContent, explaining
from ..files.shipped import reading_shipped, shipped_folder
from .model import IDENTITY_DIM

PEOPLE_FILE = shipped_folder("bfm_assets") / "people.json"
PEOPLE = ("young_woman", "young_man", "middle_aged_woman", "middle_aged_man", "old_woman", "old_man")
MAX_DEVIATIONS = 10.0
RANDOM_LIMIT = 2.0


@functools.lru_cache(maxsize=1)
def people() -> dict[str, np.ndarray]:
    """Name of PEOPLE → identity (80,) float32, in standard deviations. Raises FaceModelError where they are missing."""

    def unusable(reason: str) -> FaceModelError:
        return FaceModelError(f"{PEOPLE_FILE} holds no people ({reason}). Install StyleTalk again.")

    with reading_shipped(PEOPLE_FILE, FaceModelError), explaining(unusable):
        found = read_json(PEOPLE_FILE)
        return {name: _identity(found[name]) for name in PEOPLE}


def _identity(numbers: list[float]) -> np.ndarray:
    identity = np.array(numbers, np.float32)
    if identity.shape != (IDENTITY_DIM,) or not np.abs(identity).max() <= MAX_DEVIATIONS:
        raise UnusableContent(f"an identity is not {IDENTITY_DIM} numbers")
    return identity


def random_identity(seed: int) -> np.ndarray:
    """(80,) float32: a person at random, in standard deviations, none beyond RANDOM_LIMIT. Same seed, same person."""
    numbers = np.random.default_rng(seed).normal(0.0, 1.0, IDENTITY_DIM)
    return np.clip(numbers, -RANDOM_LIMIT, RANDOM_LIMIT).astype(np.float32)
