# SPDX-License-Identifier: Apache-2.0
"""Whisper features have the labels' times, are the same in any part of a line, and zeros in silence."""

import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from styletalk.errors import MissingPackageError
from styletalk.speech.audio.sound_file import SAMPLE_RATE_HZ, Audio, load_audio
from styletalk.speech.features import audio_features as sound
from styletalk.speech.features.audio_features import SOUND_DIM, audio_feature_rows
from styletalk.speech.features.prosody import ENERGY, LIMIT, PROSODY_DIM, prosody
from styletalk.speech.features.whisper import whisper_features
from styletalk.speech.features.whisper_basis import BASIS_FILE, WHISPER_DIM, whisper_basis
from styletalk.speech.hearing import windows
from styletalk.speech.hearing.encoder import shipped_encoder
from styletalk.speech.recognition import words as recognition

LINE = Path(__file__).resolve().parents[2] / "core" / "styletalk" / "demo" / "line.wav"


@pytest.fixture(scope="module")
def line() -> np.ndarray:
    return load_audio(LINE).samples


def audio(samples: np.ndarray) -> Audio:
    return Audio(samples.astype(np.float32), LINE)


def silence(seconds: float) -> np.ndarray:
    return np.zeros(round(seconds * SAMPLE_RATE_HZ), np.float32)


def features(samples: np.ndarray, rows: int) -> np.ndarray:
    return whisper_features(audio(samples), rows)


def likeness(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.corrcoef(a.ravel(), b.ravel())[0, 1])


def test_features_are_finite_and_of_a_size_that_networks_take(line: np.ndarray) -> None:
    rows = features(line, 213)
    assert rows.shape == (213, WHISPER_DIM) and rows.dtype == np.float32
    assert np.isfinite(rows).all() and np.abs(rows).max() <= LIMIT
    assert 0.1 < rows.std() < 2.0 and (rows.std(0) > 0.05).all()
    np.testing.assert_array_equal(rows, features(line, 213))


def test_features_have_the_times_of_prosody(line: np.ndarray) -> None:
    """By least squares, features predict loudness best in their own row, not two rows sooner or later."""
    rows, loud = features(line, 213)[20:-20, :24], prosody(audio(line), 213)[:, ENERGY]
    inputs = np.column_stack([rows, np.ones(len(rows))])
    left = []
    for lag in range(-6, 7):
        wanted = loud[20 + lag : len(loud) - 20 + lag]
        left.append(np.linalg.lstsq(inputs, wanted, rcond=None)[1][0] / ((wanted - wanted.mean()) ** 2).sum())
    assert abs(int(np.argmin(left)) - 6) <= 1 and min(left) < 0.5


@pytest.mark.parametrize("before_s", [6.0, 10.5, 13.0])
def test_where_windows_meet_changes_little(line: np.ndarray, before_s: float) -> None:
    """The same words later in a sound, across a seam of windows: the same rows, later."""
    alone = features(line, 213)
    repeated = np.concatenate([silence(before_s), line])
    later = features(repeated, 213 + round(before_s * 30))[round(before_s * 30) :]
    assert likeness(alone, later) > 0.88


def test_gain_changes_nothing(line: np.ndarray) -> None:
    assert likeness(features(line, 213), features(line * 0.05, 213)) > 0.99


@pytest.mark.parametrize("samples", [silence(1.0), silence(0.0), silence(40.0)])
def test_silence_is_zeros(samples: np.ndarray) -> None:
    assert not features(samples, 30).any()


def test_long_pauses_are_zeros_and_short_lines_are_finite(line: np.ndarray) -> None:
    rows = features(np.concatenate([line, silence(4.0)]), 333)
    assert not rows[213 + 30 :].any() and rows[:200].any(axis=1).all()
    short = features(line[: SAMPLE_RATE_HZ // 2], 15)
    assert np.isfinite(short).all() and np.abs(short).max() <= LIMIT
    assert features(line, 0).shape == (0, WHISPER_DIM)


def test_memory_does_not_grow_with_the_sound(line: np.ndarray) -> None:
    def peak(times: int) -> int:
        long = audio(np.tile(line, times))
        rows = 213 * times
        tracemalloc.start()
        found = whisper_features(long, rows)
        _, highest = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return highest - 4 * found.nbytes  # the result, and what is computed of all of it at once

    assert peak(12) < peak(4) + 5_000_000


def test_a_sound_in_one_block_is_not_copied() -> None:
    long = np.zeros(40 * SAMPLE_RATE_HZ, np.float32)
    found = [*windows._pieces(iter([long]))]
    assert [(start, last) for start, _, last in found] == [(0.0, False), (12.0, False), (24.0, False), (36.0, True)]
    assert all(np.shares_memory(piece, long) for _, piece, _ in found)


def test_a_whisper_that_does_not_load_is_one_sentence(monkeypatch, tmp_path) -> None:
    package = tmp_path / "faster_whisper"
    package.mkdir()
    (package / "__init__.py").write_text("raise OSError('libctranslate2 cannot be loaded')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "faster_whisper", raising=False)
    with pytest.raises(MissingPackageError, match="does not load"):
        recognition.FasterWhisper(tmp_path)


def test_more_columns_than_there_are_is_no_crash(line, monkeypatch) -> None:
    """The networks then refuse them in a sentence."""
    monkeypatch.setattr(sound, "whisper_features", lambda _, rows, __: np.ones((rows, WHISPER_DIM), np.float32))
    rows = audio_feature_rows(audio(line), 213, SOUND_DIM + 9)
    assert rows.shape == (213, SOUND_DIM) and rows[:, PROSODY_DIM:].all()


def test_prosody_alone_never_asks_whisper(line, monkeypatch) -> None:
    monkeypatch.setattr(sound, "whisper_features", lambda *_: pytest.fail("Whisper was asked"))
    assert audio_feature_rows(audio(line), 213, PROSODY_DIM).shape == (213, PROSODY_DIM)


def test_the_basis_is_small_and_whole() -> None:
    assert BASIS_FILE.stat().st_size < 100_000
    basis = whisper_basis()
    assert basis.directions.shape == (shipped_encoder().width, WHISPER_DIM) and basis.typical.shape == (WHISPER_DIM,)
    assert (basis.typical > 0).all() and np.isfinite(basis.directions).all()
