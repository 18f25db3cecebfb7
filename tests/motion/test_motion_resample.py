# SPDX-License-Identifier: Apache-2.0
"""The face at a scene's rate: in time, within what the rows say, and closed where it closes."""

from dataclasses import replace

import numpy as np
import pytest

from styletalk.animation import FaceAnimation
from styletalk.motion import resample
from styletalk.motion.resample import bent_rows, default_frame_count, scene_samples
from styletalk.phonemes import PHONEME_INDEX
from styletalk.timeline import FRAME_RATE_HZ

RATES = (12, 24, 25, 30000 / 1001, 30, 50, 60, 120)
OPEN_MM, SHUT_MM = 8.0, 0.1


@pytest.fixture(autouse=True)
def one_coefficient_mouth(monkeypatch):
    """A face whose lips are as many millimetres apart as coefficient 0 says."""
    lips = resample.LipGap.linear(np.zeros(1), np.eye(1, 64))
    monkeypatch.setattr(resample.LipGap, "of", classmethod(lambda cls, face: lips))


def talk(rows=300, every=7, seed=0, offset_ms=0.0, only=None):
    """A mouth that moves at random and shuts at one row in each P, B or M; returns (animation, the rows that shut)."""
    rng = np.random.default_rng(seed)
    coefficients = rng.normal(size=(rows, 64)).astype(np.float32)
    coefficients[:, 0] = OPEN_MM * rng.uniform(0.5, 1, rows)
    labels = np.full(rows, PHONEME_INDEX["AA"], np.int16)
    shut = np.arange(10, rows - 10, every) if only is None else np.asarray(only, int)
    for k, row in enumerate(shut):
        labels[row + 3 : row + 5] = PHONEME_INDEX["PBM"[k % 3]]
        coefficients[row, 0] = SHUT_MM
    animation = FaceAnimation.still(coefficients, labels, {"sync_offset_ms": offset_ms})
    return animation, shut


def sample(animation, fps, **options):
    return scene_samples(animation, fps, face=object(), **options)


def test_at_the_rows_own_rate_and_phase_the_rows_come_back_to_the_bit():
    animation, _ = talk()
    samples = sample(animation, 30.0)
    np.testing.assert_array_equal(samples.coefficients[2:], animation.coefficients)
    np.testing.assert_array_equal(samples.coefficients[:2], animation.coefficients[[0, 0]])  # the edge is held
    assert len(samples.times_s) == len(animation) + 2


@pytest.mark.parametrize("fps", RATES)
@pytest.mark.parametrize("offset_ms", (0.0, 13.0, -80.0))
def test_every_closure_is_seen_on_the_nearest_frame(fps, offset_ms):
    animation, shut = talk(offset_ms=offset_ms)
    samples = sample(animation, fps)
    frames = np.floor(animation.times_s[shut] * fps + 0.5).astype(int)
    np.testing.assert_allclose(samples.coefficients[frames, 0], SHUT_MM, atol=1e-5)


@pytest.mark.parametrize("fps", (12, 24, 25))
def test_closures_closer_than_a_scene_frame_are_all_seen_shut(fps):
    animation, shut = talk(only=[50, 52, 54, 56, 100, 101])
    samples = sample(animation, fps)
    frames = np.floor(animation.times_s[shut] * fps + 0.5).astype(int)
    np.testing.assert_allclose(samples.coefficients[frames, 0], SHUT_MM, atol=1e-5)


@pytest.mark.parametrize("fps", RATES)
def test_time_is_bent_forwards_only_and_by_half_a_frame_at_most(fps):
    animation, shut = talk(offset_ms=7.0)
    row_frames = animation.times_s * fps
    landing = np.unique(shut[np.unique(np.floor(row_frames[shut] + 0.5), return_index=True)[1]])
    frames = np.arange(default_frame_count(animation, fps), dtype=float)
    plain = bent_rows(frames, row_frames, np.empty(0, int), fps)
    bent = bent_rows(frames, row_frames, landing, fps)
    assert np.all(np.diff(bent) > 0)
    assert np.abs(bent - plain).max() <= 0.5 * FRAME_RATE_HZ / fps + 1e-9
    np.testing.assert_allclose(plain, (frames / fps - animation.sync_offset_s) * 30 - 2, atol=1e-6)


@pytest.mark.parametrize("fps", RATES)
def test_no_value_lies_outside_its_neighbouring_rows(fps):
    animation, _ = talk()
    samples = sample(animation, fps)
    assert np.all(samples.coefficients <= animation.coefficients.max(axis=0) + 1e-5)
    assert np.all(samples.coefficients >= animation.coefficients.min(axis=0) - 1e-5)
    assert samples.coefficients.dtype == np.float32


@pytest.mark.parametrize("fps", RATES)
def test_blinks_stay_shut_and_do_not_move_the_mouth(fps):
    animation, _ = talk(only=[])
    blinks = np.zeros((300, 2), np.float32)
    peaks = np.arange(20, 280, 37)
    for row in peaks:
        blinks[row - 2 : row + 3] = np.array([0.3, 0.7, 1.0, 0.6, 0.2])[:, None] * [1.0, 0.9]
    blinking = replace(animation, blinks=blinks)
    samples = sample(blinking, fps)
    frames = np.floor(animation.times_s[peaks] * fps + 0.5).astype(int)
    np.testing.assert_allclose(samples.blinks[frames, 0], 1.0, atol=1e-5)
    np.testing.assert_array_equal(samples.coefficients, sample(animation, fps).coefficients)


def test_the_sync_offset_makes_the_face_later():
    animation, _ = talk(only=[60])
    late = replace(animation, metadata={"sync_offset_ms": 100.0})
    at = [int(np.argmin(sample(a, 60.0).coefficients[:, 0])) for a in (animation, late)]
    assert at[0] == round((60 + 2) / 30 * 60)
    assert at[1] - at[0] == 6


def test_edges_are_held_for_as_long_as_the_scene_asks():
    animation, _ = talk(rows=30, only=[15])
    samples = sample(animation, 24.0, frame_count=200)
    assert samples.coefficients.shape == (200, 64)
    np.testing.assert_array_equal(samples.coefficients[60:], np.repeat(animation.coefficients[-1:], 140, axis=0))


@pytest.mark.parametrize("rows", (0, 1, 2))
def test_the_shortest_animations_have_samples_too(rows):
    animation = FaceAnimation.still(np.ones((rows, 64)), np.zeros(rows))
    samples = sample(animation, 25.0)
    assert np.isfinite(samples.coefficients).all() and len(samples.times_s) >= 1


@pytest.mark.parametrize("fps", (0.0, -24.0, float("nan"), float("inf")))
def test_a_rate_that_is_none_is_refused(fps):
    animation, _ = talk(rows=30, only=[15])
    with pytest.raises(ValueError, match="fps"):
        sample(animation, fps)
