# SPDX-License-Identifier: Apache-2.0
"""Landmarks of the open face with known coefficients and poses come back as such; what is not seen is bridged."""

from dataclasses import replace

import numpy as np
import pytest
from synthetic_tracks import speaking, track_of

from styletalk.face.landmarks import face_tracks, landmark_positions
from styletalk.face.model import open_face
from styletalk.timeline import film_row_time_s
from styletalk.tracking.fit import FaceNotSeenError, fit_face
from styletalk.tracking.fit.reference import face_map
from styletalk.tracking.tracks import FaceTrack, FittedFace

FRAMES = 120
NOD = np.stack(
    [0.15 * np.sin(np.arange(FRAMES) / 9), 0.4 * np.sin(np.arange(FRAMES) / 14), 0.1 * np.cos(np.arange(FRAMES) / 20)],
    axis=1,
)


def mouth(face: FittedFace) -> np.ndarray:
    """(T, 2) mouth gap and width."""
    return face_tracks(open_face(), face.expression)[:, :2]


def true_mouth(coefficients: np.ndarray, rows: int, rate_hz: float = 30.0, lag_s: float = 0.0) -> np.ndarray:
    shown = face_tracks(open_face(), coefficients.astype(np.float32))[:, :2]
    at = film_row_time_s(np.arange(rows)) + lag_s
    return np.stack([np.interp(at, np.arange(len(shown)) / rate_hz, column) for column in shown.T], axis=1)


def r(a: np.ndarray, b: np.ndarray) -> float:
    return min(float(np.corrcoef(a[:, k], b[:, k])[0, 1]) for k in range(a.shape[1]))


@pytest.mark.parametrize("noise_px", [0.0, 1.0])
def test_mouth_and_head_of_a_nodding_face_come_back(noise_px):
    coefficients = speaking(FRAMES)
    face = fit_face(track_of(coefficients, NOD, noise_px=noise_px))
    assert len(face.expression) == FRAMES - 2 and face.usable.all()
    assert r(mouth(face), true_mouth(coefficients, FRAMES - 2)) > 0.95
    assert np.abs(face.rotation - NOD[2:]).max() < np.radians(0.6)
    assert np.abs(face.identity).max() < 1.0


def test_turning_the_head_does_not_move_the_mouth():
    still = np.zeros((FRAMES, 64))
    assert np.ptp(mouth(fit_face(track_of(still, NOD))), axis=0).max() < 1e-3


@pytest.mark.parametrize("rate_hz", [15.0, 25.0, 60.0])
def test_films_of_other_rates_come_at_thirty_rows_without_lag(rate_hz):
    coefficients = speaking(round(4 * rate_hz), rate_hz)
    found = mouth(fit_face(track_of(coefficients, rate_hz=rate_hz)))
    assert abs(len(found) - 118) <= 1

    def agreement(shift_s: float) -> float:
        return r(found[3:-3], true_mouth(coefficients, len(found), rate_hz, shift_s)[3:-3])

    assert agreement(0.0) > max(agreement(-0.02), agreement(0.02))


def test_a_frame_belongs_to_the_sound_at_its_time_less_the_lag():
    coefficients = speaking(FRAMES)
    late = replace(track_of(coefficients), lag_s=0.1)
    assert r(mouth(fit_face(late)), true_mouth(coefficients, FRAMES - 5, lag_s=0.1)) > 0.95


def test_a_neutral_photo_says_where_the_coefficients_are_zero():
    coefficients = speaking(FRAMES)
    own_rest = track_of(np.full((1, 64), 0.0))
    face = fit_face(track_of(coefficients), neutral=own_rest)
    rest = face_tracks(open_face(), np.zeros((1, 64), np.float32))[0, 0]
    opened = true_mouth(coefficients, FRAMES - 2)[:, 0]
    assert (mouth(face)[:, 0] - rest).mean() == pytest.approx((opened - rest).mean(), rel=0.15)


def test_a_mirrored_film_gives_the_same_face_with_the_switch():
    track = track_of(speaking(FRAMES), NOD)
    points = track.landmarks[:, face_map().mirror].copy()
    points[..., 0] = track.width - points[..., 0]
    plain, mirrored = fit_face(track), fit_face(replace(track, landmarks=points), mirrored=True)
    np.testing.assert_allclose(mirrored.expression, plain.expression, atol=1e-4)
    np.testing.assert_allclose(mirrored.rotation, plain.rotation, atol=1e-5)


