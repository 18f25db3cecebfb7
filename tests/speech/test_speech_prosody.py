# SPDX-License-Identifier: Apache-2.0
"""Prosody features have the labels' times, and depend on the way of speaking, not on the recording."""

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import soundfile

from styletalk.phonemes import PhonemeSegment, PhonemeTrack
from styletalk.speech.audio.sound_file import SAMPLE_RATE_HZ, Audio, load_audio, measure_audio
from styletalk.speech.features import prosody as module
from styletalk.speech.features.prosody import ENERGY, LIMIT, PITCH, PROSODY_DIM, VOICING, prosody


def sound(samples: np.ndarray) -> Audio:
    return Audio(samples.astype(np.float32), Path("line.wav"))


def babble(seconds: float, seed: int = 0) -> np.ndarray:
    """Noise in syllables, four a second, over a buzz that glides: something like speech."""
    rng = np.random.default_rng(seed)
    time_s = np.arange(round(seconds * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    syllables = np.sin(2 * np.pi * 2 * time_s) ** 2
    buzz = np.sign(np.sin(2 * np.pi * 120 * time_s + 20 * np.sin(time_s)))
    return 0.2 * syllables * (buzz + 0.3 * rng.standard_normal(len(time_s)))


@pytest.mark.parametrize("time_s", [0.35, 1.01, 1.52])
def test_a_click_stands_on_the_row_whose_label_it_sounds_in(time_s: float) -> None:
    samples = np.zeros(2 * SAMPLE_RATE_HZ)
    samples[round(time_s * SAMPLE_RATE_HZ)] = 0.5
    loudest = int(np.argmax(prosody(sound(samples), 60)[:, ENERGY]))
    frame_s = 1 / 30
    around = PhonemeSegment("T", time_s - frame_s / 2, time_s + frame_s / 2)
    labelled = np.flatnonzero(PhonemeTrack((around,), duration_s=2.0).labels(60) != 31)
    assert loudest in labelled


def test_gain_changes_nothing() -> None:
    samples = babble(3.0)
    loud, quiet = prosody(sound(samples), 90), prosody(sound(samples * 0.05), 90)
    assert np.abs(loud - quiet).max() < 0.02


@pytest.mark.parametrize("seconds", [0.05, 1.0])
def test_silence_is_zeros(seconds: float) -> None:
    rows = prosody(sound(np.zeros(round(seconds * SAMPLE_RATE_HZ))), 30)
    assert rows.shape == (30, PROSODY_DIM) and not rows.any()


def test_no_rows_are_no_rows() -> None:
    assert prosody(sound(babble(1.0)), 0).shape == (0, PROSODY_DIM)


def test_half_a_second_is_finite_and_moves() -> None:
    rows = prosody(sound(babble(0.5)), 15)
    assert rows.dtype == np.float32 and np.isfinite(rows).all()
    assert np.abs(rows).max() <= LIMIT and rows[:, ENERGY].std() > 0.3


def test_a_long_silence_leaves_the_speech_as_it_was() -> None:
    samples = babble(4.0)
    alone = prosody(sound(samples), 120)
    padded = prosody(sound(np.concatenate([samples, np.zeros(30 * SAMPLE_RATE_HZ)])), 120 + 900)
    assert np.abs(padded[:115] - alone[:115]).mean() < 0.15
    assert np.ptp(padded[130:], axis=0).max() == 0.0  # and nothing moves in it


def test_pitch_follows_the_voice() -> None:
    time_s = np.arange(2 * SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ
    hertz = np.where(time_s < 1.0, 110.0, 165.0)
    buzz = np.sign(np.sin(2 * np.pi * np.cumsum(hertz) / SAMPLE_RATE_HZ))
    rows = prosody(sound(0.2 * buzz), 60)
    assert rows[5:25, VOICING].min() > 0.8
    assert rows[35:55, PITCH].min() > rows[5:25, PITCH].max()


def test_noise_has_no_voice() -> None:
    noise = 0.1 * np.random.default_rng(1).standard_normal(2 * SAMPLE_RATE_HZ)
    assert prosody(sound(noise), 60)[5:55, VOICING].mean() < 0.5


def test_pieces_make_the_whole_and_an_hour_takes_little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    samples = babble(20.0).astype(np.float32)
    whole = prosody(sound(samples), 600)
    monkeypatch.setattr(module, "BLOCK_ROWS", 70)
    assert np.array_equal(prosody(sound(samples), 600), whole)
    hour = sound(np.tile(samples, 180))
    tracemalloc.start()
    rows = prosody(hour, 108_000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert np.abs(rows[30:570] - whole[30:570]).mean() < 0.1
    assert peak < 3 * rows.nbytes


@pytest.mark.parametrize("rate_hz", [SAMPLE_RATE_HZ, 44100])
def test_a_sound_left_in_its_file_has_the_prosody_of_its_samples(tmp_path: Path, rate_hz: int) -> None:
    """Blocks of the file end where they like; rows go on past the sound's end."""
    path = tmp_path / "long.wav"
    soundfile.write(path, babble(43.21), rate_hz)
    rows = 1300
    np.testing.assert_array_equal(prosody(measure_audio(path), rows), prosody(load_audio(path), rows))
