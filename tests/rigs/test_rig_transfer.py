# SPDX-License-Identifier: Apache-2.0
"""Shapes for heads that have none, and shapes told by what they move, on other people than the open face's own."""

import numpy as np
import pytest

from styletalk.errors import RigError
from styletalk.face.arkit_names import ARKIT_NAMES
from styletalk.face.model import open_face
from styletalk.rigs.by_shape import told_by_shape
from styletalk.rigs.finding import find_landmarks
from styletalk.rigs.head_landmarks import LANDMARK_NAMES, HeadLandmarks, own_sides
from styletalk.rigs.loose_parts import _rows_of_teeth
from styletalk.rigs.mapping import RigMapping
from styletalk.rigs.quality import quality
from styletalk.rigs.transfer import for_the_rest, transferred

SCALE, TURN = 100.0, 2.2
"""Somebody else's head is in centimetres and looks somewhere else."""
COLUMN = {name: column for column, name in enumerate(ARKIT_NAMES)}


def elsewhere(points):
    """Points or displacements of the open face in the other head's axes and units."""
    sine, cosine = np.sin(TURN), np.cos(TURN)
    return SCALE * points @ np.array([[cosine, 0, sine], [0, 1, 0], [-sine, 0, cosine]]).T


class Stranger:
    """Another person with all that is in a head, its triangles in another order."""

    def __init__(self):
        face, numbers = open_face(), np.random.default_rng(5)
        identity = numbers.normal(size=len(face.identity)).astype(np.float32)
        self.rest = face.shape(identity).astype(np.float64)
        self.vertices, self.shapes = elsewhere(self.rest), elsewhere(face.arkit.astype(np.float64))
        self.triangles = numbers.permutation(face.triangles)
        self.marks = HeadLandmarks(elsewhere(self._marks(face)))

    def _marks(self, face):
        ours = HeadLandmarks.of_open_face(face).points
        nearest = np.linalg.norm(face.mean[:, None] - ours, axis=2).argmin(axis=0)
        return self.rest[nearest]

    def part(self, *regions):
        face = open_face()
        return np.unique(face.triangles[face.region_triangles(*regions)])


@pytest.fixture(scope="module")
def stranger():
    return Stranger()


@pytest.fixture(scope="module")
def made(stranger):
    return transferred(stranger.vertices, stranger.triangles, find_landmarks(stranger.vertices, stranger.triangles))


def alike(one, other):
    return float((one * other).sum() / np.sqrt((one**2).sum() * (other**2).sum()))


def test_landmarks_are_found_on_a_head_of_any_size_that_looks_anywhere(stranger):
    found = find_landmarks(stranger.vertices, stranger.triangles)
    away = np.linalg.norm(found.points - stranger.marks.points, axis=1) * 10  # millimetres
    assert found.confidence > 0.5 and away.max() < 6, dict(zip(LANDMARK_NAMES, away, strict=True))


def test_every_shape_moves_the_skin_as_that_persons_own_does(stranger, made):
    skin = stranger.part("skin", "lips")
    for name, column in COLUMN.items():
        if name != "tongueOut":
            likeness = alike(made.deltas[column, skin], stranger.shapes[column, skin])
            assert likeness > 0.93, (name, likeness)


def test_lips_close_and_lids_close_as_they_do_on_the_open_face(made):
    found = quality(made)
    assert 0.85 < found.opening < 1.15 and 0.95 < found.smile < 1.05 and 0.9 < found.pucker < 1.1, found
    assert min(found.left, found.right) > 0.9 and found.closed < found.rest_gap + 0.03, found
    assert found.doubts == ()


