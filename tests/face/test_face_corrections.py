# SPDX-License-Identifier: Apache-2.0
"""Shapes that make up for what the 52 cannot show."""

import numpy as np

from styletalk.face.corrections import MAX_SAMPLES, corrections


def test_they_make_up_for_all_that_is_missing_with_weights_from_zero_to_one():
    """Also in rows that nobody looked at: there are more of them than samples."""
    generator = np.random.default_rng(3)
    columns = generator.normal(0, 0.004, (6, 40, 3))
    left = np.sin(np.outer(np.arange(2 * MAX_SAMPLES + 1) / 9, generator.uniform(0.5, 2, 6)) + np.arange(6))
    found = corrections(left, columns)
    assert found.weights.min() >= 0 and found.weights.max() <= 1 and len(found.shapes) <= 12
    wanted = np.einsum("nc,cvk->nvk", left, columns)
    made = np.einsum("ns,svk->nvk", found.weights, found.shapes)
    assert np.linalg.norm(made - wanted, axis=2).max() < 1e-4


def test_nothing_missing_needs_no_shapes():
    found = corrections(np.zeros((10, 3)), np.ones((3, 5, 3)))
    assert found.shapes.shape == (0, 5, 3) and found.weights.shape == (10, 0)
