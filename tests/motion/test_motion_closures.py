# SPDX-License-Identifier: Apache-2.0
"""Lips that meet at P, B, M without a snap, on a made-up mouth whose answer is known."""

from types import SimpleNamespace

import numpy as np
import pytest
from closures_measured import closure_rate

from styletalk.animation import LOWER_FACE, UPPER_FACE, FaceAnimation
from styletalk.motion.closures import CLOSED_MM, close_lips
from styletalk.motion.lips import LipGap, segment_rows
from styletalk.motion.openings import LOWERED_MM, MORE_MM, REACH_MM, TONGUE_MM
from styletalk.motion.rest import rest_weight
from styletalk.motion.solver import LipSolver
from styletalk.phonemes import PHONEME_INDEX

FASTEST_MM = max(np.diff(REACH_MM)) + 0.1
PLACES = np.linspace(-1, 1, 9)
FACE = SimpleNamespace(coefficient_std=np.full(64, 0.5))


@pytest.fixture(autouse=True)
def parabola_mouth(monkeypatch):
    """The jaw (0) opens a parabola, the lips (2, 3) a flat and a lopsided slit, brows (20) pull the lips a little."""
    jacobian = np.zeros((len(PLACES), 64))
    jacobian[:, 0] = -9 * (1 - PLACES**2)
    jacobian[:, 2] = 2.0
    jacobian[:, 3] = PLACES
    jacobian[:, 5] = 1 - 2 * PLACES**2
    jacobian[:, 20] = 0.5
    lips = LipGap.linear(np.full(len(PLACES), 0.2), jacobian)
    monkeypatch.setattr(LipGap, "of", classmethod(lambda cls, face: lips))
    return lips


def chatter(seed, rows=240, loudness=1.0):
    """Random talk: labels of 2 to 6 rows, jaw and lips that follow smooth noise, often far open."""
    rng = np.random.default_rng(seed)
    names = rng.choice(["P", "B", "M", "AA", "IY", "S", "F", "SIL"], rows)
    labels = np.repeat([PHONEME_INDEX[n] for n in names], rng.integers(2, 7, rows))[:rows].astype(np.int16)
    noise = np.stack([np.convolve(rng.normal(size=rows), np.hanning(9), "same") for _ in range(64)], axis=1)
    coefficients = 0.15 * loudness * noise
    coefficients[:, 0] -= 0.6 * loudness
    return coefficients.astype(np.float32), labels


def animation(coefficients, labels):
    return FaceAnimation.still(coefficients, labels)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("loudness", (0.3, 1.0, 2.0))
def test_every_closure_closes_and_nothing_passes_through(seed, loudness):
    coefficients, labels = chatter(seed, loudness=loudness)
    before, count, _ = closure_rate(animation(coefficients, labels), FACE)
    after = closure_rate(animation(close_lips(coefficients, labels, FACE), labels), FACE)
    assert after[:2] == (1.0, count) and count > 5 and after[2] <= CLOSED_MM
    assert before < 0.8 or loudness < 1


@pytest.mark.parametrize("seed", range(4))
def test_away_from_closures_only_the_line_s_level_changes_and_only_the_lower_face(seed):
    coefficients, labels = chatter(seed)
    moved = close_lips(coefficients, labels, FACE)
    np.testing.assert_array_equal(moved[:, UPPER_FACE], coefficients[:, UPPER_FACE])
    far = np.ones(len(labels), bool)
    for first, last in segment_rows(labels, ("P", "B", "M", "F", "V")):
        far[max(first - len(REACH_MM), 0) : last + len(REACH_MM) + 1] = False
    far &= rest_weight(labels) == 0
    before, after = (LipGap.of(FACE).opening_mm(rows)[far] for rows in (coefficients, moved))
    open_there = before > 0.1
    assert open_there.any() and (after - before)[open_there].max() < 0.1
    assert (before - after)[open_there].max() < LOWERED_MM + 0.1
    assert np.abs(moved[:, LOWER_FACE] - coefficients[:, LOWER_FACE]).max() > 0.1


