# SPDX-License-Identifier: Apache-2.0
"""The face at a scene's rate: in time, within what the rows say, and closed where it closes."""

from dataclasses import replace

import numpy as np
import pytest

from styletalk.animation import FaceAnimation
from styletalk.motion.articulation import shut_spans
from styletalk.motion.resample import bent_rows, default_first_frame, default_frame_count, scene_samples
from styletalk.phonemes import PHONEME_INDEX, PhonemeSegment, PhonemeTrack
from styletalk.timeline import FRAME_RATE_HZ, ROW_DELAY_ROWS, SOUND_LEAD_ROWS, row_time_s

RATES = (12, 24, 25, 30000 / 1001, 30, 50, 60, 120)
OPEN_MM, SHUT_MM = 8.0, 0.1


def talk(rows=300, every=7, seed=0, offset_ms=0.0, only=None):
    """A mouth that moves at random and is shut as long as each P, B or M asks; coefficient 0 is its opening.

    Returns (animation, (S, 2) fractional rows from which to which it is shut).
    """
    rng = np.random.default_rng(seed)
    coefficients = rng.normal(size=(rows, 64)).astype(np.float32)
    coefficients[:, 0] = OPEN_MM * rng.uniform(0.5, 1, rows)
    labels = np.full(rows, PHONEME_INDEX["AA"], np.int16)
    for k, row in enumerate(np.arange(10, rows - 10, every) if only is None else only):
        labels[row + SOUND_LEAD_ROWS : row + SOUND_LEAD_ROWS + 2] = PHONEME_INDEX["PBM"[k % 3]]
    animation = FaceAnimation.still(coefficients, labels, {"sync_offset_ms": offset_ms})
    spans = shut_spans(animation.track)
    for first, last in spans:
        animation.coefficients[int(np.floor(first)) : int(np.ceil(last)) + 1, 0] = SHUT_MM
    return animation, spans


def sample(animation, fps, **options):
    return scene_samples(animation, fps, **options)


def test_at_the_rows_own_rate_and_phase_the_rows_come_back_to_the_bit():
    animation, _ = talk()
    samples = sample(animation, 30.0)
    np.testing.assert_array_equal(samples.coefficients[ROW_DELAY_ROWS:], animation.coefficients)
    np.testing.assert_array_equal(
        samples.coefficients[:ROW_DELAY_ROWS], animation.coefficients[[0, 0, 0]]
    )  # the edge is held
    assert len(samples.times_s) == len(animation) + ROW_DELAY_ROWS


@pytest.mark.parametrize("fps", RATES)
@pytest.mark.parametrize("offset_ms", (0.0, 13.0, -80.0))
def test_lips_stay_shut_between_the_keys_for_as_long_as_they_must(fps, offset_ms):
    animation, spans = talk(offset_ms=offset_ms)
    samples = sample(animation, fps)
    shut_s = row_time_s(spans) + offset_ms / 1000
    for first, last in shut_s[1:-1]:
        times_s = np.linspace(first, last, 20)
        slack_s = 0.1 / fps  # what is that near to a frame counts as on it
        times_s = times_s[(times_s >= first + slack_s) & (times_s <= last - slack_s)]
        assert np.interp(times_s, samples.times_s, samples.coefficients[:, 0]).max() < SHUT_MM + 1e-4


@pytest.mark.parametrize("fps", (12, 24, 25))
def test_closures_closer_than_a_scene_frame_are_seen_shut(fps):
    animation, spans = talk(only=[50, 52, 54, 56, 100, 101])
    samples = sample(animation, fps)
    frames = np.floor(row_time_s(spans.mean(axis=1)) * fps + 0.5).astype(int)
    near = samples.coefficients[frames[:, None] + [-1, 0, 1], 0].min(axis=1)
    np.testing.assert_allclose(near, SHUT_MM, atol=1e-5)


@pytest.mark.parametrize("fps", (1, 6, 12, 24, 48))
@pytest.mark.parametrize("length_s, every_s", ((0.005, 0.005), (0.08, 0.2)))
def test_more_closures_than_scene_frames_do_not_make_time_slip(fps, length_s, every_s):
    animation, _ = talk(only=[])
    animation.coefficients[:] = np.arange(300, dtype=np.float32)[:, None]
    starts = np.arange(0.5, 9.0, every_s)
    segments = tuple(PhonemeSegment("PB"[k % 2], start, start + length_s) for k, start in enumerate(starts))
    samples = scene_samples(replace(animation, track=PhonemeTrack(segments, 10.0)), fps)
    plain = np.clip(samples.times_s * FRAME_RATE_HZ - ROW_DELAY_ROWS, 0, 299)
    assert np.abs(samples.coefficients[:, 0] - plain).max() <= FRAME_RATE_HZ / fps + 0.5


@pytest.mark.parametrize("fps", RATES)
def test_time_never_runs_backwards_and_is_bent_by_a_frame_at_most(fps):
    animation, _ = talk(offset_ms=7.0)
    animation.coefficients[:] = np.arange(300, dtype=np.float32)[:, None]  # each row says which it is
    plain = (sample(animation, fps).times_s - 0.007) * FRAME_RATE_HZ - ROW_DELAY_ROWS
    bent = sample(animation, fps).coefficients[:, 0]
    assert np.all(np.diff(bent) >= -1e-4)
    assert np.abs(bent - np.clip(plain, 0, 299)).max() <= FRAME_RATE_HZ / fps + 1e-3
    frames = np.arange(default_frame_count(animation, fps), dtype=float)
    unbent = bent_rows(frames, animation.times_s * fps, np.empty((0, 2)), fps)
    np.testing.assert_allclose(unbent, plain, atol=1e-6)


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
    assert abs(at[0] - row_time_s(60) * 60) <= 1
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


@pytest.mark.parametrize("fps", RATES)
def test_rows_before_the_sound_are_seen_on_frames_before_it_and_change_nothing_after(fps):
    plain, _ = talk()
    early = replace(
        plain, first_row=-15, intensity=np.ones(315, np.float32), phonemes=np.pad(plain.phonemes, (15, 0), mode="edge"),
        **{name: np.pad(getattr(plain, name), ((15, 0), (0, 0)), mode="edge")
           for name in ("coefficients", "head_pose", "blinks", "gaze", "tongue", "upper")},
    )  # fmt: skip
    first = default_first_frame(early, fps)
    assert first / fps <= early.times_s[0] + 1e-6 < (first + 1) / fps
    assert default_first_frame(plain, fps) == 0
    samples, heard = sample(early, fps, first_frame=first), sample(plain, fps)
    assert samples.times_s[0] == first / fps and len(samples.times_s) == len(heard.times_s) - first
    np.testing.assert_allclose(samples.coefficients[-first:], heard.coefficients, atol=1e-4)
    np.testing.assert_allclose(sample(early, fps).coefficients, heard.coefficients, atol=1e-4)
