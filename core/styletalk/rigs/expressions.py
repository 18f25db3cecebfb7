# SPDX-License-Identifier: Apache-2.0
"""VRM's expressions as what a character's shapes show of them, and an expression for each of its shapes."""

import numpy as np

from ..face.arkit_names import ARKIT_NAMES
from .direct import only_shape, recorded_values
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


def preset_values(mapping: RigMapping) -> dict[str, np.ndarray]:
    """(R,) what a character's shapes show of each of VRM's expressions, by the add-on's name for it.

    Those of which they show nothing are left out. Raises RigError where no shape takes part.
    """
    shown = [row.vector() for row in RigMapping.of_names(tuple(PRESETS.values())).rows]
    values = recorded_values(mapping, np.clip(np.array(shown), 0, 1))
    return {name: row for name, row in zip(PRESETS, values, strict=True) if row.max(initial=0.0) >= MIN_WEIGHT}


def shape_expressions(mapping: RigMapping) -> dict[str, str]:
    """By a shape of the character that takes part, the name of the expression that is this shape alone: of one that is
    one of ARKit's, this name, as programs look for it (`JawOpen`); of others the shape's own."""
    found: dict[str, str] = {}
    for row in mapping.used:
        known = only_shape(row)
        name = row.shape if known is None else ARKIT_NAMES[known][0].upper() + ARKIT_NAMES[known][1:]
        if name in found.values() or name in PRESETS or name in PRESETS.values():
            name = f"{row.shape} (shape)"
        found[row.shape] = name
    return found
