# SPDX-License-Identifier: Apache-2.0
"""Shapes whose names say nothing, or lie, are given the ARKit shapes that suit them best all together."""

import itertools

import numpy as np
import pytest

from styletalk.face.arkit_names import ARKIT_NAMES
from styletalk.face.model import open_face
from styletalk.rigs.assignment import assigned
from styletalk.rigs.by_shape import Likeness, _checked, _distrusted
from styletalk.rigs.mapping import RigMapping


@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (5, 3), (6, 6)])
def test_no_other_way_to_give_them_is_more_alike(shape):
    alike = np.random.default_rng(shape[0]).random(shape)
    found = assigned(alike)
    some = np.flatnonzero(found >= 0)
    assert len(set(found[some])) == len(some) == min(shape)
    wide = alike if shape[0] <= shape[1] else alike.T
    rows = np.arange(len(wide))
    best = max(wide[rows, list(way)].sum() for way in itertools.permutations(range(wide.shape[1]), len(wide)))
    assert np.isclose(alike[some, found[some]].sum(), best)


@pytest.fixture(scope="module")
def likeness():
    shapes = open_face().arkit.astype(np.float64)
    return Likeness.between(shapes, shapes, np.ones(shapes.shape[1]))


def test_names_that_were_dealt_out_anew_are_not_believed_and_mirrored_ones_are_left_to_be_turned(likeness):
    shuffled = np.random.default_rng(0).permutation(ARKIT_NAMES)
    rows = list(RigMapping.of_names(shuffled).rows)
    assert sum(not row.weights for row in _distrusted(rows, likeness)) > 40
    sides = {"Left": "Right", "Right": "Left"}
    ends = [next((end for end in sides if name.endswith(end)), "") for name in ARKIT_NAMES]
    mirrored = [name.removesuffix(end) + sides.get(end, "") for name, end in zip(ARKIT_NAMES, ends, strict=True)]
    rows = list(RigMapping.of_names(mirrored).rows)
    assert _distrusted(rows, likeness) == rows


def test_lids_that_follow_the_gaze_do_not_make_it_a_lid(likeness):
    row = RigMapping.of_names(ARKIT_NAMES).rows[ARKIT_NAMES.index("eyeLookUpLeft")]
    lid = ARKIT_NAMES.index("eyeWideLeft")
    assert _checked(row, lid, np.eye(len(ARKIT_NAMES))[lid], likeness) == row
