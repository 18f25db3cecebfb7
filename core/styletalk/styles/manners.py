# SPDX-License-Identifier: Apache-2.0
"""The manner of a style: as it was measured or made, or else predicted from how its face moves.

A clip of expression alone says something of the head: who moves the face much moves the head much. A ridge from a few
statistics of the clip, learnt from people whose heads were seen, says how much.
"""

import functools
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..errors import StyleError
from ..files.npz import read_npz
from ..files.reading import UnusableContent
from ..files.shipped import reading_shipped
from .manner import MANNER_DIM, Manner

if TYPE_CHECKING:
    from .clip import StyleClip

MANNERS_FILE = Path(__file__).parent / "manners.npz"
FEATURES = 4
"""Of a clip, see `clip_features`."""


def manner_of(style: "StyleClip") -> Manner:
    """The manner of a style. Raises StyleError where a file of ours is damaged."""
    return predicted_manner(style.clip) if style.manner is None else style.manner


def predicted_manner(clip: np.ndarray) -> Manner:
    """What the expression (N, 64) of a person lets one expect of head, lids and eyes: m = mean + W (f - mean f) / std.

    Raises StyleError where the file of what was learnt is damaged.
    """
    learnt = _learnt()
    features = (clip_features(clip) - learnt["feature_mean"]) / learnt["feature_std"]
    return Manner.of_vector(learnt["mean"] + learnt["weights"] @ np.clip(features, -2.0, 2.0))


def preset_manner(name: str) -> Manner | None:
    """The manner of a preset, None for a name that has none. Raises StyleError where the file is damaged."""
    learnt = _learnt()
    names = [str(each) for each in learnt["presets"]]
    return Manner.of_vector(learnt["preset_manners"][names.index(name)]) if name in names else None


def clip_features(clip: np.ndarray) -> np.ndarray:
    """(4,) of an expression clip (N, 64): logarithms of how much and how fast it moves, lower and upper face."""
    from ..animation import LOWER_FACE, UPPER_FACE

    parts = [np.asarray(clip[:, list(columns)], np.float64) for columns in (LOWER_FACE, UPPER_FACE)]
    sizes = [part.std(axis=0).mean() for part in parts]
    speeds = [np.abs(np.diff(part, axis=0)).mean() for part in parts]
    return np.log(np.maximum([*sizes, *speeds], 1e-4))


@functools.lru_cache(maxsize=1)
def _learnt() -> dict[str, np.ndarray]:
    with reading_shipped(MANNERS_FILE, StyleError), read_npz(MANNERS_FILE, partial(_damaged, MANNERS_FILE)) as data:
        wanted = {
            "mean": (MANNER_DIM,), "weights": (MANNER_DIM, FEATURES), "feature_mean": (FEATURES,),
            "feature_std": (FEATURES,), "preset_manners": (len(data["presets"]), MANNER_DIM),
        }  # fmt: skip
        for name, shape in wanted.items():
            if data[name].shape != shape or not np.isfinite(data[name]).all():
                raise UnusableContent(f"{name} is damaged")
        return data


def _damaged(path: Path, reason: str) -> StyleError:
    return StyleError(f"{path.name} cannot be read ({reason}).")
