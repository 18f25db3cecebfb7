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


def smiling(teeth: slice | None = None) -> tuple[Portrait, int, int, int]:
    """A portrait whose lips are apart with bright teeth between them, in these rows below the upper lip, or from lip to
    lip; the middle column, and where the gap begins and ends there."""
    portrait = drawn_portrait(JAW_OPEN)
    lips = lips_of(portrait.landmarks, portrait.mouth_gap_m)
    (x, top), bottom = lips.upper[len(lips.upper) // 2].astype(int), int(lips.lower[len(lips.lower) // 2, 1])
    pixels, across = portrait.pixels.copy(), slice(x - 15, x + 16)
    shown = slice(0, bottom + 1 - top) if teeth is None else teeth
    pixels[top + 1 : bottom, across] = 20
    pixels[top + shown.start : top + shown.stop, across] = 250
    return replace(portrait, pixels=pixels), int(x), int(top), bottom


def test_lips_that_the_photo_shows_apart_meet_in_a_line_without_teeth() -> None:
    """The lips' own edges, which took something of the teeth, are not seen as a bright strip where lips are shut."""
    portrait, x, top, bottom = smiling()
    shut = last_frame(portrait, motion(1))[top - 6 : bottom + 6, x]
    lips = portrait.pixels[top - 6, x].astype(int)
    assert (shut.mean(axis=1) < lips.mean()).any()
    assert (shut.mean(axis=1) > 230).sum() == 0


def test_a_mouth_a_little_wider_than_the_photos_shows_no_seam_above_the_lower_lip() -> None:
    portrait, x, top, bottom = smiling()
    wider = motion(1)
    wider.coefficients[:, 0] = JAW_OPEN - 0.3
    seen = last_frame(portrait, wider)[top : bottom + 3, x]
    assert seen.mean(axis=1).min() > 140


def test_the_photos_own_teeth_hang_from_the_upper_lip() -> None:
    """A bright stripe below the photo's upper lip is as near below it in a mouth that opens wider, and nowhere else."""
    portrait, x, top, bottom = smiling(slice(2, 5))
    wider = motion(1)
    wider.coefficients[:, 0] = JAW_OPEN - 1.5
    column = last_frame(portrait, wider)[top - 4 : bottom + 3, x]
    bright = np.flatnonzero(column.min(axis=1) > 150) - 4
    assert len(bright) in (2, 3, 4) and abs(bright.mean() - 3) < 2
