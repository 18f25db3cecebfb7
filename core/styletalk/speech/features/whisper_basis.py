# SPDX-License-Identifier: Apache-2.0
"""The principal directions of speech in the features of Whisper's encoder.

whisper_basis.npz is made by styletalk_research.datasets.whisper_basis.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from ...errors import WeightsError
from ...files.npz import read_npz
from ...files.reading import UnusableContent
from ...files.shipped import reading_shipped

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
    """The basis that ships beside this module. Raises WeightsError where it is missing or damaged."""
    with reading_shipped(BASIS_FILE, WeightsError), read_npz(BASIS_FILE, WeightsError) as stored:
        basis = Basis(*(stored[name].astype(np.float32) for name in ("mean", "directions", "typical")))
        if basis.directions.shape != (len(basis.mean), WHISPER_DIM) or basis.typical.shape != (WHISPER_DIM,):
            raise UnusableContent("its arrays do not fit together")
        return basis
