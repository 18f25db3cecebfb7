# SPDX-License-Identifier: Apache-2.0
"""Every blink shuts the eyes of the open face, however wide or narrow a style holds them, and moves little else."""

from dataclasses import replace

import numpy as np
import pytest

from styletalk.face.landmarks import EYE_OPENINGS, eye_openness, landmark_movement, landmark_positions
from styletalk.face.model import open_face
from styletalk.motion.blinks import blink_peaks
from styletalk.motion.finish import MotionOptions, Performance, finish
from styletalk.motion.lids import lid_move
from styletalk.motion.lips import LipGap
from styletalk.phonemes import PHONEME_INDEX
from styletalk.styles.library import read_style
from styletalk.styles.presets import preset_names

FACE = open_face()
LABELS = np.tile(np.repeat([PHONEME_INDEX[n] for n in ("M", "AA", "SIL", "IY")], 12), 13).astype(np.int16)
SHUT_MM, CROSSED_MM = 0.6, -0.6
STILL = MotionOptions(pose="none", gaze=False, closures=False)


def held(style, intensity):
    """A face that holds the mean expression of a style, (T, 64)."""
    neutral, level = (read_style(name).clip.mean(0) for name in ("neutral", style))
    return np.repeat((neutral + intensity * (level - neutral))[None], len(LABELS), axis=0)


def eye_gaps_mm(animation, rows):
    """(N, 2) between the lids of each eye, blinks included."""
    shape = FACE.vertices(animation.coefficients[rows], None, animation.blinks[rows], upper=animation.upper[rows])
    points = landmark_positions(shape, FACE.triangles, FACE.landmarks_mediapipe)
    return 1000 * np.stack([points[:, upper, 1] - points[:, lower, 1] for upper, lower in EYE_OPENINGS], axis=1)


@pytest.mark.parametrize("style", preset_names())
@pytest.mark.parametrize("intensity", [1.0, 1.5, 2.0])
def test_a_blink_shuts_the_eyes_in_every_style(style, intensity):
    upper = np.tile(read_style(style).upper(intensity), (len(LABELS), 1))
    animation = finish(held(style, intensity), LABELS, FACE, STILL, performance=Performance(upper=upper))
    peaks = blink_peaks(animation.blinks / np.maximum(animation.blinks.max(), 0.1))
    assert len(peaks) >= 2
    gaps = eye_gaps_mm(animation, peaks)
    assert gaps.max() < SHUT_MM and gaps.min() > CROSSED_MM, gaps.round(2)


@pytest.mark.parametrize("blinks", [True, False])
@pytest.mark.parametrize("style", ["happy", "tired", "contempt", "disgusted"])
def test_lids_never_cross_however_strong_a_style_is(style, blinks):
    """Rows of the clip itself at twice its strength: some are shut by more than the eye is open."""
    clip, mean = read_style(style).clip, read_style("neutral").clip.mean(0)
    strong, labels = (mean + 2 * (clip - mean)).astype(np.float32), np.resize(LABELS, len(clip))
    upper = np.tile(read_style(style).upper(2.0), (len(clip), 1))
    crossed = eye_openness(FACE, strong, upper).min(axis=1) < 0
    assert crossed.any()
    made = finish(strong, labels, FACE, replace(STILL, blinks=blinks), performance=Performance(upper=upper))
    opening = eye_openness(FACE, made.coefficients, upper) - made.blinks
    assert opening.min() > (-0.1 if blinks else -0.02), opening.min()  # a blink is seen on a shut eye, too
    open_rows = eye_openness(FACE, strong, upper).min(axis=1) > 0.1
    away = open_rows & (made.blinks.max(axis=1) == 0)
    np.testing.assert_array_equal(made.coefficients[away], strong[away])
    raw = finish(strong, labels, FACE, replace(STILL, blinks=False, lids=False), performance=Performance(upper=upper))
    np.testing.assert_array_equal(raw.coefficients, strong)


def test_wide_eyes_shut_without_a_jump_and_stay_wide_between_blinks():
    wide = held("surprised", 1.5)
    animation = finish(wide, LABELS, FACE, STILL)
    between = animation.blinks.max(axis=1) == 0
    np.testing.assert_array_equal(animation.coefficients[between], wide[between])
    assert animation.blinks.max() <= 1.0
    opening = eye_openness(FACE, animation.coefficients).mean(axis=1)
    assert np.abs(np.diff(opening)).max() < 0.75 * (opening.max() - 1)  # the fastest lid takes two rows


def test_lowered_lids_leave_lips_and_brows_where_they_are():
    move = lid_move(FACE)
    assert np.sqrt(((move / FACE.coefficient_std) ** 2).sum()) < 6  # not far outside what people do
    neutral = read_style("neutral").clip
    lips = LipGap.of(FACE)
    assert np.abs(lips.places_mm(neutral - 0.6 * move) - lips.places_mm(neutral)).max() < 0.15
    places = [np.zeros((1, 64)), move[None]]
    rest, moved = (landmark_movement(FACE, FACE.landmarks_mediapipe, rows.astype(np.float32))[0] for rows in places)
    brows_and_mouth = [107, 336, 70, 300, 61, 291, 13, 14, 152, 1]
    assert 1000 * np.abs(moved - rest)[brows_and_mouth].max() < 0.5
    np.testing.assert_allclose(eye_openness(FACE, move[None].astype(np.float32)), 2.0, atol=0.05)
