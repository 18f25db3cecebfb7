# SPDX-License-Identifier: Apache-2.0
"""A sound that is played faster or slower: everything is heard when it is due, as high as it was spoken."""

import numpy as np
import pytest

from styletalk.speech.audio.stream import SAMPLE_RATE_HZ
from styletalk.speech.audio.stretching import HOP, stretched

TOLERANCE_S = 0.012
"""Of the sound: a third of a frame at 30 frames a second."""


def due_at(speeds):
    """Samples that are due where each speed lasts a second."""
    steps = np.repeat(speeds, SAMPLE_RATE_HZ // HOP) * HOP
    return np.concatenate([[0.0], np.cumsum(steps)[:-1]])


@pytest.mark.parametrize("speeds", [(0.5, 0.5), (1.0, 2.0), (1.5, 0.6, 1.1), (2.5,), (0.4, 2.5, 0.4)])
def test_each_click_is_heard_when_it_is_due(speeds):
    due = due_at(speeds)
    sound = np.zeros(int(due[-1]) + SAMPLE_RATE_HZ, np.float32)
    clicks = np.arange(0.15, due[-1] / SAMPLE_RATE_HZ, 0.31)
    for second in clicks:
        first = round(second * SAMPLE_RATE_HZ)
        sound[first : first + 200] = np.sin(np.arange(200)) * np.exp(-np.arange(200) / 60)
    loud = np.flatnonzero(np.abs(stretched(sound, due)) > 0.05)
    heard = loud[np.diff(loud, prepend=-SAMPLE_RATE_HZ) > 0.05 * SAMPLE_RATE_HZ] / SAMPLE_RATE_HZ
    heard_of_sound = np.interp(heard, np.arange(len(due)) * HOP / SAMPLE_RATE_HZ, due / SAMPLE_RATE_HZ)
    assert len(heard) == len(clicks)
    assert np.abs(heard_of_sound - clicks).max() < TOLERANCE_S


@pytest.mark.parametrize("hertz", [90.0, 220.0])
@pytest.mark.parametrize("speed", [0.6, 1.7])
def test_a_voice_keeps_its_pitch(hertz, speed):
    moments = np.arange(3 * SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ
    made = stretched(np.sin(2 * np.pi * hertz * moments).astype(np.float32), due_at([speed]))
    loudest = np.argmax(np.abs(np.fft.rfft(made * np.hanning(len(made)))))
    assert abs(loudest * SAMPLE_RATE_HZ / len(made) - hertz) <= 2.0


def test_what_plays_as_it_was_recorded_stays_as_it_is():
    sound = np.random.default_rng(1).normal(0, 0.1, SAMPLE_RATE_HZ).astype(np.float32)
    made = stretched(sound, np.arange(50) * float(HOP))
    np.testing.assert_allclose(made, sound[: 50 * HOP], atol=1e-6)


def test_there_is_silence_where_the_sound_has_not_begun_or_has_ended():
    sound = np.full(SAMPLE_RATE_HZ // 2, 0.5, np.float32)
    made = stretched(sound, np.arange(-100, 200) * float(HOP))
    assert not made[: 95 * HOP].any() and not made[160 * HOP :].any() and made[110 * HOP : 140 * HOP].all()
