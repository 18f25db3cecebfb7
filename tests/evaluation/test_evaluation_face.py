# SPDX-License-Identifier: Apache-2.0
"""Figures measured on the open face, against meshes made the long way."""

from dataclasses import replace

import numpy as np
import pytest

from styletalk.animation import LOWER_FACE, UPPER_FACE
from styletalk.errors import StyleTalkError
from styletalk.face.landmarks import face_tracks, landmark_positions
from styletalk.face.model import open_face
from styletalk.motion.closures import close_lips
from styletalk.phonemes import PHONEME_INDEX
from styletalk_research.datasets.pairs import landmark_jacobian
from styletalk_research.datasets.recordings import Recording
from styletalk_research.evaluation.clip_set import face_readout, read_clip_set
from styletalk_research.evaluation.closure_report import lips_of
from styletalk_research.evaluation.face_fit import face_report
from styletalk_research.evaluation.visemes import coefficients_of_arkit
from styletalk_research.metrics.mesh_metrics import MeshMetrics, lip_vertices, upper_face_vertices

RNG = np.random.default_rng(3)


@pytest.fixture(scope="module")
def mesh() -> MeshMetrics:
    return MeshMetrics.of(open_face())


def motion(rows: int = 40) -> np.ndarray:
    return (RNG.normal(size=(rows, 64)) * open_face().coefficient_std).astype(np.float32)


def test_a_copy_is_no_error_at_all(mesh):
    rows = motion()
    for measure in (mesh.lip_vertex_error_mm, mesh.mouth_landmark_distance, mesh.face_landmark_distance,
                    mesh.upper_dynamics_deviation_mm):  # fmt: skip
        assert measure(rows, rows) == pytest.approx(0, abs=1e-6)


def test_the_lip_error_is_the_farthest_lip_vertex_of_whole_meshes(mesh):
    made, real, face = motion(), motion(), open_face()
    chosen = lip_vertices(face)
    apart = np.linalg.norm(face.vertices(made)[:, chosen] - face.vertices(real)[:, chosen], axis=2)
    assert mesh.lip_vertex_error_mm(made, real) == pytest.approx(1000 * apart.max(1).mean(), rel=1e-3)


def test_landmark_distances_are_those_of_whole_meshes_in_eye_distances(mesh):
    made, real, face = motion(), motion(), open_face()
    points = [landmark_positions(face.vertices(rows), face.triangles, face.landmarks_68) for rows in (made, real)]
    apart = np.linalg.norm((points[0] - points[1])[..., :2], axis=2)
    rest = landmark_positions(face.mean, face.triangles, face.landmarks_mediapipe)
    unit = np.linalg.norm(rest[33] - rest[263])
    assert mesh.face_landmark_distance(made, real) == pytest.approx(100 * apart.mean() / unit, rel=1e-3)
    assert mesh.mouth_landmark_distance(made, real) == pytest.approx(100 * apart[:, 48:].mean() / unit, rel=1e-3)


def test_a_still_upper_face_deviates_by_all_that_the_recording_moves(mesh):
    real, still = motion(), np.zeros((40, 64))
    deviation = mesh.upper_dynamics_deviation_mm(still, real)
    assert deviation == pytest.approx(mesh.upper_dynamics_mm(real).mean()) and deviation > 0
    assert mesh.upper_dynamics_deviation_mm(2 * real, real) == pytest.approx(-deviation, rel=1e-6)


def test_the_upper_face_is_above_the_lips_and_moves_with_its_own_coefficients(mesh):
    face = open_face()
    assert face.mean[upper_face_vertices(face), 1].min() > face.mean[lip_vertices(face), 1].max()
    lower, upper = np.zeros((40, 64)), np.zeros((40, 64))
    rows = motion()
    lower[:, LOWER_FACE], upper[:, UPPER_FACE] = rows[:, LOWER_FACE], rows[:, UPPER_FACE]
    assert mesh.upper_dynamics_mm(upper).mean() > mesh.upper_dynamics_mm(lower).mean()