def test_a_closure_grows_and_fades_without_a_snap(parabola_mouth):
    labels = np.full(60, PHONEME_INDEX["AA"], np.int16)
    labels[30:34] = PHONEME_INDEX["B"]
    coefficients = np.zeros((60, 64), np.float32)
    coefficients[:, 0] = -1.0
    opening = parabola_mouth.opening_mm(close_lips(coefficients, labels, FACE))
    row = int(np.argmin(opening))
    assert 27 <= row <= 30
    falls = np.diff(opening)
    assert np.all(falls[:row] <= 1e-6) and np.all(falls[row:] >= -1e-6)
    assert np.abs(falls).max() < FASTEST_MM  # a snap would take all of it in one row
    assert np.count_nonzero(np.abs(falls) > 1e-6) >= 4
    level_mm = 9.2 - LOWERED_MM  # a mouth that never shuts is brought down as a whole
    np.testing.assert_allclose(opening[[*range(24), *range(36, 60)]], level_mm, atol=0.1)


def test_what_is_closed_already_is_left_alone():
    labels = np.full(40, PHONEME_INDEX["M"], np.int16)
    coefficients = np.zeros((40, 64), np.float32)
    coefficients[:, 2] = -0.1  # the lips just touch, at every place
    np.testing.assert_allclose(close_lips(coefficients, labels, FACE), coefficients, atol=1e-6)


def test_a_vowel_between_two_closures_stays_open(parabola_mouth):
    labels = np.full(60, PHONEME_INDEX["AA"], np.int16)
    labels[20:22] = PHONEME_INDEX["B"]
    labels[27:29] = PHONEME_INDEX["B"]
    coefficients = np.zeros((60, 64), np.float32)
    coefficients[:, 0] = -1.0
    opening = parabola_mouth.opening_mm(close_lips(coefficients, labels, FACE))
    assert opening[17:26].max() > 0.9 * (parabola_mouth.opening_mm(coefficients)[0] - LOWERED_MM)


def test_lips_that_pass_into_each_other_are_parted_smoothly(parabola_mouth):
    rows = np.arange(90)
    coefficients = np.zeros((90, 64), np.float32)
    coefficients[:, 2] = np.cos(rows / 7)  # from 2.2 mm open to 1.8 mm inside
    parted = parabola_mouth.places_mm(close_lips(coefficients, np.full(90, PHONEME_INDEX["AA"]), FACE))
    before = parabola_mouth.places_mm(coefficients)
    assert before.min() < -1.5 and parted.min() >= -CLOSED_MM
    assert np.abs(np.diff(parted, axis=0)).max() <= np.abs(np.diff(before, axis=0)).max() + 0.05
    np.testing.assert_allclose(parted[before.min(axis=1) > 0.3], before[before.min(axis=1) > 0.3], atol=1e-6)


def test_in_silence_the_mouth_comes_to_rest_and_leaves_it_in_time(parabola_mouth):
    """Silence before, between and after two vowels, with a mouth that stays open through all of it."""
    names = ["SIL"] * 15 + ["AA"] * 20 + ["SIL"] * 60 + ["AA"] * 20 + ["SIL"] * 60
    labels = np.array([PHONEME_INDEX[n] for n in names], np.int16)
    coefficients = np.zeros((len(labels), 64), np.float32)
    coefficients[:, 0] = -0.8
    opening = parabola_mouth.opening_mm(close_lips(coefficients, labels, FACE))
    rest = opening[[0, 1, 75, 80, -1, -10]]
    assert opening[20:30].min() > 7 and rest.max() <= 1.6
    assert np.abs(np.diff(opening)).max() < 2.0  # it takes its time
    assert opening[12:32].min() > 7 and opening[92:112].min() > 7  # speech, four rows before its labels, is left alone


