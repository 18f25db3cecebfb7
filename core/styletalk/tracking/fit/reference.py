# SPDX-License-Identifier: Apache-2.0
"""What the fit knows of faces: their mean in MediaPipe's landmarks, and what the landmarks say of the coefficients.

face_map.npz is made by styletalk_research.datasets.face_map; nothing of a recording remains in it but second moments.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from ...errors import FaceModelError
from ...files.npz import read_npz, write_npz

MAP_FILE = Path(__file__).with_name("face_map.npz")


@dataclass(frozen=True, eq=False)
class FaceMap:
    """template: (478, 3) metres, the mean face, y up, z to the front, as the open face stands. mirror: (478,) int, the
    landmark on the other side. angle_offset: (3,) radians that published angles are short of those of the template.
    mean: (956,) the mean of seen shapes, x and y in eye distances; level: (64,) mean coefficients, at that mean;
    slope: (956, 64) coefficients for each unit of shape.
    """

    template: np.ndarray
    mirror: np.ndarray
    angle_offset: np.ndarray
    mean: np.ndarray
    level: np.ndarray
    slope: np.ndarray

    def save(self, path: Path) -> None:
        """Write the map; slopes as float16. Raises OutputError."""
        arrays = {name: np.asarray(value, _DISK.get(name, np.float32)) for name, value in vars(self).items()}
        write_npz(path, arrays)

    @classmethod
    def load(cls, path: Path) -> "FaceMap":
        """Read a map. Raises FaceModelError."""
        with read_npz(path, lambda reason: FaceModelError(f"{path} cannot be used ({reason}). Reinstall it.")) as data:
            return cls(**{name: data[name].astype(_MEMORY.get(name, np.float32)) for name in cls.__annotations__})


_DISK = {"slope": np.float16, "mirror": np.int16}
_MEMORY = {"mirror": np.int64}


@lru_cache(maxsize=1)
def face_map() -> FaceMap:
    """The map that is shipped. Raises FaceModelError where the installation is incomplete."""
    return FaceMap.load(MAP_FILE)
