# SPDX-License-Identifier: GPL-3.0-or-later
"""The few sliders of the offset layer, and which shape keys of a face each of them moves."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..data.characters import mapping_of
from ..styletalk.errors import StyleTalkError
from ..styletalk.face.arkit_names import ARKIT_NAMES
from ..styletalk.rigs.own_face import OWN_SHAPES
from .characters import CharacterTarget
from .open_face import EXPRESSION_KEYS, is_character
from .own_keys import can_choose

PURE = 0.6
"""A character's shape whose weights point this much (cosine) along an ARKit shape stands for it."""


class OffsetError(StyleTalkError):
    """The offset layer cannot be had on that face."""


@dataclass(frozen=True)
class Control:
    """A slider from −1 to 1. up, down: ARKit shapes that it brings above and below zero; without `down` those of `up`
    go the other way."""

    name: str
    up: tuple[str, ...]
    down: tuple[str, ...]
    what: str


CONTROLS = (
    Control("Jaw", ("jawOpen",), (), "Opens the jaw; below 0 it closes it"),
    Control("Jaw Side", ("jawLeft",), ("jawRight",), "Moves the jaw to the person's left; below 0 to the right"),
    Control(
        "Lips Round", ("mouthPucker",), ("mouthStretchLeft", "mouthStretchRight"), "Rounds lips; below 0 widens them"
    ),
    Control("Lip Upper", ("mouthUpperUpLeft", "mouthUpperUpRight"), (), "Raises the upper lip; below 0 lowers it"),
    Control("Lip Lower", ("mouthLowerDownLeft", "mouthLowerDownRight"), (), "Lowers the lower lip; below 0 raises it"),
    Control(
        "Corner Left", ("mouthSmileLeft",), ("mouthFrownLeft",), "Raises the mouth's left corner; below 0 lowers it"
    ),
    Control("Corner Right", ("mouthSmileRight",), ("mouthFrownRight",), "Raises the right corner; below 0 lowers it"),
    Control("Lid Left", ("eyeBlinkLeft",), ("eyeWideLeft",), "Closes the left eye; below 0 widens it"),
    Control("Lid Right", ("eyeBlinkRight",), ("eyeWideRight",), "Closes the right eye; below 0 widens it"),
    Control("Brow Left", ("browOuterUpLeft",), ("browDownLeft",), "Raises the left brow; below 0 lowers it"),
    Control("Brow Right", ("browOuterUpRight",), ("browDownRight",), "Raises the right brow; below 0 lowers it"),
    Control("Brows Inner", ("browInnerUp",), (), "Raises the inner ends of the brows; below 0 lowers them"),
    Control("Cheek Left", ("cheekSquintLeft",), (), "Raises the left cheek; below 0 lowers it"),
    Control("Cheek Right", ("cheekSquintRight",), (), "Raises the right cheek; below 0 lowers it"),
    Control("Cheeks Puff", ("cheekPuff",), (), "Puffs the cheeks; below 0 sucks them in"),
)
BY_NAME = {control.name: control for control in CONTROLS}


@dataclass(frozen=True)
class Pull:
    """What a slider does to a shape key: times `gain`; way: 1 above zero alone, −1 below it alone, 0 both."""

    shape: str
    gain: float
    way: int


def controls_of(face: Any) -> tuple[Control, ...]:
    """The sliders for which a face has shapes."""
    return tuple(control for control in CONTROLS if pulls_of(face, control.name))


def pulls_of(face: Any, name: str) -> tuple[Pull, ...]:
    """What the slider of that name moves: a control, or the name of a shape key. Empty where the face has none."""
    control = BY_NAME.get(name)
    if control is None:
        return (Pull(name, 1.0, 0),) if name in shapes_of_face(face) else ()
    ways = ((control.up, 1 if control.down else 0, 1.0), (control.down, -1, -1.0))
    return tuple(
        Pull(shape, gain * sign, way)
        for names, way, sign in ways
        for each in names
        for shape, gain in _showing(face, each)
    )


def shapes_of_face(face: Any) -> tuple[str, ...]:
    """The names of shape keys that may have an offset: those of the face; of our own head also what it could have."""
    if is_character(face):
        return CharacterTarget(face).names() if face.type == "MESH" else ()
    if can_choose(face):
        return (*OWN_SHAPES, *EXPRESSION_KEYS)
    return tuple(key.name for key in face.data.shape_keys.key_blocks[1:])


def _showing(face: Any, arkit: str) -> Iterator[tuple[str, float]]:
    """(shape key, gain) that show an ARKit shape at weight 1."""
    if can_choose(face):
        yield arkit, 1.0
    elif is_character(face) and face.type == "MESH":
        column = ARKIT_NAMES.index(arkit)
        rows = [(row, row.vector()) for row in mapping_of(face).used]
        rated = [(vector[column] / max(float(np.linalg.norm(vector)), 1e-9), row, vector) for row, vector in rows]
        purity, row, vector = max(rated, key=lambda each: each[0], default=(0.0, None, None))
        if row is not None and vector is not None and purity >= PURE:
            yield row.shape, row.gain * float(vector[column] / (vector @ vector))
