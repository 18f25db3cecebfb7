# SPDX-License-Identifier: Apache-2.0
"""Others' face models: files in their exact formats become ours, and whatever is wrong with one is one sentence."""

import json
import shutil

import faces_made_up as made_up
import numpy as np
import pytest

from styletalk.cli import main
from styletalk.errors import FaceModelError
from styletalk.face.arkit_names import ARKIT_NAMES
from styletalk.face.imported.bfm import estimated_blinks, import_bfm
from styletalk.face.imported.ict import import_ict
from styletalk.face.landmarks import EYE_OPENINGS, landmark_positions
from styletalk.face.model import FaceModel, open_face

SMALL = 0.02
"""Of the true number of vertices."""


@pytest.fixture(scope="module")
def originals(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bfm")
    return folder, made_up.write_originals(folder, SMALL)


@pytest.fixture(scope="module")
def ict(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ict") / "FaceXModel"
    return folder, made_up.write_ict(folder)


def shift_of(model: FaceModel, points: np.ndarray) -> np.ndarray:
    """By how much a model stands elsewhere than its points, which must be the same for all of them."""
    shift = model.mean - points
    assert np.abs(shift - shift[0]).max() < 1e-6
    return shift[0]


def test_the_front_file_at_its_true_size(tmp_path):
    """35,709 vertices in decimetres, rows of x, y, z, numbers from 1: all of it arrives, in metres."""
    path = made_up.write_front(tmp_path)
    assert main(["import-bfm", str(tmp_path), "-o", str(tmp_path / "face.npz")]) == 0
    model = FaceModel.load(tmp_path / "face.npz")
    points, triangles = made_up.sheet(made_up.FRONT_VERTICES)
    assert model.mean.shape == (35709, 3) and path.exists()
    shift_of(model, 0.1 * points)
    assert np.array_equal(model.triangles, triangles)
    expected = 0.1 * 0.01 * made_up.directions(points, 64, 2).reshape(-1, 3, 64)
    assert np.abs(model.expression - expected.transpose(2, 0, 1)).max() < 2e-6  # stored as float16
    identity = 0.1 * 0.02 * made_up.directions(points, 80, 1).reshape(-1, 3, 80)
    assert np.abs(model.identity - identity.transpose(2, 0, 1)).max() < 4e-6
    assert np.allclose(model.colours, 150 / 255, atol=1e-3)
    marks = landmark_positions(model.mean, model.triangles, model.landmarks_68)
    assert np.allclose(marks, model.mean[made_up.keypoints(points)])


def test_basels_file_is_scaled_and_cut_to_the_front(originals):
    """Micrometres and unit components times their deviations become metres, of the vertices that the lists keep."""
    folder, made = originals
    model = import_bfm([folder])
    chosen = made["keep"][made["front"]]
    shift_of(model, 0.1 * made["points"][chosen])
    identity = made["shapePC"].reshape(-1, 3, 199)[chosen][..., :80] * made["shapeEV"][:80] * 1e-6
    assert np.allclose(model.identity, identity.transpose(2, 0, 1), atol=1e-9)
    rows = made["expression"].reshape(79, -1, 3)[:64, made["front"]] * made["deviations"][:64, None, None] * 1e-6
    assert np.allclose(model.expression, rows, atol=1e-8)
    assert len(model.landmarks_68) == 68


def test_without_the_front_lists_the_whole_head_comes(tmp_path):
    made = made_up.write_originals(tmp_path, SMALL, with_front=False)
    model = import_bfm(sorted(tmp_path.iterdir()))
    assert model.vertex_count == len(made["keep"]) and len(model.landmarks_68) == 0
    of_basel = made["keep"][model.triangles]
    known = {tuple(sorted(triangle)) for triangle in made["triangles"].tolist()}
    assert {tuple(sorted(triangle)) for triangle in of_basel.tolist()} <= known and len(of_basel) > 100


def test_a_surface_that_is_seen_from_inside_is_turned(tmp_path):
    triangles = made_up.sheet(900)[1]
    made_up.write_front(tmp_path, 900, tri=triangles[:, ::-1] + 1.0)
    assert np.array_equal(import_bfm([tmp_path]).triangles, triangles)


def test_an_imported_face_stands_where_the_open_face_stands(originals):
    model, face = import_bfm([originals[0]]), open_face()
    both = [landmark_positions(each.mean, each.triangles, each.landmarks_68).mean(0) for each in (model, face)]
    assert np.allclose(both[0], both[1], atol=1e-4)


def test_the_blink_that_is_estimated_closes_an_eye_that_is_known(tmp_path):
    """On the open face, whose lids are known, the estimate brings them together on its side and hardly on the other."""
    face = open_face()
    blinks = estimated_blinks(face, face.mean, face.expression)
    points = landmark_positions(np.concatenate([face.mean[None], face.mean + blinks]), face.triangles,
                                face.landmarks_mediapipe)  # fmt: skip
    upper, lower = np.array(EYE_OPENINGS[::-1]).T  # the person's left, right
    gap = points[:, upper, 1] - points[:, lower, 1]
    closed = 1 - gap[1:] / gap[0]  # (blink, eye)
    assert (closed.diagonal() > 0.7).all() and (np.abs(closed[[0, 1], [1, 0]]) < 0.1).all()


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        ({"idBase": np.zeros((30, 80), np.float32)}, "idBase has shape (30, 80), expected (2700, 80)"),
        ({"exBase": np.zeros((2700, 20), np.float32)}, "exBase has shape (2700, 20), expected (2700, 64)"),
        ({"meanshape": np.full((1, 2700), np.nan)}, "meanshape holds values that are not numbers"),
        ({"meanshape": made_up.sheet(900)[0].reshape(1, -1) * 1e5}, "units are others"),
        ({"meanshape": (made_up.sheet(900)[0] * (-1, 1, -1)).reshape(1, -1)}, "nose does not point towards +z"),
        ({"exBase": np.full((2700, 64), 1e5, np.float32)}, "units are others"),
        ({"meantex": np.full((1, 2700), 9e3)}, "mean texture is not 900 colours"),
        ({"tri": np.array([[1.0, 2.0, 901.0]])}, "tri holds numbers outside 1 to 900"),
        ({"tri": np.array([[0.0, 1.0, 2.0]])}, "tri holds numbers outside 1 to 900"),
        ({"keypoints": np.ones((1, 5))}, "keypoints are 5, expected 68"),
    ],
)  # fmt: skip
def test_a_front_file_that_is_wrong_is_one_sentence(tmp_path, tables, said, capsys):
    made_up.write_front(tmp_path, 900, **tables)
    assert main(["import-bfm", str(tmp_path / "BFM_model_front.mat"), "-o", str(tmp_path / "face.npz")]) == 1
    sentence = capsys.readouterr().err
    assert said in sentence and sentence.count("\n") == 1
    assert not (tmp_path / "face.npz").exists()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("std_exp.txt", b"1 2 3", "it is not 64 deviations or more"),
        ("std_exp.txt", b"one two", "it is damaged or another kind of file"),
        ("Exp_Pca.bin", b"", "it is not 64 components or more, or is cut off"),
        ("Exp_Pca.bin", np.array([79, 1, 2], "<i4").tobytes(), "or is cut off"),
        ("BFM_exp_idx.mat", b"x" * 300, "not a MATLAB file of level 5"),
        ("01_MorphableModel.mat", b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(600), "save it with -v7"),
        ("01_MorphableModel.mat", None, "01_MorphableModel.mat is missing"),
        ("std_exp.txt", None, "std_exp.txt is missing"),
    ],
)  # fmt: skip
def test_an_original_that_is_wrong_is_one_sentence(originals, tmp_path, name, content, said):
    folder = shutil.copytree(originals[0], tmp_path / "bfm")
    (folder / name).unlink()
    if content is not None:
        (folder / name).write_bytes(content)
    with pytest.raises(FaceModelError) as caught:
        import_bfm([folder])
    assert said in str(caught.value)


