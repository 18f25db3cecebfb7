# SPDX-License-Identifier: Apache-2.0
"""The shipped open face: a linear model that holds together, closes its lips and eyes, and does not fold."""

import dataclasses
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from styletalk.animation import UPPER_SHAPES
from styletalk.errors import CoefficientShapeError, FaceModelError
from styletalk.face import landmarks
from styletalk.face.model import OPEN_FACE_FILE, FaceModel, open_face
from styletalk.face.retarget import ARKIT_NAMES
from styletalk_research.evaluation.face_fit import flipped_triangles, triangle_normals

ROOT = Path(__file__).resolve().parents[2]
MAX_BYTES = 10_000_000


@pytest.fixture(scope="module")
def face() -> FaceModel:
    return open_face()


def test_the_file_is_small_and_free(face):
    assert OPEN_FACE_FILE.stat().st_size <= MAX_BYTES
    assert face.licence.startswith("CC0-1.0")


def test_all_parts_are_there_in_float32(face):
    count = face.vertex_count
    assert face.identity.shape == (80, count, 3)
    assert face.expression.shape == (64, count, 3)
    assert face.arkit.shape == (52, count, 3)
    assert {a.dtype for a in (face.mean, face.identity, face.expression, face.arkit)} == {np.dtype(np.float32)}
    assert {"skin", "lips", "eye_white", "iris", "pupil", "teeth", "gums", "tongue"} <= set(face.region_names)
    assert set(np.unique(face.face_regions)) == set(range(len(face.region_names)))


def test_polygons_and_triangles_tell_of_the_same_surface(face):
    assert face.uv.shape == (len(face.face_loops), 2)
    assert len(face.triangles) == (face.face_sizes - 2).sum()
    starts = np.concatenate([[0], np.cumsum(face.face_sizes)])
    for triangle, owner in zip(face.triangles[::97], face.triangle_faces[::97], strict=True):
        assert set(triangle) <= set(face.face_loops[starts[owner] : starts[owner + 1]])


def test_it_is_a_head_in_metres_that_looks_ahead(face):
    low, high = face.mean.min(0), face.mean.max(0)
    assert 0.22 < high[1] - low[1] < 0.32
    assert low[1] == pytest.approx(0.0, abs=1e-3)
    points = landmarks.landmark_positions(face.mean, face.triangles, face.landmarks_mediapipe)
    right, left, nose, chin, brow = points[[33, 263, 4, 152, 9]]
    assert left[0] > 0.03 > -0.03 > right[0], "the person's left is +x"
    assert nose[2] > max(left[2], right[2]) + 0.01
    assert chin[1] < nose[1] < brow[1]


def test_vertices_are_linear_in_every_input(face):
    random = np.random.default_rng(1)
    a, b = (random.normal(size=(3, 64)).astype(np.float32) for _ in range(2))
    blinks, gaze = random.random((3, 2)).astype(np.float32), random.random((3, 4)).astype(np.float32)
    identity = random.normal(size=80).astype(np.float32)
    both = face.vertices(a + b, identity, blinks, gaze)
    parts = face.vertices(a, identity) + face.vertices(b, None, blinks) + face.vertices(0 * a, None, None, gaze)
    np.testing.assert_allclose(both, parts - 2 * face.mean, atol=2e-6)
    assert both.dtype == np.float32


def test_the_upper_face_moves_by_the_arkit_shapes_of_its_names(face):
    for column, name in enumerate(UPPER_SHAPES):
        moved = face.vertices(np.zeros((1, 64)), upper=np.eye(len(UPPER_SHAPES))[[column]])[0]
        np.testing.assert_allclose(moved - face.mean, face.arkit[ARKIT_NAMES.index(name)], atol=1e-6)


def test_zero_coefficients_are_the_mean(face):
    np.testing.assert_array_equal(face.vertices(np.zeros((2, 64)))[1], face.mean)


@pytest.mark.parametrize("shape", [(64,), (3, 63), (2, 3, 64)])
def test_coefficients_of_another_shape_are_refused(face, shape):
    with pytest.raises(CoefficientShapeError, match="64"):
        face.vertices(np.zeros(shape))


def test_coefficients_that_are_not_numbers_are_refused(face):
    with pytest.raises(CoefficientShapeError):
        face.vertices(np.full((1, 64), np.nan))


def test_blinks_and_identities_of_another_shape_are_refused(face):
    with pytest.raises(CoefficientShapeError, match="blinks"):
        face.vertices(np.zeros((2, 64)), blinks=np.zeros((3, 2)))
    with pytest.raises(CoefficientShapeError, match="80"):
        face.shape(np.zeros(64))


