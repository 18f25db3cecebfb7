# SPDX-License-Identifier: Apache-2.0
"""VRM's expressions, and ARKit's, as what a character's shapes show of them."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..face.arkit_names import ARKIT_NAMES
from .direct import recorded_values
from .mapping import RigMapping

PRESETS = {
    "aa": "aa", "ih": "ih", "ou": "ou", "ee": "ee", "oh": "oh", "blink": "blink", "blink_left": "blinkLeft",
    "blink_right": "blinkRight", "happy": "happy", "angry": "angry", "sad": "sad", "relaxed": "relaxed",
    "surprised": "surprised", "look_up": "lookUp", "look_down": "lookDown", "look_left": "lookLeft",
    "look_right": "lookRight",
}  # fmt: skip
"""VRM's own, as its add-on calls them and as its standard does."""
MIN_WEIGHT = 0.02
"""What shows less of a shape leaves it out."""


@dataclass(frozen=True)
class Expression:
    """name: as the VRM add-on calls it. preset: whether VRM itself has it. values: (R,) of a character's shapes."""

    name: str
    preset: bool
    values: np.ndarray


def expression_values(mapping: RigMapping) -> Iterator[Expression]:
    """VRM's own expressions and ARKit's 52, those of which the character's shapes show anything.

    Raises RigError where no shape takes part.
    """
    shown = [row.vector() for row in RigMapping.of_names(tuple(PRESETS.values())).rows]
    names = [*PRESETS, *(name[0].upper() + name[1:] for name in ARKIT_NAMES)]
    values = recorded_values(mapping, np.clip(np.concatenate([shown, np.eye(len(ARKIT_NAMES))]), 0, 1))
    for name, row in zip(names, values, strict=True):
        if row.max(initial=0.0) >= MIN_WEIGHT:
            yield Expression(name, name in PRESETS, row)