def test_what_lies_in_the_mouth_follows_the_jaw_and_nothing_stretches_teeth(stranger, made):
    jaw = made.deltas[COLUMN["jawOpen"]]
    teeth = stranger.part("teeth")
    for pair in np.random.default_rng(0).choice(teeth, (200, 2)):
        before = stranger.vertices[pair[0]] - stranger.vertices[pair[1]]
        is_one_row = np.linalg.norm(stranger.shapes[COLUMN["jawOpen"], pair], axis=1) > 0.2  # 2 mm
        if is_one_row[0] == is_one_row[1] and np.linalg.norm(before) > 0.5:
            after = before + jaw[pair[0]] - jaw[pair[1]]
            assert np.linalg.norm(after) == pytest.approx(np.linalg.norm(before), rel=0.15)
    for part in ("teeth", "tongue"):
        vertices = stranger.part(part)
        assert alike(jaw[vertices], stranger.shapes[COLUMN["jawOpen"], vertices]) > 0.95, part
    tongue = stranger.part("tongue")
    out = COLUMN["tongueOut"]
    assert alike(made.deltas[out, tongue], stranger.shapes[out, tongue]) > 0.9


def test_lashes_go_with_their_lids(stranger, made):
    lashes = stranger.part("lashes")
    for name in ("eyeBlinkLeft", "eyeBlinkRight"):
        assert alike(made.deltas[COLUMN[name], lashes], stranger.shapes[COLUMN[name], lashes]) > 0.75


def test_eyes_of_several_pieces_turn_about_their_middle(stranger, made):
    for part in ("eye_white", "iris", "cornea"):
        vertices = stranger.part(part)
        for name in ("eyeLookUpLeft", "eyeLookOutRight"):
            likeness = alike(made.deltas[COLUMN[name], vertices], stranger.shapes[COLUMN[name], vertices])
            assert likeness > 0.9, (part, name)


def test_parts_that_have_no_shapes_get_them_from_the_face(stranger):
    """The teeth go as far as the character's own jaw does, the skin is left alone."""
    face = stranger.part("skin", "lips", "mouth")
    own = np.zeros((2, *stranger.vertices.shape))
    own[0, face] = 0.5 * stranger.shapes[COLUMN["jawOpen"], face]
    own[1, face] = stranger.shapes[COLUMN["eyeBlinkLeft"], face]
    shown = np.zeros((2, len(ARKIT_NAMES)))
    shown[0, COLUMN["jawOpen"]] = shown[1, COLUMN["eyeBlinkLeft"]] = 1.0
    moved = for_the_rest(stranger.vertices, stranger.triangles, own, shown, stranger.marks)
    teeth = stranger.part("teeth")
    amount = (moved[0, teeth] * stranger.shapes[COLUMN["jawOpen"], teeth]).sum()
    assert amount / (stranger.shapes[COLUMN["jawOpen"], teeth] ** 2).sum() == pytest.approx(0.5, abs=0.08)
    assert np.abs(moved[:, face]).max() == 0
    assert np.abs(moved[1, stranger.part("lashes")]).max() > 0.5  # half a centimetre


@pytest.mark.parametrize("naming", ["numbered", "mirrored"])
def test_shapes_are_told_by_what_they_move(stranger, naming):
    """Numbers, and sides that are the other way round, say nothing or the wrong thing; the mesh says it."""
    order = np.random.default_rng(1).permutation(len(ARKIT_NAMES))
    names = [ARKIT_NAMES[column] for column in order]
    swapped = {"Left": "Right", "Right": "Left"}
    shown = [f"Key {number}" for number in range(len(names))]
    if naming == "mirrored":
        ends = [next((end for end in swapped if name.endswith(end)), "") for name in names]
        shown = [name.removesuffix(end) + swapped.get(end, "") for name, end in zip(names, ends, strict=True)]
    mapping = told_by_shape(
        RigMapping.of_names(shown), stranger.vertices, stranger.shapes[order], stranger.triangles, stranger.marks
    )
    wrong = {
        name: row.weights for name, row in zip(names, mapping.rows, strict=True) if row.weights != {name: 1.0}
    }  # fmt: skip
    assert wrong == {}


