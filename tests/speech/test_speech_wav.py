# SPDX-License-Identifier: Apache-2.0
"""Wave files of every kind that NumPy alone can read, whatever their lengths say."""

import io
import struct
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from styletalk.errors import AudioError
from styletalk.speech.audio.sound_file import load_audio
from styletalk.speech.audio.wav import open_wav

RATE_HZ = 16000
KINDS = ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ALAW", "ULAW"]


def speech_like(seconds: float = 0.5, channels: int = 2) -> np.ndarray:
    """(n, channels) with every level of every kind in it."""
    return np.random.default_rng(0).uniform(-0.999, 0.999, (int(seconds * RATE_HZ), channels))


def written(kind: str, form: str = "WAV", endian: str = "FILE") -> bytes:
    file = io.BytesIO()
    soundfile.write(file, speech_like(), RATE_HZ, subtype=kind, format=form, endian=endian)
    return file.getvalue()


def read(path: Path) -> np.ndarray:
    sound = open_wav(path)
    assert sound is not None
    return np.concatenate(list(sound.blocks))


def big_endian(content: bytes) -> bytes:
    """The same 16-bit file as RIFX."""
    numbers = np.frombuffer(content[44:], "<i2").astype(">i2").tobytes()
    size, name, fmt_size, *fields = struct.unpack("<I4x4sI2H2I2H", content[4:36])
    return struct.pack(">4sI4s4sI2H2I2H4sI", b"RIFX", size, b"WAVE", name, fmt_size, *fields, b"data", len(numbers)) + (
        numbers
    )


@pytest.fixture
def no_decoders(monkeypatch):
    """What Blender's own Python has."""
    for name in ("soundfile", "av", "scipy"):
        monkeypatch.setitem(sys.modules, name, None)


@pytest.mark.parametrize("form", ["WAV", "WAVEX", "RF64"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_sample_is_what_libsndfile_makes_of_it(tmp_path, kind, form):
    path = tmp_path / "line.wav"
    path.write_bytes(written(kind, form))
    expected, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
    sound = open_wav(path)
    assert sound is not None and (sound.rate_hz, sound.channels) == (rate_hz, 2)
    samples = np.concatenate(list(sound.blocks))
    assert samples.dtype == np.float32
    np.testing.assert_array_equal(samples, expected)


def test_big_endian_files_and_odd_chunks_are_read_without_any_package(tmp_path, no_decoders):
    plain = written("PCM_16")
    odd = plain[:36] + struct.pack("<4sI", b"LIST", 3) + b"abc\0" + plain[36:]
    samples = []
    for content in (plain, odd, big_endian(plain)):
        (tmp_path / "line.wav").write_bytes(content)
        samples.append(load_audio(tmp_path / "line.wav").samples)
    assert np.abs(samples[0]).max() > 0.5
    for other in samples[1:]:
        np.testing.assert_array_equal(other, samples[0])


@pytest.mark.parametrize("length", [0, 0xFFFFFFFF, 0x7FFFFFFF])
def test_a_length_that_the_file_does_not_hold_means_to_the_end(tmp_path, length):
    plain, path = written("PCM_16"), tmp_path / "line.wav"
    path.write_bytes(plain[:40] + struct.pack("<I", length) + plain[44:] + b"\1")  # and half a sample
    np.testing.assert_array_equal(read(path), np.frombuffer(plain[44:], "<i2").reshape(-1, 2) / np.float32(32768))


def test_chunks_behind_the_samples_are_no_sound(tmp_path):
    for form in ("WAV", "RF64"):
        path = tmp_path / "line.wav"
        path.write_bytes(written("PCM_16", form) + struct.pack("<4sI", b"LIST", 4000) + bytes(4000))
        assert len(read(path)) == len(speech_like())


@pytest.mark.parametrize("kind", ["GSM610", "IMA_ADPCM", "MS_ADPCM"])
def test_compressed_wave_files_are_left_to_the_others_and_are_one_sentence_without_them(tmp_path, kind, monkeypatch):
    path = tmp_path / "line.wav"
    soundfile.write(path, speech_like(channels=1), RATE_HZ, subtype=kind)
    assert open_wav(path) is None
    assert load_audio(path).duration_s == pytest.approx(0.5, abs=0.1)
    for name in ("soundfile", "av"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(Exception, match=r"line\.wav needs the package av"):
        load_audio(path)


@pytest.mark.parametrize("seed", range(200))
def test_no_damage_is_more_than_one_sentence(tmp_path, seed, no_decoders):
    """Bytes of the header are replaced, or the file ends early."""
    rng = np.random.default_rng(seed)
    content = bytearray(written("PCM_16", "WAVEX")[:4000])
    for _ in range(rng.integers(1, 6)):
        content[rng.integers(0, 80)] = rng.integers(0, 256)
    path = tmp_path / "line.wav"
    path.write_bytes(content[: rng.integers(1, len(content))] if seed % 2 else content)
    try:
        assert np.isfinite(load_audio(path).samples).all()
    except Exception as error:
        sentence = str(error)
        assert type(error).__name__ in ("AudioError", "MissingPackageError")
        assert len(sentence) <= 300 and "\n" not in sentence


def test_a_header_without_end_is_given_up(tmp_path, no_decoders):
    path = tmp_path / "chunks.wav"
    path.write_bytes(b"RIFF\0\0\0\0WAVE" + bytes(8) * 200_000)
    assert open_wav(path) is None
    with pytest.raises(Exception, match="av"):
        load_audio(path)


def test_nothing_in_it_is_one_sentence(tmp_path, no_decoders):
    path = tmp_path / "none.wav"
    path.write_bytes(written("PCM_16")[:44])
    with pytest.raises(AudioError, match=r"no sound in none\.wav"):
        load_audio(path)
