# SPDX-License-Identifier: Apache-2.0
"""ARKit weights: within bounds, and moving the face as the coefficients do."""

import dataclasses

import numpy as np
import pytest

from styletalk.animation import UPPER_SHAPES
from styletalk.errors import CoefficientShapeError, FaceModelError
from styletalk.face.model import open_face
from styletalk.face.retarget import ARKIT_NAMES, arkit_weights, bounded_least_squares


@pytest.fixture(scope="module")
def face():
    return open_face()


def test_the_names_are_apples_fifty_two():
    assert len(set(ARKIT_NAMES)) == 52
    assert ARKIT_NAMES[0] == "eyeBlinkLeft" and ARKIT_NAMES[17] == "jawOpen" and ARKIT_NAMES[-1] == "tongueOut"


def test_weights_stay_within_zero_and_one(face):
    coefficients = np.random.default_rng(0).normal(size=(50, 64)) * face.coefficient_std * 3
    weights = arkit_weights(coefficients, np.ones((50, 2)), np.ones((50, 4)), face)
    assert weights.shape == (50, 52) and weights.dtype == np.float32
    assert weights.min() >= 0 and weights.max() <= 1


def test_a_face_at_rest_has_no_weights(face):
    assert arkit_weights(np.zeros((2, 64)), model=face).max() < 1e-6


def test_a_movement_that_arkit_can_make_is_found_again(face):
    """Coefficients whose ARKit weights are all positive come back as the same movement of the mesh."""
    wanted = np.zeros(52)
    for name, weight in (("jawOpen", 0.5), ("mouthSmileLeft", 0.4), ("mouthSmileRight", 0.4), ("browInnerUp", 0.3)):
        wanted[ARKIT_NAMES.index(name)] = weight
    coefficients = np.linalg.lstsq(face.arkit_matrix, wanted, rcond=None)[0][None]
    target = np.tensordot(coefficients[0], face.expression, 1)
    found = np.tensordot(arkit_weights(coefficients, model=face)[0], face.arkit, 1)
    assert 1 - ((found - target) ** 2).sum() / (target**2).sum() > 0.9


def test_blinks_and_gaze_go_to_the_persons_own_side(face):
    blinks, gaze = np.array([[1.0, 0.0]]), np.array([[0.7, 0.0, 0.0, 0.2]])
    weights = dict(zip(ARKIT_NAMES, arkit_weights(np.zeros((1, 64)), blinks, gaze, face)[0], strict=True))
    assert weights["eyeBlinkLeft"] == 1 and weights["eyeBlinkRight"] == 0
    assert weights["eyeLookOutLeft"] == pytest.approx(0.7) and weights["eyeLookInRight"] == pytest.approx(0.7)
    assert weights["eyeLookInLeft"] == 0 and weights["eyeLookDownRight"] == pytest.approx(0.2)


def test_the_upper_face_is_added_to_what_the_coefficients_move(face):
    coefficients = np.random.default_rng(3).normal(size=(1, 64)) * 0.2
    upper = np.full((1, len(UPPER_SHAPES)), 0.25)
    plain, added = arkit_weights(coefficients, model=face)[0], arkit_weights(coefficients, model=face, upper=upper)[0]
    for name, before, after in zip(ARKIT_NAMES, plain, added, strict=True):
        assert after == pytest.approx(min(before + 0.25, 1.0) if name in UPPER_SHAPES else before), name
    with pytest.raises(CoefficientShapeError, match="upper"):
        arkit_weights(coefficients, model=face, upper=upper[:, :2])


def test_bounded_least_squares_agrees_with_an_exhaustive_search():
    """Two unknowns: every point of a fine grid is worse than or equal to what is found."""
    random = np.random.default_rng(4)
    shapes = random.normal(size=(2, 5))
    gram, toward = shapes @ shapes.T, random.normal(size=(6, 5)) @ shapes.T
    found = bounded_least_squares(gram, toward, 0.0)
    grid = np.stack(np.meshgrid(*[np.linspace(0, 1, 101)] * 2), -1).reshape(-1, 2)

    def cost(weights, row):
        return np.einsum("...i,ij,...j", weights, gram, weights) - 2 * weights @ toward[row]

    for row in range(6):
        assert cost(found[row], row) <= cost(grid, row).min() + 1e-6


def test_wrong_shapes_are_refused(face):
    with pytest.raises(CoefficientShapeError, match="64"):
        arkit_weights(np.zeros((2, 52)), model=face)
    with pytest.raises(CoefficientShapeError, match="blinks"):
        arkit_weights(np.zeros((2, 64)), np.zeros((1, 2)), model=face)


def test_a_face_without_arkit_shapes_says_so(face):
    bare = dataclasses.replace(face, arkit=face.arkit[:0], arkit_matrix=face.arkit_matrix[:0])
    with pytest.raises(FaceModelError, match="ARKit"):
        arkit_weights(np.zeros((1, 64)), model=bare)