def without(track: FaceTrack, frames: slice) -> FaceTrack:
    landmarks, quality = track.landmarks.copy(), track.quality.copy()
    landmarks[frames], quality[frames] = np.nan, 0.0
    return replace(track, landmarks=landmarks, quality=quality)


def test_lost_frames_are_bridged_between_what_is_seen_before_and_after_and_flagged():
    face = fit_face(without(track_of(speaking(FRAMES)), slice(40, 60)))
    assert not face.usable[40:56].any() and face.usable[:37].all() and face.usable[60:].all()
    assert (face.quality[40:56] == 0).all() and np.isfinite(face.expression).all()
    gap = mouth(face)[:, 0]
    first, last = np.flatnonzero(~face.usable)[[0, -1]]
    inside, ends = gap[first : last + 1], sorted((gap[first - 1], gap[last + 1]))
    assert ends[0] - 1e-6 <= inside.min() and inside.max() <= ends[1] + 1e-6
    assert any("bridged" in note for note in face.notes)


def test_frames_of_low_quality_and_profiles_are_not_believed():
    angles = np.zeros((FRAMES, 3))
    angles[30:50, 1] = np.radians(70)
    track = track_of(speaking(FRAMES), angles)
    track.quality[80:100] = 0.1
    face = fit_face(track)
    assert not face.usable[30:46].any() and not face.usable[80:96].any() and face.usable[52:76].all()


def test_a_cut_stays_a_cut():
    """The mouth jumps open at a cut: no row lies between, and rows before know nothing of what follows."""
    coefficients = np.zeros((60, 64))
    coefficients[30:, 0] = -2.0
    track = replace(track_of(coefficients), cuts_s=(1.0,))
    gap = mouth(fit_face(track))[:, 0]
    assert np.ptp(gap[:28]) < 1e-4 and np.ptp(gap[28:]) < 1e-4 and gap[28] - gap[27] > 0.1
    hidden = mouth(fit_face(without(track, slice(25, 35))))[:, 0]
    assert np.ptp(hidden[:28]) < 1e-4 and np.ptp(hidden[28:]) < 1e-4


def test_one_frame_is_one_row_and_none_is_an_error():
    photo = track_of(speaking(1))
    face = fit_face(photo)
    assert face.expression.shape == (1, 64) and face.usable.all() and face.translation.shape == (1, 3)
    with pytest.raises(FaceNotSeenError, match="no face"):
        fit_face(without(track_of(speaking(5)), slice(None)))
    with pytest.raises(FaceNotSeenError, match="neutral"):
        fit_face(photo, neutral=without(photo, slice(None)))


def test_rows_of_unsure_frames_follow_them_but_are_not_called_usable():
    coefficients = speaking(FRAMES)
    track = track_of(coefficients)
    track.quality[40:60] = 0.3
    face = fit_face(track)
    assert not face.usable[40:56].any() and (face.quality[40:56] > 0).all()
    assert r(mouth(face), true_mouth(coefficients, FRAMES - 2)) > 0.95


@pytest.mark.parametrize("landmarks", ["one place", "noise", "far away"])
def test_landmarks_that_are_no_face_give_numbers_or_one_sentence(landmarks):
    track = track_of(speaking(20))
    points = {
        "one place": np.full_like(track.landmarks, 100.0),
        "noise": np.random.default_rng(1).normal(300, 100, track.landmarks.shape).astype(np.float32),
        "far away": track.landmarks + np.float32(1e6),
    }[landmarks]
    try:
        face = fit_face(replace(track, landmarks=points))
    except FaceNotSeenError:
        return
    assert all(np.isfinite(each).all() for each in (face.expression, face.rotation, face.translation, face.identity))


def test_a_longer_face_gets_the_identity_of_a_longer_face():
    """What is found moves the landmarks as the stretched face differs, and never beyond three deviations."""
    track, model = track_of(speaking(FRAMES)), open_face()
    stretched = track.landmarks * np.array([1.0, 1.1, 1.0], np.float32)
    plain, longer = (fit_face(each).identity for each in (track, replace(track, landmarks=stretched)))
    moves = landmark_positions(model.identity, model.triangles, model.landmarks_mediapipe)[..., 1]
    height = moves[:, 10] - moves[:, 152]  # forehead to chin
    assert (longer - plain) @ height > 0.003 and np.abs(longer).max() <= 3.0
