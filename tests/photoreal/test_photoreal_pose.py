# SPDX-License-Identifier: Apache-2.0
"""Head pose between the published renderer's nine numbers and our six, and the nine for a file's animation."""

from dataclasses import replace

import numpy as np
import pytest

from styletalk.animation import FaceAnimation
from styletalk.errors import RenderError
from styletalk.face.published_pose import head_pose_from_pose9
from styletalk.photoreal.neural.pose import pose9_from_head_pose
from styletalk.photoreal.neural.windows import coefficient_windows
from styletalk.photoreal.neural.windows_file import read_windows


def some_pose(rows=50, seed=0):
    generator = np.random.default_rng(seed)
    return (generator.normal(size=(rows, 6)) * [0.1, 0.2, 0.1, 0.02, 0.02, 0.05]).astype(np.float32)


@pytest.fixture(scope="module")
def sample_mats(request):
    shared = request.getfixturevalue("shared_dir")
    return sorted((shared / "data" / "styletalk").glob("*/*.mat"))


def published(path):
    loadmat = pytest.importorskip("scipy.io").loadmat
    content = loadmat(path)
    coefficients, crop = content["coeff"], content["transform_params"]
    return np.concatenate([coefficients[:, 224:227], coefficients[:, 254:257], crop[:, 2:]], axis=1), crop


def test_ours_to_published_and_back_is_the_same():
    pose = some_pose()
    np.testing.assert_allclose(head_pose_from_pose9(pose9_from_head_pose(pose)), pose, atol=2e-5)


def test_a_head_at_rest_is_a_head_in_the_middle_of_the_picture():
    pose9 = pose9_from_head_pose(np.zeros((1, 6)))[0]
    np.testing.assert_array_equal(pose9[:3], 0)
    np.testing.assert_allclose(pose9[7:], 128, atol=2)
    assert 0.9 < pose9[6] < 1.1


def test_turning_about_the_neck_moves_the_face_to_the_side_it_turns_to():
    left = np.array([[0, 0.3, 0, 0, 0, 0]])
    assert pose9_from_head_pose(left)[0, 7] > pose9_from_head_pose(left * 0)[0, 7] + 10  # pixels, the person's left
    nod = np.array([[0.3, 0, 0, 0, 0, 0]])
    assert pose9_from_head_pose(nod)[0, 8] < pose9_from_head_pose(nod * 0)[0, 8] - 10  # down


@pytest.mark.shared
def test_sample_clips_survive_the_round_trip(sample_mats):
    """Angles exactly, the face's place in the picture to a pixel; translation and crop as far as six numbers say."""
    checked = 0
    for path in sample_mats:
        pose9, crop = published(path)
        if crop[0, 0] != 256:
            continue
        back = pose9_from_head_pose(head_pose_from_pose9(pose9))
        np.testing.assert_allclose(back[:, :3], pose9[:, :3], atol=1e-6)
        np.testing.assert_allclose(in_picture(back), in_picture(pose9), atol=0.05)
        np.testing.assert_allclose(head_pose_from_pose9(back), head_pose_from_pose9(pose9), atol=2e-5)
        assert np.abs(back[:, 6] / pose9[:, 6] - 1).max() < 0.12
        checked += 1
    assert checked > 10


def in_picture(pose9):
    """Where the middle of the face is in the 256-pixel picture, and how many pixels a decimetre takes."""
    pixels = 1015.0 / (10.0 - pose9[:, 5:6])
    centre = pose9[:, 7:] + pose9[:, 3:5] * pixels / pose9[:, 6:7]
    return np.concatenate([centre, pixels / pose9[:, 6:7]], axis=1)


@pytest.mark.shared
def test_our_neck_moves_less_than_the_published_face(sample_mats):
    """The neck is the right pivot: taken about it, heads that turn shift less than about the middle of the face."""
    about_face, about_neck = [], []
    for path in sample_mats:
        pose9, crop = published(path)
        if crop[0, 0] == 256:
            centre = in_picture(pose9)
            about_face.append(((centre[:, :2] / centre[:, 2:]) * 0.1).var(axis=0).sum())
            about_neck.append(head_pose_from_pose9(pose9)[:, 3:5].var(axis=0).sum())
    assert np.sum(about_neck) < 0.75 * np.sum(about_face)


def published_clip(path, rows):
    """Write a clip in the published format; return its nine numbers, (rows, 9) float32."""
    random = np.random.default_rng(5)
    coefficients = random.normal(size=(rows, 257)).astype(np.float32)
    crop = np.abs(random.normal(size=(rows, 5))).astype(np.float32)
    crop[:, :2] = 256
    pytest.importorskip("scipy.io").savemat(path, {"coeff": coefficients, "transform_params": crop})
    return np.concatenate([coefficients[:, 224:227], coefficients[:, 254:257], crop[:, 2:]], axis=1)


@pytest.fixture
def animation():
    return replace(FaceAnimation.still(np.ones((50, 64)), np.zeros(50)), head_pose=some_pose())


def poses(windows):
    """(T, 9): the pose in the middle of each window."""
    return windows[:, 64:, 13]


def test_an_animation_is_rendered_with_its_own_head_pose(tmp_path, animation):
    animation.save(tmp_path / "a.npz")
    expected = coefficient_windows(animation.coefficients, pose9_from_head_pose(animation.head_pose))
    np.testing.assert_array_equal(read_windows(tmp_path / "a.npz"), expected)


@pytest.mark.parametrize(("scale", "kept"), [(1.1, True), (0.0, False)], ids=["usable", "zeros of a raw one"])
def test_the_nine_numbers_that_an_old_file_stores_are_kept_where_they_are_some(tmp_path, animation, scale, kept):
    animation.save(tmp_path / "new.npz")
    stored = np.full((50, 9), scale, np.float32)
    with np.load(tmp_path / "new.npz") as data:
        np.savez(tmp_path / "old.npz", pose9=stored, **data)
    found = poses(read_windows(tmp_path / "old.npz"))
    np.testing.assert_array_equal(found, stored if kept else pose9_from_head_pose(animation.head_pose))


def test_a_published_clip_lends_its_own_nine_numbers_exactly(tmp_path, animation):
    animation.save(tmp_path / "a.npz")
    pose9 = published_clip(tmp_path / "clip.mat", 60)
    np.testing.assert_array_equal(poses(read_windows(tmp_path / "a.npz", tmp_path / "clip.mat")), pose9[:50])
    np.savetxt(tmp_path / "pose.csv", np.zeros((50, 6)), delimiter=",")
    at_rest = pose9_from_head_pose(np.zeros((50, 6)))
    np.testing.assert_array_equal(poses(read_windows(tmp_path / "a.npz", tmp_path / "pose.csv")), at_rest)


def test_windows_take_no_other_pose(tmp_path):
    np.savez(tmp_path / "w.npz", windows=np.zeros((2, 73, 27)))
    with pytest.raises(RenderError, match="Omit --pose"):
        read_windows(tmp_path / "w.npz", tmp_path / "pose.csv")
