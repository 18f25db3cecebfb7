# SPDX-License-Identifier: Apache-2.0
"""Any file becomes mono 16 kHz, or one sentence says why not."""

import itertools
import os
import subprocess
import sys
from pathlib import Path

import av
import av.error
import numpy as np
import pytest
import soundfile

from styletalk.errors import AudioError
from styletalk.speech.audio.chunks import MAX_CHUNK_S, chunks, level_db, pauses
from styletalk.speech.audio.sound_file import SAMPLE_RATE_HZ, Audio, failures_explained, load_audio, measure_audio


def tone(rate_hz: int, seconds: float = 1.0, channels: int = 1, hertz: float = 440.0) -> np.ndarray:
    wave = 0.5 * np.sin(2 * np.pi * hertz * np.arange(int(rate_hz * seconds)) / rate_hz)
    return np.repeat(wave[:, None], channels, axis=1).astype(np.float32)


def encode(path: Path, codec: str, with_picture: bool) -> None:
    """Two seconds of tone as AAC in an m4a or mp4, the mp4 with a picture track in front."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=30) if with_picture else None
        audio = container.add_stream(codec, rate=44100, layout="stereo")
        if video is not None:
            video.width = video.height = 64
            video.pix_fmt = "yuv420p"
            for _ in range(10):
                container.mux(video.encode(av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")))
            container.mux(video.encode(None))
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(tone(44100, 2.0, 2).T), format="fltp", layout="stereo")
        frame.sample_rate = 44100
        container.mux(audio.encode(frame))
        container.mux(audio.encode(None))


def encode_surround(path: Path, layout: str) -> None:
    """Two seconds of tone in every channel of a film's sound."""
    with av.open(str(path), "w") as container:
        audio = container.add_stream("pcm_s16le", rate=48000, layout=layout)
        samples = (tone(48000, 2.0, audio.layout.nb_channels) * 32767).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout=layout)
        frame.sample_rate = 48000
        container.mux(audio.encode(frame))
        container.mux(audio.encode(None))


def strongest_hertz(samples: np.ndarray) -> float:
    middle = samples[len(samples) // 4 : 3 * len(samples) // 4]
    return float(np.fft.rfftfreq(len(middle), 1 / SAMPLE_RATE_HZ)[np.argmax(np.abs(np.fft.rfft(middle)))])


@pytest.mark.parametrize("rate_hz", [8000, 11025, 16000, 44100, 48000])
@pytest.mark.parametrize("channels", [1, 2, 7])
def test_a_tone_keeps_its_pitch_level_and_length_from_any_rate_and_channel_count(tmp_path, rate_hz, channels):
    path = tmp_path / "tone.wav"
    soundfile.write(path, tone(rate_hz, 1.5, channels), rate_hz)
    audio = load_audio(path)
    assert audio.samples.dtype == np.float32
    assert audio.duration_s == pytest.approx(1.5, abs=0.001)
    assert strongest_hertz(audio.samples) == pytest.approx(440, abs=2)
    assert np.abs(audio.samples[4000:-4000]).max() == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("layout", ["mono", "5.1", "7.1", "hexadecagonal"])
def test_the_sound_of_a_film_may_have_any_number_of_channels(tmp_path, layout):
    """Of eight, av's planes were read past their end."""
    encode_surround(tmp_path / "surround.mov", layout)
    audio = load_audio(tmp_path / "surround.mov")
    assert audio.duration_s == pytest.approx(2.0, abs=0.01)
    assert strongest_hertz(audio.samples) == pytest.approx(440, abs=2)


def test_a_header_that_asks_ffmpeg_for_gigabytes_is_the_files_fault(tmp_path):
    with pytest.raises(AudioError, match="damaged"), failures_explained(tmp_path / "film.mkv"):
        raise av.error.MemoryError(12, "Cannot allocate memory", "film.mkv")
    with pytest.raises(MemoryError), failures_explained(tmp_path / "film.mkv"):
        raise MemoryError


def test_blocks_join_without_a_seam(tmp_path):
    path = tmp_path / "long.wav"
    soundfile.write(path, tone(44100, 25.0, hertz=1000.0), 44100)  # three blocks
    samples = load_audio(path).samples
    expected = 0.5 * np.sin(2 * np.pi * 1000.0 * np.arange(len(samples)) / SAMPLE_RATE_HZ)
    assert np.abs(samples - expected)[1000:-1000].max() < 0.01


@pytest.mark.parametrize(("name", "with_picture"), [("speech.m4a", False), ("speech.mp4", True)])
def test_m4a_and_video_are_read(tmp_path, name, with_picture):
    path = tmp_path / name
    encode(path, "aac", with_picture)
    audio = load_audio(path)
    assert audio.duration_s == pytest.approx(2.0, abs=0.1)
    assert strongest_hertz(audio.samples) == pytest.approx(440, abs=2)


def _picture_only(path: Path) -> None:
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=30)
        video.width = video.height = 64
        container.mux(video.encode(av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")))
        container.mux(video.encode(None))


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("missing.wav", lambda path: None),
        ("folder.wav", lambda path: path.mkdir()),
        ("empty.wav", lambda path: path.write_bytes(b"")),
        ("corrupt.wav", lambda path: path.write_bytes(b"RIFF" + bytes(range(256)) * 20)),
        ("text.mp3", lambda path: path.write_text("this is not sound, it is a sentence\n" * 40)),
        ("header.wav", lambda path: soundfile.write(path, np.zeros((0, 1), np.float32), 16000)),
        ("picture.mp4", _picture_only),
    ],
)
def test_what_is_not_sound_is_one_sentence(tmp_path, name, make):
    path = tmp_path / name
    make(path)
    with pytest.raises(AudioError) as caught:
        load_audio(path)
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)
    with pytest.raises(AudioError) as measured:
        measure_audio(path)
    assert str(measured.value) == str(caught.value)


