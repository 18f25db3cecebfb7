# SPDX-License-Identifier: Apache-2.0
"""A track comes back from its file as it was, and nothing else is taken for one."""

import dataclasses

import numpy as np
import pytest

from styletalk.errors import FilmError
from styletalk.tracking.track_file import read_track, write_track
from styletalk.tracking.tracks import FaceTrack

PICTURES = 6


def track() -> FaceTrack:
    landmarks = np.random.default_rng(0).uniform(0, 200, (PICTURES, 478, 3)).astype(np.float32)
    landmarks[2] = np.nan
    quality = np.linspace(0, 1, PICTURES).astype(np.float32)
    quality[2] = 0.0
    times_s = np.array([0.0, 0.04, 0.09, 0.12, 0.2, 0.24])
    return FaceTrack(landmarks, times_s, quality, 320, 240, (0.1,), 0.02)


def test_a_track_comes_back(tmp_path):
    write_track(tmp_path / "a.npz", track())
    again = read_track(tmp_path / "a.npz")
    for each in dataclasses.fields(FaceTrack):
        expected, found = getattr(track(), each.name), getattr(again, each.name)
        if isinstance(expected, np.ndarray):
            np.testing.assert_array_equal(found, expected)
            assert found.dtype == expected.dtype
        else:
            assert found == pytest.approx(expected)


def test_the_sample_tracks_are_read(shared_dir):
    paths = sorted((shared_dir / "data" / "video").glob("*.npz"))
    assert paths
    for path in paths[:3]:
        found = read_track(path)
        assert found.quality.min() == 1.0 and len(found.times_s) == len(found.landmarks)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("landmarks", np.zeros((PICTURES, 68, 3), np.float32)),
        ("landmarks", np.full((PICTURES, 478, 3), 1e9, np.float32)),
        ("landmarks", np.full((PICTURES, 478, 3), np.nan, np.float32)),
        ("landmarks", np.array([["a"] * PICTURES])),
        ("pts", np.zeros(PICTURES)),
        ("pts", np.full(PICTURES, np.nan)),
        ("quality", np.full(PICTURES, 2.0)),
        ("width", np.int64(0)),
        ("av_lag_ms", np.float64(np.nan)),
        ("detected", None),
        ("detected", np.ones(PICTURES + 1, bool)),
    ],
)
def test_what_is_no_track_is_refused_in_a_sentence(tmp_path, name, value):
    write_track(tmp_path / "a.npz", track())
    with np.load(tmp_path / "a.npz") as stored:
        arrays = {each: stored[each] for each in stored.files}
    arrays[name] = value
    np.savez(tmp_path / "b.npz", **{each: array for each, array in arrays.items() if array is not None})
    with pytest.raises(FilmError, match="is not the track of a face"):
        read_track(tmp_path / "b.npz")
