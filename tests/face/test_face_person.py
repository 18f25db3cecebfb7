# SPDX-License-Identifier: Apache-2.0
"""Persons of the open face: whoever it is, lips close, lids meet and lie on the eyes, and sliders do what they say."""

import numpy as np
import pytest

from styletalk.errors import CoefficientShapeError
from styletalk.face.complexion import Look, complexion, skin_tone
from styletalk.face.landmarks import EYE_OPENINGS, landmark_positions, lip_clearance_mm
from styletalk.face.model import IDENTITY_DIM, open_face
from styletalk.face.people import IDENTITY_LIMIT, PEOPLE, SLIDERS, identity_of, people, random_identity
from styletalk.face.person import person

MODEL = open_face()
LID_MARGINS = (160, 159, 158, 153, 145, 144, 387, 386, 385, 380, 374, 373)
"""MediaPipe landmarks on the edges of the lids, without the corners of the eyes."""
ENDS = {f"{s.name} {value:+g}": identity_of({s.name: value}) for s in SLIDERS for value in (s.low, s.high) if value}
RANDOM = {f"random {seed}": random_identity(seed) for seed in range(8)}
EVERYBODY = {**people(), **ENDS, **RANDOM}


def points(vertices: np.ndarray) -> np.ndarray:
    return landmark_positions(vertices, MODEL.triangles, MODEL.landmarks_mediapipe)


def distance(face: np.ndarray, a: int, b: int) -> float:
    return float(np.linalg.norm(points(face)[a] - points(face)[b]))


@pytest.mark.parametrize("name", EVERYBODY)
def test_lips_touch_and_lids_meet(name):
    """At rest the lips are less than 0.4 mm apart or into each other; a full blink brings the lids together."""
    somebody = person(MODEL, EVERYBODY[name])
    lips = lip_clearance_mm(MODEL, somebody.mean[None])[0]
    assert lips.min() > -0.3
    assert lips.max() < 0.4
    closed = points(somebody.mean + somebody.blink.sum(0))
    mean_closed = points(MODEL.mean + MODEL.blink.sum(0))
    for upper, lower in EYE_OPENINGS:
        assert closed[upper, 1] - closed[lower, 1] == pytest.approx(
            mean_closed[upper, 1] - mean_closed[lower, 1], abs=1e-4
        )


@pytest.mark.parametrize("name", EVERYBODY)
def test_lids_lie_on_the_eyeballs(name):
    """The edges of the lids stand as far off the eyeball as in the mean face, to 1.1 mm, and never in it."""
    heights = [_over_eyeballs(vertices) for vertices in (MODEL.mean, person(MODEL, EVERYBODY[name]).mean)]
    assert np.abs(heights[1] - heights[0]).max() < 0.0011
    assert heights[1].min() > 0.0005


def _over_eyeballs(vertices: np.ndarray) -> np.ndarray:
    """Distance of LID_MARGINS from the spheres that fit the eyeballs best, metres."""
    white = np.unique(MODEL.triangles[MODEL.region_triangles("eye_white")])
    found = []
    for side in (-1, 1):
        ball = vertices[white[np.sign(MODEL.mean[white, 0]) == side]].astype(np.float64)
        solved = np.linalg.lstsq(np.c_[2 * ball, np.ones(len(ball))], (ball**2).sum(1), rcond=None)[0]
        radius = np.sqrt(solved[3] + solved[:3] @ solved[:3])
        margin = points(vertices)[list(LID_MARGINS)]
        found.append(np.linalg.norm(margin[np.sign(margin[:, 0]) == side] - solved[:3], axis=1) - radius)
    return np.concatenate(found)


@pytest.mark.parametrize(
    ("slider", "a", "b"),
    [
        ("jaw_width", 172, 397), ("mouth_width", 61, 291), ("eye_size", 33, 133), ("eye_distance", 133, 362),
        ("nose_width", 129, 358), ("face_length", 10, 152), ("lip_fullness", 0, 17), ("nose_length", 1, 168),
    ],
)  # fmt: skip
def test_sliders_do_what_they_say(slider, a, b):
    """The distance that a slider is named after grows from its low to its high end, by 3 % of itself at least."""
    low, high = (distance(person(MODEL, identity_of({slider: value})).mean, a, b) for value in (-1.0, 1.0))
    assert high > 1.03 * low


def test_brows_rise_and_chins_come_forward():
    low, high = (points(person(MODEL, identity_of({"brow_height": value})).mean) for value in (-1.0, 1.0))
    assert high[105, 1] > low[105, 1] + 0.002
    low, high = (points(person(MODEL, identity_of({"chin": value})).mean) for value in (-1.0, 1.0))
    assert high[152, 2] > low[152, 2] + 0.002


def test_six_people_are_told_apart():
    """Any two of the six differ by more than two people at random usually do in a quarter of their skin: 2 mm."""
    skin = np.unique(MODEL.triangles[MODEL.region_triangles("skin")])
    faces = [person(MODEL, identity).mean[skin] for identity in people().values()]
    for number, face in enumerate(faces):
        for other in faces[:number]:
            assert np.percentile(np.linalg.norm(face - other, axis=1), 75) > 0.002


def test_identities_keep_within_their_limits():
    everything = {slider.name: slider.high for slider in SLIDERS}
    identity = identity_of(everything, 1.0, 3)
    assert identity.shape == (IDENTITY_DIM,) and np.abs(identity).max() <= IDENTITY_LIMIT
    assert np.array_equal(identity_of({}), np.zeros(IDENTITY_DIM))
    assert np.array_equal(random_identity(4), random_identity(4))
    assert not np.array_equal(random_identity(4), random_identity(5))
    assert set().union(*PEOPLE.values()) <= {slider.name for slider in SLIDERS}


def test_other_identities_are_refused():
    with pytest.raises(CoefficientShapeError):
        person(MODEL, np.zeros(3))


def test_as_painted_where_nothing_is_asked():
    assert np.allclose(complexion(MODEL, MODEL.mean, Look()), MODEL.colours, atol=2e-3)


def test_skin_eyes_and_age_colour_only_their_own():
    """A dark tone darkens skin and lips; teeth, whites of the eyes and gums keep their colours; so with blue eyes."""
    region = {name: np.unique(MODEL.triangles[MODEL.region_triangles(name)]) for name in MODEL.region_names}
    dark = complexion(MODEL, MODEL.mean, Look(skin=0.9))
    assert (dark[region["skin"]].mean(0) < 0.6 * MODEL.colours[region["skin"]].mean(0)).all()
    for name in ("teeth", "gums", "tongue", "cornea"):
        assert np.allclose(dark[region[name]], MODEL.colours[region[name]], atol=2e-3), name
    blue = complexion(MODEL, MODEL.mean, Look(eyes="blue"))
    assert blue[region["iris"], 2].mean() > 2 * MODEL.colours[region["iris"], 2].mean()
    assert np.allclose(blue[region["skin"]], MODEL.colours[region["skin"]], atol=2e-3)
    tones = np.array([skin_tone(value) for value in np.linspace(0, 1, 9)])
    assert (np.diff(tones, axis=0) < 0).all()


def test_a_beard_grows_on_the_chin_and_not_on_the_brow():
    shaved, bare = (complexion(MODEL, MODEL.mean, Look(stubble=value)) for value in (1.0, 0.0))
    darker = bare.mean(1) - shaved.mean(1)
    chin, brow = (np.linalg.norm(MODEL.mean - points(MODEL.mean)[mark], axis=1).argmin() for mark in (200, 151))
    assert darker[chin] > 0.1 and abs(darker[brow]) < 0.01
