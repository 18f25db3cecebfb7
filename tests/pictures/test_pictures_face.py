# SPDX-License-Identifier: Apache-2.0
"""Pictures of the open face show what the animation says."""

from dataclasses import replace

import numpy as np
import pytest

from styletalk.animation import FaceAnimation
from styletalk.face.model import open_face
from styletalk_research.pictures.face_pictures import face_pictures, posed_vertices


@pytest.fixture(scope="module")
def still():
    coefficients = np.zeros((3, 64), np.float32)
    coefficients[1, 0] = -2.0  # jaw open
    return FaceAnimation.still(coefficients, np.zeros(3))


def changed(one, other):
    """(rows, columns) of the pixels that differ clearly."""
    return np.nonzero(np.abs(one.astype(int) - other).max(axis=-1) > 12)


def test_an_open_jaw_changes_the_lower_half_of_the_picture_alone(still):
    shut, opened, again = face_pictures(open_face(), still, range(3), size=128)
    rows, _ = changed(shut, opened)
    assert len(rows) > 60 and rows.min() > 50  # of 128: below the eyes
    np.testing.assert_array_equal(shut, again)


def test_a_blink_changes_the_eyes_alone(still):
    blinks = np.zeros((3, 2), np.float32)
    blinks[1] = 1.0
    shut, blinking, _ = face_pictures(
        open_face(), replace(still, coefficients=still.coefficients * 0, blinks=blinks), range(3)
    )
    rows, columns = changed(shut, blinking)
    assert len(rows) > 60 and np.ptp(rows) < 50
    left, right = columns[columns < 128], columns[columns >= 128]
    assert len(left) == pytest.approx(len(right), rel=0.3)


def test_the_head_turns_to_the_persons_left_about_the_neck():
    face = open_face()
    nose = int(np.argmax(face.mean[:, 2]))
    posed = posed_vertices(face.mean, np.array([0, 0.4, 0, 0, 0, 0.01]), face.neck_pivot)
    assert posed[nose, 0] > face.mean[nose, 0] + 0.02
    distances = [np.linalg.norm(v - face.neck_pivot - t, axis=1) for v, t in ((posed, [0, 0, 0.01]), (face.mean, 0))]
    np.testing.assert_allclose(distances[0], distances[1], atol=1e-6)
