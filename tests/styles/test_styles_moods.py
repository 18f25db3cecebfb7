# SPDX-License-Identifier: Apache-2.0
"""How presets are made: shapes become coefficients, files follow the recipe, and no person's rows are in them."""

import numpy as np
import pytest

from styletalk.face.landmarks import landmark_movement
from styletalk.face.model import open_face
from styletalk.styles.library import read_style
from styletalk.styles.presets import preset_names
from styletalk_research.datasets.pairs import load_recordings, load_style_rows
from styletalk_research.presets.levels import LevelSolver, mood_faces, shape_weights
from styletalk_research.presets.make import make_presets, named_shapes
from styletalk_research.presets.table import MOODS, Mood

FACE = open_face()


@pytest.fixture(scope="module")
def solver():
    """A solver to which every coefficient is as usual as in the open face's own table."""
    return LevelSolver(FACE, np.diag(FACE.coefficient_std.astype(np.float64) ** 2))


def moved_mm(coefficients):
    rows = np.stack([np.zeros(64), coefficients]).astype(np.float32)
    rest, moved = landmark_movement(FACE, FACE.landmarks_mediapipe, rows)
    return 1000 * (moved - rest)


def test_the_table_names_every_preset_in_its_order():
    assert tuple(mood.name for mood in MOODS) == preset_names()
    assert [mood.name for mood in MOODS if mood.lopsided] == ["contempt"]


@pytest.mark.parametrize(
    ("shapes", "landmarks", "axis", "sign"),
    [
        ({"mouthSmile": 0.5}, (61, 291), 1, 1),
        ({"mouthFrown": 0.6}, (61, 291), 1, -1),
        ({"browDown": 0.8}, (107, 336, 70, 300), 1, -1),
        ({"browInnerUp": 0.8, "browOuterUp": 0.8}, (107, 336, 70, 300), 1, 1),
        ({"eyeWide": 0.8}, (159, 386), 1, 1),
        ({"jawOpen": 0.2}, (152, 14), 1, -1),
    ],
)
def test_a_shape_moves_the_face_where_it_should_and_evenly(solver, shapes, landmarks, axis, sign):
    level = solver.level(shape_weights(shapes), np.zeros(64))
    moved = moved_mm(level)
    assert (sign * moved[list(landmarks), axis] > 0.8).all(), moved[list(landmarks), axis]
    for right, left in ((61, 291), (107, 336), (159, 386)):
        assert np.abs(moved[right] - moved[left] * [-1, 1, 1])[:2].max() < 1.0


def test_one_side_moves_alone_where_the_mood_says_so(solver):
    weights = shape_weights({"mouthSmileLeft": 0.4})
    lopsided = moved_mm(solver.level(weights, np.zeros(64), lopsided=True))
    assert lopsided[291, 1] > 1.5 * abs(lopsided[61, 1]) + 1.0


def test_a_shape_that_no_face_has_is_refused():
    with pytest.raises(ValueError):
        shape_weights({"noseWiggle": 1.0})


def test_blends_wait_for_what_they_are_made_of(solver):
    clips = {name: np.full((20, 64), value) for name, value in (("rest_1", 0.0), ("glad_1", 0.2))}
    moods = (
        Mood("neutral", ("rest",), 1.0),
        Mood("half", blend={"whole": 0.5}),
        Mood("whole", ("glad",), 1.0, beside={"eyeSquint": 0.6}),
    )
    faces = mood_faces(clips, moods, solver)
    assert list(faces) == ["neutral", "half", "whole"]
    half, whole = moved_mm(faces["half"][0]).ravel(), moved_mm(faces["whole"][0]).ravel()
    assert np.corrcoef(half, whole)[0, 1] > 0.95
    assert 0.4 < np.linalg.norm(half) / np.linalg.norm(whole) < 0.6
    assert named_shapes(faces["half"][1]) == {"eyeSquintLeft": 0.3, "eyeSquintRight": 0.3}
    assert [mood.origin for mood in moods] == ["measured", "blended", "measured"]


@pytest.mark.shared
def test_the_files_are_what_the_recipe_makes(shared_dir):
    made = make_presets(shared_dir / "data")
    for name in preset_names():
        shipped = read_style(name)
        np.testing.assert_allclose(shipped.clip, made[name].clip, atol=5e-3, err_msg=name)
        assert (shipped.origin, shipped.made_of, shipped.shapes) == (
            made[name].origin,
            made[name].made_of,
            made[name].shapes,
        )


@pytest.mark.shared
def test_no_persons_rows_and_no_persons_name_are_in_a_preset(shared_dir):
    pairs = load_recordings(shared_dir / "data")
    theirs = np.concatenate([*(pair.expression for pair in pairs), *load_style_rows(shared_dir / "data").values()])
    size = np.linalg.norm(theirs - theirs.mean(0), axis=1).mean()
    for name in preset_names():
        style = read_style(name)
        nearest = min(np.linalg.norm(theirs - row, axis=1).min() for row in style.clip[::8])
        assert nearest > 0.2 * size, name
        words = f"{style.name} {style.mood} {style.made_of}".lower()
        assert not any(pair.speaker.lower() in words for pair in pairs)
