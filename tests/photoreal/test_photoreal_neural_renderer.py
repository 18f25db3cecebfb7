# SPDX-License-Identifier: Apache-2.0
"""The neural renderer from a portrait to whole frames, by small networks of random weights."""

from dataclasses import replace

import numpy as np
import pytest
from photoreal_reference import TINY, random_renderer

from styletalk.animation import FaceAnimation
from styletalk.errors import RenderError
from styletalk.photoreal.neural.alignment import LOOSE, ORIGIN_PX, Square, alignment, crop_numbers, loose_square
from styletalk.photoreal.neural.driving import driven_coefficients, driven_rows, portrait_pose, windows_at
from styletalk.photoreal.neural.networks.checkpoint import save_renderer
from styletalk.photoreal.neural.pasting import cut, laid_over, matched_colours
from styletalk.photoreal.neural.renderer import NeuralRenderer
from styletalk.photoreal.neural.windows import coefficient_windows
from styletalk.photoreal.portrait import Portrait
from styletalk.photoreal.renderers import PassOptions
from styletalk.tracking.fit.pose import TO_FACE
from styletalk.tracking.fit.reference import face_map

SMALL = replace(TINY, picture=64)
WIDTH, HEIGHT = 240, 200
EYES_PX = 45.0


def landmarks(scale: float = 500.0, middle=(120.0, 90.0)) -> np.ndarray:
    """(478, 3) pixels of the mean face that looks straight ahead. scale: pixels a metre."""
    face = face_map().template
    return ((face - face.mean(0)) * scale * TO_FACE + (*middle, 0.0)).astype(np.float32)


