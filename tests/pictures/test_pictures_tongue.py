# SPDX-License-Identifier: Apache-2.0
"""The sheet of the tongue shows it where it is."""

from dataclasses import replace

import numpy as np

from styletalk.animation import FaceAnimation
from styletalk.phonemes import PHONEME_INDEX
from styletalk_research.pictures.tongue_sheet import SIZE, tongue_sheet


def test_a_column_for_each_sound_and_the_tongue_is_seen_in_it():
    labels = np.repeat([PHONEME_INDEX[name] for name in ("SIL", "T", "AA", "T")], 10)
    open_mouth = np.zeros((40, 64), np.float32)
    open_mouth[:, 0] = -2.0
    still = FaceAnimation.still(open_mouth, labels)
    sheet = tongue_sheet(still)
    assert sheet.shape == (3 * SIZE, 3 * SIZE, 3) and sheet.dtype == np.uint8
    assert tongue_sheet(still, ("T",)).shape == (3 * SIZE, 2 * SIZE, 3)
    lifted = tongue_sheet(replace(still, tongue=np.tile(np.float32([0, 1, 0, 0]), (40, 1))))
    changed = np.abs(sheet.astype(int) - lifted).max(axis=2) > 30
    assert all(view.sum() > 200 for view in np.split(changed, 3))
