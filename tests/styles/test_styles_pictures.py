# SPDX-License-Identifier: Apache-2.0
"""The sheet of moods shows each one as it mostly is, and says its name."""

import numpy as np
import pytest

from styletalk_research.presets.pictures import LABEL_SIZE, typical_row, with_name

JAW = 0
"""Coefficient 0, negative, opens the jaw (the landmark Jacobian)."""


def test_a_mood_is_shown_where_it_is_typical_with_the_mouth_not_wide_open():
    neutral = np.zeros((5, 64), np.float32)
    mood = neutral.copy()
    mood[:, 3] = 0.2, 0.8, 1.2, 1.2, 1.6
    mood[2, JAW] = -3.0
    assert typical_row(mood, neutral) == 3
    assert typical_row(neutral, neutral) == 0


def test_each_picture_keeps_its_pixels_and_has_its_own_name_under_them():
    pytest.importorskip("PIL")
    picture = np.random.default_rng(0).integers(0, 256, (60, 120, 3), np.uint8)
    sad, tired = (with_name(picture, name) for name in ("sad", "tired"))
    assert sad.shape == (60 + 2 * LABEL_SIZE, 120, 3)
    np.testing.assert_array_equal(sad[:60], picture)
    strips = sad[60:].astype(int), tired[60:].astype(int)
    assert all((np.ptp(strip, axis=(0, 1)) > 100).all() for strip in strips) and (strips[0] != strips[1]).any()
