# SPDX-License-Identifier: Apache-2.0
"""Who is followed, where shots begin, and how far a picture is believed: on landmarks of the open face."""

import functools
import tracemalloc

import numpy as np
import pytest

from styletalk.errors import FilmError
from styletalk.face.landmarks import landmark_positions
from styletalk.face.model import open_face
from styletalk.face.published_pose import rotation_matrix
from styletalk.tracking.eyes import blinks_of, gaze_of, mirrored_eyes
from styletalk.tracking.following import Faces, chosen, others_note, people
from styletalk.tracking.quality import quality_of
from styletalk.tracking.shots import shot_starts

EYES_PX = 80.0


@functools.cache
def face_px() -> np.ndarray:
    """(478, 3): the open face before the camera, EYES_PX between its eyes, its middle at the origin."""
    face = open_face()
    points = landmark_positions(face.mean, face.triangles, face.landmarks_mediapipe) * (1.0, -1.0, -1.0)
    points = points - points.mean(axis=0)
    return points * EYES_PX / np.linalg.norm(points[33] - points[263])


def placed(x, y, size=1.0, yaw=0.0):
    turned = face_px() @ rotation_matrix(np.array([[0.0, np.radians(yaw), 0.0]]))[0].T
    return (turned * size + (x, y, 0.0)).astype(np.float32)


def faces_of(pictures):
    """Faces of lists of landmarks, a list a picture, at 25 pictures a second."""
    starts = np.concatenate([[0], np.cumsum([len(each) for each in pictures])]).astype(int)
    landmarks = np.array([face for each in pictures for face in each], np.float32).reshape(-1, 478, 3)
    return Faces(np.arange(len(pictures)) / 25, starts, landmarks)


def taken_x(faces, taken):
    return [round(float(faces.middles[k, 0])) if k >= 0 else None for k in taken]


def test_each_is_followed_by_place_whatever_order_they_are_found_in():
    pictures = [[placed(200 + k, 200), placed(600, 200, 0.7)][:: 1 if k % 2 else -1] for k in range(20)]
    faces = faces_of(pictures)
    persons = people(faces, np.array([0]))
    assert taken_x(faces, chosen(faces, persons, 1, None)) == [200 + k for k in range(20)]
    assert taken_x(faces, chosen(faces, persons, 2, None)) == [600] * 20
    assert taken_x(faces, chosen(faces, persons, 1, (610, 190))) == [600] * 20
    assert "2 faces are in the picture: the one at 200,200" in others_note(faces, persons, persons[0])


def test_who_is_lost_for_a_while_is_the_same_again():
    pictures = [[placed(200, 200)] if not 5 <= k < 15 else [] for k in range(20)]
    faces = faces_of(pictures)
    persons = people(faces, np.array([0]))
    assert len(persons) == 1 and others_note(faces, persons, persons[0]) == ""
    assert [x is None for x in taken_x(faces, persons[0])] == [5 <= k < 15 for k in range(20)]


def test_a_face_that_is_not_there_is_an_error():
    faces = faces_of([[placed(200, 200)]] * 3)
    persons = people(faces, np.array([0]))
    with pytest.raises(FilmError, match="Only one face was seen"):
        chosen(faces, persons, 2, None)
    with pytest.raises(FilmError, match="No face is at 900,20"):
        chosen(faces, persons, 1, (900, 20))


