# SPDX-License-Identifier: Apache-2.0
"""Head pose between the published numbers and ours, and from files that users bring."""

import numpy as np
import pytest

from styletalk.animation import FaceAnimation
from styletalk.errors import PoseError
from styletalk.motion.pose import head_pose_from_pose9, pose9_from_head_pose, pose_from_file, rotation_matrix


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


def test_rotation_is_about_x_then_y_then_z():
    angle = np.array([[0.3, -0.2, 0.5]])
    turns = [rotation_matrix(angle * axis)[0] for axis in np.eye(3)]
    np.testing.assert_allclose(rotation_matrix(angle)[0], turns[2] @ turns[1] @ turns[0], atol=1e-12)
    np.testing.assert_allclose(turns[1] @ [0, 0, 1], [np.sin(-0.2), 0, np.cos(-0.2)], atol=1e-12)


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


@pytest.mark.shared
def test_a_published_clip_gives_its_own_numbers_and_stands_at_the_origin(sample_mats):
    path = next(p for p in sample_mats if p.stem == "Obama_clip2")
    pose9, _ = published(path)
    head_pose, read = pose_from_file(path, 400)
    np.testing.assert_array_equal(read, pose9[:400].astype(np.float32))
    np.testing.assert_array_equal(head_pose[:, :3], pose9[:400, :3].astype(np.float32))
    assert np.abs(head_pose[:, 3:]).max() < 0.1


@pytest.mark.parametrize("rows", (1, 40, 41, 300))
def test_a_short_pose_runs_forwards_and_backwards_without_a_jump(tmp_path, rows):
    track = np.cumsum(some_pose(41), axis=0) * 0.05
    np.savetxt(tmp_path / "pose.csv", track, delimiter=",", header="rx,ry,rz,x,y,z", comments="")
    head_pose, pose9 = pose_from_file(tmp_path / "pose.csv", rows)
    assert head_pose.shape == (rows, 6) and pose9.shape == (rows, 9)
    np.testing.assert_allclose(head_pose[: min(rows, 32)], track[: min(rows, 32)], atol=1e-5)
    if rows > 41:
        assert np.abs(np.diff(head_pose, axis=0)).max() <= np.abs(np.diff(track, axis=0)).max() + 1e-6
        assert np.abs(np.diff(np.arange(rows))).max() == 1 and head_pose[200:].std() > 0


def test_an_animation_of_ours_is_a_pose(tmp_path):
    pose = some_pose(20)
    still = FaceAnimation.still(np.zeros((20, 64)), np.zeros(20))
    np.savez(tmp_path / "a.npz", head_pose=pose, pose9=still.pose9)  # raw animations hold zeros there
    head_pose, pose9 = pose_from_file(tmp_path / "a.npz", 20)
    np.testing.assert_array_equal(head_pose, pose)
    np.testing.assert_array_equal(pose9, pose9_from_head_pose(pose))


def _write(path, content):
    path.write_bytes(content) if isinstance(content, bytes) else path.write_text(content)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    (
        ("missing.mat", None, "no head pose file"),
        ("a.txt", "1,2", "published .mat"),
        ("a.mat", b"not a mat", "no published head pose"),
        ("a.npz", b"PK\x03\x04broken", "no head_pose"),
        ("a.csv", "1,2,3\n4,5,6\n", "3 columns"),
        ("a.csv", "rx,ry,rz,x,y,z\n", "empty"),
        ("a.csv", "0,0,0,0,0,nan\n", "missing values"),
        ("a.csv", "0,0,0,0,0,0\n1,2\n", "not a table"),
        ("a.csv", "a,b\nc,d\n", "not a table"),
    ),
)
def test_what_is_no_pose_is_refused_in_a_sentence(tmp_path, name, content, said):
    path = tmp_path / name
    if content is not None:
        _write(path, content)
    with pytest.raises(PoseError, match=said):
        pose_from_file(path, 10)


def test_an_npz_without_a_usable_pose_is_refused(tmp_path):
    np.savez(tmp_path / "a.npz", head_pose=np.full((4, 6), np.nan))
    with pytest.raises(PoseError, match="missing values"):
        pose_from_file(tmp_path / "a.npz", 4)
    np.savez(tmp_path / "b.npz", head_pose=np.zeros((4, 3)))
    with pytest.raises(PoseError, match="shape"):
        pose_from_file(tmp_path / "b.npz", 4)
