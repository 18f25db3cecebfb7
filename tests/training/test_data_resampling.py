# SPDX-License-Identifier: Apache-2.0
"""Any frame rate becomes 30 fps on the same clock."""

import numpy as np
import pytest

from styletalk.face.resampling import evened, resampled, rows_at_30

NTSC_HZ = 30000 / 1001


def _sine(hertz: float, rate_hz: float, seconds: float) -> np.ndarray:
    return np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate_hz)) / rate_hz)[:, None]


@pytest.mark.parametrize("rate_hz", [24.0, 25.0, NTSC_HZ, 50.0, 60.0])
@pytest.mark.parametrize("hertz", [0.5, 2.0, 5.0])
def test_the_movements_of_speech_come_through(rate_hz: float, hertz: float) -> None:
    found = resampled(_sine(hertz, rate_hz, 10), rate_hz)[:, 0]
    expected = np.sin(2 * np.pi * hertz * np.arange(len(found)) / 30)
    assert np.abs(found - expected)[10:-10].max() < 0.02


@pytest.mark.parametrize("rate_hz", [25.0, NTSC_HZ, 60.0])
def test_ten_minutes_do_not_drift(rate_hz: float) -> None:
    """A movement at the end of a long recording is where its own clock says, not a row beside it."""
    frames = round(600 * rate_hz)
    found = resampled(_sine(2.0, rate_hz, 600), rate_hz)[:, 0]
    last = np.arange(len(found) - 330, len(found) - 30)
    assert np.abs(found[last] - np.sin(2 * np.pi * 2.0 * last / 30)).max() < 0.02
    assert len(found) == rows_at_30(frames, rate_hz)
    assert (len(found) - 1) / 30 <= (frames - 1) / rate_hz < len(found) / 30


def test_what_30_fps_cannot_hold_does_not_come_back_as_another_movement() -> None:
    """22 Hz at 60 fps would alias to 8 Hz: it must be at least 26 dB down. Taking every second frame keeps it whole."""
    fast = _sine(22.0, 60.0, 10)
    assert np.abs(fast[::2]).max() > 0.9
    assert np.abs(resampled(fast, 60.0)[10:-10]).max() < 0.05


@pytest.mark.parametrize("rate_hz", [25.0, 50.0, 60.0])
def test_lips_that_shut_for_a_tenth_of_a_second_stay_shut(rate_hz: float) -> None:
    """A closure of 100 ms in an open mouth (1 is open): its least row is shut to within a tenth, nowhere below -0.1."""
    times_s = np.arange(round(4 * rate_hz)) / rate_hz
    from_middle = np.abs(times_s - 2.0)
    mouth = np.where(from_middle < 0.05, 0.0, np.clip((from_middle - 0.05) / 0.06, 0, 1))[:, None]
    found = resampled(mouth, rate_hz)[:, 0]
    assert -0.1 < found[58:63].min() < 0.1
    assert found.max() < 1.15


def test_thirty_frames_a_second_are_left_alone() -> None:
    track = np.random.default_rng(0).normal(size=(70, 64)).astype(np.float32)
    assert np.array_equal(resampled(track, 30.0), track)


def test_a_constant_face_stays_constant_to_the_edges() -> None:
    assert np.allclose(resampled(np.full((100, 3), 0.7), 25.0), 0.7, atol=1e-6)


@pytest.mark.parametrize("rate_hz", [0.0, -25.0, float("nan"), float("inf")])
def test_a_rate_is_a_positive_number(rate_hz: float) -> None:
    with pytest.raises(ValueError):
        resampled(np.zeros((10, 2)), rate_hz)


def test_lost_frames_become_a_straight_line() -> None:
    times_s = np.delete(np.arange(120) / 60, [50, 51, 52])
    even = evened(2 * times_s[:, None] + 5, times_s + 100.0, 60.0)
    assert even.shape == (120, 1)
    assert np.allclose(even[:, 0], 2 * np.arange(120) / 60 + 5)
