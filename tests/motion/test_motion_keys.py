# SPDX-License-Identifier: Apache-2.0
"""Few keys: no point further off than it may be, closed lips kept, and curves that Blender draws alike."""

import numpy as np
import pytest
from scipy.interpolate import CubicHermiteSpline

from styletalk.api import animate
from styletalk.demo import LINE, TRANSCRIPT
from styletalk.face.landmarks import LIPS, landmark_positions, lip_clearance_mm
from styletalk.face.model import open_face
from styletalk.motion.keys import QUICK, THOROUGH, reduced, reduced_alone, shut_frames
from styletalk.motion.resample import scene_samples
from styletalk.request import AnimationRequest

TOLERANCE_MM = 0.25


@pytest.fixture(scope="module")
def spoken():
    return animate(
        AnimationRequest(audio=LINE, transcript=TRANSCRIPT.read_text(encoding="utf-8"), style="happy")
    )  # fmt: skip


@pytest.fixture(scope="module")
def lips_mm() -> np.ndarray:
    """(64, 20, 3): where one of each coefficient moves the lips, millimetres."""
    face = open_face()
    return 1000.0 * landmark_positions(face.expression, face.triangles, face.landmarks_mediapipe)[:, list(LIPS)]


def made_of(curves, count: int) -> np.ndarray:
    return np.column_stack([curve.samples(count) for curve in curves])


@pytest.mark.parametrize("fps", [24.0, 60.0])
def test_a_line_needs_fewer_than_a_sixth_of_a_key_a_frame_and_its_lips_stay(spoken, lips_mm, fps):
    samples = scene_samples(spoken, fps)
    found = reduced(samples.coefficients, lips_mm / TOLERANCE_MM, fps, shut_frames(spoken, samples.times_s))
    assert found.keys <= 0.15 * samples.coefficients.size
    error = made_of(found.curves, len(samples.coefficients)) - samples.coefficients
    off = np.linalg.norm(np.einsum("nc,cpx->npx", error, lips_mm), axis=2)
    assert off.max() <= TOLERANCE_MM
    assert off.max() == pytest.approx(found.worst * TOLERANCE_MM, rel=1e-3)


def test_in_haste_the_lips_stay_too_with_more_keys(spoken, lips_mm):
    samples = scene_samples(spoken, 24.0).coefficients
    hasty, thorough = (reduced(samples, lips_mm / TOLERANCE_MM, 24.0, effort=each) for each in (QUICK, THOROUGH))
    assert thorough.keys < hasty.keys <= 0.15 * samples.size
    error = made_of(hasty.curves, len(samples)) - samples
    assert np.linalg.norm(np.einsum("nc,cpx->npx", error, lips_mm), axis=2).max() <= TOLERANCE_MM


@pytest.mark.parametrize("effort", [QUICK, THOROUGH])
def test_between_two_frames_the_lips_stay_near_the_smooth_curve_through_all_frames(spoken, lips_mm, effort):
    samples, quarters = scene_samples(spoken, 24.0).coefficients, np.arange(0.0, 150.0, 0.25)
    curves = reduced(samples, lips_mm / TOLERANCE_MM, 24.0, effort=effort).curves
    made = [CubicHermiteSpline(curve.frames, curve.values, curve.slopes)(quarters) for curve in curves]
    smooth = CubicHermiteSpline(np.arange(len(samples)), samples, np.gradient(samples, axis=0))(quarters)
    off = np.linalg.norm(np.einsum("nc,cpx->npx", np.column_stack(made) - smooth, lips_mm), axis=2)
    assert off.max() <= 3 * TOLERANCE_MM


def test_keys_stay_within_their_bounds_and_others_make_up_for_it(lips_mm):
    waves = np.clip(np.sin(np.arange(120)[:, None] / np.linspace(3.0, 9.0, 12)), 0.0, 1.0)
    bounds = np.array([np.zeros(12), np.ones(12)])
    found = reduced(waves, lips_mm[:12] / TOLERANCE_MM, 24.0, bounds=bounds)
    assert found.worst <= 1.0 and found.keys < waves.size / 2
    assert all(curve.values.min() >= 0.0 and curve.values.max() <= 1.0 for curve in found.curves)


def test_closed_lips_stay_closed(spoken, lips_mm):
    samples = scene_samples(spoken, 24.0)
    shut = shut_frames(spoken, samples.times_s)
    assert shut.sum() >= 8
    found = reduced(samples.coefficients, lips_mm / TOLERANCE_MM, 24.0, shut)
    made = made_of(found.curves, len(samples.coefficients)).astype(np.float32)
    before, after = (lip_clearance_mm(open_face(), rows[shut]).max(axis=1) for rows in (samples.coefficients, made))
    assert np.all(after <= np.maximum(before, 0.0) + 0.05)


def test_between_its_keys_a_curve_is_the_cubic_of_their_values_and_slopes(spoken, lips_mm):
    samples = scene_samples(spoken, 30.0).coefficients
    for curve in reduced(samples, lips_mm / TOLERANCE_MM, 30.0).curves[:10]:
        expected = CubicHermiteSpline(curve.frames, curve.values, curve.slopes)(np.arange(len(samples)))
        np.testing.assert_allclose(curve.samples(len(samples)), expected, atol=1e-9)


def test_a_curve_of_its_own_is_nowhere_off_by_more_than_it_may_be():
    times = np.arange(300) / 30.0
    samples = np.sin(2 * np.pi * times) + 0.3 * np.sin(7 * times)
    for tolerance in (0.001, 0.02, 0.2):
        curve = reduced_alone(samples, tolerance, 30.0)
        assert np.abs(curve.samples(300) - samples).max() <= tolerance
        np.testing.assert_array_equal(curve.values, samples[curve.frames])
    assert len(curve.frames) < 60


def test_what_stands_still_has_two_keys_and_a_frame_has_one():
    assert reduced_alone(np.full(100, 0.3), 0.01, 24.0).frames.tolist() == [0, 99]
    assert reduced_alone(np.array([0.3]), 0.01, 24.0).frames.tolist() == [0]
    alone = reduced(np.array([[0.5, 0.1]]), np.ones((2, 3, 3)), 24.0)
    assert [curve.samples(1).tolist() for curve in alone.curves] == [[0.5], [0.1]]


def test_what_no_few_keys_can_follow_keeps_a_key_on_every_frame():
    noise = np.random.default_rng(0).normal(size=(80, 3))
    found = reduced(noise, np.eye(3)[:, None, :] / 0.001, 30.0)
    np.testing.assert_allclose(made_of(found.curves, 80), noise, atol=1e-9)