def test_saving_and_loading_returns_the_same_model(face, tmp_path):
    face.save(tmp_path / "face.npz")
    again = FaceModel.load(tmp_path / "face.npz")
    for field in dataclasses.fields(FaceModel):
        before, after = getattr(face, field.name), getattr(again, field.name)
        if isinstance(before, np.ndarray):
            np.testing.assert_array_equal(after, before, err_msg=field.name)
    assert (again.name, again.licence, again.region_names) == (face.name, face.licence, face.region_names)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 not really", b"no model at all"])
def test_what_is_no_model_is_refused_in_a_sentence(tmp_path, content):
    path = tmp_path / "face.npz"
    path.write_bytes(content)
    with pytest.raises(FaceModelError, match="not a face model"):
        FaceModel.load(path)


def test_a_missing_file_is_refused_in_a_sentence(tmp_path):
    with pytest.raises(FaceModelError, match="There is no face model"):
        FaceModel.load(tmp_path / "none.npz")


def test_a_model_whose_parts_do_not_fit_is_refused(face):
    with pytest.raises(FaceModelError, match="expression has shape"):
        dataclasses.replace(face, expression=face.expression[:, :-1])
    with pytest.raises(FaceModelError, match="points outside the mesh"):
        dataclasses.replace(face, triangles=face.triangles + face.vertex_count)


def test_no_triangle_turns_over_at_three_standard_deviations(face):
    assert flipped_triangles(face, 3.0) == 0
    assert flipped_triangles(face, 60.0) > 0, "the measure sees triangles that do turn over"


def test_no_triangle_turns_over_at_three_standard_deviations_of_identity(face):
    chosen = face.triangles[face.region_triangles("skin", "lips", "mouth")]
    rest = triangle_normals(face.mean, chosen)
    for component in face.identity:
        for sign in (-3.0, 3.0):
            assert (triangle_normals(face.mean + sign * component, chosen) * rest).sum(1).min() > 0


def test_lips_touch_at_rest_for_any_identity(face):
    assert np.abs(landmarks.lip_clearance_mm(face, face.mean[None])).max() < 0.15
    random = np.random.default_rng(5)
    shapes = np.array([face.shape(random.normal(size=80).astype(np.float32)) for _ in range(30)])
    distance = landmarks.inner_lip_distance_mm(face, shapes)
    assert np.median(np.abs(distance)) < 0.2
    assert distance.min() > -0.5 and distance.max() < 1.0


def test_lids_close_over_the_eye(face):
    closed = face.vertices(np.zeros((1, 64)), blinks=np.ones((1, 2)))[0]
    lids = landmarks.landmark_positions(closed, face.triangles, face.landmarks_mediapipe)
    for upper, lower in landmarks.EYE_OPENINGS:
        assert lids[upper, 1] - lids[lower, 1] < 0.0002
    assert visible_eye_share(face, face.mean) > 0.2, "the measure sees open eyes"
    assert visible_eye_share(face, closed) == 0.0


def visible_eye_share(face: FaceModel, vertices: np.ndarray) -> float:
    """The share of iris and pupil vertices with no skin before them, looked at from the front."""
    eyes = np.unique(face.triangles[face.region_triangles("iris", "pupil")])
    skin = vertices[face.triangles[face.region_triangles("skin")]]  # (F, 3, 3)
    skin = skin[(np.abs(skin[..., 0]) < 0.06).all(1) & (skin[..., 2] > 0.05).all(1)]
    start, first, second = skin[:, 0], skin[:, 1] - skin[:, 0], skin[:, 2] - skin[:, 0]
    area = first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]
    area = np.where(np.abs(area) < 1e-12, 1e-12, area)
    seen = 0
    for x, y, z in vertices[eyes]:
        dx, dy = x - start[:, 0], y - start[:, 1]
        u = (dx * second[:, 1] - dy * second[:, 0]) / area
        v = (dy * first[:, 0] - dx * first[:, 1]) / area
        depth = start[:, 2] + u * first[:, 2] + v * second[:, 2]
        seen += not ((u >= 0) & (v >= 0) & (u + v <= 1) & (depth > z)).any()
    return seen / len(eyes)


