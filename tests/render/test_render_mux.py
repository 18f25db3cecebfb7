# SPDX-License-Identifier: Apache-2.0
"""A film gets its sound without its pictures being touched, or is left as it was."""

import numpy as np
import pytest

from styletalk.errors import AudioError, OutputError
from styletalk.render.mux import add_sound

av = pytest.importorskip("av")
soundfile = pytest.importorskip("soundfile")
RATE = 22_050


def make_film(path, frames=30, fps=25):
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=fps)
        stream.width = stream.height = 64
        stream.pix_fmt = "yuv420p"
        for k in range(frames):
            picture = np.full((64, 64, 3), 8 * k % 256, np.uint8)
            for packet in stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")):
                container.mux(packet)
        for packet in stream.encode(None):
            container.mux(packet)


def make_sound(path, seconds=1.2, channels=1):
    tone = 0.4 * np.sin(2 * np.pi * 440 * np.arange(int(seconds * RATE)) / RATE)
    tone[: int(0.3 * RATE)] = 0  # silence first, so that a shift shows
    soundfile.write(path, np.repeat(tone[:, None], channels, axis=1), RATE)


def packets(path):
    with av.open(str(path)) as container:
        return [bytes(p) for p in container.demux(container.streams.video[0]) if p.dts is not None]


def heard(path):
    """(mono samples, rate) of a film's sound, decoded again."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        blocks = [f.to_ndarray().astype(np.float32).mean(axis=0) for f in container.decode(stream)]
        return np.concatenate(blocks), stream.codec_context.sample_rate


@pytest.mark.parametrize("channels", (1, 2))
def test_pictures_are_copied_and_the_sound_is_in_time(tmp_path, channels):
    make_film(tmp_path / "film.mp4")
    make_sound(tmp_path / "voice.wav", channels=channels)
    add_sound(tmp_path / "film.mp4", tmp_path / "voice.wav", tmp_path / "out.mp4")
    assert packets(tmp_path / "out.mp4") == packets(tmp_path / "film.mp4")
    samples, rate = heard(tmp_path / "out.mp4")
    assert len(samples) / rate == pytest.approx(1.2, abs=0.06)
    onset_s = np.argmax(np.abs(samples) > 0.1) / rate
    assert onset_s == pytest.approx(0.3, abs=0.03)
    spectrum = np.abs(np.fft.rfft(samples[int(0.5 * rate) : int(1.0 * rate)]))
    assert np.argmax(spectrum) * 2 == pytest.approx(440, abs=5)


@pytest.mark.parametrize("delay_s", (0.5, -0.2))
def test_a_sound_that_begins_before_or_after_the_film_stays_in_time(tmp_path, delay_s):
    make_film(tmp_path / "film.mp4")
    make_sound(tmp_path / "voice.wav")
    add_sound(tmp_path / "film.mp4", tmp_path / "voice.wav", tmp_path / "out.mp4", delay_s)
    samples, rate = heard(tmp_path / "out.mp4")
    assert len(samples) / rate == pytest.approx(1.2 + delay_s, abs=0.06)
    assert np.argmax(np.abs(samples) > 0.1) / rate == pytest.approx(0.3 + delay_s, abs=0.03)


def test_a_film_may_take_its_sound_in_place(tmp_path):
    make_film(tmp_path / "film.mp4")
    before = packets(tmp_path / "film.mp4")
    make_sound(tmp_path / "voice.wav")
    add_sound(tmp_path / "film.mp4", tmp_path / "voice.wav", tmp_path / "film.mp4")
    assert packets(tmp_path / "film.mp4") == before and len(heard(tmp_path / "film.mp4")[0])


def test_a_sound_whose_last_frame_is_short_is_taken_whole(tmp_path):
    """MP4 refuses a packet with a time after packets without: so ended lines whose frames do not add up."""
    make_film(tmp_path / "film.mp4")
    soundfile.write(tmp_path / "voice.flac", 0.1 * np.ones(6320), 8000)
    add_sound(tmp_path / "film.mp4", tmp_path / "voice.flac", tmp_path / "out.mp4")
    samples, rate = heard(tmp_path / "out.mp4")
    assert len(samples) / rate == pytest.approx(6320 / 8000, abs=0.06)


def test_a_film_that_mp4_cannot_hold_is_refused(tmp_path):
    with av.open(str(tmp_path / "film.webm"), "w") as container:
        stream = container.add_stream("libvpx", rate=25)
        stream.width = stream.height = 64
        container.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")))
        container.mux(stream.encode(None))
    make_film(tmp_path / "film.mp4")
    make_sound(tmp_path / "voice.wav")
    with pytest.raises(OutputError, match="MP4 can hold"):
        add_sound(tmp_path / "film.webm", tmp_path / "voice.wav", tmp_path / "out.mp4")


def test_the_film_has_the_sound_that_the_face_was_made_for(tmp_path):
    """What is no number is silence, and of several tracks it is the one with a voice."""
    make_film(tmp_path / "film.mp4")
    soundfile.write(tmp_path / "nan.wav", np.full(RATE, np.nan), RATE, "DOUBLE")
    add_sound(tmp_path / "film.mp4", tmp_path / "nan.wav", tmp_path / "out.mp4")
    assert not np.abs(heard(tmp_path / "out.mp4")[0]).max() > 1e-3
    with av.open(str(tmp_path / "two.mkv"), "w") as container:
        tracks = [container.add_stream("pcm_s16le", rate=RATE, layout="mono") for _ in range(2)]
        for track, level in zip(tracks, (0, 8000), strict=True):
            samples = (level * np.sin(np.arange(RATE) / 9)).astype(np.int16)[None]
            frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
            frame.sample_rate = RATE
            container.mux(track.encode(frame))
    add_sound(tmp_path / "film.mp4", tmp_path / "two.mkv", tmp_path / "out.mp4")
    assert np.abs(heard(tmp_path / "out.mp4")[0]).max() > 0.1


def test_a_rate_that_no_recorder_has_is_refused(tmp_path):
    make_film(tmp_path / "film.mp4")
    soundfile.write(tmp_path / "voice.wav", np.zeros(400), 1)
    with pytest.raises(AudioError, match="samples a second"):
        add_sound(tmp_path / "film.mp4", tmp_path / "voice.wav", tmp_path / "out.mp4")


def test_failure_leaves_nothing_behind(tmp_path):
    make_film(tmp_path / "film.mp4")
    make_sound(tmp_path / "voice.wav")
    (tmp_path / "broken.wav").write_bytes(b"RIFF no sound")
    (tmp_path / "folder.wav").mkdir()
    before = sorted(p.name for p in tmp_path.iterdir())
    for name in ("broken.wav", "folder.wav", "missing.wav"):
        with pytest.raises(AudioError, match=name) as caught:
            add_sound(tmp_path / "film.mp4", tmp_path / name, tmp_path / "out.mp4")
        assert "film.mp4" not in str(caught.value) and ".styletalk-" not in str(caught.value)
    with pytest.raises(AudioError, match="no sound"):
        add_sound(tmp_path / "film.mp4", tmp_path / "film.mp4", tmp_path / "out.mp4")
    with pytest.raises(OutputError, match="no pictures"):
        add_sound(tmp_path / "voice.wav", tmp_path / "voice.wav", tmp_path / "out.mp4")
    with pytest.raises(OutputError):
        add_sound(tmp_path / "missing.mp4", tmp_path / "voice.wav", tmp_path / "out.mp4")
    assert sorted(p.name for p in tmp_path.iterdir()) == before
