# SPDX-License-Identifier: Apache-2.0
"""The measure of flicker: steady change counts nothing, a jump there and back counts twice."""

import numpy as np

from styletalk_research.evaluation.photoreal_flicker import second_difference, still_region


def test_steady_change_is_no_flicker_and_a_jump_back_is():
    film = np.tile(np.arange(6.0)[:, None, None], (1, 2, 2))
    assert np.allclose(second_difference(film), 0)
    film[3, 0, 0] += 5
    found = second_difference(film)
    assert found[2, 0, 0] == 10 and found[1, 0, 0] == found[3, 0, 0] == 5
    assert np.count_nonzero(found) == 3


def test_the_still_region_is_the_half_that_changes_least():
    film = np.zeros((4, 2, 4))
    film[1::2, :, 2:] = 9
    assert np.array_equal(still_region(film), np.array([[True, True, False, False]] * 2))
