# SPDX-License-Identifier: Apache-2.0
"""On the sample clips the open face moves as the coefficients mean: against the Jacobian and against the videos."""

import numpy as np
import pytest

from styletalk.face.model import open_face
from styletalk.face.retarget import arkit_weights
from styletalk_research.evaluation.clip_set import ClipSet, read_clip_set
from styletalk_research.evaluation.face_fit import closure_fit, track_fit, video_fit

pytestmark = pytest.mark.shared

TRACKED = ("KristiNoem", "andrew_clip_2")
"""The hardest clip for the gap and the hardest for the width."""


@pytest.fixture(scope="module")
def face():
    return open_face()


@pytest.fixture(scope="module")
def clips(shared_dir) -> ClipSet:
    return read_clip_set(shared_dir / "data")


def pair_of(clips: ClipSet, name: str):
    return next(pair for pair in clips.pairs if pair.name == name)


def test_mesh_tracks_follow_the_jacobian_in_shape_and_size(face, clips, shared_dir):
    jacobian = np.load(shared_dir / "data" / "calibration" / "J64_mediapipe478.npy")
    motions = {pair.name: pair.expression for pair in clips.pairs} | clips.styles
    fits = [track_fit(face, name, rows, jacobian) for name, rows in motions.items()]
    assert len(fits) >= 20
    assert (np.array([fit.r for fit in fits]) >= (0.95, 0.9, 0.85)).all()
    slopes = np.array([fit.slope for fit in fits])
    assert slopes.min() >= 0.9 and slopes.max() <= 1.1


@pytest.mark.parametrize("name", TRACKED)
def test_mesh_tracks_follow_the_face_in_the_video(face, clips, name):
    pytest.importorskip("mediapipe", reason="needs mediapipe to track the video")
    pair = pair_of(clips, name)
    fit = video_fit(face, name, pair.expression, pair.video)
    assert fit.gap_r >= 0.85 and fit.width_r >= 0.75


@pytest.mark.parametrize("name", ["andrew_clip_1", "feifeili_clip1"])
def test_lips_meet_at_p_b_m_and_do_not_pass_through_each_other(face, clips, name):
    fit = closure_fit(face, pair_of(clips, name))
    assert fit.segments >= 5
    assert fit.widest_mm < 0.6
    assert fit.deepest_mm > -0.6


def test_arkit_weights_hold_most_of_a_clips_movement(face, clips):
    coefficients = pair_of(clips, "Obama_clip2").expression[::5]
    shown = np.tensordot(arkit_weights(coefficients, model=face), face.arkit, 1)
    wanted = np.tensordot(coefficients, face.expression, 1)
    assert 1 - ((shown - wanted) ** 2).sum() / (wanted**2).sum() > 0.9
