# SPDX-License-Identifier: Apache-2.0
"""Shapes that make up for what the 52 cannot show."""

import numpy as np
import pytest

from styletalk.face.arkit_names import ARKIT_NAMES
from styletalk.face.corrections import corrections
from styletalk.face.model import open_face
from styletalk.face.retarget import arkit_weights
from styletalk.styles.library import read_style


def test_they_make_up_for_all_that_is_missing_with_weights_from_zero_to_one():
    """Also where more than a whole shape is missing, and where there is too much of one."""
    generator = np.random.default_rng(3)
    columns = generator.normal(0, 0.004, (6, 40, 3))
    left = np.sin(np.outer(np.arange(600) / 9, generator.uniform(0.5, 2, 6)) + np.arange(6)) * [1, 1, 1, 2, 0.1, 0]
    found = corrections(left, columns, "abcdef")
    assert found.weights.min() >= 0 and found.weights.max() <= 1
    copied = [name.removeprefix("correction_") for name in found.names]
    assert copied == ["offset", "a", "a_2", "b", "b_2", "c", "c_2", "d", "d_2", "d_3", "d_4", "e"]
    wanted = np.einsum("nc,cvk->nvk", left, columns)
    made = np.einsum("ns,svk->nvk", found.weights, found.shapes)
    assert np.linalg.norm(made - wanted, axis=2).max() < 1e-6


def test_nothing_missing_needs_no_shapes():
    found = corrections(np.zeros((10, 3)), np.ones((3, 5, 3)), "abc")
    assert found.shapes.shape == (0, 5, 3) and found.weights.shape == (10, 0)


@pytest.mark.parametrize("style", ["happy", "furious", "sad"])
def test_what_the_52_cannot_show_of_a_preset_the_corrections_do(style):
    """With -s it prints how far vertices are off with the 52 alone, and how many shapes make up for it."""
    face, coefficients = open_face(), read_style(style).clip
    weights = arkit_weights(coefficients)
    left, columns = coefficients @ face.arkit_matrix.T - weights, face.arkit
    found = corrections(left, columns, ARKIT_NAMES)
    rows = slice(None, None, 8)
    missing = np.einsum("nc,cvk->nvk", left[rows], columns)
    rest = missing - np.einsum("ns,svk->nvk", found.weights[rows], found.shapes)
    off, still = (1000 * np.linalg.norm(each, axis=2) for each in (missing, rest))
    print(
        f"\n{style}: the 52 alone {off.mean():.2f} mm, 99 % {np.percentile(off, 99):.1f}, worst {off.max():.1f};",
        end="",
    )
    print(f" with {len(found.shapes)} corrections worst {still.max():.3f}")
    assert still.max() < 0.03 < off.max()
