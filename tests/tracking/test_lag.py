# SPDX-License-Identifier: Apache-2.0
"""A mouth that moves as its sound says is found to be as late as it is; one with another sound is not sure."""

from pathlib import Path

import numpy as np
import pytest
from synthetic_tracks import track_of

from styletalk.face.landmarks import face_tracks
from styletalk.face.model import open_face
from styletalk.speech.audio.sound_file import SAMPLE_RATE_HZ, Audio, load_audio
from styletalk.tracking.lag import BEYOND, MIN_S, SURE, Lag, find_lag, lag_map, lag_of, sound_windows

LINE = Path(__file__).resolve().parents[2] / "core" / "styletalk" / "demo" / "line.wav"
ROWS = 240
NOISE = 0.7
"""Of the mouth that no sound explains, in deviations of what it does: r is about .8, as of real people."""


@pytest.fixture(scope="module")
def sound() -> Audio:
    return load_audio(LINE)


@pytest.fixture(scope="module")
def spoken(sound: Audio) -> np.ndarray:
    """(ROWS + BEYOND, 64) coefficients whose mouth moves as the sound says."""
    said = sound_windows(sound, ROWS + BEYOND) @ lag_map().reshape(-1, 2)
    said = (said - said.mean(0)) / said.std(0)
    moves, rest = (face_tracks(open_face(), rows.astype(np.float32)) for rows in (np.eye(64), np.zeros((1, 64))))
    restless = said + np.random.default_rng(7).normal(0, NOISE, said.shape)
    return (0.05 * restless @ np.linalg.pinv((moves - rest)[:, :2])).astype(np.float32)


def late(rows: np.ndarray, lag_s: float) -> np.ndarray:
    """(ROWS, 64): the same face, later by lag_s."""
    at = np.arange(ROWS) - lag_s * 30.0
    return np.stack([np.interp(at, np.arange(len(rows)), column) for column in rows.T], axis=1).astype(np.float32)


@pytest.mark.parametrize("lag_s", [-0.12, 0.0, 0.05, 0.2])
def test_the_lag_of_a_mouth_is_found_to_the_hundredth_of_a_second(spoken, sound, lag_s):
    found = lag_of(late(spoken, lag_s), sound)
    assert found.seconds == pytest.approx(lag_s, abs=0.012) and found.sure


def test_a_film_that_is_late_as_a_whole_is_found_late(spoken):
    """The lag of a track is that of its pictures: rows come at their own times, whatever lag it bears already."""
    track = track_of(np.concatenate([spoken[:1], spoken[:1], spoken[:ROWS]]))  # picture i shows row i - 2
    found = find_lag(track, LINE)
    assert found.seconds == pytest.approx(0.0, abs=0.015) and found.sure


def test_rows_that_were_not_seen_do_not_count(spoken, sound):
    expression, seen = late(spoken, 0.1), np.ones(ROWS, bool)
    seen[60:120] = False
    expression[60:120] = 5.0
    assert lag_of(expression, sound, seen).seconds == pytest.approx(0.1, abs=0.02)


def test_the_same_sound_backwards_is_not_believed(spoken, sound):
    backwards = Audio(np.ascontiguousarray(sound.samples[::-1]), Path("backwards.wav"))
    assert lag_of(late(spoken, 0.0), backwards).certainty < SURE


def test_of_silence_and_of_less_than_a_second_nothing_is_said(spoken, sound):
    silence = Audio(np.zeros(8 * SAMPLE_RATE_HZ, np.float32), Path("silence.wav"))
    assert lag_of(late(spoken, 0.0), silence) == Lag(0.0, 0.0)
    assert lag_of(late(spoken, 0.0)[: int(30 * MIN_S) - 1], sound) == Lag(0.0, 0.0)


def test_a_mouth_that_stands_still_is_not_sure(sound):
    assert lag_of(np.zeros((ROWS, 64), np.float32), sound).certainty < 0.5
