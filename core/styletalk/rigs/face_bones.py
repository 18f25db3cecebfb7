# SPDX-License-Identifier: Apache-2.0
"""Faces made of bones: which bone holds which place of a face, and where the open face's same place goes in each of
the ARKit shapes."""

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from ..face.arkit_names import ARKIT_NAMES
from ..face.model import open_face
from .bone_names import BoneName
from .spelling import LEFT, RIGHT, Spelling

UPPER_LIP = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291)
LOWER_LIP = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291)
"""Landmarks of MediaPipe, from the person's right to left."""
_LINES = {
    "upper_lip": UPPER_LIP,
    "lower_lip": LOWER_LIP,
    "upper_lid_L": (362, 398, 384, 385, 386, 387, 388, 466, 263),
    "lower_lid_L": (362, 382, 381, 380, 374, 373, 390, 249, 263),
    "brow_L": (336, 296, 334, 293, 300),
    "squint_L": (280,), "puff_L": (425,), "sneer_L": (358,),
    "upper_lid_R": (33, 246, 161, 160, 159, 158, 157, 173, 133),
    "lower_lid_R": (33, 7, 163, 144, 145, 153, 154, 155, 133),
    "brow_R": (70, 63, 105, 66, 107),
    "squint_R": (50,), "puff_R": (205,), "sneer_R": (129,),
}  # fmt: skip
_CORNERS = {"corner_L": 291, "corner_R": 61}
_LIDS = {LEFT: (362, 263), RIGHT: (33, 133)}
_UPPER = frozenset(("t", "top", "up", "upper", "upr"))
_LOWER = frozenset(("b", "bot", "bottom", "low", "lower", "lwr", "down"))
_NOT_MOVED = frozenset(
    ["roll", "mini", "ref", "offset", "target", "proxy", "ik", "def", "org", "mch", "mech", "end", "master", "line"]
)
_JAWS = {"jaw_master": 0, "c_jawbone.x": 0}
JAW_WORDS = frozenset(("jaw", "jawroot", "jawbone", "lowerjaw", "mandible", "顎", "あご"))
TONGUE_OUT = 0.7
"""How far the tongue comes out, in widths of the mouth."""
JAW_SHAPES = ("jawOpen", "jawLeft", "jawRight", "jawForward")
BY_OTHERS = tuple(name for name in ARKIT_NAMES if name.startswith("eyeLook"))
"""Shapes that need no pose: the eyes' own bones aim."""
MOVED = 0.01
"""In distances between the eyes. Less than this no bone is moved for."""


@dataclass(frozen=True)
class FaceBones:
    """The bones of a face by what they hold. jaw, tongue: "" where there is none. places: lines and corners of the
    face, each with its bones."""

    jaw: str
    tongue: str
    places: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, names: Iterable[str]) -> "FaceBones":
        """By the names of bones that nothing else moves."""
        places: dict[str, list[str]] = {}
        jaws, tongues = [], []
        for name in names:
            bone, words = BoneName.of(name), frozenset(Spelling.of(name.rsplit(":", 1)[-1]).words)
            whole = "".join(bone.words)
            if whole in JAW_WORDS and not bone.side and not bone.is_deep:
                jaws.append((_JAWS.get(name, 1), bone.number, bone.extra, name))
            elif whole in ("tongue", "tong") and not bone.is_deep:
                tongues.append((name.startswith("tweak"), name != "tongue_master", bone.number, name))
            place = _place(words, bone.side)
            if place:
                places.setdefault(place, []).append(name)
        return cls(_first(jaws), _first(tongues), {place: tuple(found) for place, found in places.items()})

    @property
    def can_talk(self) -> bool:
        """Whether it has what a mouth is moved by."""
        lips = ("upper_lip", "lower_lip", "corner_L", "corner_R")
        return bool(self.jaw) or sum(place in self.places for place in lips) >= 3


def _first(found: list) -> str:
    return min(found)[-1] if found else ""


def _place(words: frozenset[str], side: str) -> str:
    """The line, corner or spot that a bone of these words holds, "" for none."""
    upper, lower = bool(words & _UPPER), bool(words & _LOWER)
    if words & {"lip", "lips", "mouth"}:
        return _lip(words, side, upper, lower)
    if words & _NOT_MOVED or not side:
        return ""
    if words & {"lid", "eyelid", "lids"} and upper != lower and "corner" not in words:
        return f"{'upper' if upper else 'lower'}_lid_{side}"
    if words & {"brow", "eyebrow"} and not lower:
        return f"brow_{side}"
    if "cheek" in words:
        return f"puff_{side}" if lower or words & {"inflate", "puff"} else f"squint_{side}"
    return f"sneer_{side}" if words & {"nose", "nostril", "sneer"} and not (upper or lower) else ""


def _lip(words: frozenset[str], side: str, upper: bool, lower: bool) -> str:
    if side and (words & {"corner", "smile"} or words <= {"lips", "lip", "end", "c"}) and not words & {"mini"}:
        return f"corner_{side}"
    if words & _NOT_MOVED or upper == lower or "corner" in words:
        return ""
    return "upper_lip" if upper else "lower_lip"


def displacements(place: str, along: np.ndarray) -> np.ndarray:
    """(52, K, 3) how far the open face's same place goes in each shape, x to the left, y up, z ahead, in distances
    between its eyes. along: (K,) −1 at the end of a line on the person's right, 1 at the left one."""
    marks = (_CORNERS[place],) if place in _CORNERS else _LINES[place]
    rest, moved = _landmarks()
    if len(marks) == 1:
        return np.repeat(moved[:, marks, :], len(along), axis=1)
    x = rest[list(marks), 0]
    own = 2.0 * (x - x.min()) / np.ptp(x) - 1.0
    order = np.argsort(own)
    lines = moved[:, list(marks), :][:, order]
    return np.stack(
        [[np.interp(along, own[order], shape[:, axis]) for axis in range(3)] for shape in lines]
    ).transpose(0, 2, 1)  # fmt: skip


def eye_distance(left: np.ndarray, right: np.ndarray) -> float:
    """The distance between the middles of the two eyes, each of which has lid bones (K, 3)."""
    return float(np.linalg.norm(left.mean(axis=0) - right.mean(axis=0)))


def mouth_width() -> float:
    """Of the open face, in distances between its eyes."""
    rest, _ = _landmarks()
    return float(rest[_CORNERS["corner_L"], 0] - rest[_CORNERS["corner_R"], 0])


@functools.lru_cache(maxsize=1)
def _landmarks() -> tuple[np.ndarray, np.ndarray]:
    """(478, 3) of the open face at rest and (52, 478, 3) moved by its shapes, in distances between its eyes."""
    face = open_face()
    marks = face.landmarks_mediapipe
    corners = face.triangles[marks.triangles]
    rest = np.einsum("nk,nkd->nd", marks.weights, face.mean[corners]).astype(np.float64)
    moved = np.einsum("nk,snkd->snd", marks.weights, face.arkit[:, corners]).astype(np.float64)
    apart = eye_distance(*(rest[list(_LIDS[side])] for side in (LEFT, RIGHT)))
    return rest / apart, moved / apart
