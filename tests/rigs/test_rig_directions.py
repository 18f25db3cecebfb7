# SPDX-License-Identifier: Apache-2.0
"""Heads that have our 64 directions are played by the coefficients themselves."""

import json
from dataclasses import replace

import numpy as np
import pytest

from styletalk.face.arkit_names import ARKIT_NAMES
from styletalk.face.model import open_face
from styletalk.rigs.direct import recorded_values
from styletalk.rigs.directions import BESIDE, DIRECTIONS, in_directions
from styletalk.rigs.mapping import RigMapping
from styletalk.rigs.measure import measured, open_face_mouth
from styletalk.rigs.weights import RigSolver

NAMES = (*DIRECTIONS, *BESIDE)


def z_up(points):
    return np.stack([points[..., 0], -points[..., 2], points[..., 1]], axis=-1).astype(np.float64)


def some_coefficients(rows):
    numbers = np.random.default_rng(3)
    return (0.5 * numbers.normal(size=(rows, 64)) * open_face().coefficient_std).astype(np.float32)


@pytest.fixture(scope="module")
def mapping():
    face = open_face()
    beside = face.arkit[[ARKIT_NAMES.index(name) for name in BESIDE]]
    deltas = z_up(np.concatenate([in_directions(face.arkit), beside]))
    return measured(RigMapping.of_names(NAMES), z_up(face.mean), deltas, face.triangles)


def test_made_of_the_arkit_shapes_they_are_the_open_faces_own():
    face = open_face()
    assert np.abs(in_directions(face.arkit) - face.expression).max() < 1e-6


def test_coefficients_are_played_as_they_are_and_what_is_beside_them_too(mapping):
    coefficients, extras = some_coefficients(30), np.zeros((30, 52))
    extras[:, ARKIT_NAMES.index("eyeBlinkLeft")] = np.linspace(0, 1, 30)
    values = RigSolver.of(mapping).values_of(coefficients, extras, closing=False)
    assert np.allclose(values[:, :64], coefficients, atol=1e-6)
    assert np.allclose(values[:, NAMES.index("eyeBlinkLeft")], extras[:, ARKIT_NAMES.index("eyeBlinkLeft")], atol=1e-6)


def test_lips_that_rest_apart_are_shut_where_the_open_faces_are(mapping):
    apart = replace(mapping, rest_gaps=tuple(gap + 0.02 for gap in mapping.rest_gaps))
    still = np.full((1, 64), 1e-6, np.float32)  # at rest the open face's lips are shut
    values = RigSolver.of(apart).values_of(still, np.zeros((1, 52)))
    parted = values[0] @ np.array([row.lips for row in apart.rows])
    assert np.abs(np.array(apart.rest_gaps) + parted).max() < 0.008  # a mouth is 1 wide
    assert open_face_mouth().rest.max() < 0.012


def test_a_recording_is_solved_for(mapping):
    weights = np.zeros((1, 52))
    weights[0, ARKIT_NAMES.index("jawOpen")] = 1.0
    values = recorded_values(mapping, weights)[0]
    shown = values @ np.array([row.vector() for row in mapping.rows])
    wanted, made = (np.tensordot(each, open_face().arkit, 1).ravel() for each in (weights[0], shown))
    assert wanted @ made / np.linalg.norm(wanted) / np.linalg.norm(made) > 0.95


def test_one_direction_alone_says_nothing_and_beside_all_of_them_visemes_rest():
    assert not RigMapping.of_names(["exp_00", "exp_01"]).used
    both = {row.shape: row for row in RigMapping.of_names([*DIRECTIONS, *ARKIT_NAMES]).rows}
    assert not both["jawOpen"].enabled and both["exp_63"].enabled and both["browInnerUp"].enabled
    assert RigMapping.of_json(json.loads(RigMapping.of_names(NAMES).as_json())).rows[5].direction == 5