def test_an_eye_that_is_open_by_more_closes_at_a_blink_of_more(face):
    random = np.random.default_rng(2)
    coefficients = (random.normal(size=(20, 64)) * face.coefficient_std * 0.7).astype(np.float32)
    upper = random.random((20, len(UPPER_SHAPES))).astype(np.float32)
    openness = landmarks.eye_openness(face, coefficients, upper)
    assert openness.std() > 0.1
    shut = face.vertices(coefficients, blinks=openness, upper=upper)
    points = landmarks.landmark_positions(shut, face.triangles, face.landmarks_mediapipe)
    gaps = [points[:, upper, 1] - points[:, lower, 1] for upper, lower in landmarks.EYE_OPENINGS]
    assert np.abs(np.array(gaps)).max() < 0.001


def test_gaze_turns_the_eyes_to_the_persons_left_right_up_down(face):
    pupils = np.unique(face.triangles[face.region_triangles("pupil")])
    left, right, up, down = face.gaze[:, pupils].mean(1)
    assert left[0] > 0.003 and right[0] < -0.003
    assert up[1] > 0.003 and down[1] < -0.003


def test_an_open_jaw_carries_lower_teeth_and_tongue(face):
    jaw = face.arkit[ARKIT_NAMES.index("jawOpen")]
    tongue = np.unique(face.triangles[face.region_triangles("tongue")])
    teeth = np.unique(face.triangles[face.region_triangles("teeth")])
    falls = jaw[teeth, 1] < -0.005
    assert 0.4 < falls.mean() < 0.6, "one of the two rows of teeth"
    assert jaw[tongue, 1].mean() < -0.005


@pytest.mark.parametrize(("coefficient", "sign", "track"), [(0, -1, 0), (4, -1, 1)])
def test_strong_coefficients_do_what_they_are_known_for(face, coefficient, sign, track):
    """Coefficient 0, negative, opens the mouth; 4 moves its width."""
    moved = np.zeros((2, 64), np.float32)
    moved[1, coefficient] = sign * 2 * face.coefficient_std[coefficient]
    change = np.diff(landmarks.face_tracks(face, moved), axis=0)[0]
    assert change[track] > 0.05


def test_importing_the_face_needs_numpy_only():
    code = (
        "import sys, styletalk.face.model, styletalk.face.landmarks, styletalk.face.retarget; "
        "styletalk.face.model.open_face(); "
        "print(sorted({'scipy', 'torch', 'mediapipe', 'bpy', 'av'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def with_nan(array: np.ndarray) -> np.ndarray:
    damaged = array.astype(np.float32)
    damaged.reshape(-1)[-1] = np.nan
    return damaged


@pytest.mark.parametrize(
    "name",
    ["mean", "identity", "arkit", "arkit_matrix", "blink", "gaze", "uv", "region_colours", "colours", "neck_pivot",
     "coefficient_std", "lip_upper_weights", "landmarks_68_weights"],
)  # fmt: skip
def test_a_file_in_which_any_part_is_not_a_number_is_refused(tmp_path, name):
    with np.load(OPEN_FACE_FILE) as stored:
        parts = dict(stored)
    np.savez(tmp_path / "face.npz", **parts | {name: with_nan(parts[name])})
    with pytest.raises(FaceModelError):
        FaceModel.load(tmp_path / "face.npz")


@pytest.mark.parametrize(
    "change",
    [
        {"triangles": lambda part: part + 2**20}, {"triangles": lambda part: part.astype(np.int64) + 2**32},
        {"triangles": lambda part: part.astype(np.float32)}, {"triangle_faces": lambda part: part[:-1]},
        {"face_loops": lambda part: part - 1}, {"face_sizes": lambda part: np.roll(part, 1) * 0 + 2},
        {"face_regions": lambda part: part + 200}, {"uv": lambda part: part[:5]}, {"colours": lambda part: part[:, :2]},
        {"region_colours": lambda part: part[:-1]}, {"neck_pivot": lambda part: part[:2]},
        {"coefficient_std": lambda part: part[:60]}, {"blink": lambda part: part[:1]},
        {"gaze": lambda part: part[:, :9]},
        {"mean": lambda part: part * 1e9}, {"mean": lambda part: part[:0]}, {"lip_columns": lambda part: part + 1},
        {"lip_columns": lambda part: part * 0}, {"landmarks_68_triangles": lambda part: part - 10**6},
        {"lip_lower_weights": lambda part: part * 2}, {"name": lambda part: np.zeros(3)},
    ],
    ids=lambda change: "+".join(change),
)  # fmt: skip
def test_a_file_with_a_part_that_cannot_be_is_refused(tmp_path, change):
    with np.load(OPEN_FACE_FILE) as stored:
        parts = dict(stored)
    np.savez(tmp_path / "face.npz", **parts | {name: edit(parts[name]) for name, edit in change.items()})
    with pytest.raises(FaceModelError):
        FaceModel.load(tmp_path / "face.npz")
