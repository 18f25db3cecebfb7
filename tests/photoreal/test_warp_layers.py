# SPDX-License-Identifier: Apache-2.0
"""The built-in renderer: what stays behind a head that moves, and what the photo itself shows between its lips."""

from dataclasses import replace

import numpy as np
import pytest
from photoreal.drawn_portrait import JAW_OPEN, SIDE, drawn_portrait, motion

from styletalk.errors import PortraitError
from styletalk.photoreal.portrait import Portrait
from styletalk.photoreal.warp import WarpRenderer
from styletalk.photoreal.warp.rims import lips_of

ASIDE_M = 0.02
AWAY_PX = 8


def with_matte() -> Portrait:
    """The drawn portrait, with what was drawn of the head as the person."""
    return replace(drawn_portrait(), matte=drawn_portrait(alpha=True).alpha)


def last_frame(portrait: Portrait, animation) -> np.ndarray:
    return list(WarpRenderer(portrait, pose_reference=np.zeros(6)).frames(animation))[-1].astype(int)


def test_what_is_behind_a_head_that_moves_stays() -> None:
    """Stripes beside the head, which without a matte go along with it, are where they were."""
    portrait = with_matte()
    aside = motion(1, head_pose=np.array([[0, 0, 0, ASIDE_M, 0, 0]], np.float32))
    held, bent = (np.abs(last_frame(each, aside) - portrait.pixels) for each in (portrait, drawn_portrait()))
    rows, columns = np.nonzero(portrait.matte)
    way, wall = round(ASIDE_M * portrait.scale), np.ones((SIDE, SIDE), bool)
    for step in range(-AWAY_PX, way + AWAY_PX + 1):
        wall[rows, np.clip(columns + step, 0, SIDE - 1)] = False
    assert held[wall].mean() < 1 and bent[wall].mean() > 5


def test_a_photo_with_a_matte_that_rests_is_the_photo() -> None:
    portrait = with_matte()
    assert np.array_equal(last_frame(portrait, motion(1)), portrait.pixels)


def test_a_matte_is_kept_with_the_portrait_and_has_its_size(tmp_path) -> None:
    portrait = with_matte()
    portrait.save(tmp_path / "person.npz")
    assert np.array_equal(Portrait.load(tmp_path / "person.npz").matte, portrait.matte)
    replace(portrait, matte=portrait.matte[:-1]).save(tmp_path / "person.npz")
    with pytest.raises(PortraitError, match="its matte does not fit its photo"):
        Portrait.load(tmp_path / "person.npz")


def test_the_photos_own_teeth_hang_from_the_upper_lip() -> None:
    """A bright stripe below the photo's upper lip is as near below it in a mouth that opens wider, and nowhere else."""
    portrait = drawn_portrait(JAW_OPEN)
    lips = lips_of(portrait.landmarks, portrait.mouth_gap_m)
    (x, top), bottom = lips.upper[len(lips.upper) // 2].astype(int), int(lips.lower[len(lips.lower) // 2, 1])
    pixels, across = portrait.pixels.copy(), slice(x - 15, x + 16)
    pixels[top + 1 : bottom, across] = 20
    pixels[top + 2 : top + 5, across] = 250
    wider = motion(1)
    wider.coefficients[:, 0] = JAW_OPEN - 1.5
    column = last_frame(replace(portrait, pixels=pixels), wider)[top - 4 : bottom + 3, x]
    bright = np.flatnonzero(column.min(axis=1) > 150) - 4
    assert len(bright) in (2, 3, 4) and abs(bright.mean() - 3) < 2
