# SPDX-License-Identifier: Apache-2.0
"""The built-in renderer, on drawn faces: what stays, what moves, what is seen of mouth and eyes, and where it ends."""

import dataclasses
import functools

import numpy as np
import pytest
from photoreal.drawn_portrait import JAW_OPEN, SIDE, drawn_portrait, motion

from styletalk.face.landmarks import eye_openness
from styletalk.face.model import open_face
from styletalk.photoreal.renderers import PassOptions
from styletalk.photoreal.warp import WarpRenderer
from styletalk.photoreal.warp.flow import face_flow, unfolded
from styletalk.photoreal.warp.limits import FREE, MAX_SHIFT_M, MAX_TURN, relative_pose, soft_clamp
from styletalk.photoreal.warp.photo_face import photo_face
from styletalk.photoreal.warp.rims import EYES, MOUTH, rims_of


@functools.lru_cache(maxsize=4)
def renderer(level: float) -> WarpRenderer:
    return WarpRenderer(drawn_portrait(level), pose_reference=np.zeros(6))


def frames(portrait, animation, **options) -> list[np.ndarray]:
    if not options:
        return list(renderer(float(portrait.expression[0])).frames(animation))
    return list(WarpRenderer(portrait, options=PassOptions(**options), pose_reference=np.zeros(6)).frames(animation))


def jaw(*values: float) -> np.ndarray:
    coefficients = np.zeros((len(values), 64), np.float32)
    coefficients[:, 0] = values
    return coefficients


def between_rims(portrait, which, share: float = 0.5) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns of pixels in the middle between the rims of the photo, away from the corners."""
    rims = rims_of(portrait.landmarks, which)
    points = (rims.upper * (1 - share) + rims.lower * share)[8:-8].astype(int)
    return points[:, 1], points[:, 0]


@pytest.mark.parametrize("level", [0.0, JAW_OPEN, 0.4])
def test_the_frame_at_the_photos_own_expression_is_the_photo(level: float) -> None:
    portrait = drawn_portrait(level)
    (frame,) = frames(portrait, motion(1, coefficients=jaw(level)))
    assert np.array_equal(frame, portrait.pixels)


def test_the_wall_far_from_the_head_is_held_while_the_head_turns_and_speaks() -> None:
    portrait = drawn_portrait()
    pose = np.array([0.1, 0.3, 0.1, 0.02, 0.01, 0.0], np.float32)
    (frame,) = frames(portrait, motion(1, coefficients=jaw(-2.0), head_pose=pose))
    assert np.abs(frame.astype(int) - portrait.pixels).max() > 50
    held = [np.s_[-1, :80], np.s_[-1, -80:], np.s_[-50:, 0], np.s_[-50:, -1]]  # the ears reach the borders farther up
    for part in held:
        assert np.abs(frame[part].astype(int) - portrait.pixels[part]).max() <= 0.3 * np.ptp(portrait.pixels[..., 0])


def test_closed_lips_show_no_inside_and_open_ones_do() -> None:
    portrait = drawn_portrait()
    closed, opened = frames(portrait, motion(2, coefficients=jaw(0.3, -2.0)))
    rows, columns = between_rims(portrait, MOUTH)
    lips = portrait.pixels[rows, columns].astype(float).mean(1)
    assert np.abs(closed[rows, columns].astype(float).mean(1) - lips).mean() < 12
    below = opened[rows + 8, columns].astype(int)
    assert (np.abs(below - closed[rows + 8, columns].astype(int)).max(1) > 40).mean() > 0.7


@pytest.mark.parametrize("judged", [1.0, 0.5, 1.5])
def test_an_open_mouth_in_the_photo_is_closed_at_a_closure(judged: float) -> None:
    """Also where the photo's opening was misjudged, as half of what it is or half as much again."""
    portrait = drawn_portrait(JAW_OPEN)
    portrait = dataclasses.replace(portrait, expression=judged * portrait.expression)
    shut, still = WarpRenderer(portrait).frames(motion(2, coefficients=jaw(0.3, judged * JAW_OPEN)))
    rims = rims_of(portrait.landmarks, MOUTH)
    columns = rims.upper[8:-8, 0].astype(int)
    rows = np.arange(int(rims.upper[:, 1].min()) - 6, int(rims.lower[:, 1].max()) + 6)
    dark = [(picture[rows][:, columns].astype(float).mean(2) < 60).sum() for picture in (shut, still)]
    assert dark[0] == 0 < dark[1]


