# SPDX-License-Identifier: Apache-2.0
"""What a sound costs is decided by what is in it, not by its header; and speech is found wherever it is in it."""

import itertools
import math
import os
import struct
import sys
import tracemalloc
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from styletalk.demo import LINE, TRANSCRIPT
from styletalk.errors import AudioError
from styletalk.speech.audio import stream
from styletalk.speech.audio.resampling import resampled
from styletalk.speech.audio.sound_file import SAMPLE_RATE_HZ, Audio, load_audio, measure_audio
from styletalk.speech.audio.stream import MAX_CHANNELS, MAX_RATE_HZ, MIN_RATE_HZ
from styletalk.speech.track import phoneme_track

SIGNAL_TO_NOISE_DB = 100.0
"""scipy.signal.resample_poly, as it is by default, has 60."""


def sweep(rate_hz: int, seconds: float, top_hz: float) -> np.ndarray:
    """(n,) float64, from 0 to top_hz."""
    times_s = np.arange(math.ceil(rate_hz * seconds)) / rate_hz
    return 0.5 * np.sin(np.pi * top_hz / seconds * times_s**2)


def wav_header(rate_hz: int, channels: int, samples: int) -> bytes:
    form = struct.pack("<HHIIHH", 1, channels, rate_hz, 0, 2 * channels & 0xFFFF, 16)
    return b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0" + form + b"data" + struct.pack("<I", samples * 2)