def test_the_readout_of_the_face_is_its_own_tracks():
    rows = motion()
    tracks = face_tracks(open_face(), rows)[:, :2]
    made = rows @ face_readout(open_face())
    np.testing.assert_allclose(made - made.mean(0), tracks - tracks.mean(0), atol=1e-5)


def test_closures_are_counted_before_and_after_the_lips_are_closed(mesh):
    labels = np.full(60, PHONEME_INDEX["AA"], np.int16)
    labels[20:24] = labels[40:44] = PHONEME_INDEX["M"]
    open_mouth = np.zeros((60, 64), np.float32)
    open_mouth[:, 0] = -1.0  # coefficient 0 negative opens the jaw
    closed = close_lips(open_mouth, labels, open_face())
    assert mesh.closure_rate(open_mouth, labels) == 0 and mesh.closure_rate(closed, labels) == 1
    assert np.isnan(mesh.closure_rate(open_mouth, np.zeros(60, np.int16)))
    pair = Recording("clip", "a", open_mouth, labels)
    before, after = (lips_of([rows], [pair], open_face()) for rows in (open_mouth, closed))
    assert (before.closed, after.closed) == (0.0, 1.0)
    assert after.deepest_mm < 0.5 and len(after.openings_mm) == 2 and np.isnan(after.labiodental_mm)


def test_arkit_weights_come_back_as_coefficients_that_move_the_face_alike():
    face = open_face()
    weights = [{"jawOpen": 0.5}, {"mouthPucker": 0.6}, {"notAShape": 1.0}]
    made = coefficients_of_arkit(weights, face)
    assert np.abs(made[2]).max() == 0
    for name, row, shape in (("jawOpen", made[0], 0.5), ("mouthPucker", made[1], 0.6)):
        from styletalk.face.retarget import ARKIT_NAMES

        wanted = (shape * face.arkit[ARKIT_NAMES.index(name)]).ravel()
        moved = np.tensordot(row, face.expression, 1).ravel()
        assert np.corrcoef(wanted, moved)[0, 1] > 0.9, name


def test_the_face_is_measured_on_any_pairs_films_or_none(pairs_dir):
    """No film beside the first, no film under that name, labels as a TextGrid, no closure in the last."""
    clips = read_clip_set(pairs_dir)
    (pairs_dir.parent / "calibration").mkdir(exist_ok=True)
    np.save(pairs_dir.parent / "calibration" / "J64_mediapipe478.npy", RNG.normal(size=(64, 478, 3)))
    no_film = pairs_dir / "speech" / "bob_one.mp4"
    no_film.write_bytes(b"no film")
    still = replace(clips.pairs[3], labels=np.full_like(clips.pairs[3].labels, PHONEME_INDEX["SIL"]))
    pairs = (*clips.pairs[:2], replace(clips.pairs[2], video=no_film), still)
    report = face_report(replace(clips, pairs=pairs))
    assert [fit.clip for fit in report.tracks] == ["ann_one", "ann_two", "bob_one", "bob_two", "happy_clip1"]
    assert [fit.clip for fit in report.closures] == ["ann_one", "ann_two", "bob_one"]
    assert report.videos == () and any("bob_one.mp4" in note or "mediapipe" in note for note in report.notes)
    assert all(note in report.as_markdown() for note in report.notes)


def test_a_jacobian_that_is_none_is_refused_in_a_sentence(pairs_dir):
    path = pairs_dir.parent / "calibration" / "J64_mediapipe478.npy"
    assert landmark_jacobian(pairs_dir) is None
    path.parent.mkdir()
    np.save(path, np.zeros(3))
    with pytest.raises(StyleTalkError, match="Correct or remove it"):
        landmark_jacobian(pairs_dir)
    path.write_text("hello")
    with pytest.raises(StyleTalkError, match="Correct or remove it"):
        read_clip_set(pairs_dir)
