# SPDX-License-Identifier: Apache-2.0
"""The inside of the open face's mouth: jaws that stay hard, a tongue with four shapes, and no hole to look through."""

import numpy as np
import pytest

from styletalk.face.landmarks import landmark_positions
from styletalk.face.model import FaceModel, open_face
from styletalk.face.retarget import ARKIT_NAMES
from styletalk_research.open_face.parts import homogeneous, rigid

OUT, UP, BACK, WIDE = range(4)
INSIDE = ("mouth", "teeth", "gums", "tongue", "throat")


@pytest.fixture(scope="module")
def face() -> FaceModel:
    return open_face()


def region(face: FaceModel, *names: str) -> np.ndarray:
    return np.unique(face.triangles[face.region_triangles(*names)])


def posed(face: FaceModel, **weights: float) -> np.ndarray:
    """(V, 3) under ARKit shapes."""
    return face.mean + sum((w * face.arkit[ARKIT_NAMES.index(name)] for name, w in weights.items()), start=0.0)


def rows_of_teeth(face: FaceModel) -> tuple[np.ndarray, np.ndarray]:
    teeth = region(face, "teeth")
    falls = face.arkit[ARKIT_NAMES.index("jawOpen"), teeth, 1] < -0.001
    return teeth[~falls], teeth[falls]


def unevenness_mm(before: np.ndarray, after: np.ndarray) -> float:
    """How far points are from where the best turn and shift would put them."""
    moved = (homogeneous(before) @ rigid(before, after).T)[:, :3]
    return float(np.linalg.norm(moved - after, axis=1).max() * 1000)


def test_upper_teeth_belong_to_the_skull(face):
    upper, _ = rows_of_teeth(face)
    assert len(upper) > 500
    for moves in (face.arkit, face.expression, face.blink, face.gaze, face.tongue):
        assert not moves[:, upper].any()


def test_lower_teeth_do_not_bend_in_any_of_the_64_directions(face):
    _, lower = rows_of_teeth(face)
    rest = face.mean[lower].astype(np.float64)
    for column, deviation in zip(face.expression[:, lower], face.coefficient_std, strict=True):
        for strength in (-2.0, 2.0):
            assert unevenness_mm(rest, rest + strength * deviation * column) < 0.5
    for weight in (0.25, 0.5, 0.75):
        assert unevenness_mm(rest, posed(face, jawOpen=weight)[lower]) < 0.5


def test_lower_side_teeth_do_not_stand_like_fangs(face):
    """Behind the corners of open lips they stand hardly higher than the incisors, and in the cheeks' shade."""
    _, lower = rows_of_teeth(face)
    points, light = face.mean[lower], face.colours[lower].mean(1)
    front, side = points[:, 2] > 0.085, points[:, 2] < 0.074
    assert points[side, 1].max() - points[front, 1].max() < 0.002
    assert light[side].max() < 0.9 * light[front].max()
    assert light[points[:, 2] < 0.065].max() < 0.6 * light[front].max()


def test_upper_canines_end_no_lower_than_incisors(face):
    upper, _ = rows_of_teeth(face)
    points = face.mean[upper]
    beside = np.abs(points[:, 0])
    assert points[beside > 0.0155, 1].min() > points[beside < 0.0125, 1].min() + 0.001


def test_teeth_stay_behind_the_lips(face):
    """In each shape, and in mixtures and identities, nothing lies before the skin, looked at from the front."""
    random = np.random.default_rng(4)
    poses = [posed(face, **{name: 1.0}) for name in ARKIT_NAMES if name.startswith(("mouth", "jaw"))]
    poses.append(posed(face, mouthRollLower=1.0, mouthRollUpper=1.0))
    poses += list(face.vertices(random.normal(size=(5, 64)) * face.coefficient_std * 1.5))
    poses += [face.shape(random.normal(size=80).astype(np.float32)) for _ in range(5)]
    front = region(face, "teeth", "gums")
    front = front[face.mean[front, 2] > 0.078][::3]
    skin = face.triangles[face.region_triangles("skin", "lips")]
    for vertices in poses:
        assert not (depths(vertices, skin, vertices[front, :2]) < vertices[front, 2]).any()


def depths(vertices: np.ndarray, triangles: np.ndarray, rays: np.ndarray) -> np.ndarray:
    """(n,) depth (z) of the nearest of the triangles along rays (x, y) from the front; inf where they meet none."""
    found, _ = first_hits(vertices, triangles, rays)
    return found


