# SPDX-License-Identifier: Apache-2.0
"""How many shapes of each naming convention are told right, however its names are written and whatever is missing."""

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from styletalk.face.arkit_names import ARKIT_NAMES
from styletalk.rigs.checking import checked
from styletalk.rigs.conventions import Meaning, conventions
from styletalk.rigs.mapping import RigMapping

from .rig_heads import own_meanings, z_up_open_face

SAME = 0.3
"""Meanings whose weights differ by no more than this are the same mouth: two conventions share many names."""
SEED = 7
EVERY = 7
"""Of the open face's vertices every so many are enough to see what a shape moves, and on which side."""
SPELLINGS: Mapping[str, Callable[[str], str]] = {
    "as they are": lambda name: name,
    "prefixed": lambda name: f"blendShape1.Hero_Face_{name}",
    "suffixed": lambda name: f"{name}_Geo",
    "upper case": str.upper,
    "snake case": lambda name: re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower(),
    "numbered": lambda name: f"{name}.001",
}
SIDED = tuple(re.sub("Left$|Right$", lambda side: {"Left": "Right", "Right": "Left"}[side[0]], n) for n in ARKIT_NAMES)
MIRRORED = np.array([ARKIT_NAMES.index(name) for name in SIDED])
"""The column of each ARKit name's other side."""
HIDDEN, MIRRORED_NAMES, MIRRORED_SEEN = "half hidden", "mirrored, names alone", "mirrored, seen on the mesh"
CONDITIONS = (*SPELLINGS, HIDDEN, MIRRORED_NAMES, MIRRORED_SEEN)


@dataclass(frozen=True)
class NameAccuracy:
    """A convention. shapes: how many of its names show something. right: share by condition. wrong: with weights of
    another shape, summed over the spellings."""

    convention: str
    shapes: int
    right: dict[str, float]
    wrong: int


def name_accuracies() -> list[NameAccuracy]:
    """Of every convention. Names are shuffled in every condition."""
    return [_accuracy(each.name, own_meanings(each)) for each in conventions()]


def _accuracy(convention: str, own: list[Meaning]) -> NameAccuracy:
    generator = random.Random(SEED)
    shuffled = generator.sample(own, len(own))
    right, wrong = {}, 0
    for condition, spelled in SPELLINGS.items():
        mapping = RigMapping.of_names([spelled(meaning.name) for meaning in shuffled])
        right[condition], mistaken = _share(mapping, shuffled)
        wrong += mistaken
    half = generator.sample(own, max(1, len(own) // 2))
    right[HIDDEN] = _share(RigMapping.of_names([meaning.name for meaning in half]), half)[0]
    mirrored = [replace(meaning, weights=meaning.weights[MIRRORED]) for meaning in shuffled]
    mapping = RigMapping.of_names([meaning.name for meaning in shuffled])
    right[MIRRORED_NAMES] = _share(mapping, mirrored)[0]
    right[MIRRORED_SEEN] = _share(_seen(mapping, mirrored), mirrored)[0]
    return NameAccuracy(convention, sum(bool(meaning.weights.any()) for meaning in own), right, wrong)


def _share(mapping: RigMapping, true: list[Meaning]) -> tuple[float, int]:
    """The share of shapes that show something and are told right, and how many show another thing than is said."""
    pairs = [(row.vector(), meaning.weights) for row, meaning in zip(mapping.rows, true, strict=True)]
    pairs = [(told, weights) for told, weights in pairs if weights.any()]
    same = [bool(np.abs(told - weights).max() < SAME) for told, weights in pairs]
    mistaken = sum(bool(told.any()) and not good for (told, _), good in zip(pairs, same, strict=True))
    return float(np.mean(same)) if same else 1.0, mistaken


def _seen(mapping: RigMapping, true: list[Meaning]) -> RigMapping:
    """The mapping after a look at what the shapes do on a mesh that makes them as `true` says."""
    points, _, shapes = z_up_open_face()
    targets = np.tensordot([meaning.weights for meaning in true], shapes[:, ::EVERY], 1)
    return checked(mapping, points[::EVERY], targets)
