# SPDX-License-Identifier: Apache-2.0
"""A pass becomes a film or a sequence: the right frames in time with the sound, and it goes on where it was stopped."""

import math
from dataclasses import replace

import av
import numpy as np
import pytest
from stand_ins import HEIGHT, WIDTH, shown

from styletalk.animation import FaceAnimation
from styletalk.errors import Cancelled, RenderError
from styletalk.motion.resample import scene_samples
from styletalk.photoreal.film import PART_FRAMES
from styletalk.photoreal.film_pass import PassRequest, render_pass
from styletalk.photoreal.renderers import PassOptions

FPS = 25.0


def greys(path):
    """The grey of each frame of a film, in order, and when it is shown in seconds."""
    with av.open(str(path)) as container:
        frames = [(float(frame.to_ndarray(format="rgb24")[20:-20, 20:-20].mean()), frame.time) for frame in
                  container.decode(video=0)]  # fmt: skip
    return tuple(map(np.array, zip(*frames, strict=True)))


def heard(path):
    """(samples of the film's sound, its rate)."""
    with av.open(str(path)) as container:
        track = container.streams.audio[0]
        return np.concatenate([frame.to_ndarray().mean(axis=0) for frame in container.decode(track)]), track.rate


def baked_greys(animation_file, fps, first_frame):
    """What a scene of that rate has on its frames from `first_frame` on, counted from the sound's beginning."""
    samples = scene_samples(FaceAnimation.load(animation_file), fps, first_frame=first_frame)
    return np.array([shown(value) for value in samples.coefficients[:, 0]])


@pytest.fixture
def request_of(renderers, portrait_file, line):
    def make(output, **more):
        return PassRequest(line[0], portrait_file, output, fps=FPS, **more)

    return make


def test_a_film_shows_what_the_scene_has_baked(request_of, line, tmp_path):
    """Frame n of the film is frame n of the scene, from the first on which the face moves."""
    report = render_pass(request_of(tmp_path / "film.mp4"))
    found, times = greys(tmp_path / "film.mp4")
    assert report.first_frame == math.floor((-6 + 3) / 30 * FPS)  # row i is seen at (i + 3) / 30 s
    assert np.allclose(times, np.arange(len(found)) / FPS, atol=1e-6)
    assert np.abs(found - baked_greys(line[0], FPS, report.first_frame)).max() <= 2
    assert (report.made, report.kept, report.last) == (len(found), 0, len(found))


@pytest.mark.parametrize("frames", [None, (10, 30)])
def test_the_sound_is_in_time(request_of, line, tmp_path, frames):
    """By cross-correlation with the line: it begins as much later as the face moves before it."""
    from styletalk.speech.audio.sound_file import load_audio

    report = render_pass(request_of(tmp_path / "film.mp4", frames=frames))
    samples, rate = heard(tmp_path / "film.mp4")
    spoken = load_audio(line[1]).samples
    spoken = np.interp(np.arange(0, len(spoken) / 16000, 1 / rate), np.arange(len(spoken)) / 16000, spoken)
    begins_s = (report.first_frame + report.first - 1) / FPS  # of the film, on the sound's clock
    length = min(len(samples), len(spoken))
    spectrum = np.fft.rfft(samples[:length], 2 * length) * np.conj(np.fft.rfft(spoken[:length], 2 * length))
    lag = int(np.argmax(np.fft.irfft(spectrum)))
    lag -= 2 * length if lag > length else 0
    assert abs(lag / rate + begins_s) < 0.5 / FPS
    assert abs(len(samples) / rate - (report.last - report.first + 1) / FPS) < 0.05


def test_a_range_is_the_same_frames(request_of, line, tmp_path):
    render_pass(request_of(tmp_path / "film.mp4", frames=(10, 20)))
    found, _ = greys(tmp_path / "film.mp4")
    whole = baked_greys(line[0], FPS, math.floor(-0.1 * FPS))
    assert np.abs(found - whole[9:20]).max() <= 2


def test_a_film_has_the_photo_s_size_made_even(request_of, tmp_path):
    render_pass(request_of(tmp_path / "film.mp4", frames=(1, 2)))
    with av.open(str(tmp_path / "film.mp4")) as container:
        stream = container.streams.video[0]
        assert (stream.height, stream.width) == (HEIGHT + 1, WIDTH + 1)
        assert stream.average_rate == 25 and stream.codec_context.name == "h264"


def stopping_at(frame):
    """A progress callback that cancels when it is told of that frame."""

    def progress(fraction, stage):
        if stage.startswith(f"rendering frame {frame} "):
            raise Cancelled("Cancelled.")

    return progress


def test_a_stopped_sequence_keeps_its_frames_and_goes_on(request_of, renderers, tmp_path):
    request = request_of(tmp_path / "frames")
    with pytest.raises(Cancelled, match=r"Frames 1-11 of \d+ stay in .*frames; the same pass goes on"):
        render_pass(request, stopping_at(11))
    there = sorted((tmp_path / "frames").glob("*.png"))
    assert [path.name for path in there] == [f"frame_{n:04}.png" for n in range(1, 12)]
    before = [path.read_bytes() for path in there]
    report = render_pass(request)
    assert report.kept == 11 and renderers[-1].asked[0].start == 11
    assert [path.read_bytes() for path in there] == before
    assert len(list((tmp_path / "frames").glob("*.png"))) == report.last
    assert {path.name for path in (tmp_path / "frames").iterdir()} == {
        f"frame_{n:04}.png" for n in range(1, report.last + 1)
    }