def test_refusing_a_file_writes_nothing_on_stderr_and_never_redirects_it(tmp_path, monkeypatch, capfd):
    """Standard error belongs to the whole process: what another thread writes there must not get lost."""
    contents = {"text.mp3": b"this is a sentence\n" * 400, "zeros.mp3": bytes(4000), "odd.wav": b"\1" * 99}
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
        with monkeypatch.context() as patched, pytest.raises(AudioError):
            patched.setattr(os, "dup2", lambda *_: pytest.fail("stderr was redirected"))
            load_audio(tmp_path / name)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("subtype", ["GSM610", "PCM_16"])
def test_gsm_and_a_header_without_the_length_are_read(tmp_path, subtype):
    """Telephones write the first; a recorder that crashed or streamed writes the second."""
    path = tmp_path / "line.wav"
    soundfile.write(path, tone(8000, 2.0), 8000, subtype=subtype)
    if subtype == "PCM_16":
        content = bytearray(path.read_bytes())
        at = content.index(b"data") + 4
        content[4:8] = content[at : at + 4] = bytes(4)
        path.write_bytes(content)
    audio = load_audio(path)
    assert audio.duration_s == pytest.approx(2.0, abs=0.05)
    assert strongest_hertz(audio.samples) == pytest.approx(440, abs=3)


@pytest.mark.parametrize(("rate_hz", "name"), [(44100, "odd.wav"), (16000, "same.flac"), (44100, "speech.m4a")])
def test_a_sound_left_in_its_file_is_as_long_as_when_it_is_read(tmp_path, rate_hz, name):
    path = tmp_path / name
    if name == "speech.m4a":
        encode(path, "aac", with_picture=False)
    else:
        soundfile.write(path, tone(rate_hz, 20.123), rate_hz)
    read, measured = load_audio(path), measure_audio(path)
    assert measured.duration_s == read.duration_s > 1
    np.testing.assert_array_equal(measured.samples, read.samples)


