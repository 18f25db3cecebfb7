# SPDX-License-Identifier: Apache-2.0
"""`finish`: every option does what it says, and the seed decides."""

from dataclasses import replace

import numpy as np
import pytest
from closures_measured import closure_rate

from styletalk.animation import LIP_SHAPES
from styletalk.emphasis import Emphasis
from styletalk.errors import CoefficientShapeError, PoseError
from styletalk.face.landmarks import face_tracks
from styletalk.face.model import open_face
from styletalk.motion.finish import MotionOptions, Performance, finish
from styletalk.motion.lips import LipGap
from styletalk.phonemes import PHONEME_INDEX, SILENCE_INDEX, PhonemeSegment, PhonemeTrack

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


def test_what_lies_before_the_sound_moves_nothing_in_it(line, tmp_path):
    """Lips close, and a pose file turns the head, when they would without the rows before."""
    (tmp_path / "turn.csv").write_text("\n".join(f"{k / 1000},0,0,0,0,0" for k in range(300)))
    options = MotionOptions(pose=str(tmp_path / "turn.csv"), blinks=False, gaze=False)
    plain = finish(*line, FACE, options)
    longer = np.pad(line[0], ((12, 0), (0, 0)), mode="edge"), np.pad(line[1], (12, 0), constant_values=SILENCE_INDEX)
    early = finish(
        *longer, FACE, options, performance=Performance(plain.track, first_row=-12, intensity=np.ones(312, np.float32))
    )
    assert early.first_row == -12 and early.track == plain.track and len(early) == 312
    np.testing.assert_allclose(early.times_s[12:], plain.times_s)
    assert closure_rate(early.from_sound_on(), FACE)[0] == 1.0
    np.testing.assert_allclose(early.coefficients[20:], plain.coefficients[8:], atol=0.05)
    np.testing.assert_allclose(early.head_pose[12:], plain.head_pose)
    assert np.ptp(early.head_pose[:13], axis=0).max() == 0


def test_accents_and_micro_movement_are_in_the_animation_where_they_are_wanted(line):
    stress = replace(Emphasis.none(300), stress=np.bincount([100], minlength=300).astype(np.float32))
    still = MotionOptions(pose="none", blinks=False, gaze=False)
    plain, accented, alive = (
        finish(*line, FACE, options, performance=Performance(emphasis=stress)).coefficients
        for options in (still, replace(still, accent_mm=2.0), replace(still, micro_movement=True))
    )
    change = np.abs(accented - plain).max(axis=1)
    assert change[95:106].max() > 0.1 and max(change[:90].max(), change[120:].max()) < 1e-4
    assert np.abs(alive - plain).max() > 0.005 and np.abs(alive - plain).max() < 1


def said(*sounds):
    """A track of (phoneme, seconds) and its labels."""
    ends = np.cumsum([seconds for _, seconds in sounds])
    starts = [0.0, *ends[:-1]]
    segments = [PhonemeSegment(name, a, b) for (name, _), a, b in zip(sounds, starts, ends, strict=True)]
    track = PhonemeTrack(tuple(segments), float(ends[-1]))
    return track, track.labels()


@pytest.mark.parametrize("name, rolls", (("M", True), ("P", True), ("B", True), ("T", False), ("AA", False)))
def test_lips_roll_and_press_where_they_are_shut_and_nowhere_else(name, rolls):
    track, labels = said(("SIL", 0.5), ("AA", 0.3), (name, 0.12), ("AA", 0.3), ("SIL", 0.5))
    open_mouth = np.zeros((len(labels), 64), np.float32)
    open_mouth[:, 0] = -0.8
    made = finish(open_mouth, labels, FACE, MotionOptions(pose="none"), performance=Performance(track))
    lips, opening = made.upper[:, -len(LIP_SHAPES) :], LipGap.of(FACE).opening_mm(made.coefficients)
    middle = int(np.argmin(np.abs(made.times_s - 0.86)))
    assert (lips[middle].min() > 0.05) == rolls
    assert not lips[opening > 1.3].any(), "open lips are not pressed"


def test_the_lower_lip_rolls_under_the_teeth_at_f_where_there_is_room():
    track, labels = said(("SIL", 0.5), ("AA", 0.3), ("F", 0.12), ("AA", 0.3), ("SIL", 0.5))
    open_mouth = np.zeros((len(labels), 64), np.float32)
    open_mouth[:, 0] = -0.8
    made = finish(open_mouth, labels, FACE, MotionOptions(pose="none"), performance=Performance(track))
    middle = int(np.argmin(np.abs(made.times_s - 0.86)))
    rolled = dict(zip(LIP_SHAPES, made.upper[middle, -len(LIP_SHAPES) :], strict=True))
    assert rolled["mouthRollLower"] > 0.2 and rolled["mouthRollUpper"] == 0


def test_a_mouth_that_has_ended_does_not_part_again():
    """A vowel, an M and silence, in a mouth that would be open throughout."""
    track, labels = said(("SIL", 0.5), ("AA", 0.3), ("M", 0.12), ("SIL", 0.6))
    open_mouth = np.zeros((len(labels), 64), np.float32)
    open_mouth[:, 0] = -0.8
    made = finish(open_mouth, labels, FACE, MotionOptions(pose="none"), performance=Performance(track))
    after = made.times_s > 0.95
    assert LipGap.of(FACE).opening_mm(made.coefficients[after]).max() < 0.5
