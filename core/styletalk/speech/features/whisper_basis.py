# SPDX-License-Identifier: Apache-2.0
"""The principal directions of speech in the features of Whisper's encoder.

whisper_basis.npz is made by styletalk_research.datasets.whisper_basis.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

WHISPER_DIM = 128
"""Columns that are kept, by decreasing variance of speech."""
BASIS_FILE = Path(__file__).with_name("whisper_basis.npz")


@dataclass(frozen=True)
class Basis:
    """mean: (384,) of the encoder's features. directions: (384, WHISPER_DIM) to columns. typical: (WHISPER_DIM,) their
    deviations within a line."""

    mean: np.ndarray
    directions: np.ndarray
    typical: np.ndarray

    def save(self, path: Path) -> None:
        """Write as .npz, float16."""
        parts = {"mean": self.mean, "directions": self.directions, "typical": self.typical}
        with open(path, "wb") as file:
            np.savez_compressed(file, **{name: array.astype(np.float16) for name, array in parts.items()})


@lru_cache(maxsize=1)
def whisper_basis() -> Basis:
    """The basis that ships beside this module."""
    with np.load(BASIS_FILE, allow_pickle=False) as stored:
        return Basis(*(stored[name].astype(np.float32) for name in ("mean", "directions", "typical")))