def first_hits(vertices: np.ndarray, triangles: np.ndarray, rays: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Depth and triangle of what each ray meets first."""
    corners = vertices[triangles].astype(np.float64)
    low, high = rays.min(0), rays.max(0)
    near = ((corners[:, :, :2].max(1) >= low) & (corners[:, :, :2].min(1) <= high)).all(1)
    near &= corners[:, :, 2].max(1) > 0.0
    a, b, c = (corners[near, k] for k in range(3))
    first, second, off = b - a, c - a, rays[:, None] - a[None, :, :2]
    area = first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]
    area = np.where(np.abs(area) < 1e-14, np.inf, area)
    u = (off[..., 0] * second[:, 1] - off[..., 1] * second[:, 0]) / area
    v = (off[..., 1] * first[:, 0] - off[..., 0] * first[:, 1]) / area
    depth = np.where((u >= 0) & (v >= 0) & (u + v <= 1), a[:, 2] + u * first[:, 2] + v * second[:, 2], -np.inf)
    nearest = depth.argmax(1)
    found = depth[np.arange(len(rays)), nearest]
    return np.where(np.isfinite(found), found, np.inf), np.flatnonzero(near)[nearest]


@pytest.mark.parametrize("jaw", [0.3, 0.6, 1.0])
@pytest.mark.parametrize("turn", [-35.0, 0.0, 35.0])
def test_an_open_mouth_shows_no_backs_and_no_holes(face, jaw, turn):
    vertices = posed(face, jawOpen=jaw, mouthUpperUpLeft=0.4, mouthUpperUpRight=0.4)
    lips = landmark_positions(vertices, face.triangles, face.landmarks_mediapipe)[[13, 14]]
    angle = np.radians(turn)
    camera = np.array([[np.cos(angle), 0, -np.sin(angle)], [0, 1, 0], [np.sin(angle), 0, np.cos(angle)]])
    seen, (upper, lower) = vertices @ camera.T, lips @ camera.T
    middle = (upper + lower) / 2
    x, y = np.meshgrid(np.linspace(-0.016, 0.016, 33), np.linspace(-0.5, 0.5, 33) * (upper - lower)[1])
    rays = middle[:2] + np.stack([x.ravel(), y.ravel()], 1)
    _, hit = first_hits(seen, face.triangles, rays)
    inside = face.region_triangles(*INSIDE)[hit]
    a, b, c = (seen[face.triangles[hit, k]] for k in range(3))
    facing = np.cross(b - a, c - a)[:, 2] > 0
    assert inside.mean() > 0.3, "the rays look into the mouth"
    assert facing[inside].mean() > 0.995


def test_the_tongues_shapes_move_the_tongue_alone(face):
    others = np.setdiff1d(np.arange(face.vertex_count), region(face, "tongue"))
    assert face.tongue.shape == (4, face.vertex_count, 3)
    assert not face.tongue[:, others].any()


def test_the_tongues_shapes_are_what_they_are_called(face):
    tongue = region(face, "tongue")
    upper, lower = rows_of_teeth(face)
    rest = face.mean[tongue]
    tip = int(rest[:, 2].argmax())
    assert rest[tip, 2] < face.mean[lower, 2].max(), "behind the lower teeth"
    lip = landmark_positions(face.mean, face.triangles, face.landmarks_mediapipe)[14]
    reach = (rest + face.tongue[OUT, tongue])[:, 2].max() - lip[2]
    assert 0.012 < reach < 0.026
    between = posed(face, jawOpen=0.3)[tongue] + 0.4 * face.tongue[OUT, tongue]
    assert 0.002 < between[:, 2].max() - face.mean[upper, 2].max() < 0.006, "TH: just past the upper teeth"
    raised = posed(face, jawOpen=0.45)[tongue] + face.tongue[UP, tongue]
    gums = face.mean[region(face, "gums")]
    assert np.linalg.norm(gums - raised[tip], axis=1).min() < 0.006, "the ridge behind the upper teeth"
    drawn = rest + face.tongue[BACK, tongue]
    assert rest[tip, 2] - drawn[tip, 2] > 0.010 and drawn[:, 1].max() - rest[:, 1].max() > 0.006
    spread = rest + face.tongue[WIDE, tongue]
    assert 0.003 < spread[:, 0].max() - rest[:, 0].max() < 0.005


def test_the_jaw_carries_the_tongue(face):
    jaw = face.arkit[ARKIT_NAMES.index("jawOpen"), region(face, "tongue"), 1]
    assert jaw.mean() < -0.005 and jaw.min() < -0.015
