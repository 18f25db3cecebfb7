# SPDX-License-Identifier: Apache-2.0
"""Head pose from files that users bring."""

from dataclasses import replace

import numpy as np
import pytest

from styletalk.animation import FaceAnimation
from styletalk.errors import PoseError
from styletalk.face.published_pose import rotation_matrix
from styletalk.motion.pose import pose_from_file


def some_pose(rows=50, seed=0):
    generator = np.random.default_rng(seed)
    return (generator.normal(size=(rows, 6)) * [0.1, 0.2, 0.1, 0.02, 0.02, 0.05]).astype(np.float32)


def test_rotation_is_about_x_then_y_then_z():
    angle = np.array([[0.3, -0.2, 0.5]])
    turns = [rotation_matrix(angle * axis)[0] for axis in np.eye(3)]
    np.testing.assert_allclose(rotation_matrix(angle)[0], turns[2] @ turns[1] @ turns[0], atol=1e-12)
    np.testing.assert_allclose(turns[1] @ [0, 0, 1], [np.sin(-0.2), 0, np.cos(-0.2)], atol=1e-12)


@pytest.mark.shared
def test_a_published_clip_gives_its_own_angles_and_stands_at_the_origin(shared_dir):
    path = next(p for p in sorted((shared_dir / "data" / "styletalk").glob("*/*.mat")) if p.stem == "Obama_clip2")
    head_pose = pose_from_file(path, 400)
    angles = pytest.importorskip("scipy.io").loadmat(path)["coeff"][:400, 224:227]
    np.testing.assert_array_equal(head_pose[:, :3], angles.astype(np.float32))
    assert np.abs(head_pose[:, 3:]).max() < 0.1


@pytest.mark.parametrize("rows", (1, 40, 41, 300))
def test_a_short_pose_runs_forwards_and_backwards_without_a_jump(tmp_path, rows):
    track = np.cumsum(some_pose(41), axis=0) * 0.05
    np.savetxt(tmp_path / "pose.csv", track, delimiter=",", header="rx,ry,rz,x,y,z", comments="")
    head_pose = pose_from_file(tmp_path / "pose.csv", rows)
    assert head_pose.shape == (rows, 6) and head_pose.dtype == np.float32
    np.testing.assert_allclose(head_pose[: min(rows, 32)], track[: min(rows, 32)], atol=1e-5)
    if rows > 41:
        assert np.abs(np.diff(head_pose, axis=0)).max() <= np.abs(np.diff(track, axis=0)).max() + 1e-6
        assert np.abs(np.diff(np.arange(rows))).max() == 1 and head_pose[200:].std() > 0


def test_an_animation_of_ours_is_a_pose(tmp_path):
    pose = some_pose(20)
    replace(FaceAnimation.still(np.zeros((20, 64)), np.zeros(20)), head_pose=pose).save(tmp_path / "a.npz")
    np.testing.assert_array_equal(pose_from_file(tmp_path / "a.npz", 20), pose)


def _write(path, content):
    path.write_bytes(content) if isinstance(content, bytes) else path.write_text(content)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    (
        ("missing.mat", None, "no head pose file"),
        ("a.txt", "1,2", "published .mat"),
        ("a.mat", b"not a mat", "not a MATLAB file"),
        ("a.npz", b"PK\x03\x04broken", "no head pose"),
        ("a.csv", "1,2,3\n4,5,6\n", "3 columns"),
        ("a.csv", "rx,ry,rz,x,y,z\n", "empty"),
        ("a.csv", "0,0,0,0,0,nan\n", "missing values"),
        ("a.csv", "0,0,0,0,0,0\n1,2\n", "lines of 6 and of 2"),
        ("a.csv", "a,b\nc,d\n", "text among its numbers"),
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
    with pytest.raises(PoseError, match="it has 3 columns"):
        pose_from_file(tmp_path / "b.npz", 4)


def test_a_pose_at_another_rate_moves_at_its_own_speed(tmp_path):
    pose = np.zeros((120, 6), np.float32)
    pose[:, 1] = np.arange(120) / 60  # radians a second, at 60 rows a second
    np.savez(tmp_path / "a.npz", head_pose=pose, fps=np.float64(60))
    np.testing.assert_allclose(pose_from_file(tmp_path / "a.npz", 60)[:, 1], np.arange(60) / 30, atol=1e-6)
    np.savez(tmp_path / "b.npz", head_pose=pose, fps=np.float64("nan"))
    with pytest.raises(PoseError, match="fps"):
        pose_from_file(tmp_path / "b.npz", 60)
