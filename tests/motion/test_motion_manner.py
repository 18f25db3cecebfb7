# SPDX-License-Identifier: Apache-2.0
"""The head moves as the manner says, in time with what is said: level, size, speed, nods, rest, and its bounds."""

from dataclasses import replace

import numpy as np
import pytest

from styletalk.emphasis import Emphasis
from styletalk.motion.blinks import blink_peaks, blink_track
from styletalk.motion.gaze import gaze_track
from styletalk.motion.head import MAX_DEGREES, auto_pose
from styletalk.motion.nods import LEAD_ROWS, stress_peaks
from styletalk.phonemes import PHONEME_INDEX
from styletalk.styles.library import read_style
from styletalk.styles.manner import Manner
from styletalk.styles.manners import manner_of
from styletalk.styles.presets import preset_names

SIL, AA = PHONEME_INDEX["SIL"], PHONEME_INDEX["AA"]
MANNERS = {name: manner_of(read_style(name)) for name in preset_names()}


def line(seconds=10, seed=0, every=(9, 24)):
    """Labels of two phrases and a pause, and a stressed syllable every half second or so."""
    generator, rows = np.random.default_rng(seed), int(seconds * 30)
    labels = np.full(rows, AA, np.int16)
    labels[:6] = labels[-8:] = labels[rows // 2 : rows // 2 + 14] = SIL
    stress, row = np.zeros(rows), 12
    while row < rows - 14:
        stress = np.maximum(stress, generator.uniform(0.4, 1) * np.clip(1 - np.abs(np.arange(rows) - row) / 5, 0, 1))
        row += int(generator.integers(*every))
    zeros = np.zeros(rows, np.float32)
    return labels, Emphasis(zeros, zeros, stress.astype(np.float32))


def degrees(manner, seed=1, seconds=10):
    labels, emphasis = line(seconds)
    return np.degrees(auto_pose(labels, seed, manner, emphasis)[:, :3].astype(np.float64))


@pytest.mark.parametrize("seconds", (5, 10, 60))
@pytest.mark.parametrize("name", preset_names())
def test_level_size_and_speed_are_the_styles(name, seconds):
    manner, made = MANNERS[name], degrees(MANNERS[name], seconds=seconds)
    assert made[:, 0].mean() == pytest.approx(manner.level_deg[0], abs=0.1 + 0.1 * abs(manner.level_deg[0]))
    size, speed = np.sqrt(made.var(axis=0).sum()), np.linalg.norm(np.abs(np.diff(made, axis=0)).mean(axis=0) * 30)
    assert speed == pytest.approx(np.linalg.norm(manner.speed), rel=0.25 if seconds >= 10 else 0.4)
    ways = 0.35 * abs(manner.level_deg[0]) if seconds < 10 else 0.2  # to the level and back
    assert size == pytest.approx(np.linalg.norm(manner.size_deg), rel=0.25, abs=ways)


@pytest.mark.parametrize("strong", [slice(300, 600), slice(0, 300), slice(450, 600)])
def test_the_head_is_where_the_style_holds_it_only_while_the_face_shows_the_style(strong):
    """With ten seconds of silence or of a neutral face before the style, or after it, the head waits with the face."""
    labels, emphasis = line(20)
    intensity = np.zeros(600, np.float32)
    intensity[strong] = 1.0
    low = replace(MANNERS["furious"], level_deg=(14.0, 0.0, 0.0), size_deg=(0.1, 0.1, 0.1))
    pitch = np.degrees(auto_pose(labels, 1, low, emphasis, intensity)[:, 0].astype(np.float64))
    assert np.abs(pitch[intensity == 0]).max() < 2.0
    assert pitch[strong].mean() == pytest.approx(14.0, rel=0.15)
    same = auto_pose(labels, 1, low, emphasis, np.full(600, 0.7, np.float32))
    np.testing.assert_array_equal(same, auto_pose(labels, 1, low, emphasis))
    np.testing.assert_array_equal(same, auto_pose(labels, 1, low, emphasis, np.zeros(600, np.float32)))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("seconds", (0.5, 1.5, 4, 20))
def test_heads_begin_and_end_at_rest_move_smoothly_and_within_bounds(seconds, seed):
    wild = Manner.of_vector(np.full(23, 1e6))
    for manner in (*MANNERS.values(), wild):
        labels, emphasis = line(seconds)
        pose = auto_pose(labels, seed, manner, emphasis)
        made = np.degrees(pose[:, :3].astype(np.float64))
        assert not pose[[0, -1]].any() and np.isfinite(pose).all()
        assert np.abs(made).max() <= MAX_DEGREES and np.abs(pose[:, 3:]).max() < 0.04
        if manner is not wild and seconds >= 4:
            assert np.abs(np.diff(made, axis=0)).max() * 30 < 160  # degrees a second
            assert np.abs(np.diff(made, n=2, axis=0)).max() < 1.6  # no jitter: degrees a row, each row


def test_nothing_drifts():
    made = degrees(MANNERS["furious"], seconds=120)
    seconds_10 = made.reshape(-1, 300, 3).mean(axis=1)
    assert np.abs(np.polyfit(np.arange(len(seconds_10)), seconds_10, 1)[0]).max() < 0.3
    assert seconds_10.std(axis=0).max() < 0.5 * max(MANNERS["furious"].size_deg)


@pytest.mark.parametrize("name", preset_names())
def test_nods_fall_on_stressed_syllables_and_not_by_chance(name):
    labels, emphasis = line(60)
    pitch = auto_pose(labels, 3, MANNERS[name], emphasis)[:, 0].astype(np.float64)
    pitch = (pitch - np.convolve(np.pad(pitch, 30, "edge"), np.ones(61) / 61, "valid")) / pitch.std()
    lowest = stress_peaks(emphasis.stress) - LEAD_ROWS
    controls = [pitch[(lowest + shift) % len(pitch)].mean() for shift in range(20, 1780, 7)]
    assert pitch[lowest].mean() > max(controls)


def test_of_stressed_syllables_that_lie_close_the_strongest_is_nodded_on():
    stress = np.zeros(90)
    stress[[20, 26, 60]] = 0.5, 0.9, 0.7
    stress[40:43] = 0.1
    assert list(stress_peaks(stress)) == [26, 60]
    stress[70:75] = 0.8  # the middle of a level top
    assert list(stress_peaks(stress)) == [26, 60, 72]


def test_the_same_style_and_seed_are_the_same_to_the_bit_and_others_are_not():
    labels, emphasis = line()
    first, again, other, sad = (
        auto_pose(labels, seed, MANNERS[name], emphasis)
        for name, seed in (("happy", 1), ("happy", 1), ("happy", 2), ("sad", 1))
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other) and not np.array_equal(first, sad)


@pytest.mark.parametrize("rate", (8, 17, 30, 50))
@pytest.mark.parametrize("seed", range(3))
def test_people_blink_as_often_as_the_manner_says(rate, seed):
    labels, _ = line(60)
    blinks = blink_track(labels, seed, replace(Manner(), blinks=float(rate)))
    assert len(blink_peaks(blinks)) == pytest.approx(rate, rel=0.25)


def test_tired_lids_are_slower():
    labels, _ = line(60)
    shut = {s: (blink_track(labels, 0, replace(Manner(), blink_s=s)) > 0).sum() for s in (0.25, 0.45)}
    assert shut[0.45] > 1.4 * shut[0.25]


def test_eyes_stay_with_the_listener_as_the_manner_says_and_tired_ones_look_down():
    labels, emphasis = line()
    blinks = np.zeros((len(labels), 2), np.float32)
    low = replace(Manner(), level_deg=(12.0, 0.0, 0.0), hold=0.8)
    pose = auto_pose(labels, 0, low, emphasis)
    up = np.diff(gaze_track(blinks, 0, low, pose)[:, 2:], axis=1).mean()
    assert -up > 0.3 and abs(np.diff(gaze_track(blinks, 0, low)[:, 2:], axis=1).mean()) < 0.05
    down = gaze_track(blinks, 0, replace(Manner(), look_down=0.12))
    assert down[:, 3].mean() > 0.08 and not down[0, 3] > 0.05
    jumps = [
        (np.abs(np.diff(gaze_track(np.zeros((3000, 2)), 0, replace(Manner(), looks=looks))[:, 0])) > 1e-6).sum()
        for looks in (0.4, 1.1, 2.0)
    ]
    assert jumps[0] < jumps[1] < jumps[2]
