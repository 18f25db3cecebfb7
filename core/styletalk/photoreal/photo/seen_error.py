# SPDX-License-Identifier: Apache-2.0
"""How far an expression that was fitted to one photo is off, for a person whom the fit does not know.

seen_error.npz is made by styletalk_research.datasets.photo_error; nothing of a recording remains but second moments.
"""

from functools import lru_cache
from pathlib import Path

import numpy as np

from ...animation import EXPRESSION_DIM
from ...errors import FaceModelError
from ...files.npz import read_npz, write_npz
from ...files.reading import UnusableContent

ERROR_FILE = Path(__file__).with_name("seen_error.npz")


def save_error(covariance: np.ndarray, path: Path = ERROR_FILE) -> None:
    """Write the covariance (64, 64). Raises OutputError."""
    write_npz(path, {"covariance": np.asarray(covariance, np.float16)})


@lru_cache(maxsize=1)
def seen_error() -> np.ndarray:
    """(64, 64): the covariance that is shipped. Raises FaceModelError where the installation is incomplete."""
    with read_npz(ERROR_FILE, lambda reason: FaceModelError(f"{ERROR_FILE} cannot be used ({reason}).")) as data:
        covariance = data["covariance"].astype(np.float64)
        if covariance.shape != (EXPRESSION_DIM, EXPRESSION_DIM):
            raise UnusableContent("it has another shape")
        return covariance