@pytest.mark.parametrize("rate_hz", [1000, 8000, 11025, 11127, 22050, 44100, 44101, 48000, 96000, 192000, MAX_RATE_HZ])
def test_a_sweep_at_any_rate_is_the_sweep_at_16_khz(rate_hz):
    seconds, top_hz = 5.5, 0.42 * min(rate_hz, SAMPLE_RATE_HZ)
    given = sweep(rate_hz, seconds, top_hz).astype(np.float32)
    blocks = (given[start : start + 2 * rate_hz] for start in range(0, len(given), 2 * rate_hz))
    found = np.concatenate(list(resampled(blocks, rate_hz)))
    expected = sweep(SAMPLE_RATE_HZ, seconds, top_hz)
    assert abs(len(found) - len(expected)) <= 1 and found.dtype == np.float32
    inside = slice(SAMPLE_RATE_HZ // 2, -SAMPLE_RATE_HZ // 2)
    noise = found[: len(expected)][inside] - expected[: len(found)][inside]
    assert 10 * np.log10(np.square(expected[inside]).sum() / np.square(noise).sum()) > SIGNAL_TO_NOISE_DB


def test_what_16_khz_cannot_hold_is_removed():
    high = np.sin(2 * np.pi * 11000 * np.arange(4 * 48000) / 48000).astype(np.float32)
    found = np.concatenate(list(resampled(iter([high]), 48000)))
    assert np.abs(found[8000:-8000]).max() < 1e-6


@pytest.mark.parametrize("rate_hz", [0, 1, MIN_RATE_HZ - 1, MAX_RATE_HZ + 1, 21_036_748, 2**32 - 1])
def test_a_rate_that_no_recorder_has_is_refused_before_any_work_or_memory(tmp_path, rate_hz, monkeypatch):
    path = tmp_path / "rate.wav"
    path.write_bytes(wav_header(rate_hz, 1, 4000) + bytes(8000))
    monkeypatch.setattr(np.fft, "rfft", lambda *_: pytest.fail("it was resampled"))
    tracemalloc.start()
    for read in (load_audio, measure_audio):
        with pytest.raises(AudioError, match="samples a second"):
            read(path)
    assert tracemalloc.get_traced_memory()[1] < 10 << 20
    tracemalloc.stop()


@pytest.mark.parametrize("channels", [MAX_CHANNELS + 1, 1024, 65535])
def test_a_number_of_channels_that_no_recorder_has_is_refused(tmp_path, channels):
    path = tmp_path / "channels.wav"
    path.write_bytes(wav_header(16000, channels, 4000) + bytes(400_000))
    with pytest.raises(AudioError, match="channels"):
        load_audio(path)


@pytest.mark.parametrize("name", ["mp3_3.9GB.mp3", "xing_309e9_frames.mp3", "rate_21036748.wav"])
def test_a_small_file_with_a_great_header_is_small(shared_dir, name):
    try:
        assert load_audio(shared_dir / "data" / "damaged" / name).duration_s < 1
    except AudioError as error:
        assert "samples a second" in str(error)


@pytest.mark.parametrize("ending", [".wav", ".flac", ".m4a"])
def test_a_sound_is_read_no_further_than_the_longest_that_there_may_be(tmp_path, ending, monkeypatch):
    path = tmp_path / f"long{ending}"
    wave = np.zeros((30 * SAMPLE_RATE_HZ, 1), np.float32)
    if ending == ".m4a":
        encode(path, [wave[:, 0]])
    else:
        soundfile.write(path, wave, SAMPLE_RATE_HZ)
    assert load_audio(path).duration_s == pytest.approx(30, abs=0.2)
    monkeypatch.setattr(stream, "MAX_DURATION_S", 10)
    for read in (load_audio, measure_audio):
        with pytest.raises(AudioError, match=r"long\.\w+ is longer than"):
            read(path)


@pytest.mark.parametrize(
    "error", [RuntimeError("a\nb"), TypeError("x" * 1000), ValueError(), OSError(5, "I/O"), KeyError]
)
@pytest.mark.parametrize("where", ["open", "decode"])
def test_whatever_a_decoder_raises_is_one_sentence(tmp_path, error, where, monkeypatch):
    path = tmp_path / f"{'n' * 240}.flac"
    soundfile.write(path, np.zeros(16000), 16000)

    def fail(*_, **__):
        raise error

    monkeypatch.setattr(soundfile, "SoundFile", fail) if where == "open" else monkeypatch.setattr(
        soundfile.SoundFile, "read", fail
    )
    with pytest.raises(AudioError) as caught:
        load_audio(path)
    assert len(str(caught.value)) <= 300 and "\n" not in str(caught.value) and "nnn" in str(caught.value)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems demand text")
@pytest.mark.parametrize("ending", [".wav", ".flac", ".m4a"])
def test_a_file_whose_name_is_no_text_is_read(tmp_path, ending):
    encode(tmp_path / "plain.m4a", [TONE]) if ending == ".m4a" else soundfile.write(
        tmp_path / f"plain{ending}", TONE, SAMPLE_RATE_HZ
    )
    path = (tmp_path / f"plain{ending}").rename(tmp_path / os.fsdecode(b"caf\xe9" + ending.encode()))
    assert load_audio(path).duration_s == pytest.approx(2.0, abs=0.1)


def test_a_playlist_makes_nobody_read_another_file(tmp_path):
    encode(tmp_path / "secret.m4a", [np.full(SAMPLE_RATE_HZ, 0.1, np.float32)])
    for name, content in {
        "list.m3u8": "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n",
        "list.ffconcat": "ffconcat version 1.0\nfile http://127.0.0.1:9/a.m4a\n",
    }.items():
        (tmp_path / name).write_text(content)
        with pytest.raises(AudioError):
            load_audio(tmp_path / name)


def encode(path: Path, tracks: list[np.ndarray], default: int | None = None, start_s: float = 0.0) -> None:
    """Tracks of (n,) samples as AAC, one of them marked as the default, their times beginning at start_s."""
    with av.open(str(path), "w") as container:
        streams = [container.add_stream("aac", rate=SAMPLE_RATE_HZ, layout="mono") for _ in tracks]
        for number, track in enumerate(streams):
            track.disposition = int(number == default)
        for track, wave in zip(streams, tracks, strict=True):
            frame = av.AudioFrame.from_ndarray(
                np.ascontiguousarray(wave[None], np.float32), format="fltp", layout="mono"
            )
            frame.sample_rate, frame.pts = SAMPLE_RATE_HZ, round(start_s * SAMPLE_RATE_HZ)
            for packet in itertools.chain(track.encode(frame), track.encode(None)):
                container.mux(packet)


TONE = 0.4 * np.sin(2 * np.pi * 440 * np.arange(2 * SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ).astype(np.float32)
HUM, NOTHING = 0.1 * TONE[::-1], np.zeros_like(TONE)


@pytest.mark.parametrize(
    ("tracks", "default", "number"),
    [([NOTHING, TONE], None, 2), ([HUM, TONE], 0, 1), ([TONE, HUM], 1, 2), ([NOTHING, TONE], 0, 2)],
    ids=["the one with sound", "the default", "a later default", "not a silent default"],
)  # fmt: skip
def test_of_several_tracks_the_one_with_the_speech_is_used_and_said(tmp_path, tracks, default, number):
    path = tmp_path / "video.mkv"
    encode(path, tracks, default)
    audio = load_audio(path)
    assert audio.samples.std() == pytest.approx(tracks[number - 1].std(), rel=0.2)
    for each in (audio, measure_audio(path)):
        assert each.note == f"video.mkv has 2 sound tracks: number {number} was used."
    encode(path, [TONE])
    assert load_audio(path).note == ""


@pytest.mark.parametrize("name", ["late.mkv", "late.ts", "late.mp4"])
def test_a_track_whose_times_begin_late_begins_with_its_first_sample(tmp_path, name):
    encode(tmp_path / name, [TONE], start_s=7.0)
    audio = load_audio(tmp_path / name)
    assert audio.duration_s == pytest.approx(2.0, abs=0.2) and np.abs(audio.samples[4000:8000]).max() > 0.3


@pytest.mark.parametrize(
    ("factors", "share"),
    [
        ((1, -1), 1),
        ((1, -0.9), 1),
        ((1, 0), 0.5),
        ((0, 1), 0.5),
        ((1, 1), 1),
        ((1, 0.3), 0.65),
        ((0, 0, 0, 0, 0, 1), 1),
    ],
)
def test_channels_do_not_cancel_each_other(tmp_path, factors, share):
    """The mean of all, but where hardly anything is left of it, the loudest one."""
    path = tmp_path / "channels.wav"
    soundfile.write(path, np.outer(TONE, factors), SAMPLE_RATE_HZ, subtype="FLOAT")
    np.testing.assert_allclose(load_audio(path).samples, TONE * share, atol=1e-6)


@pytest.fixture(scope="module")
def line() -> tuple[np.ndarray, str, np.ndarray]:
    """The samples of the bundled line, its text and its labels."""
    audio, text = load_audio(LINE), TRANSCRIPT.read_text(encoding="utf-8")
    return audio.samples, text, phoneme_track(audio, text).labels()


def test_what_recorders_and_editors_make_of_one_recording_has_the_same_phonemes(shared_dir):
    """GSM 6.10, a header without a length, channels in opposite phase, 24 bits at -60 dB, a voice in track two."""
    files = sorted((shared_dir / "data" / "field").glob("0[3-7]_*"))
    labels = [phoneme_track(load_audio(path), "Bring me the map.").labels(38) for path in files]
    assert len(files) == 5 and len(set(labels[-1].tolist())) > 8
    for path, found in zip(files, labels, strict=True):
        assert np.mean(found != labels[-1]) < 0.15, path.name


@pytest.mark.parametrize("decibels", [-20, -50, -70])
def test_a_quiet_recording_has_the_phonemes_of_a_loud_one(line, decibels):
    samples, text, expected = line
    quiet = Audio((samples * 10 ** (decibels / 20)).astype(np.float32), Path("quiet.wav"))
    assert np.mean(phoneme_track(quiet, text).labels() != expected) < 0.01


@pytest.mark.parametrize("surroundings", ["a long silence", "a click"])
def test_speech_is_not_taken_for_quiet_for_what_is_around_it(surroundings):
    rng = np.random.default_rng(0)
    speech = 0.1 * rng.standard_normal(SAMPLE_RATE_HZ)
    if surroundings == "a click":
        speech *= 0.001
        speech[5000:5010] = 1.0
        assert Audio(speech.astype(np.float32), Path()).gain > 500
    else:
        room = 1e-5 * rng.standard_normal(60 * SAMPLE_RATE_HZ)
        assert Audio(np.concatenate([room, speech]).astype(np.float32), Path()).gain == 1.0


def test_rounding_noise_is_silence_and_a_whisper_is_not():
    noise = np.random.default_rng(0).integers(-1, 2, SAMPLE_RATE_HZ).astype(np.float32) / 2**15
    assert Audio(noise, Path()).silent
    assert not Audio(noise * 3, Path()).silent


def test_whatever_ffmpeg_opens_is_a_file_of_this_machine():
    """A playlist could name an address: each opening for reading has the option that forbids it."""
    core = Path(stream.__file__).parents[3]
    opening = [
        line for path in core.rglob("*.py") for line in path.read_text("utf-8").splitlines() if ".open(str(" in line
    ]
    reading = [line for line in opening if '"w"' not in line and "wave.open" not in line]
    assert len(reading) >= 5 and all("LOCAL_FILES_ONLY" in line for line in reading), reading
