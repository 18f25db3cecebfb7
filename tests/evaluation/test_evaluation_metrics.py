# SPDX-License-Identifier: Apache-2.0
"""Figures of numbers alone, on data whose answer is known."""

import sys

import numpy as np
import pytest

from styletalk.errors import MissingPackageError
from styletalk_research.evaluation.embedding import principal_components, tsne
from styletalk_research.metrics import scores as metrics

RNG = np.random.default_rng(0)
TRACK = np.convolve(RNG.normal(size=400), np.hanning(9), "same")


def test_a_scaled_and_lifted_copy_correlates_fully_and_its_mirror_fully_against():
    assert metrics.pearson(0.3 * TRACK + 5, TRACK) == pytest.approx(1)
    assert metrics.pearson(-TRACK, TRACK) == pytest.approx(-1)


def test_a_still_face_scores_nothing_even_where_rounding_moves_it():
    still = np.full(400, 123.4) + 1e-7 * RNG.normal(size=400)
    assert metrics.pearson(still, TRACK) == 0
    assert metrics.amplitude_ratio(np.zeros(400), TRACK) == 0
    assert metrics.jerk_ratio(np.zeros(400), TRACK) == 0
    assert np.isnan(metrics.amplitude_ratio(TRACK, np.zeros(400)))
    assert np.isnan(metrics.jerk_ratio(TRACK, np.zeros(400)))


def test_a_copy_of_half_the_size_has_half_the_amplitude_and_a_quarter_of_the_squared_jerk():
    assert metrics.amplitude_ratio(TRACK / 2, TRACK) == pytest.approx(0.5)
    assert metrics.jerk_ratio(TRACK / 2, TRACK) == pytest.approx(0.25)


def test_the_jerk_of_a_cubic_is_its_third_derivative_squared():
    assert metrics.mean_squared_jerk(2.0 * np.arange(10) ** 3) == pytest.approx((2 * 6) ** 2)
    assert metrics.mean_squared_jerk(np.arange(3.0)) == 0


@pytest.mark.parametrize("late", [-7, 0, 4])
def test_the_lag_curve_peaks_where_a_copy_was_moved_to(late):
    curve = metrics.lag_curve(np.roll(TRACK, late), TRACK, 10)
    assert len(curve) == 21 and np.argmax(curve) - 10 == late
    assert curve.max() > 0.99


def test_level_is_compared_over_the_coefficients_whatever_moves():
    level = RNG.normal(size=64)
    still, lively = np.tile(level, (30, 1)), level + 3 * (RNG.normal(size=(200, 64)))
    lively += level - lively.mean(0)
    assert metrics.level_correlation(lively, still) == pytest.approx(1)
    assert abs(metrics.level_correlation(RNG.normal(size=64)[None], still)) < 0.5


def test_retrieval_asks_only_those_with_other_footage_and_never_finds_the_same_clip():
    codes = np.array([[0.0], [0.1], [5.0], [5.1], [0.05], [99.0]])
    speakers, footage = ["a", "a", "b", "b", "a", "c"], ["a1", "a1", "b1", "b2", "a2", "c1"]
    assert metrics.recall_at_1(codes, speakers, footage) == (1.0, 5)
    swapped = ["a", "b", "a", "b", "a", "c"]
    assert metrics.recall_at_1(codes, swapped, ["1", "2", "3", "4", "5", "6"])[0] < 0.5
    assert np.isnan(metrics.recall_at_1(codes[:1], ["a"], ["1"])[0])


def test_chance_is_the_share_of_the_own_speaker_among_other_footage():
    assert metrics.chance_of_recall(["a", "a", "b", "b"], ["1", "2", "3", "4"]) == pytest.approx(1 / 3)


def test_separation_is_small_where_speakers_keep_together():
    codes = np.array([[0.0, 0], [0, 1], [10, 0], [10, 1]])
    together = metrics.separation(codes, ["a", "a", "b", "b"], ["1", "2", "3", "4"])
    assert together == pytest.approx(1 / np.mean([10, np.sqrt(101)]))
    assert metrics.separation(codes, ["a", "b", "a", "b"], ["1", "2", "3", "4"]) > 1


def test_principal_components_keep_distances_of_flat_points_and_tell_their_variance():
    flat = RNG.normal(size=(20, 2)) * [3, 1] @ np.linalg.qr(RNG.normal(size=(5, 5)))[0][:2]
    scores, share = principal_components(flat)
    np.testing.assert_allclose(metrics.pairwise_distances(scores), metrics.pairwise_distances(flat), atol=1e-6)
    assert share.sum() == pytest.approx(1) and share[0] > share[1]
    assert principal_components(np.ones((3, 4)))[0].shape == (3, 2)


def test_tsne_keeps_neighbours_together_and_is_the_same_every_time():
    pytest.importorskip("sklearn", reason="scikit-learn is not installed (extra research)")
    groups = np.repeat(np.arange(4), 15)
    points = 20 * RNG.normal(size=(4, 30))[groups] + RNG.normal(size=(60, 30))
    places = tsne(points)
    distances = metrics.pairwise_distances(places) + np.diag(np.full(60, np.inf))
    assert (groups[distances.argmin(1)] == groups).mean() > 0.97
    np.testing.assert_array_equal(places, tsne(points))
    assert np.isfinite(tsne(points[:3])).all() and tsne(points[:5]).shape == (5, 2)


def test_without_scikit_learn_the_picture_is_missing_with_a_sentence(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.manifold", None)
    with pytest.raises(MissingPackageError, match="pip install scikit-learn"):
        tsne(RNG.normal(size=(20, 4)))
