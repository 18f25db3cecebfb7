# SPDX-License-Identifier: Apache-2.0
"""Which shape is which, by its name."""

import random
import re

import numpy as np
import pytest

from styletalk.rigs.conventions import conventions
from styletalk.rigs.mapping import RigMapping
from styletalk.rigs.naming import matches

SPELLINGS = {
    "as it is": lambda name: name,
    "with the mesh's name": lambda name: f"CharName_Face.{name}",
    "with an underscore": lambda name: f"Head_{name}",
    "in snake case": lambda name: re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower(),
    "as a copy": lambda name: f"{name}.001",
    "with an exporter's prefix": lambda name: f"blendShape1.Hero_Face_{name}",
    "with the mesh's name behind": lambda name: f"{name}_Geo",
}


def meanings(convention):
    return {meaning.name: meaning for meaning in convention.meanings.values()}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_each_convention_is_told_by_its_names_in_any_order_and_spelling(spelling):
    """Of all names that mean something, 98 in 100 mean the same however they are written; a few mean another."""
    right = wrong = missed = 0
    for convention in conventions():
        own = meanings(convention)
        names = {SPELLINGS[spelling](name): name for name in own}
        shuffled = list(names)
        random.Random(3).shuffle(shuffled)
        found = matches(shuffled)
        for name, plain in names.items():
            if not own[plain].weights.any():
                continue
            same = name in found and np.abs(found[name].meaning.weights - own[plain].weights).max() < 0.3
            right, wrong, missed = right + same, wrong + (name in found and not same), missed + (name not in found)
    assert right >= 0.98 * (right + wrong + missed), (right, wrong, missed)
    assert wrong <= 8


def test_a_side_that_ran_into_the_word_is_seen():
    found = matches(["browdownleft", "browdownr", "jawopen", "mouthsmileright"])
    assert {name: match.meaning.name for name, match in found.items()} == {
        "browdownleft": "browDownLeft",
        "browdownr": "browDownRight",
        "jawopen": "jawOpen",
        "mouthsmileright": "mouthSmileRight",
    }


def test_one_letter_means_nothing_without_its_family():
    """`A` alone may be anything; beside I, U, E and O it is a vowel."""
    assert matches(["A", "Hat", "Shoes"]) == {}
    assert set(matches(["A", "I", "U", "E", "O", "Hat"])) == {"A", "I", "U", "E", "O"}


def test_kana_mean_something_alone_and_so_do_plain_words():
    """Half of all MMD models have the five vowels, a blink, and little else."""
    names = ["あ", "い", "う", "え", "お", "まばたき", "ウィンク", "笑い"]
    assert set(matches(names)) == set(names)
    assert matches(["vrc.v_aa", "vrc.v_oh", "vrc.v_pp", "Smile"])["Smile"].meaning.weights.sum() == 2


def test_numbered_keys_mean_nothing():
    """Blender calls new shape keys so."""
    assert matches([f"Key {number}" for number in range(1, 30)]) == {}


def test_visemes_stand_back_where_the_parts_are_there():
    """Both at once would move the mouth twice."""
    arkit = next(each for each in conventions() if each.name == "mpfb_faceunits01")
    mapping = RigMapping.of_names([*meanings(arkit), "viseme_aa", "viseme_PP", "viseme_O", "viseme_E"])
    assert {row.shape for row in mapping.rows if not row.enabled} >= {"viseme_aa", "viseme_PP", "viseme_O"}
    visemes = ("PP", "FF", "TH", "DD", "kk", "CH", "SS", "aa", "E", "O", "U")
    alone = RigMapping.of_names([f"viseme_{name}" for name in visemes])
    assert all(row.enabled for row in alone.rows)
