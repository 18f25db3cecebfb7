# SPDX-License-Identifier: Apache-2.0
"""Lashes, brows and corneas of the open face go with lids, brows and eyeballs."""

import numpy as np
import pytest

from styletalk.face.landmarks import landmark_positions
from styletalk.face.model import FaceModel, open_face
from styletalk.face.retarget import ARKIT_NAMES

UPPER_LID_LEFT, LOWER_LID_LEFT, BROW_LEFT = 386, 374, 282


@pytest.fixture(scope="module")
def face() -> FaceModel:
    return open_face()


def region(face: FaceModel, name: str, side: int = 0) -> np.ndarray:
    chosen = np.unique(face.triangles[face.region_triangles(name)])
    return chosen[face.mean[chosen, 0] * side >= 0]


def moved(face: FaceModel, shape: str, weight: float = 1.0) -> np.ndarray:
    return face.mean + weight * face.arkit[ARKIT_NAMES.index(shape)]


def landmark(face: FaceModel, vertices: np.ndarray, index: int) -> np.ndarray:
    return landmark_positions(vertices, face.triangles, face.landmarks_mediapipe)[index]


def test_the_file_stays_within_its_bounds(face):
    assert face.vertex_count <= 25_000
    assert np.isfinite(face.uv).all() and face.uv.min() >= 0


def test_a_closed_lid_carries_its_lashes_down(face):
    lashes = region(face, "lashes", 1)
    lid = landmark(face, face.mean, UPPER_LID_LEFT)
    upper = lashes[face.mean[lashes, 1] > lid[1]]
    closed = face.mean + face.blink[0]
    fall = landmark(face, closed, UPPER_LID_LEFT)[1] - lid[1]
    assert fall < -0.006
    assert (closed - face.mean)[upper, 1].mean() < 0.8 * fall
    assert not face.blink[0][region(face, "lashes", -1)].any(), "the other eye's stay"


def test_lashes_keep_their_length(face):
    lashes = region(face, "lashes")
    for shape in ("eyeBlinkLeft", "eyeWideLeft", "eyeSquintLeft", "eyeLookDownLeft"):
        vertices = moved(face, shape)
        before, after = (v[lashes].reshape(-1, 10, 3) for v in (face.mean, vertices))
        lengths = [np.linalg.norm(hair[:, 9] - hair[:, :3].mean(1), axis=1) for hair in (before, after)]
        assert np.abs(lengths[1] / lengths[0] - 1).max() < 0.1


@pytest.mark.parametrize("shape", ["browInnerUp", "browDownLeft", "browOuterUpLeft"])
def test_brows_go_with_the_skin_below(face, shape):
    brows = region(face, "brows", 1)
    skin = region(face, "skin", 1)
    delta = face.arkit[ARKIT_NAMES.index(shape)]
    near = skin[np.linalg.norm(face.mean[brows][:, None] - face.mean[skin][None], axis=2).argmin(1)]
    assert np.abs(delta[near, 1]).max() > 0.002
    assert np.corrcoef(delta[brows, 1], delta[near, 1])[0, 1] > 0.85


def test_corneas_turn_with_the_eyes_and_lie_before_them(face):
    cornea, iris = region(face, "cornea", 1), region(face, "iris", 1)
    assert face.mean[cornea, 2].max() > face.mean[iris, 2].max() + 0.0003
    for direction in face.gaze:
        turned = face.mean + direction
        apart = [np.linalg.norm(v[cornea].mean(0) - v[iris].mean(0)) for v in (face.mean, turned)]
        assert np.abs(direction[cornea].mean(0)).max() > 0.003
        assert abs(apart[1] - apart[0]) < 0.0001


def test_no_cornea_shows_through_a_closed_lid(face):
    closed = face.mean + face.blink[0]
    skin = closed[face.triangles[face.region_triangles("skin")]].astype(np.float64)
    skin = skin[(skin[..., 0] > 0.005).all(1) & (skin[..., 0] < 0.06).all(1) & (skin[..., 2] > 0.05).all(1)]
    a, b, c = skin[:, 0], skin[:, 1] - skin[:, 0], skin[:, 2] - skin[:, 0]
    area = b[:, 0] * c[:, 1] - b[:, 1] * c[:, 0]
    area = np.where(np.abs(area) < 1e-14, np.inf, area)
    off = closed[region(face, "cornea", 1)][:, None] - a[None]
    u = (off[..., 0] * c[:, 1] - off[..., 1] * c[:, 0]) / area
    v = (off[..., 1] * b[:, 0] - off[..., 0] * b[:, 1]) / area
    before = (u >= 0) & (v >= 0) & (u + v <= 1) & (u * b[:, 2] + v * c[:, 2] > off[..., 2])
    assert before.any(1).all()


def test_a_squint_lifts_the_lower_lid_and_its_lashes(face):
    lid = landmark(face, moved(face, "eyeSquintLeft"), LOWER_LID_LEFT) - landmark(face, face.mean, LOWER_LID_LEFT)
    assert lid[1] > 0.002
    lashes = region(face, "lashes", 1)
    below = lashes[face.mean[lashes, 1] < landmark(face, face.mean, LOWER_LID_LEFT)[1]]
    assert face.arkit[ARKIT_NAMES.index("eyeSquintLeft"), below, 1].mean() > 0.001