@pytest.fixture(scope="module")
def portrait() -> Portrait:
    rng = np.random.default_rng(1)
    smooth = np.kron(rng.integers(40, 220, (HEIGHT // 20, WIDTH // 20, 3)), np.ones((20, 20, 1))).astype(np.uint8)
    return Portrait(
        smooth, None, landmarks(), np.zeros(80, np.float32), rng.normal(0, 0.1, 64).astype(np.float32),
        np.array([0.05, -0.1, 0.02], np.float32), 500.0, np.array([120.0, 150.0], np.float32), 0.0,
    )  # fmt: skip


@pytest.fixture(scope="module")
def motion() -> FaceAnimation:
    rng = np.random.default_rng(2)
    steps = rng.normal(0, 0.1, (12, 64)).astype(np.float32)
    return replace(
        FaceAnimation.still(steps, np.zeros(12, np.int16), {"film_fps": 30.0}),
        head_pose=rng.normal(0, 0.02, (12, 6)).astype(np.float32),
    )


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "renderer.safetensors"
    save_renderer(path, random_renderer(SMALL), SMALL)
    return path


def test_the_alignment_follows_size_and_place():
    s, x, y = alignment(landmarks())
    assert alignment(landmarks() * 2 + (10, 20, 0)) == pytest.approx((s / 2, 2 * x + 10, 2 * y + 20), rel=1e-5)


def test_a_face_lies_in_its_square_as_in_the_published_pictures():
    for face in (landmarks(), landmarks(1300.0, (500.0, 20.0))):
        square = loose_square(face)
        expected = (LOOSE, ORIGIN_PX[0], 256 - ORIGIN_PX[1])  # the published ty is from the bottom
        np.testing.assert_allclose(crop_numbers(face, square), expected, rtol=1e-4)


@pytest.mark.shared
def test_the_alignment_gives_the_published_numbers_of_a_sample_clip(shared_dir):
    pytest.importorskip("mediapipe")
    from styletalk.motion.pose import read_published_pose
    from styletalk.tracking.tracker import track_face

    clip = shared_dir / "data/styletalk/speech/feifeili_clip1.mat"
    track = track_face(clip.with_suffix(".mp4"), end_s=0.1)
    numbers = crop_numbers(track.landmarks[2], Square(0.0, 0.0, 256.0))  # the second picture shows the first row
    published = read_published_pose(clip)[0][0, 6:]
    np.testing.assert_allclose(numbers[0], published[0], rtol=0.03)
    np.testing.assert_allclose(numbers[1:], published[1:], atol=3.0)


def test_the_row_that_the_photo_shows_has_the_photos_own_pose(portrait, motion):
    square = loose_square(portrait.landmarks)
    rows = driven_rows(motion, portrait, square, PassOptions(), motion.head_pose[3])
    np.testing.assert_allclose(rows[3, 64:67], portrait.rotation, atol=1e-5)
    np.testing.assert_allclose(rows[3, 70:], crop_numbers(portrait.landmarks, square), rtol=1e-4)
    assert np.abs(rows[4, 70:] - rows[3, 70:]).max() > 0.1
    assert portrait_pose(portrait, square).shape == (6,)


def test_lids_close_and_the_mouth_is_as_asked(portrait, motion):
    plain = driven_coefficients(motion, portrait, PassOptions())
    np.testing.assert_allclose(plain, motion.coefficients, atol=1e-6)
    from styletalk.face.landmarks import eye_openness, inner_lip_distance_mm
    from styletalk.face.model import open_face

    blinking = replace(motion, blinks=np.ones((12, 2), np.float32))
    lids = [
        eye_openness(open_face(), driven_coefficients(each, portrait, PassOptions())) for each in (motion, blinking)
    ]
    assert (lids[1] < lids[0] - 0.3).all()
    held = driven_coefficients(motion, portrait, PassOptions(mouth_amount=0.0))
    np.testing.assert_allclose(held[:, 0], portrait.expression[0], atol=1e-6)
    wider = driven_coefficients(motion, portrait, PassOptions(mouth_offset_mm=3.0))
    mouths = [inner_lip_distance_mm(open_face(), each) for each in (plain, wider)]
    assert (mouths[1] - mouths[0]).mean() == pytest.approx(3.0, abs=1.0)


def test_windows_are_of_thirty_rows_a_second_at_any_rate():
    rows = np.random.default_rng(0).normal(size=(40, 73)).astype(np.float32)
    plain = coefficient_windows(rows[:, :64], rows[:, 64:])
    np.testing.assert_allclose(windows_at(rows, range(5, 30, 3), 30.0), plain[5:30:3])
    double = np.repeat(rows, 2, axis=0)  # a film at 60 whose pictures come in twos
    np.testing.assert_allclose(windows_at(double, range(0, 80, 2), 60.0), plain, atol=1e-6)


def test_what_is_cut_out_fits_where_it_was(portrait):
    square = Square(31.25, -20.5, 130.0)
    frame = cut(portrait.pixels, square, 256)
    back = laid_over(portrait.pixels, frame, square)
    assert np.abs(back.astype(int) - portrait.pixels).mean() < 2
    marked = laid_over(portrait.pixels, np.zeros((3, 64, 64), np.float32), square)
    assert (marked[30:80, 60:140] == 0).all()  # the middle is the frame's
    np.testing.assert_array_equal(marked[111:], portrait.pixels[111:])  # below the square nothing changes
    np.testing.assert_array_equal(marked[:, 163:], portrait.pixels[:, 163:])


def test_colours_are_brought_to_the_photos(portrait):
    photo = cut(portrait.pixels, loose_square(portrait.landmarks), 64) / 127.5 - 1
    colours = matched_colours(photo * 0.8 + 0.1, photo)
    matched = (photo * 0.8 + 0.1) * colours.gain[:, None, None] + colours.offset[:, None, None]
    np.testing.assert_allclose(matched, photo, atol=1e-5)


def test_frames_are_whole_and_the_same_in_parts(portrait, motion, weights):
    renderer = NeuralRenderer(portrait, weights, "cpu", 4)
    frames = list(renderer.frames(motion))
    assert len(frames) == 12 and frames[0].shape == (HEIGHT, WIDTH, 3) and frames[0].dtype == np.uint8
    part = list(renderer.frames(motion, range(5, 9)))
    assert all(np.abs(a.astype(int) - b).max() <= 1 for a, b in zip(part, frames[5:9], strict=True))
    square = loose_square(portrait.landmarks)
    right = int(np.ceil(square.left + square.side)) + 1
    assert right < WIDTH
    np.testing.assert_array_equal(frames[0][:, right:], portrait.pixels[:, right:])
    assert (frames[0] != frames[6]).any()


def test_size_and_transparency_are_as_asked(portrait, motion, weights):
    alpha = np.full((HEIGHT, WIDTH), 255, np.uint8)
    alpha[:, :30] = 0
    options = PassOptions(size=120, background="alpha")
    renderer = NeuralRenderer(replace(portrait, alpha=alpha), weights, "cpu", options=options)
    (frame,) = renderer.frames(motion, range(1))
    assert frame.shape == (100, 120, 4)
    assert frame[50, 2, 3] == 0 and frame[50, 110, 3] == 255


def test_it_is_said_once_where_frames_are_rendered(portrait, motion, weights):
    notes = []
    list(NeuralRenderer(portrait, weights, "cpu", notify=notes.append).frames(motion, range(2)))
    assert notes == ["Rendered by the CPU."]


def test_a_batch_that_is_none_is_refused(portrait, weights):
    with pytest.raises(RenderError, match="batch of 0"):
        NeuralRenderer(portrait, weights, "cpu", 0)


@pytest.mark.shared
def test_the_published_file_moves_a_portrait(portrait, motion, shared_dir):
    (checkpoint,) = sorted((shared_dir / "fixtures/official_small").glob("*.pt"))
    (frame,) = NeuralRenderer(portrait, checkpoint, "cpu").frames(motion, range(2, 3))
    assert frame.shape == portrait.pixels.shape and np.isfinite(frame).all()
