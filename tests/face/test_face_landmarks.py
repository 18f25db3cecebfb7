# SPDX-License-Identifier: Apache-2.0
"""Landmarks lie on the mesh where they belong, and the lips' distance is measured in true millimetres."""

import numpy as np
import pytest

from styletalk.face import landmarks
from styletalk.face.model import Landmarks, open_face
from styletalk.face.retarget import ARKIT_NAMES


@pytest.fixture(scope="module")
def face():
    return open_face()


def test_landmarks_are_barycentric_points_of_the_surface(face):
    for table, count in ((face.landmarks_68, 68), (face.landmarks_mediapipe, 478)):
        assert len(table) == count
        assert table.weights.min() >= 0
        np.testing.assert_allclose(table.weights.sum(1), 1, atol=1e-5)


def test_a_landmark_at_a_corner_is_that_vertex():
    triangles = np.array([[0, 1, 2]])
    vertices = np.arange(9.0).reshape(3, 3)
    at_corner = Landmarks(np.array([0]), np.array([[0.0, 1.0, 0.0]]))
    np.testing.assert_array_equal(landmarks.landmark_positions(vertices, triangles, at_corner)[0], vertices[1])


def test_landmarks_are_about_mirror_images_seen_from_the_front(face):
    points = landmarks.landmark_positions(face.mean, face.triangles, face.landmarks_mediapipe)
    for right, left in ((33, 263), (133, 362), (61, 291), (105, 334), (234, 454)):
        np.testing.assert_allclose(points[right, :2] * (-1, 1), points[left, :2], atol=0.003)


def test_moving_landmarks_alone_equals_moving_the_whole_mesh(face):
    coefficients = np.random.default_rng(0).normal(size=(4, 64)).astype(np.float32) * 0.3
    quick = landmarks.landmark_movement(face, face.landmarks_68, coefficients)
    whole = landmarks.landmark_positions(face.vertices(coefficients), face.triangles, face.landmarks_68)
    np.testing.assert_allclose(quick, whole, atol=1e-6)


def lowered_jaw(face, millimetres):
    """The face with everything of the lower lip moved straight down, (1, V, 3)."""
    lower = np.unique(face.triangles[face.lip_lower.triangles])
    upper = np.unique(face.triangles[face.lip_upper.triangles])
    moved = face.mean.copy()
    moved[np.setdiff1d(lower, upper), 1] -= millimetres / 1000
    return moved[None]


@pytest.mark.parametrize("millimetres", [-2.0, -0.5, 1.0, 6.0])
def test_lip_distance_is_in_millimetres_and_signed(face, millimetres):
    at_rest = landmarks.inner_lip_distance_mm(face, face.mean[None])[0]
    moved = landmarks.inner_lip_distance_mm(face, lowered_jaw(face, millimetres))[0]
    if millimetres < 0:
        assert moved - at_rest == pytest.approx(millimetres, abs=0.3)
    else:  # open lips are measured along the shortest way, which is a little shorter than straight down
        assert 0.6 * millimetres < moved - at_rest <= millimetres + 0.05


def test_vertices_and_coefficients_measure_alike(face):
    coefficients = np.random.default_rng(3).normal(size=(5, 64)).astype(np.float32) * face.coefficient_std * 0.5
    from_mesh = landmarks.lip_clearance_mm(face, face.vertices(coefficients))
    np.testing.assert_allclose(landmarks.lip_clearance_mm(face, coefficients), from_mesh, atol=2e-3)


def test_the_gap_rows_are_the_gaps_slope_at_closure(face):
    """Near closure the linear rows and the distance on the mesh agree, in size and in change."""
    rest, jacobian = landmarks.lip_gap_rows(face)
    assert rest.shape == (face.lip_columns,) and jacobian.shape == (face.lip_columns, 64)
    np.testing.assert_allclose(rest, landmarks.lip_clearance_mm(face, face.mean[None])[0], atol=0.1)
    step = np.zeros((1, 64), np.float32)
    step[0, 0] = 0.05  # closes the mouth by a fraction of a millimetre
    seen = landmarks.lip_clearance_mm(face, step)[0]
    linear = rest + jacobian @ step[0]
    assert linear.mean() < rest.mean() - 0.1
    np.testing.assert_allclose(seen, linear, atol=0.12)


def test_an_open_jaw_parts_the_lips(face):
    jaw = face.mean + 0.5 * face.arkit[ARKIT_NAMES.index("jawOpen")]
    assert landmarks.inner_lip_distance_mm(face, jaw[None])[0] > 8
