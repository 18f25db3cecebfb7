# SPDX-License-Identifier: Apache-2.0
"""Named sliders of the open face: the directions among its 80 identity components that come nearest to what people say
of a face, which MakeHuman has targets for.
"""

import numpy as np

from styletalk.face.model import FaceModel
from styletalk.face.people import SLIDERS

from .adults import AGES, SEXES, adult, identity_of
from .head import Head
from .makehuman import MakeHuman

PAIRS = {
    "weight": (("head/head-fat", 0.8), ("cheek/r-cheek-volume", 1.3), ("chin/chin-jaw-drop", 0.6)),
    "jaw_width": (("chin/chin-bones", 1.4), ("chin/chin-width", 1.4)),
    "chin": (("chin/chin-prominent", 0.7), ("chin/chin-height", 0.7)),
    "face_length": (("head/head-scale-vert", 0.5),),
    "cheekbones": (("cheek/r-cheek-bones", 2.5),),
    "brow_height": (("eyebrows/eyebrows-trans", 1.2),),
    "eye_size": (("eyes/r-eye-scale", 1.5),),
    "eye_distance": (("eyes/r-eye-trans", 0.8),),
    "nose_width": (("nose/nose-scale-horiz", 1.1), ("nose/nose-nostrils-width", 0.8)),
    "nose_length": (("nose/nose-scale-vert", 0.5), ("nose/nose-scale-depth", 0.8)),
    "nose_bridge": (("nose/nose-hump", 2.0), ("nose/nose-curve", -1.2)),
    "mouth_width": (("mouth/mouth-scale-horiz", 0.9),),
    "lip_fullness": (("mouth/mouth-upperlip-volume", 2.5), ("mouth/mouth-lowerlip-volume", 2.5),
                     ("mouth/mouth-lowerlip-height", 1.0), ("mouth/mouth-upperlip-height", 1.0)),
    "ear_size": (("ears/r-ear-scale", 0.5), ("ears/r-ear-wing", 0.3)),
}  # fmt: skip
"""Slider -> MakeHuman's sliders, and how much of each at 1. Both sides of the face get the same."""
ENDS = (("-incr", "-decr"), ("-out", "-in"), ("-up", "-down"), ("-concave", "-convex"))
MACRO = 1.3
"""At 1 age and sex reach beyond MakeHuman's own ends: the mean of three origins is a mild face."""


def sliders(human: MakeHuman, cut: Head, model: FaceModel) -> dict[str, list[float]]:
    """Slider of SLIDERS → what it adds to an identity at 1: 80 numbers."""
    moved = {name: _pair(human, PAIRS[name]) for name in PAIRS}
    moved["age"] = MACRO * (_mean(human, age="old") - _mean(human, age="young"))
    moved["masculine"] = MACRO * (_mean(human, sex="male") - _mean(human, sex="female")) / 2
    return {slider.name: identity_of(moved[slider.name], cut, model) for slider in SLIDERS}


def _pair(human: MakeHuman, parts: tuple[tuple[str, float], ...]) -> np.ndarray:
    """(N, 3) decimetres: half the way from one end of MakeHuman's sliders to the other, on both sides."""
    moved = np.zeros_like(human.base.vertices)
    for name, weight in parts:
        for each in dict.fromkeys((name, name.replace("/r-", "/l-"))):
            known = set(human.target_names(each.split("/")[0]))
            more, less = next(ends for ends in ENDS if each + ends[0] in known)
            moved += weight * (human.target(each + more) - human.target(each + less)) / 2
    return moved


def _mean(human: MakeHuman, **fixed: str) -> np.ndarray:
    """(N, 3): the mean of the adults of a sex, or of an age."""
    every = [(sex, age) for sex in SEXES for age in AGES]
    chosen = [(sex, age) for sex, age in every if fixed.get("sex", sex) == sex and fixed.get("age", age) == age]
    moved = np.zeros_like(human.base.vertices)
    for sex, age in chosen:
        moved += adult(human, sex, age)
    return moved / len(chosen)
