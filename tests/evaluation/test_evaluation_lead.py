# SPDX-License-Identifier: Apache-2.0
"""How far lips lead their sound is found again, whatever burst ends the closure."""

from pathlib import Path

import numpy as np
import pytest

from styletalk.phonemes import PhonemeSegment
from styletalk.speech.audio.sound_file import SAMPLE_RATE_HZ
from styletalk_research.evaluation.lip_lead import (
    LeadReport,
    Leads,
    SeenMouth,
    band_level,
    closed_lips,
    quiet_middle,
)

CLOSURES_S = np.arange(0.7, 8.0, 0.53)
HALF_S = 0.04


def sound(burst: bool) -> np.ndarray:
    """Noise that is quiet for twice HALF_S round each closure; then perhaps a burst."""
    noise = np.random.default_rng(0).normal(0, 0.1, 9 * SAMPLE_RATE_HZ)
    at_s = np.arange(len(noise)) / SAMPLE_RATE_HZ
    for middle in CLOSURES_S:
        noise[np.abs(at_s - middle) < HALF_S] *= 0.001
        if burst:
            noise[(at_s >= middle + HALF_S) & (at_s < middle + HALF_S + 0.015)] *= 3.0
    return noise


@pytest.mark.parametrize("burst", (False, True))
@pytest.mark.parametrize("fps", (25.0, 30.0))
@pytest.mark.parametrize("lead_s", (-0.03, 0.0, 0.045))
def test_the_lead_is_found_though_segments_hold_the_burst(burst, fps, lead_s):
    level, times_s = band_level(sound(burst)), np.arange(0, 9, 1 / fps)
    away_s = np.abs(times_s[:, None] + lead_s - CLOSURES_S).min(axis=1)
    mouth = SeenMouth("a", Path("a.wav"), times_s, np.clip((away_s - HALF_S) / 0.08, 0, 1))
    found = []
    for middle in CLOSURES_S:
        segment = PhonemeSegment("P", middle - HALF_S, middle + HALF_S + 0.04)
        quiet_s, lips_s = quiet_middle(level, segment), closed_lips(mouth, middle + 0.02)
        assert quiet_s is not None and lips_s is not None
        found.append(quiet_s - lips_s)
    assert np.median(found) == pytest.approx(lead_s, abs=0.006)


def test_a_sound_that_does_not_fall_quiet_has_no_closure():
    level = band_level(np.random.default_rng(0).normal(0, 0.1, SAMPLE_RATE_HZ))
    assert quiet_middle(level, PhonemeSegment("B", 0.4, 0.5)) is None


def test_the_report_says_median_quartiles_and_number_of_each_source():
    text = LeadReport((Leads("film", (10.0, 20.0, 30.0), (), (5.0, 6.0, 7.0), (50.0,)),)).as_markdown()
    assert "| film | 6 (6 … 18; 4) | 20 (15 … 25; 3) | – | 6 (6 … 6; 3) | 50 (50 … 50; 1) |" in text
    assert "Of 1 sources" in text