def test_a_sound_that_is_damaged_in_its_middle_is_so_where_nobody_wants_its_samples(tmp_path):
    path = tmp_path / "cut.flac"
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, 30 * SAMPLE_RATE_HZ)
    soundfile.write(path, noise, SAMPLE_RATE_HZ)
    content = bytearray(path.read_bytes())
    content[len(content) // 2 :] = bytes(len(content) // 2)
    path.write_bytes(content)
    with pytest.raises(AudioError) as read:
        load_audio(path)
    with pytest.raises(AudioError) as measured:
        measure_audio(path)
    assert str(measured.value) == str(read.value)


def test_not_a_number_in_float_sound_becomes_silence(tmp_path):
    path = tmp_path / "nan.wav"
    wave = tone(16000)
    wave[100:200] = np.nan
    soundfile.write(path, wave, 16000, subtype="FLOAT")
    samples = load_audio(path).samples
    assert np.isfinite(samples).all()
    assert not samples[100:200].any()


def test_chunks_cover_the_sound_and_are_cut_in_pauses():
    rng = np.random.default_rng(0)
    speech = (0.3 * rng.standard_normal(6 * SAMPLE_RATE_HZ)).astype(np.float32)
    pause = (0.0005 * rng.standard_normal(SAMPLE_RATE_HZ)).astype(np.float32)
    audio = Audio(np.concatenate([speech, pause] * 10), Path("speech.wav"))
    pieces = chunks(audio)
    assert pieces[0].start == 0
    assert pieces[-1].end == len(audio.samples)
    assert all(a.end == b.start for a, b in itertools.pairwise(pieces))
    assert max(piece.duration_s for piece in pieces) <= MAX_CHUNK_S
    for piece in pieces[:-1]:
        assert 6.0 < (piece.end / SAMPLE_RATE_HZ) % 7.0 < 7.0


def test_speech_without_a_pause_is_still_cut():
    noise = np.random.default_rng(0).standard_normal(50 * SAMPLE_RATE_HZ).astype(np.float32) * 0.1
    assert max(piece.duration_s for piece in chunks(Audio(noise, Path("noise.wav")))) <= MAX_CHUNK_S + 0.01


def test_digital_silence_does_not_hide_the_pauses_of_a_room():
    rng = np.random.default_rng(0)
    loud, room = (level * rng.standard_normal(2 * SAMPLE_RATE_HZ).astype(np.float32) for level in (0.2, 0.0003))
    found = pauses(level_db(np.concatenate([np.zeros(2 * SAMPLE_RATE_HZ, np.float32), loud, room, loud])))
    assert any(abs(a - 400) < 10 and abs(b - 600) < 10 for a, b in found)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from /proc, on Linux alone")
def test_long_48_khz_stereo_is_read_in_bounded_memory(tmp_path):
    """Fifteen minutes: read whole as 64-bit floats they would take 690 MB; as 16 kHz samples they take 58 MB."""
    path = tmp_path / "long.wav"
    minute = tone(48000, 60.0, 2)
    with soundfile.SoundFile(path, "w", 48000, 2, "PCM_16") as sound:
        for _ in range(15):
            sound.write(minute)
    script = (
        "import re, sys\nfrom pathlib import Path\nfrom styletalk.speech.audio.sound_file import load_audio\n"
        "from styletalk.speech.audio.chunks import chunks\n"
        "audio = load_audio(Path(sys.argv[1]))\npieces = chunks(audio)\n"
        # a child's ru_maxrss begins with what its parent had; VmHWM begins anew
        "peak = re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text())\n"
        "print(audio.duration_s, len(pieces), int(peak[1]) / 1024)"
    )
    root = Path(__file__).resolve().parents[2]
    run = subprocess.run(
        [sys.executable, "-c", script, str(path)], cwd=root, capture_output=True, text=True, check=True, timeout=600
    )
    seconds, pieces, megabytes = (float(word) for word in run.stdout.split())
    assert seconds == pytest.approx(900)
    assert pieces >= 900 / MAX_CHUNK_S
    assert megabytes < 400
