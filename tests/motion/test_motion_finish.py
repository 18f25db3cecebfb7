# SPDX-License-Identifier: Apache-2.0
"""`finish`: every option does what it says, and the seed decides."""

from dataclasses import replace

import numpy as np
import pytest
from closures_measured import closure_rate

from styletalk.errors import CoefficientShapeError, PoseError
from styletalk.face.landmarks import face_tracks
from styletalk.face.model import open_face
from styletalk.motion.finish import MotionOptions, finish
from styletalk.motion.lips import LipGap
from styletalk.phonemes import PHONEME_INDEX

FACE = open_face()


@pytest.fixture()
def line():
    """Ten seconds: (coefficients with an open jaw, labels)."""
    labels = np.tile(np.repeat([PHONEME_INDEX[n] for n in ("M", "AA", "S", "B", "IY", "SIL")], 5), 10).astype(np.int16)
    coefficients = np.zeros((300, 64), np.float32)
    coefficients[:, 0] = -0.5
    return coefficients, labels


def test_all_at_once(line):
    animation = finish(*line, FACE, MotionOptions(seed=3), {"style": "neutral"})
    assert animation.blinks.max() > 0.9 and animation.gaze.any() and animation.head_pose.any()
    assert closure_rate(animation, FACE)[0] == 1.0
    assert animation.metadata["style"] == "neutral"
    assert {a.dtype for a in (animation.coefficients, animation.blinks, animation.gaze)} == {np.dtype("float32")}


def test_all_off_leaves_the_coefficients_as_they_are(line):
    options = MotionOptions(pose="none", blinks=False, gaze=False, closures=False, tongue=False)
    animation = finish(*line, FACE, options)
    np.testing.assert_array_equal(animation.coefficients, line[0])
    assert not any(track.any() for track in (animation.blinks, animation.gaze, animation.head_pose, animation.tongue))


def test_lids_that_are_half_down_already_close_once(line):
    """The eyes end up as closed as those of a blinking face at rest, not twice as closed."""
    squint = line[0].copy()
    direction = np.linalg.pinv(face_tracks(FACE, np.eye(64, dtype=np.float32)) - face_tracks(FACE, np.zeros((1, 64))))
    opening = face_tracks(FACE, np.zeros((1, 64)))[0, 2]
    squint[:, :] = -0.3 * opening * direction[2]
    options = MotionOptions(pose="none", closures=False)
    narrow, wide = (finish(c, line[1], FACE, options).blinks for c in (squint, np.zeros_like(squint)))
    np.testing.assert_allclose(narrow, 0.7 * wide, atol=0.02)
    assert wide.max() > 0.9


@pytest.mark.parametrize("closures", [True, False])
def test_rows_that_nothing_moves_are_measured_once(line, monkeypatch, closures):
    coefficients, labels = line
    labels[:] = PHONEME_INDEX["AA"]
    real, rows = LipGap.of(FACE), []

    def counted(some):
        rows.append(len(some))
        return real.measure(some)

    monkeypatch.setattr(LipGap, "of", classmethod(lambda cls, face: replace(real, measure=counted)))
    finish(coefficients, labels, FACE, MotionOptions(closures=closures))
    assert sum(rows) == (len(labels) if closures else 0)


def test_the_input_is_not_written_to(line):
    before = line[0].copy()
    finish(*line, FACE, MotionOptions())
    np.testing.assert_array_equal(line[0], before)


def test_the_seed_decides(line):
    one, same, other = (finish(*line, FACE, MotionOptions(seed=seed)) for seed in (1, 1, 2))
    for name in ("coefficients", "head_pose", "blinks", "gaze", "tongue"):
        np.testing.assert_array_equal(getattr(one, name), getattr(same, name))
    assert not np.array_equal(one.head_pose, other.head_pose) and not np.array_equal(one.blinks, other.blinks)
    np.testing.assert_array_equal(one.coefficients, other.coefficients)  # what is said is no matter of chance


def test_a_pose_file_moves_the_head(line, tmp_path):
    pose = np.zeros((300, 6))
    pose[:, 1] = np.linspace(0, 0.5, 300)
    np.savetxt(tmp_path / "turn.csv", pose, delimiter=",")
    animation = finish(*line, FACE, MotionOptions(pose=str(tmp_path / "turn.csv")))
    np.testing.assert_allclose(animation.head_pose, pose, atol=1e-6)
    with pytest.raises(PoseError):
        finish(*line, FACE, MotionOptions(pose=str(tmp_path / "none.csv")))


def test_nothing_said_is_still_a_face():
    animation = finish(np.zeros((0, 64), np.float32), np.zeros(0, np.int16), FACE)
    assert len(animation) == 0


def test_labels_of_another_length_are_refused(line):
    with pytest.raises(CoefficientShapeError):
        finish(line[0], line[1][:-1], FACE)
