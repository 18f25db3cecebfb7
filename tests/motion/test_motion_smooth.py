# SPDX-License-Identifier: Apache-2.0
"""Lips are closed without a snap: what motion/ adds to a line is bounded in size, speed and jerk, in every preset."""

import numpy as np
import pytest
from closures_measured import closure_rate

from styletalk.animation import FaceAnimation
from styletalk.demo import LINE, TRANSCRIPT
from styletalk.face.model import open_face
from styletalk.motion.articulation import LABIODENTALS
from styletalk.motion.closures import CLOSED_MM, close_lips
from styletalk.motion.labiodentals import labiodental_move
from styletalk.motion.lips import LipGap, segment_rows
from styletalk.motion.openings import APART_MM, REACH_MM, TEETH_MM
from styletalk.networks.engine.inference import load_engine
from styletalk.phonemes import PHONEME_INDEX
from styletalk.styles.code import style_code
from styletalk.styles.library import read_style
from styletalk.styles.presets import preset_names

FACE = open_face()
LIPS = LipGap.of(FACE)
SIZE_STD = 9.0
"""A correction is no further than this from what the networks said, in standard deviations of the coefficients."""
SPEED_STD = 5.3
"""So much of a correction comes or goes within one row at most: 5.2 where closures are neighbours, 5.7 where an F is
parted in the middle of the mouth alone."""
JERK_GAIN = 1.7
"""The mean squared jerk of the lips' opening grows by this factor at most: closing is a movement too."""
REAL_JERK = 16.8
"""Or stays below that of real speech, mm² per row to the sixth: the mean over the sample clips on the same lips."""


@pytest.fixture(scope="module")
def spoken():
    """The bundled line: labels (T,) and the networks' own coefficients (T, 64) by preset."""
    from styletalk.api import audio_features_of
    from styletalk.speech.audio.sound_file import load_audio
    from styletalk.speech.track import phoneme_track

    engine, audio = load_engine(engine="numpy"), load_audio(LINE)
    labels = phoneme_track(audio, transcript=TRANSCRIPT.read_text(encoding="utf-8")).labels()
    codes = np.stack([style_code(read_style(name), engine) for name in preset_names()])
    rows = engine.coefficients_of_styles(labels, codes, audio_features=audio_features_of(engine, audio, len(labels)))
    return labels, dict(zip(preset_names(), rows, strict=True))


@pytest.fixture(scope="module")
def closed(spoken):
    """(before, after) coefficients by (preset, intensity)."""
    labels, rows = spoken
    found = {}
    for name in preset_names():
        for intensity in (1.0, 1.5, 2.0):
            before = rows["neutral"] + np.float32(intensity) * (rows[name] - rows["neutral"])
            found[name, intensity] = before, close_lips(before, labels, FACE)
    return found


def cases(*intensities):
    return [(name, intensity) for name in preset_names() for intensity in intensities]


@pytest.mark.parametrize("case", cases(1.0, 1.5, 2.0), ids=str)
def test_every_closure_of_the_line_closes(spoken, closed, case):
    rate, segments, deepest_mm = closure_rate(FaceAnimation.still(closed[case][1], spoken[0]), FACE)
    assert segments >= 5 and rate == 1.0 and deepest_mm < CLOSED_MM


@pytest.mark.parametrize("case", cases(1.0, 1.5, 2.0), ids=str)
def test_f_and_v_bring_the_lower_lip_to_the_teeth_and_not_to_the_lip(spoken, closed, case):
    opening = LIPS.opening_mm(closed[case][1])
    segments = segment_rows(spoken[0], LABIODENTALS)
    assert segments
    least = np.array([opening[first : last + 1].min() for first, last in segments])
    assert least.max() < TEETH_MM + 0.4, least
    assert least.min() > APART_MM - 0.05, least


@pytest.mark.parametrize("case", cases(1.0, 1.5, 2.0), ids=str)
def test_a_correction_is_bounded_and_neither_snaps_nor_shakes(closed, case):
    before, after = closed[case]
    added = (after - before) / FACE.coefficient_std
    size = np.sqrt((added**2).sum(axis=1)).max()
    speed = np.sqrt((np.diff(added, axis=0) ** 2).sum(axis=1)).max()
    assert size < SIZE_STD
    assert speed < SPEED_STD
    jerk_before, jerk_after = (np.mean(np.diff(LIPS.opening_mm(rows), n=3) ** 2) for rows in (before, after))
    assert jerk_after < max(JERK_GAIN * jerk_before, REAL_JERK)
    assert jerk_after > 0.3 * jerk_before  # nor is the line smoothed to mush


def test_the_lower_lip_rises_and_thins_for_f_as_far_as_coefficients_can_show_it():
    from styletalk.face.landmarks import landmark_positions

    move = labiodental_move(FACE)
    assert np.sqrt(((move / FACE.coefficient_std) ** 2).sum()) < 4
    lower, upper = (
        1000 * np.tensordot(move, landmark_positions(FACE.expression, FACE.triangles, line), 1).mean(axis=0)
        for line in (FACE.lip_lower, FACE.lip_upper)
    )
    assert lower[1] > 0.8 and abs(upper[1]) < 0.4
    edge = 1000 * np.tensordot(move, landmark_positions(FACE.expression, FACE.triangles, FACE.landmarks_mediapipe), 1)
    assert edge[14, 1] - edge[17, 1] > -0.8  # the rim follows, the whole lip is not just lifted by the jaw


def test_an_f_between_vowels_is_a_movement_and_no_jump():
    labels = np.full(60, PHONEME_INDEX["AA"], np.int16)
    labels[30:33] = PHONEME_INDEX["F"]
    coefficients = np.zeros((60, 64), np.float32)
    coefficients[:, 0] = -0.8
    opening = LIPS.opening_mm(close_lips(coefficients, labels, FACE))
    assert APART_MM < opening[27:31].min() < TEETH_MM + 0.2
    assert np.abs(np.diff(opening)).max() < max(np.diff(REACH_MM)) + 0.1


def test_an_f_after_a_pout_parts_the_lips_in_every_row_and_leaves_the_pout_alone():
    labels = np.full(60, PHONEME_INDEX["UW"], np.int16)
    labels[30:35] = PHONEME_INDEX["F"]
    coefficients = np.zeros((60, 64), np.float32)
    coefficients[:, 0] = np.interp(np.arange(60), [0, 20, 40, 59], [-0.5, 0.1, 0.1, -0.5])
    before, after = (LIPS.opening_mm(rows) for rows in (coefficients, close_lips(coefficients, labels, FACE)))
    assert before[27:32].max() < 0 and after[27:32].min() > APART_MM - 0.05
    assert after[20:24].max() < 0.2  # where no F is, lips that touch go on touching


def test_a_b_beside_an_f_still_closes():
    labels = np.full(60, PHONEME_INDEX["AA"], np.int16)
    labels[28:30], labels[30:33], labels[33:35] = (PHONEME_INDEX[name] for name in "BFM")
    for level in (-1.0, 0.1):
        coefficients = np.zeros((60, 64), np.float32)
        coefficients[:, 0] = level
        opening = LIPS.opening_mm(close_lips(coefficients, labels, FACE))
        assert opening[25:27].min() < CLOSED_MM and opening[30:32].min() < CLOSED_MM
        assert opening[28] > APART_MM - 0.05