def test_lists_that_belong_to_other_files_are_told(originals, tmp_path):
    folder = shutil.copytree(originals[0], tmp_path / "bfm")
    made_up.savemat(folder / "BFM_exp_idx.mat", {"trimIndex": np.arange(1.0, 101.0)[:, None]})
    with pytest.raises(FaceModelError, match="keeps 100 vertices"):
        import_bfm([folder])


def test_ict_shapes_by_their_names(ict):
    """Quads stay quads, centimetres become metres, two halves of a brow one shape, and M makes the 64 columns."""
    folder, points = ict
    model, face = import_ict(folder.parent), open_face()
    shift_of(model, points / 100)
    assert set(model.face_sizes.tolist()) == {4} and model.uv.max() <= 1
    names = made_up.ict_names()

    def moved(name: str) -> np.ndarray:
        return made_up.ict_movement(points, name, names.index(name)) / 100

    shape = dict(zip(ARKIT_NAMES, model.arkit, strict=True))
    for ours, theirs in (
        ("jawLeft", ["jawLeft"]), ("mouthRight", ["mouthRight"]), ("mouthSmileLeft", ["mouthSmile_L"]),
        ("eyeLookInRight", ["eyeLookIn_R"]), ("browInnerUp", ["browInnerUp_L", "browInnerUp_R"]), ("tongueOut", []),
        ("cheekPuff", ["cheekPuff_L", "cheekPuff_R"]),
    ):  # fmt: skip
        wanted = sum((moved(name) for name in theirs), np.zeros_like(points))
        assert np.allclose(shape[ours], wanted, atol=1e-6), ours
    column = np.einsum("s,svc->vc", face.arkit_matrix[:, 3], model.arkit)
    assert np.allclose(model.expression[3], column, atol=1e-6)
    assert np.allclose(model.identity[7], 0.001 * np.sin(points * 8), atol=1e-6)
    looks_left = moved("eyeLookOut_L") + moved("eyeLookIn_R")
    assert np.allclose(model.gaze[0], looks_left, atol=1e-6)


