# SPDX-License-Identifier: Apache-2.0
"""The open face on ARKit shapes: signed weights move it alike, positive ones nearly, and shut lips stay shut."""

import dataclasses

import numpy as np
import pytest

from styletalk.api import animate
from styletalk.demo import LINE, TRANSCRIPT
from styletalk.face.landmarks import LIPS, landmark_positions, lip_clearance_mm
from styletalk.face.model import open_face
from styletalk.motion.keys import shut_frames
from styletalk.motion.resample import scene_samples
from styletalk.request import AnimationRequest
from styletalk.rigs.own_face import OWN_SHAPES, misfit, positive_weights, signed_weights


@pytest.fixture(scope="module")
def spoken():
    request = AnimationRequest(audio=LINE, transcript=TRANSCRIPT.read_text(encoding="utf-8"), style="happy")
    return animate(request)


@pytest.fixture(scope="module")
def seen(spoken):
    """Samples, and (N, V, 3) of the face as its 64 coefficients have it."""
    samples = scene_samples(spoken, 24.0)
    moved = {name: getattr(samples, name) for name in ("blinks", "gaze", "tongue", "upper")}
    return samples, open_face().vertices(samples.coefficients, **moved)


def shown(weights: np.ndarray) -> np.ndarray:
    face = open_face()
    deltas = np.concatenate([face.arkit, face.tongue[1:]])
    return face.mean + np.tensordot(weights, deltas, 1)


def test_signed_weights_move_every_vertex_alike(seen):
    samples, wanted = seen
    weights = signed_weights(samples.coefficients, samples)
    assert weights.shape == (len(wanted), len(OWN_SHAPES)) and weights.min() < -0.1
    assert np.abs(shown(weights) - wanted).max() < 1e-5


def test_positive_weights_are_as_near_as_they_say_and_shut_lips_stay_shut(spoken, seen):
    samples, wanted = seen
    signed = signed_weights(samples.coefficients, samples)
    weights = positive_weights(signed)
    assert weights.min() >= 0.0 and weights.max() <= 1.0
    found, face = misfit(signed, weights), open_face()
    marks = [landmark_positions(each, face.triangles, face.landmarks_mediapipe) for each in (shown(weights), wanted)]
    off = 1000.0 * np.linalg.norm(marks[0] - marks[1], axis=2)[:, list(LIPS)]
    assert off.max() == pytest.approx(found.lips, rel=1e-3) and off.mean() == pytest.approx(found.lips_mean, rel=1e-3)
    assert found.lips < 3.0 and found.lips_mean < 0.7 and found.lids < 1.0
    shut = shut_frames(spoken, samples.times_s)
    assert shut.sum() >= 8 and 0.0 <= found.shut < 0.1
    parted = [lip_clearance_mm(face, each[shut].astype(np.float32)).max(axis=1) for each in (shown(weights), wanted)]
    assert np.all(parted[0] <= np.maximum(parted[1], 0.0) + 0.35), parted


def test_what_is_positive_already_stays_as_it_is():
    weights = np.zeros((3, len(OWN_SHAPES)), np.float32)
    weights[1, OWN_SHAPES.index("jawOpen")] = 0.6
    weights[2, OWN_SHAPES.index("mouthSmileLeft")] = weights[2, OWN_SHAPES.index("tongueUp")] = 0.8
    found = positive_weights(weights)
    np.testing.assert_allclose(found, weights, atol=1e-3)


def test_a_face_that_never_shuts_its_lips_is_not_said_to_keep_them_shut():
    open_mouth = np.zeros((2, len(OWN_SHAPES)), np.float32)
    open_mouth[:, OWN_SHAPES.index("jawOpen")] = 0.9
    found = misfit(open_mouth, open_mouth)
    assert found.shut < 0 and "closed" not in str(found)
    assert "closed lips within" in str(dataclasses.replace(found, shut=0.02))
