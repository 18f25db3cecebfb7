# SPDX-License-Identifier: Apache-2.0
"""A manner: how a style's person holds and moves the head, blinks and looks about, as a few numbers.

Angles are those of the published clips: pitch, yaw and roll against the camera, which stands where a listener would.
A head that is held low by 10 degrees looks 10 degrees below the listener. How far it is turned aside is not kept: that
says where the camera stood.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from ..files.reading import UnusableContent

MANNER_VERSION = 1
"""Of the vector's layout in files; a manner of another one is not read, but predicted from the style's clip."""
MAX_LEVEL_DEG = (22.0, 0.0, 12.0)
"""A head is not held farther from straight than this, in pitch, yaw and roll."""
MAX_SIZE_DEG, MAX_SPEED = (8.0, 12.0, 8.0), (32.0, 40.0, 32.0)
MIN_SIZE_DEG = 0.1
MAX_SWAY_MM = 6.0
MAX_BLINKS, MAX_LOOKS = 55.0, 2.5
"""A minute, and a second."""
STILL_SHARE = 0.3
"""How much of a neutral speaker's motion is left at intensity 0."""
Three = tuple[float, float, float]


@dataclass(frozen=True)
class Manner:
    """The numbers; as written here, of a neutral speaker.

    level_deg: mean pitch (down positive), yaw and roll. size_deg: standard deviation of each; speed: mean of |speed| of
    each, degrees a second. sway_mm: standard deviation of the neck's place. nod: share of the pitch's deviation that
    goes with stressed syllables; turn: share of yaw's and roll's that goes with phrases. pause: what is left of all
    motion in silence. blinks: a minute; blink_s: how long a lid is on its way; blink_gain: how much likelier a blink is
    where a pause begins. looks: jumps of the eyes a second; spread: standard deviation of where to, to the side and up,
    as a part of the eyes' full turn; look_down: their mean below straight ahead, as such a part; hold:
    share of the head's turns that the eyes make good, to stay with the listener.
    """

    level_deg: Three = (0.0, 0.0, 0.0)
    size_deg: Three = (1.6, 2.2, 1.6)
    speed: Three = (6.0, 7.0, 4.5)
    sway_mm: Three = (1.2, 1.2, 1.2)
    nod: float = 0.35
    turn: float = 0.5
    pause: float = 0.4
    blinks: float = 17.0
    blink_s: float = 0.25
    blink_gain: float = 8.0
    looks: float = 1.1
    spread: tuple[float, float] = (0.07, 0.04)
    look_down: float = 0.0
    hold: float = 0.5

    def vector(self) -> np.ndarray:
        """(23,) float32: the fields in their order."""
        return np.concatenate([np.ravel(getattr(self, each.name)) for each in fields(self)]).astype(np.float32)

    @classmethod
    def of_vector(cls, vector: np.ndarray) -> "Manner":
        """The manner of such a vector, within what a head can do. Raises UnusableContent for another shape."""
        vector = np.asarray(vector, np.float64)
        if vector.shape != (MANNER_DIM,) or not np.isfinite(vector).all():
            raise UnusableContent("its manner is not a row of numbers as this version writes them")
        values, at = {}, 0
        for each in fields(cls):
            width = np.size(getattr(_NEUTRAL, each.name))
            part = tuple(float(value) for value in vector[at : at + width])
            values[each.name], at = (part if width > 1 else part[0]), at + width
        return cls(**values).bounded()

    def bounded(self) -> "Manner":
        """The same, no number of it beyond what a head, lids and eyes can do."""
        return replace(
            self,
            level_deg=_within(self.level_deg, np.negative(MAX_LEVEL_DEG), MAX_LEVEL_DEG),
            size_deg=_within(self.size_deg, MIN_SIZE_DEG, MAX_SIZE_DEG), speed=_within(self.speed, 0.0, MAX_SPEED),
            sway_mm=_within(self.sway_mm, 0.0, MAX_SWAY_MM), spread=_within(self.spread, 0.0, 0.15),
            **{name: float(np.clip(getattr(self, name), *limits)) for name, limits in _LIMITS.items()},
        )  # fmt: skip

    def at(self, intensity: float) -> "Manner":
        """The manner at an intensity: 0 is a neutral speaker who hardly moves, 1 this one, 2 twice as far from that."""
        if intensity == 1.0:
            return self
        quiet = {name: tuple(STILL_SHARE * np.array(getattr(_NEUTRAL, name))) for name in _OF_THE_HEAD}
        return mixed([replace(_NEUTRAL, **quiet), self], [1.0 - intensity, intensity])

    def sentence(self) -> str:
        """The manner in a line that an animator reads."""
        pitch, size, speed = self.level_deg[0], np.linalg.norm(self.size_deg), np.linalg.norm(self.speed)
        held = "straight" if abs(pitch) < 1 else f"{abs(pitch):.0f}° {'low' if pitch > 0 else 'high'}"
        eyes = f"{self.blinks:.0f} blinks a minute; {self.looks:.1f} looks a second"
        return f"head held {held}, moves by {size:.1f}° at {speed:.0f}°/s; {eyes}"


_OF_THE_HEAD = ("size_deg", "speed", "sway_mm")
_LIMITS = {
    "nod": (0.0, 0.8), "turn": (0.0, 0.8), "pause": (0.05, 1.0), "blinks": (2.0, MAX_BLINKS), "blink_s": (0.15, 0.5),
    "blink_gain": (1.0, 12.0), "looks": (0.2, MAX_LOOKS), "look_down": (-0.3, 0.3), "hold": (0.0, 0.9),
}  # fmt: skip
_NEUTRAL = Manner()
MANNER_DIM = len(_NEUTRAL.vector())


def mixed(manners: Sequence[Manner], weights: "Sequence[float] | np.ndarray") -> Manner:
    """The weighted sum of manners, bounded. weights: sum to one."""
    return Manner.of_vector(np.tensordot(np.asarray(weights), [each.vector() for each in manners], 1))


def _within(values: Sequence[float], low: object, high: object) -> tuple[float, ...]:
    return tuple(float(value) for value in np.clip(np.asarray(values, np.float64), low, high))  # type: ignore[arg-type]