def test_ict_round_trip_through_the_shell(ict, tmp_path, capsys):
    output = tmp_path / "face.npz"
    assert main(["import-ict", str(ict[0]), "-o", str(output), "--json"]) == 0
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert last["vertices"] == 196 and last["licence"].startswith("ICT-FaceKit: MIT")
    assert FaceModel.load(output).name == "ICT-FaceKit"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("eyeBlink_L.obj", None, "eyeBlink_L.obj is missing"),
        ("jawOpen.obj", "v 0 0 0\nf 1 1 1\n", "it has 1 vertices, generic_neutral_mesh.obj has 196"),
        ("jawOpen.obj", "v 0 0 zero\n", "it holds text where numbers belong"),
        ("jawOpen.obj", "v 0 0\n", "a line of it is cut off"),
        ("generic_neutral_mesh.obj", "v 0 0 0\n", "it has no polygons"),
        ("generic_neutral_mesh.obj", "v 0 0 0\nf 1 2 3\n", "point to points that do not exist"),
        ("generic_neutral_mesh.obj", None, "has no generic_neutral_mesh.obj"),
        ("vertex_indices.json", '{"idx_to_landmark_verts": [1, 2]}', "is not 68 whole numbers"),
        ("vertex_indices.json", "{}", "it has no idx_to_landmark_verts"),
    ],
)  # fmt: skip
def test_an_ict_folder_that_is_wrong_is_one_sentence(ict, tmp_path, name, content, said):
    folder = shutil.copytree(ict[0], tmp_path / "FaceXModel")
    (folder / name).unlink()
    if content is not None:
        (folder / name).write_text(content)
    with pytest.raises(FaceModelError) as caught:
        import_ict(folder)
    assert said in str(caught.value)


def test_an_ict_folder_whose_sides_are_swapped_is_told(ict, tmp_path):
    folder = shutil.copytree(ict[0], tmp_path / "FaceXModel")
    left, right = folder / "eyeBlink_L.obj", folder / "eyeBlink_R.obj"
    left.write_bytes((ict[0] / "eyeBlink_R.obj").read_bytes())
    right.write_bytes((ict[0] / "eyeBlink_L.obj").read_bytes())
    with pytest.raises(FaceModelError, match="closes the right eye"):
        import_ict(folder)