def test_lids_close_with_skin() -> None:
    portrait = drawn_portrait()
    open_eyes, shut = frames(portrait, motion(2, blinks=np.array([[0, 0], [1, 1]])))
    for eye in EYES:
        rows, columns = between_rims(portrait, eye, 0.4)
        assert open_eyes[rows, columns].astype(float).mean() < 130 or open_eyes[rows, columns].max() > 220
        reddish = shut[rows, columns].astype(int)
        assert (reddish[:, 0] > reddish[:, 2] + 10).all()  # neither the white of the eye nor the pupil


def test_eyes_that_the_coefficients_shut_are_shut_as_smoothly() -> None:
    portrait, model = drawn_portrait(), open_face()
    shutting = eye_openness(model, np.eye(64, dtype=np.float32)).mean(1) - 1
    row = -1.1 * shutting / (shutting @ shutting)
    (shut,) = frames(portrait, motion(1, coefficients=row[None].astype(np.float32)))
    for eye in EYES:
        rows, columns = between_rims(portrait, eye, 0.3)
        lid = shut[rows, columns].astype(int)
        assert (lid[:, 0] > lid[:, 2] + 10).mean() > 0.8


def test_one_eye_can_blink_alone() -> None:
    portrait = drawn_portrait()
    (wink,) = frames(portrait, motion(1, blinks=np.array([[1.0, 0.0]])))
    left, right = (between_rims(portrait, eye) for eye in EYES)
    change = np.abs(wink.astype(int) - portrait.pixels).max(2)
    assert change[left].max() > 60 and change[right].max() == 0


def test_a_look_to_the_persons_left_moves_the_iris_to_the_pictures_right() -> None:
    portrait = drawn_portrait()
    (frame,) = frames(portrait, motion(1, gaze=np.array([[1.0, 0, 0, 0]])))
    for eye in EYES:
        rims = rims_of(portrait.landmarks, eye)
        (left, top), (right, bottom) = rims.upper.min(0).astype(int), rims.lower.max(0).astype(int)
        before, after = (
            _dark_middle(picture[top + 2 : bottom - 1, left + 3 : right - 3]) for picture in (portrait.pixels, frame)
        )
        assert after > before + 1.0


def _dark_middle(eye: np.ndarray) -> float:
    """Where across a picture of an eye its dark lies."""
    dark = np.clip(110 - eye.astype(float).mean(2), 0, None)
    return float((dark.sum(0) * np.arange(eye.shape[1])).sum() / dark.sum())


def test_a_tiny_change_of_the_numbers_is_a_tiny_change_of_the_picture() -> None:
    portrait = drawn_portrait()
    steps = np.linspace(-0.002, 0.002, 5)[:, None]
    animation = motion(
        5, coefficients=jaw(0.0, 0, 0, 0, 0) + (0.5 * steps) * np.ones(64), head_pose=0.01 * steps * np.ones(6),
        blinks=0.02 + steps * np.ones(2), gaze=np.abs(steps) * np.ones(4), tongue=np.abs(steps) * np.ones(4),
    )  # fmt: skip
    pictures = np.array(frames(portrait, animation), np.int16)
    change = np.abs(np.diff(pictures, axis=0))
    assert 0 < change.max() <= 12 and change.mean(axis=(1, 2, 3)).max() < 0.15