def test_both_sides_in_one_shape_are_a_pair(stranger):
    both = stranger.shapes[COLUMN["eyeBlinkLeft"]] + stranger.shapes[COLUMN["eyeBlinkRight"]]
    smile = 0.8 * (stranger.shapes[COLUMN["mouthSmileLeft"]] + stranger.shapes[COLUMN["mouthSmileRight"]])
    mapping = told_by_shape(
        RigMapping.of_names(["a1", "b2"]),
        stranger.vertices,
        np.array([both, smile]),
        stranger.triangles,
        stranger.marks,
    )
    assert set(mapping.rows[0].weights) == {"eyeBlinkLeft", "eyeBlinkRight"}
    assert {"mouthSmileLeft", "mouthSmileRight"} <= set(mapping.rows[1].weights)


def egg():
    """A smooth ball with the breadth of a head: (V, 3), (F, 3)."""
    down, round_ = (grid.ravel() for grid in np.meshgrid(np.linspace(0.01, 3.13, 40), np.linspace(0, 6.18, 60)))
    points = np.stack([0.08 * np.sin(down) * np.sin(round_), 0.11 * np.cos(down), 0.09 * np.sin(down) * np.cos(round_)])
    row, column = (grid.ravel() for grid in np.meshgrid(np.arange(60), np.arange(39)))
    a, b = row * 40 + column, (row + 1) % 60 * 40 + column
    return points.T, np.concatenate([np.stack([a, a + 1, b], 1), np.stack([b, a + 1, b + 1], 1)])


def test_a_mesh_without_a_face_is_refused():
    with pytest.raises(RigError, match="No face was found"):
        find_landmarks(*egg())


def test_lips_that_are_one_surface_are_refused():
    points, triangles = egg()
    marks = HeadLandmarks.of_open_face(open_face()).points - (0, 0.14, 0)
    on_it = marks / np.linalg.norm(marks / (0.08, 0.11, 0.09), axis=1, keepdims=True)
    with pytest.raises(RigError, match="no opening between the mouth's corners"):
        transferred(points, triangles, HeadLandmarks(on_it))


def test_two_heads_in_one_mesh_are_refused(stranger):
    skin = stranger.triangles[np.isin(stranger.triangles, stranger.part("skin", "lips", "mouth")).all(axis=1)]
    both = np.concatenate([stranger.vertices, stranger.vertices + np.array([60, 0, 0])])
    with pytest.raises(RigError, match="two heads"):
        find_landmarks(both, np.concatenate([skin, skin + len(stranger.vertices)]))


def test_damaged_meshes_and_wrong_landmarks_are_one_sentence(stranger):
    broken = stranger.vertices.copy()
    broken[7, 1] = np.nan
    marks = stranger.marks
    for vertices, triangles, landmarks, said in (
        (broken, stranger.triangles, marks, "NaN"),
        (stranger.vertices, stranger.triangles[:0], marks, "no faces"),
        (stranger.vertices, stranger.triangles, HeadLandmarks(marks.points[::-1].copy()), "are no face's"),
        (stranger.vertices, stranger.triangles, HeadLandmarks(np.zeros((8, 3))), "lie on each other"),
    ):
        with pytest.raises(RigError, match=said):
            transferred(vertices, triangles, landmarks)


def test_landmarks_that_were_clicked_as_the_observer_sees_them_are_the_faces_own():
    own = HeadLandmarks.of_open_face(open_face())
    seen = HeadLandmarks(own.points[[3, 2, 1, 0, 4, 6, 5, 7]])
    into_the_face = np.array([0.2, 0.1, -1.0])
    assert own_sides(own, into_the_face) is own
    assert np.array_equal(own_sides(seen, into_the_face).points, own.points)


def test_teeth_that_are_pieces_of_their_own_are_told_by_the_teeth_above_and_below_them():
    tooth = np.random.default_rng(0).uniform(-0.004, 0.004, (30, 3))
    places = [(x, y, 0.06) for y in (0.09, 0.082) for x in (-0.01, 0.0, 0.01)]
    tongue = np.random.default_rng(1).uniform(-0.02, 0.02, (60, 3)) + np.array([0, 0.08, 0.05])
    parts = [*(tooth + place for place in places), tongue]
    assert _rows_of_teeth(parts) == [0.0] * 3 + [1.0] * 3 + [None]
    assert _rows_of_teeth(parts[:3]) == [None] * 3
    assert _rows_of_teeth([]) == []