def test_a_cut_is_a_jump_that_stands_alone():
    """A head that turns fast, or a light that goes on, is none."""
    generator = np.random.default_rng(0)
    scene = generator.integers(40, 200, 256)
    signatures = np.array([scene + k // 20 * 15 for k in range(40)], np.uint8)
    places = np.zeros((40, 3, 2)) + np.where(np.arange(40) < 20, 0.0, 0.2)[:, None, None]
    assert shot_starts(signatures, places).tolist() == [0, 20]
    turning = np.cumsum(np.where((np.arange(40) > 10) & (np.arange(40) < 18), 0.15, 0.0))[:, None, None] * np.ones(
        (1, 3, 2)
    )
    assert shot_starts(np.tile(scene, (40, 1)).astype(np.uint8), turning).tolist() == [0]
    assert shot_starts(signatures, np.zeros((40, 3, 2))).tolist() == [0]
    other = np.where(np.arange(40)[:, None] < 20, scene, scene[::-1]).astype(np.uint8)
    assert shot_starts(other, np.full((40, 3, 2), np.nan)).tolist() == [0, 20]


def quality(landmarks, colours=None):
    colours = np.full((len(landmarks), 468, 3), (180, 140, 120), np.uint8) if colours is None else colours
    return quality_of(np.array(landmarks, np.float32), colours, np.array([0]))


def test_a_face_before_the_camera_is_believed_and_a_lost_one_not():
    still = [placed(300, 300)] * 30
    assert quality(still).score.min() == 1.0
    still[7] = np.full((478, 3), np.nan)
    assert quality(still).score[7] == 0.0 and np.delete(quality(still).score, 7).min() == 1.0


@pytest.mark.parametrize(("yaw", "low", "high"), [(0, 1.0, 1.0), (25, 1.0, 1.0), (-50, 0.2, 0.6), (70, 0.0, 0.0)])
def test_who_turns_away_is_believed_the_less(yaw, low, high):
    score = quality([placed(300, 300, yaw=yaw)] * 9).score
    assert low - 1e-3 <= score.min() and score.max() <= high + 1e-3


def test_small_and_shaking_faces_are_not_believed():
    assert quality([placed(30, 30, 10 / EYES_PX)] * 9).score.max() == 0.0
    assert quality([placed(30, 30, 24 / EYES_PX)] * 9).score.min() > 0.5
    shaken = [placed(300 + (30 if k == 10 else 0), 300) for k in range(20)]
    assert quality(shaken).score[10] < 0.5 and quality(shaken).score[:8].min() == 1.0


def painted_face(count):
    """(count, 468, 3) colours of a face: red lips, dark eyes and brows."""
    at = face_px()[:468]
    colours = np.full((count, 468, 3), (180, 140, 120), np.float64)
    lips, eyes = np.linalg.norm(at - at[13], axis=1), np.linalg.norm(at[:, None] - at[[159, 386]], axis=2).min(axis=1)
    colours[:, lips < 0.2 * EYES_PX] = (150, 80, 80)
    colours[:, eyes < 0.12 * EYES_PX] = (60, 45, 40)
    return (colours * np.random.default_rng(0).normal(1, 0.02, (count, 468, 1))).clip(0, 255).astype(np.uint8)


def within(region):
    """(468,) which landmarks a thing hides."""
    across, down = face_px()[:468, 0], face_px()[:468, 1]
    return {
        "left half": across < np.median(across), "right half": across > np.median(across),
        "mouth": down > 0.15 * EYES_PX, "eyes": down < 0.25 * EYES_PX,
    }[region]  # fmt: skip


@pytest.mark.parametrize("colour", [(180, 140, 120), (70, 90, 110)], ids=["hand", "box"])
@pytest.mark.parametrize("region", ["left half", "right half", "mouth", "eyes"])
def test_what_hides_mouth_eyes_or_half_of_the_face_is_seen_and_a_lamp_is_not(region, colour):
    """Also where it has the skin's colour."""
    colours = painted_face(60)
    colours[20:30] = (colours[20:30] * (0.6, 0.55, 0.5)).astype(np.uint8)  # less light on all of the face, and redder
    colours[40:50, within(region)] = colour
    score = quality([placed(300, 300)] * 60, colours).score
    assert score[41:49].max() < 0.5
    assert score[:38].min() == 1.0 and score[52:].min() == 1.0


def test_of_a_part_that_turns_away_nothing_is_said():
    """Beyond the cheek lies the wall."""
    colours, turned = painted_face(60), [placed(300, 300, yaw=30 if 40 <= k < 50 else 0) for k in range(60)]
    far = within("right half") & (face_px()[:468, 0] > np.median(face_px()[:468, 0]) + 0.3 * EYES_PX)
    near = within("left half") & (face_px()[:468, 0] < np.median(face_px()[:468, 0]) - 0.3 * EYES_PX)
    scores = []
    for side in (far, near):
        colours = painted_face(60)
        colours[40:50, side] = (240, 240, 240)
        scores.append(quality(turned, colours).score[42:48].min())
    assert min(scores) < 0.5 < max(scores)


def test_a_mouth_that_is_hidden_all_the_time_is_seen_by_its_want_of_red():
    colours = painted_face(30)
    colours[:, within("mouth")] = (170, 190, 205)
    assert quality([placed(300, 300)] * 30, colours).score.max() == 0.0
    grey = np.repeat(painted_face(30).mean(axis=2, keepdims=True), 3, axis=2).astype(np.uint8)
    assert quality([placed(300, 300)] * 30, grey).score.min() == 1.0


def test_dark_glasses_are_noticed():
    colours = np.full((9, 468, 3), (180, 140, 120), np.uint8)
    eyes = [33, 133, 263, 362]
    near = np.linalg.norm(face_px()[:468, None] - face_px()[eyes], axis=2).min(axis=1) < 0.35 * EYES_PX
    assert not quality([placed(300, 300)] * 9, colours).dark_eyes
    colours[:, near] = 20
    assert quality([placed(300, 300)] * 9, colours).dark_eyes


def with_eyes(open_share=1.0, iris=(0.0, 0.0)):
    points = placed(300, 300).copy()
    for upper, lower in ((159, 145), (386, 374)):
        middle = (points[upper] + points[lower]) / 2
        for lid in (upper, lower):
            points[lid] = middle + open_share * (points[lid] - middle)
    points[[468, 473], :2] += np.array(iris) * EYES_PX
    return points


def test_eyes_that_are_seen_shut_are_shut():
    rows = np.array([with_eyes(0.15 if 20 <= k < 24 else 1.0) for k in range(60)])
    blinks = blinks_of(rows, np.zeros((60, 64), np.float32))
    assert blinks[20:24].min() > 0.8
    assert np.delete(blinks, slice(20, 24), axis=0).max() == 0.0


def test_eyes_look_where_the_irises_go():
    """To the person's left is to the picture's right, and in a mirror the other way round."""
    rows = np.array([with_eyes(iris=(0.06, 0.0) if 20 <= k < 24 else (0.0, 0.0)) for k in range(60)])
    still = np.zeros((60, 2), np.float32)
    gaze = gaze_of(rows, still)
    assert gaze[20:24, 0].min() > 0.3 and gaze[:, 1:].max() < 0.05 and gaze[:15].max() < 0.05
    np.testing.assert_array_equal(mirrored_eyes(still, gaze)[1][:, 1], gaze[:, 0])


def test_a_cut_at_the_end_of_a_film_does_not_hide_one_at_its_beginning():
    brightness = np.array([0, 0, 200, *[200] * 20, 0], np.uint8)
    places = np.full((len(brightness), 4, 2), np.nan)
    starts = shot_starts(np.repeat(brightness[:, None], 256, axis=1), places)
    assert starts.tolist() == [0, 2, len(brightness) - 1]


def test_faces_of_many_shots_are_followed_in_little_memory():
    pictures, shot = 6000, 6
    faces = Faces(np.arange(pictures) / 30, np.arange(0, 2 * pictures + 1, 2), np.zeros((0, 478, 3)))
    faces.__dict__["sizes"] = np.tile([50.0, 80.0], pictures)
    faces.__dict__["middles"] = np.tile([[100.0, 100.0], [400.0, 100.0]], (pictures, 1))
    tracemalloc.start()
    found = people(faces, np.arange(0, pictures, shot))
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(found) == 2 and (found[0] == np.arange(1, 2 * pictures, 2)).all()
    assert peak_bytes < 5_000_000