@pytest.mark.parametrize("pose", [[0.5, 0.9, 0.5, 0.2, 0.2, 0.3], [-0.5, -0.9, 0.5, -0.2, 0.2, -0.5]])
def test_nothing_folds_even_where_a_head_is_asked_to_turn_far_and_scream(pose: list[float]) -> None:
    face = photo_face(drawn_portrait())
    flow = face_flow(face, SIDE, SIDE)
    row = np.zeros(79, np.float32)
    row[0] = -6.0
    forward = unfolded(flow.forward(row, relative_pose(np.array(pose), np.zeros(6), face.scale)), flow.grid.step)
    at = flow.grid.places + forward
    along, down = at[:-1, 1:] - at[:-1, :-1], at[1:, :-1] - at[:-1, :-1]
    assert (along[..., 0] * down[..., 1] - along[..., 1] * down[..., 0]).min() > 0
    assert np.abs(forward).max() > 10


def test_limits_bend_smoothly_and_end() -> None:
    asked = np.linspace(-5, 5, 2001)
    given = soft_clamp(asked, 1.0)
    free = np.abs(asked) <= FREE
    assert np.allclose(given[free], asked[free]) and (np.diff(given) >= 0).all() and np.abs(given).max() <= 1
    assert np.abs(np.diff(given, 2)).max() < 1e-4  # no kink
    far = relative_pose(np.array([3.0, 1.4, 3.0, 9, 9, 9]), np.zeros(6), 1000.0)
    assert (np.abs(far.shift) <= MAX_SHIFT_M[:2] * 1000).all() and far.factor < 1.2
    assert np.arccos(far.rotation[2, 2]) < MAX_TURN[0] + MAX_TURN[1]


def test_the_photos_pose_is_the_motions_middle_pose() -> None:
    portrait = drawn_portrait()
    pose = np.tile(np.array([0.05, 0.2, 0.0, 0.01, 0, 0], np.float32), (3, 1))
    for frame in WarpRenderer(portrait).frames(motion(3, head_pose=pose)):
        assert np.array_equal(frame, portrait.pixels)


def test_a_part_of_the_rows_gives_the_same_frames_as_the_whole() -> None:
    one = renderer(0.0)
    animation = motion(4, coefficients=jaw(0, -0.5, -1, -1.5), head_pose=0.01 * np.arange(24).reshape(4, 6) / 6)
    whole = list(one.frames(animation))
    assert all(np.array_equal(a, b) for a, b in zip(one.frames(animation, range(2, 4)), whole[2:], strict=True))


def test_mouth_amount_and_offset_change_how_far_the_mouth_opens() -> None:
    portrait, animation = drawn_portrait(), motion(1, coefficients=jaw(-1.0))
    changes = []
    for options in ({"mouth_amount": 0.0}, {}, {"mouth_offset_mm": 4.0}):
        (frame,) = frames(portrait, animation, **options)
        changes.append(np.abs(frame.astype(int) - portrait.pixels).sum())
    assert changes[0] == 0 and 0 < changes[1] < changes[2]


def test_transparent_walls_stay_transparent_and_the_head_takes_its_alpha_along() -> None:
    portrait = drawn_portrait(alpha=True)
    pose = np.array([0, 0, 0, 0.015, 0, 0], np.float32)
    (frame,) = frames(portrait, motion(1, head_pose=pose), background="alpha")
    assert frame.shape == (SIDE, SIDE, 4) and frame[5, 5, 3] == 0 and frame[128, 128, 3] == 255
    moved = np.argwhere(frame[100, :, 3] > 128).max() - np.argwhere(portrait.alpha[100] > 128).max()
    assert moved == pytest.approx(0.015 * portrait.scale, abs=2.5)


def test_another_size_shows_the_same_picture() -> None:
    portrait = drawn_portrait()
    (small,) = WarpRenderer(portrait, 128).frames(motion(1))
    assert small.shape == (128, 128, 3)
    blocks = portrait.pixels.reshape(128, 2, 128, 2, 3).mean(axis=(1, 3))
    assert np.abs(small - blocks).mean() < 6