def test_a_stopped_film_keeps_its_parts_and_is_not_there(request_of, renderers, line, tmp_path):
    """Where it goes on, what was finished is not rendered again, and the film is the same as without the stop."""
    long = FaceAnimation.load(line[0])
    repeated = replace(long, **{name: np.tile(getattr(long, name), (4, 1)) for name in
                                ("coefficients", "head_pose", "blinks", "gaze", "tongue", "upper")},
                       phonemes=np.tile(long.phonemes, 4))  # fmt: skip
    repeated.save(line[0])
    request = request_of(tmp_path / "film.mp4")
    with pytest.raises(Cancelled, match=rf"Frames 1-{2 * PART_FRAMES} of \d+ stay in .*film.mp4.unfinished"):
        render_pass(request, stopping_at(2 * PART_FRAMES + 3))
    assert not (tmp_path / "film.mp4").exists() and (tmp_path / "film.mp4.unfinished").is_dir()
    report = render_pass(request)
    assert report.kept == 2 * PART_FRAMES and renderers[-1].asked[0].start == 2 * PART_FRAMES
    assert not (tmp_path / "film.mp4.unfinished").exists()
    found, _ = greys(tmp_path / "film.mp4")
    assert np.abs(found - baked_greys(line[0], FPS, report.first_frame)).max() <= 2


def test_a_film_that_is_stopped_at_once_leaves_nothing(request_of, tmp_path):
    before = set(tmp_path.iterdir())
    with pytest.raises(Cancelled, match="Nothing was left"):
        render_pass(request_of(tmp_path / "film.mp4"), stopping_at(5))
    assert set(tmp_path.iterdir()) == before


def test_another_pass_does_not_take_the_frames_of_the_first(request_of, tmp_path):
    """With another mark all frames are rendered again."""
    render_pass(request_of(tmp_path / "frames", frames=(1, 5)))
    report = render_pass(request_of(tmp_path / "frames", frames=(1, 5), watermark="Test"))
    assert (report.made, report.kept) == (5, 0)


def test_pictures_of_others_are_not_written_over(request_of, tmp_path):
    from styletalk.errors import OutputError
    from styletalk.files.png import write_png

    (tmp_path / "frames").mkdir()
    mine = tmp_path / "frames" / "frame_0003.png"
    write_png(mine, np.zeros((4, 4, 3), np.uint8))
    before = mine.read_bytes()
    with pytest.raises(OutputError, match="no whole frame of a pass"):
        render_pass(request_of(tmp_path / "frames"))
    assert mine.read_bytes() == before and set((tmp_path / "frames").iterdir()) == {mine}


def test_a_background_is_laid_behind(request_of, tmp_path):
    from PIL import Image

    options = PassOptions(background="#20C040")
    render_pass(request_of(tmp_path / "x_##.png", frames=(1, 1), options=options))
    picture = np.asarray(Image.open(tmp_path / "x_01.png"))
    assert picture.shape == (HEIGHT, WIDTH, 3)
    assert (picture[:, 0] == (0x20, 0xC0, 0x40)).all() and (picture[:, -1] == picture[0, -1]).all()


@pytest.mark.parametrize("ending", [".png", ".exr"])
def test_alpha_is_kept(request_of, tmp_path, ending):
    render_pass(request_of(tmp_path / f"x_##{ending}", frames=(1, 1), options=PassOptions(background="alpha")))
    with av.open(str(tmp_path / f"x_01{ending}")) as container:
        frame = next(container.decode(video=0))
    assert "a" in frame.format.name and (frame.height, frame.width) == (HEIGHT, WIDTH)


def test_an_mp4_with_alpha_is_refused(request_of, tmp_path):
    with pytest.raises(RenderError, match="no alpha"):
        render_pass(request_of(tmp_path / "film.mp4", options=PassOptions(background="alpha")))


def test_two_processes_do_not_render_one_film(request_of, tmp_path):
    from styletalk.errors import OutputError
    from styletalk.files.locks import locked

    folder = tmp_path / "frames"
    folder.mkdir()
    with (
        locked(folder / "pass.lock", RuntimeError("taken")),
        pytest.raises(OutputError, match="Another process"),
    ):
        render_pass(request_of(folder))


def test_a_folder_of_the_user_s_stays_where_a_pass_fails(request_of, tmp_path):
    """It was empty before, and is so again; a folder that the pass made is gone."""

    def cancelling(fraction, stage):
        raise Cancelled("Cancelled.")

    mine = tmp_path / "mine"
    mine.mkdir()
    for folder in (mine, tmp_path / "new"):
        with pytest.raises(Cancelled):
            render_pass(request_of(folder), cancelling)
    assert mine.is_dir() and not list(mine.iterdir()) and not (tmp_path / "new").exists()
