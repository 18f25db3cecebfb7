# SPDX-License-Identifier: Apache-2.0
"""`finish`: every option does what it says, and the seed decides."""

from types import SimpleNamespace

import numpy as np
import pytest

from core.errors import CoefficientShapeError, PoseError
from core.motion.finish import MotionOptions, finish
from core.motion.lips import LipGap
from core.motion.pose import pose9_from_head_pose
from core.speech.phonemes import PHONEME_INDEX

FACE = SimpleNamespace(coefficient_std=np.ones(64))


@pytest.fixture(autouse=True)
def jaw_only_mouth(monkeypatch):
    lips = LipGap.linear(np.zeros(3), -8.0 * np.eye(1, 64).repeat(3, axis=0))
    monkeypatch.setattr(LipGap, "of", classmethod(lambda cls, face: lips))


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
    np.testing.assert_array_equal(animation.pose9, pose9_from_head_pose(animation.head_pose))
    assert LipGap.of(FACE).opening_mm(animation.coefficients).min() <= 0.5
    assert animation.metadata["style"] == "neutral"
    assert {a.dtype for a in (animation.coefficients, animation.blinks, animation.gaze, animation.pose9)} == {
        np.dtype("float32")
    }


def test_all_off_leaves_the_coefficients_as_they_are(line):
    options = MotionOptions(pose="none", blinks=False, gaze=False, closures=False)
    animation = finish(*line, FACE, options)
    np.testing.assert_array_equal(animation.coefficients, line[0])
    assert not (animation.blinks.any() or animation.gaze.any() or animation.head_pose.any())
    assert (animation.pose9[:, 6] > 0.5).all()  # a head at rest, not a head of no size


def test_the_input_is_not_written_to(line):
    before = line[0].copy()
    finish(*line, FACE, MotionOptions())
    np.testing.assert_array_equal(line[0], before)


def test_the_seed_decides(line):
    one, same, other = (finish(*line, FACE, MotionOptions(seed=seed)) for seed in (1, 1, 2))
    for name in ("coefficients", "head_pose", "pose9", "blinks", "gaze"):
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
