# SPDX-License-Identifier: Apache-2.0
"""Blinks, looks and head motion: natural in number and size, and the same for the same seed."""

import numpy as np
import pytest

from styletalk.motion.blinks import (
    CLOSE_ROWS,
    OPEN_ROWS,
    QUIET_START_S,
    REFRACTORY_S,
    blink_peaks,
    blink_track,
    silences,
)
from styletalk.motion.gaze import MAX_TURN, gaze_track
from styletalk.motion.head import auto_pose, speaking_rows
from styletalk.motion.nods import nod_track
from styletalk.phonemes import PHONEME_INDEX

MINUTES = 5
SIL, AA = PHONEME_INDEX["SIL"], PHONEME_INDEX["AA"]


def speech(minutes=MINUTES, seed=0, pause=(8, 30)):
    """Labels of phrases of two seconds or so with pauses between them."""
    generator = np.random.default_rng(seed)
    labels: list[int] = []
    while len(labels) < minutes * 1800:
        labels += [SIL] * int(generator.integers(*pause)) + [AA] * int(generator.integers(40, 120))
    return np.array(labels[: int(minutes * 1800)], np.int16)


@pytest.mark.parametrize("seed", range(5))
def test_people_blink_fifteen_to_twenty_times_a_minute(seed):
    peaks = blink_peaks(blink_track(speech(seed=seed), seed))
    assert 13 <= len(peaks) / MINUTES <= 23
    assert np.diff(peaks).min() > REFRACTORY_S * 30
    assert peaks[0] >= QUIET_START_S * 30
    assert 0.3 < np.diff(peaks).std() / np.diff(peaks).mean() < 1.2  # neither clockwork nor bursts


def test_blinks_fall_at_the_beginning_of_pauses():
    labels = speech(minutes=30)
    peaks = blink_peaks(blink_track(labels, 0))
    starts = np.array([start for start, _ in silences(labels)])
    since = np.array([np.min(np.where(peak >= starts, peak - starts, 10**6)) for peak in peaks])
    share = (since < 8).mean()
    by_chance = 8 * len(starts) / len(labels)
    assert share > 2.5 * by_chance


def test_lids_fall_faster_than_they_rise_and_close_nearly_all_the_way():
    blinks = blink_track(speech(), 3)
    peaks = blink_peaks(blinks)
    for peak in peaks:
        down, up = blinks[: peak + 1][::-1, 0], blinks[peak:, 0]
        down_rows, up_rows = int(np.argmax(down == 0)), int(np.argmax(up == 0))
        assert CLOSE_ROWS[0] <= down_rows <= CLOSE_ROWS[1] and OPEN_ROWS[0] <= up_rows <= OPEN_ROWS[1]
    assert blinks[peaks].min() > 0.94 and blinks.max() <= 1.0
    difference = np.abs(blinks[peaks, 0] - blinks[peaks, 1])
    assert difference.mean() > 0 and difference.max() <= 0.04


def test_a_line_too_short_for_a_blink_has_none():
    assert not blink_track(np.full(12, SIL, np.int16), 0).any()
    assert blink_track(np.zeros(0, np.int16), 0).shape == (0, 2)


def test_looks_are_small_jumps_with_rests_between():
    blinks = blink_track(speech(), 1)
    gaze = gaze_track(blinks, 1)
    assert gaze.min() >= 0 and gaze.max() <= MAX_TURN
    assert not np.any(gaze[:, 0] * gaze[:, 1]) and not np.any(gaze[:, 2] * gaze[:, 3])  # never left and right at once
    away = np.hypot(gaze[:, 0] - gaze[:, 1], gaze[:, 2] - gaze[:, 3])
    assert np.median(away) < 0.12 and away.max() > 0.1
    still = np.abs(np.diff(gaze[:, 0] - gaze[:, 1])) < 1e-6
    assert still.mean() > 0.85
    assert 0.3 < (~still).sum() / 2 / (MINUTES * 60) < 2.5  # jumps a second


def test_eyes_jump_more_often_during_blinks_than_otherwise():
    blinks = blink_track(speech(), 1)
    jumps = np.abs(np.diff((gaze_track(blinks, 1) * [1, -1, 0, 0]).sum(axis=1), prepend=0)) > 1e-6
    assert jumps[blink_peaks(blinks)].mean() > 3 * jumps.mean()


@pytest.mark.parametrize("seed", range(4))
def test_the_head_sways_slowly_by_a_few_degrees(seed):
    pose = auto_pose(speech(seed=seed), seed)
    degrees = np.degrees(pose[:, :3])
    assert np.all(degrees.std(axis=0) > 0.4) and np.all(degrees.std(axis=0) < 3)
    assert np.abs(degrees).max() < 12 and np.abs(pose[:, 3:]).max() < 0.01
    assert np.abs(np.diff(degrees, axis=0)).max() * 30 < 50  # degrees a second
    power = np.abs(np.fft.rfft(degrees - degrees.mean(axis=0), axis=0)) ** 2
    fast = np.fft.rfftfreq(len(degrees), 1 / 30) > 3.0
    assert (power[fast].sum(axis=0) / power.sum(axis=0)).max() < 0.02


def test_the_head_begins_and_ends_at_rest_and_rests_in_silence():
    labels = np.concatenate([np.full(300, AA), np.full(300, SIL), np.full(300, AA)]).astype(np.int16)
    quiet, loud = [], []
    for seed in range(20):
        pose = auto_pose(labels, seed)
        np.testing.assert_array_equal(pose[[0, -1]], np.zeros((2, 6)))
        quiet.append(pose[330:570, :3].std(axis=0))
        loud.append(pose[30:270, :3].std(axis=0))
    assert np.mean(quiet) < 0.6 * np.mean(loud)


def test_a_phrase_begins_with_a_nod():
    labels = np.concatenate([np.full(90, SIL), np.full(200, AA)]).astype(np.int16)
    pitch = np.mean([auto_pose(labels, seed)[:, 0] for seed in range(60)], axis=0)
    nod = 87 + np.argmax(pitch[87:110])
    assert np.degrees(pitch[nod]) > 1.0  # down, because +x turns the crown to the front
    assert abs(np.degrees(pitch[60])) < 0.3


@pytest.mark.parametrize("silent_rows", (1, 4, 10, 30, 90))
def test_a_line_that_ends_in_silence_ends_without_a_nod(silent_rows):
    """What follows the last label, three rows before the end, is silence too and no new phrase."""
    labels = np.concatenate([np.full(90, AA), np.full(silent_rows, SIL)]).astype(np.int16)
    nods = nod_track(speaking_rows(labels), None, np.random.default_rng(0))
    assert np.argmax(nods) < 20 and np.diff(nods[25:]).max() < 0.2  # a nod rises by 0.6


@pytest.mark.parametrize(
    "track", (blink_track, auto_pose, lambda labels, seed: gaze_track(blink_track(labels, 0), seed))
)
def test_the_seed_decides(track):
    labels = speech(minutes=1)
    np.testing.assert_array_equal(track(labels, 7), track(labels, 7))
    assert not np.array_equal(track(labels, 7), track(labels, 8))
