# SPDX-License-Identifier: Apache-2.0
"""On the sample videos: landmarks agree with the tracks beside them, and what is painted over a mouth is noticed.

`pytest -s tests/tracking/test_tracking_shared.py` prints the figures.
"""

import numpy as np
import pytest
from face_films import write

from styletalk.tracking.film import open_film, pictures
from styletalk.tracking.track_file import read_track
from styletalk.tracking.tracker import USABLE, track_face

pytestmark = pytest.mark.shared
CLEAR = "yerfor-Real3DPortrait__May_5s"
SMALL = "rizkiarm-LipNet__bbaf2n"
COVERED = slice(25, 50)


@pytest.fixture
def videos(shared_dir):
    return shared_dir / "data" / "video"


@pytest.mark.parametrize(("name", "most_px"), [(CLEAR, 0.02), (SMALL, 0.3)])
def test_landmarks_agree_with_those_of_another_release_of_mediapipe(videos, sees_faces, name, most_px):
    found, theirs = track_face(videos / f"{name}.mp4"), read_track(videos / f"{name}.npz")
    np.testing.assert_allclose(found.times_s, theirs.times_s, atol=1e-6)
    apart = np.linalg.norm(found.landmarks[..., :2] - theirs.landmarks[..., :2], axis=-1)
    print(f"{name}: {apart.mean():.3f} pixels on average")
    assert apart.mean() < most_px and found.quality.min() > USABLE


def test_the_jump_cut_of_the_news_is_found(videos, sees_faces):
    found = track_face(videos / "sstzal-DFRF__cnn2_25fps.mp4", start_s=5.0, end_s=9.0)
    np.testing.assert_allclose(found.cuts_s, [7.04], atol=0.001)


def test_dark_glasses_are_said(videos, sees_faces):
    found = track_face(videos / "Hangz-nju-cuhk-Talking-Face_PC-AVS__Pose_Source_741400163.mp4", end_s=3.0)
    assert any("glasses" in note for note in found.notes)


@pytest.mark.parametrize("kind", ["hand", "box", "microphone", "half", "eyes"])
@pytest.mark.parametrize("name", [CLEAR, SMALL])
def test_what_is_painted_over_the_face_is_noticed(videos, sees_faces, tmp_path, name, kind):
    landmarks = read_track(videos / f"{name}.npz").landmarks
    film = open_film(videos / f"{name}.mp4")
    shown = [picture.pixels for picture in pictures(film, end_s=3.0)][:75]
    scale = shown[0].shape[1] / film.width
    for k in range(*COVERED.indices(len(shown))):
        shown[k] = painted(shown[k], landmarks[k, :, :2] * scale, kind)
    even = [picture[: picture.shape[0] // 2 * 2, : picture.shape[1] // 2 * 2] for picture in shown]
    low = track_face(write(tmp_path / "a.mp4", even)).quality < USABLE
    free = np.ones(len(low), bool)
    free[COVERED] = False
    print(
        f"{name}, {kind}: {low[COVERED].mean():.0%} of covered pictures noticed, {low[free].mean():.0%} of the others"
    )
    assert low[COVERED].mean() >= 0.75 and low[free].mean() <= 0.05


def painted(picture, points, kind):
    """The picture with something before the mouth, four fingers in the skin's colour, a box, or a microphone; with a
    box before half of the face; with a hand's skin before the eyes."""
    found = picture.copy()
    eyes = np.linalg.norm(points[33] - points[263])
    x, y = (points[13] + points[14]) / 2
    skin = np.median([picture[int(points[k, 1]), int(points[k, 0])] for k in (50, 280)], axis=0) * 0.85

    def fill(left, top, right, bottom, colour):
        found[int(max(top, 0)) : int(bottom), int(max(left, 0)) : int(right)] = colour

    if kind == "hand":
        for finger in range(4):
            left, top = x + (-0.5 + 0.27 * finger) * eyes, y - (0.35 + 0.08 * (finger % 2)) * eyes
            fill(left, top, left + 0.24 * eyes, y + 1.6 * eyes, skin * 0.6)
            fill(left + 2, top + 2, left + 0.24 * eyes - 2, y + 1.6 * eyes, skin)
    elif kind == "box":
        fill(x - 0.4 * eyes, y - 0.3 * eyes, x + 0.4 * eyes, y + 0.4 * eyes, (60, 60, 90))
    elif kind == "half":
        fill(x - 1.5 * eyes, y - 2.5 * eyes, x, y + 1.5 * eyes, (70, 90, 110))
    elif kind == "eyes":
        fill(x - eyes, y - 1.4 * eyes, x + eyes, y - 0.5 * eyes, skin)
    else:
        fill(x - 0.22 * eyes, y, x + 0.22 * eyes, y + 0.6 * eyes, (30, 30, 30))
        fill(x - 0.1 * eyes, y + 0.3 * eyes, x + 0.1 * eyes, y + 2 * eyes, (40, 40, 40))
    return found