def test_closing_leaves_the_mouth_as_wide_as_it_is():
    """Coefficients 0 and 1 both close; 1 also narrows, and in published clips it strays further."""
    jacobian, widening = np.zeros((len(PLACES), 64)), np.zeros(64)
    jacobian[:, :2], widening[1] = -5.0, -1.0
    std = np.ones(64)
    std[1] = 2.0
    coefficients, gap = np.zeros((1, 64)), np.full((1, len(PLACES)), 8.0)
    changes = []
    for wide in (np.zeros(64), widening):
        lips = LipGap.linear(np.full(len(PLACES), 8.0), jacobian, wide)
        changes.append(LipSolver(lips, std).towards(coefficients, gap, -0.2, 0.1)[0])
    free, firm = changes
    assert np.allclose((jacobian @ free)[0], (jacobian @ firm)[0], atol=0.2)  # both close
    assert abs(firm[1]) < 0.4 * abs(free[1])


def test_a_short_pause_does_not_shut_the_mouth(parabola_mouth):
    labels = np.array([PHONEME_INDEX[n] for n in ["AA"] * 20 + ["SIL"] * 12 + ["AA"] * 20], np.int16)
    coefficients = np.zeros((len(labels), 64), np.float32)
    coefficients[:, 0] = -0.8
    opening = parabola_mouth.opening_mm(close_lips(coefficients, labels, FACE))
    assert opening.min() > 7


def test_rows_of_a_segment_lead_its_labels_by_four():
    labels = np.full(20, PHONEME_INDEX["AA"], np.int16)
    labels[1:3] = PHONEME_INDEX["B"]
    labels[10:14] = PHONEME_INDEX["M"]
    assert segment_rows(labels) == [(0, 0), (6, 9)]


def test_no_rows_are_closed():
    assert close_lips(np.zeros((0, 64), np.float32), np.zeros(0, np.int16), FACE).shape == (0, 64)


def test_who_has_ended_shuts_the_mouth_at_once():
    labels = np.array([PHONEME_INDEX[n] for n in ["AA"] * 30 + ["SIL"] * 15], np.int16)
    weight = rest_weight(labels)
    assert weight[-1] == 1 and (weight[:26] == 0).all()


@pytest.mark.parametrize("silent_rows", [2, 5, 8])
def test_a_line_that_ends_soon_after_its_last_word_ends_at_rest(parabola_mouth, silent_rows):
    labels = np.array([PHONEME_INDEX[n] for n in ["AA"] * 30 + ["SIL"] * silent_rows], np.int16)
    coefficients = np.zeros((len(labels), 64), np.float32)
    coefficients[:, 0] = -0.8
    opening = parabola_mouth.opening_mm(close_lips(coefficients, labels, FACE))
    assert opening[:24].min() > 6.9 and opening[-1] < 0.2
    assert np.abs(np.diff(opening)).max() < FASTEST_MM


@pytest.mark.parametrize("name, parted", (("TH", True), ("DH", True), ("T", False)))
def test_lips_part_where_the_tongue_is_between_the_teeth_but_not_at_the_cost_of_a_closure(name, parted):
    labels = np.array(
        [PHONEME_INDEX[n] for n in ["IY"] * 20 + [name] * 4 + ["IY"] * 20 + [name] * 2 + ["B"] * 3], np.int16
    )
    narrow = np.zeros((len(labels), 64), np.float32)
    narrow[:, 0] = -0.3
    before, opening = (LipGap.of(FACE).opening_mm(rows) for rows in (narrow, close_lips(narrow, labels, FACE)))
    assert TONGUE_MM - MORE_MM < before[0] < TONGUE_MM - 0.2
    assert (opening[17:19].min() > TONGUE_MM - 0.1) == parted
    assert opening[-5:].max() <= TONGUE_MM and opening[[row for _, row in segment_rows(labels)]].max() <= CLOSED_MM
