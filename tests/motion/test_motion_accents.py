# SPDX-License-Identifier: Apache-2.0
"""Brows and lids that accent stressed syllables, and micro-movement."""

from dataclasses import replace

import numpy as np
import pytest

from styletalk.emphasis import Emphasis
from styletalk.face.landmarks import eye_openness, landmark_movement, lip_clearance_mm
from styletalk.face.model import open_face
from styletalk.motion.accents import (
    BROWS,
    accent_mm,
    accent_moves,
    accent_track,
    accents,
    brow_move,
    brows_and_lids,
    micro_movement,
)
from styletalk.styles.library import read_style
from styletalk.styles.presets import preset_names

FACE = open_face()
STILL = np.zeros((1, 64), np.float32)


def brows_mm(coefficients: np.ndarray) -> np.ndarray:
    """(T, 10) how far each point of the brows is raised."""
    points = landmark_movement(FACE, FACE.landmarks_mediapipe, np.concatenate([STILL, coefficients]))[:, BROWS, 1]
    return 1000.0 * (points[1:] - points[0])


def stress(*peaks: tuple[int, float]) -> Emphasis:
    track = np.zeros(200, np.float32)
    for row, height in peaks:
        track[row - 3 : row + 4] = np.maximum(track[row - 3 : row + 4], height * np.hanning(9)[1:-1])
    return replace(Emphasis.none(200), stress=track)


def test_both_brows_rise_by_a_millimetre_and_lips_and_lids_stay():
    move = brow_move(FACE)[None].astype(np.float32)
    raised = brows_mm(move)[0]
    assert abs(raised.mean() - 1) < 0.01 and abs(raised[:5].mean() - raised[5:].mean()) < 0.15
    assert np.abs(lip_clearance_mm(FACE, move) - lip_clearance_mm(FACE, STILL)).max() < 0.1
    assert np.abs(eye_openness(FACE, move) - 1).max() < 0.03
    assert np.linalg.norm(move / FACE.coefficient_std) < 1, "no wild coefficients"


def test_an_accent_is_where_the_stress_is_and_neighbours_share_one():
    track = accents(stress((50, 0.9), (62, 0.6), (120, 0.7), (160, 0.3)))
    assert abs(int(track[:90].argmax()) - 50) <= 1 and abs(int(track[90:150].argmax()) - 30) <= 1
    assert track[150:].max() < 0.05, "a weak stress has none"
    rises = np.flatnonzero((np.diff(track[:-1]) > 0) & (np.diff(track[1:]) <= 0))
    assert len(rises) == 2, "the second of two near ones adds nothing"
    moves = accent_moves(stress((50, 1.0)), 2.0)
    assert abs(moves[:, 0].max() - 2.0) < 0.05 and moves[:, 1].max() > 0.03
    assert np.abs(np.diff(moves[:, 0])).max() < 0.6, "brows do not snap"
    lowered = accent_moves(stress((50, 1.0)), -2.0)
    assert lowered[:, 0].min() < -1.9 and -0.06 < lowered[:, 1].min() < 0


def test_how_far_brows_go_is_the_style_s_own():
    neutral = read_style("neutral").clip
    amount = {name: accent_mm(read_style(name).clip, neutral, FACE) for name in preset_names()}
    assert all(-3.0 <= each <= 3.0 for each in amount.values())
    assert amount["surprised"] > 1 and amount["excited"] > amount["angry"], amount
    assert amount["angry"] <= 0, "knitted brows are not raised"


def test_micro_movement_is_small_smooth_seeded_and_at_rest_at_the_ends():
    one, same, other = (micro_movement(400, seed) for seed in (1, 1, 2))
    assert np.array_equal(one, same) and not np.array_equal(one, other)
    assert not one[0].any() and not one[-1].any()
    raised = brows_mm(brows_and_lids(one, FACE))
    assert 0.05 < raised.std() < 0.4 and np.abs(np.diff(raised, axis=0)).max() < 0.3


def test_accents_go_with_the_intensity_from_the_neutral_style_to_twice_the_style():
    neutral, furious = (read_style(name).clip for name in ("neutral", "furious"))
    calm, styled = (accent_mm(clip, neutral, FACE) for clip in (neutral, furious))
    found = accent_track(furious, neutral, np.array([0.0, 0.5, 1.0, 2.0]), FACE)
    assert found[:3] == pytest.approx([calm, (calm + styled) / 2, styled])
    assert abs(found[3]) <= 3.0 and abs(found[3] - calm) > abs(styled - calm)
    moved = accent_moves(stress((50, 1.0)), np.where(np.arange(len(stress((50, 1.0)))) < 60, 2.0, 0.0))
    np.testing.assert_array_equal(moved[:60], accent_moves(stress((50, 1.0)), 2.0)[:60])
