# SPDX-License-Identifier: Apache-2.0
"""What a character's shapes are set to."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from styletalk.errors import RigError
from styletalk.face.arkit_names import ARKIT_NAMES
from styletalk.face.landmarks import eye_openness
from styletalk.face.model import open_face
from styletalk.rigs.checking import checked
from styletalk.rigs.conventions import conventions
from styletalk.rigs.mapping import RigMapping, Row
from styletalk.rigs.measure import find_mouth, measured, open_face_mouth, open_face_openings, turn_to_front
from styletalk.rigs.weights import RigSolver, arkit_extras

ROWS = 60


def z_up(points):
    return np.stack([points[..., 0], -points[..., 2], points[..., 1]], axis=-1)


@pytest.fixture(scope="module")
def coefficients():
    """(ROWS, 64): a mouth that opens and shuts, as the open face's jawOpen does, with a changing expression."""
    face = open_face()
    made = np.zeros((ROWS, 64), np.float32)
    opening = face.expression.reshape(64, -1) @ face.arkit[ARKIT_NAMES.index("jawOpen")].reshape(-1)
    phase = np.linspace(0, 6 * np.pi, ROWS)
    made += np.outer(1 - np.cos(phase), opening / np.linalg.norm(opening)) * 0.8
    made[:, 20] = np.sin(phase / 3)
    return made


def beside(blinks, gaze):
    rows = len(blinks)
    return arkit_extras(
        SimpleNamespace(blinks=blinks, gaze=gaze, tongue=np.zeros((rows, 4)), upper=np.zeros((rows, 15)))
    )


def still(rows):
    return beside(np.zeros((rows, 2)), np.zeros((rows, 4)))


def named(name):
    convention = next(each for each in conventions() if each.name == name)
    return RigMapping.of_names([meaning.name for meaning in {id(m): m for m in convention.meanings.values()}.values()])


def shown(mapping, values):
    """(T,) how far the shapes part the lips in the middle, in mouth widths, were they the open face's."""
    parting = open_face_mouth().openings[64:, 2]
    return sum(np.clip(values[:, i], 0, None) * (row.vector() @ parting) for i, row in enumerate(mapping.rows))


@pytest.mark.parametrize("name", ["arkit52_alphabetical", "cc4_explus", "oculus15", "vrm1", "mmd", "rhubarb"])
def test_the_mouth_opens_and_shuts_with_the_coefficients(name, coefficients):
    """With all shapes of a face, or nothing but visemes, or five vowels."""
    mapping = named(name)
    values = RigSolver.of(mapping).values_of(coefficients, still(ROWS))
    wanted, got = coefficients @ open_face_mouth().openings[:64, 2], shown(mapping, values)
    assert np.corrcoef(wanted, got)[0, 1] > 0.98
    assert np.abs(got - wanted).max() < 0.03, (np.round(wanted, 3), np.round(got, 3))
    assert values.min() >= -1 and values.max() <= 1 and np.isfinite(values).all()


def test_a_shape_that_opens_less_is_set_higher(coefficients):
    """As measured on the mesh: half the opening at 1, twice the value, as far as the slider goes."""
    rows = tuple(Row(name, {name: 1.0}) for name in ("jawOpen", "mouthSmileLeft"))
    full = open_face_openings()[0][64 + ARKIT_NAMES.index("jawOpen")]
    small = coefficients * 0.2
    values = [
        RigSolver.of(RigMapping((Row("jawOpen", {"jawOpen": 1.0}, opening=share * full), rows[1]))).values_of(
            small, still(ROWS)
        )
        for share in (1.0, 0.6)
    ]
    assert values[1][:, 0].max() > 1.3 * values[0][:, 0].max()
    assert values[1].max() <= 1.0


def test_lids_and_eyes_are_set_as_they_are():
    """An eye that is shut is shut, with one shape for both or one for each."""
    blinks, gaze = np.array([[1.0, 0.0], [1.0, 1.0]]), np.array([[0.5, 0, 0, 0], [0, 0, 0, 0.25]])
    extras = beside(blinks, gaze)
    each = RigSolver.of(named("arkit52_alphabetical"))
    values = each.values_of(np.zeros((2, 64)), extras)
    column = {row.shape: values[:, i] for i, row in enumerate(each.mapping.rows)}
    assert column["eyeBlinkLeft"] == pytest.approx([1, 1], abs=1e-3)
    assert column["eyeBlinkRight"] == pytest.approx([0, 1], abs=1e-3)
    assert column["eyeLookOutLeft"][0] == column["eyeLookInRight"][0] == 0.5 and column["eyeLookDownLeft"][1] == 0.25
    both = RigSolver.of(RigMapping((Row("Blink", {"eyeBlinkLeft": 1.0, "eyeBlinkRight": 1.0}),)))
    assert both.values_of(np.zeros((2, 64)), extras)[1, 0] == 1


def test_an_eye_that_a_mood_narrows_is_shut_by_the_one_blink_that_a_character_has():
    """On the open face a narrowed eye is shut by less than a whole blink; a face that cannot narrow needs all of it."""
    face = open_face()
    squint = sum(face.arkit[ARKIT_NAMES.index(f"eyeSquint{side}")] for side in ("Left", "Right")).reshape(-1)
    columns = face.expression.reshape(64, -1)
    coefficients = np.linalg.lstsq(columns @ columns.T, columns @ squint, rcond=None)[0][None]
    shut = eye_openness(face, coefficients.astype(np.float32))[0]
    assert shut.max() < 0.95
    blink = RigSolver.of(RigMapping((Row("Blink", {"eyeBlinkLeft": 1.0, "eyeBlinkRight": 1.0}),)))
    values = blink.values_of(np.repeat(coefficients, 2, 0), beside(np.array([shut, [0, 0]]), np.zeros((2, 4))))
    assert values[:, 0] == pytest.approx([1, 0], abs=0.02)


def test_gain_offset_range_and_both_ways_are_kept(coefficients):
    jaw = Row("jaw", {"jawOpen": 1.0}, gain=2.0, offset=0.1, high=0.4)
    slider = Row("lookSide", {"eyeLookOutLeft": 1.0}, {"eyeLookInLeft": 1.0}, low=-1.0)
    values = RigSolver.of(RigMapping((jaw, slider))).values_of(coefficients, still(ROWS))
    assert values[:, 0].min() == pytest.approx(0.1) and values[:, 0].max() == pytest.approx(0.4)
    looks = beside(np.zeros((2, 2)), np.array([[0.5, 0, 0, 0], [0, 0.5, 0, 0]]))
    assert RigSolver.of(RigMapping((slider,))).values_of(np.zeros((2, 64)), looks)[:, 0].tolist() == [0.5, -0.5]


def test_small_shapes_are_wanted_as_much_as_large_ones():
    """Brows that a mood lowers are lowered, though a jaw moves a hundred times as many vertices."""
    rows = 5
    extras = still(rows)
    extras[:, ARKIT_NAMES.index("browDownLeft")] = 0.8
    solver = RigSolver.of(named("arkit52_alphabetical"))
    values = solver.values_of(np.zeros((rows, 64)), extras)
    brow = [row.shape for row in solver.mapping.rows].index("browDownLeft")
    assert values[:, brow].min() > 0.7


def test_one_shape_blinks_where_there_are_several():
    blinks = np.ones((1, 2))
    rows = (
        Row("Blink", {"eyeBlinkLeft": 1.0, "eyeBlinkRight": 1.0}),
        *(Row(f"Blink_{side[0]}", {f"eyeBlink{side}": 1.0}) for side in ("Left", "Right", "Left")),
    )
    values = RigSolver.of(RigMapping(rows)).values_of(np.zeros((1, 64)), beside(blinks, np.zeros((1, 4))))
    assert values.tolist() == [[0.0, 1.0, 1.0, 0.0]]


def test_a_gain_of_nothing_stills_its_own_shape_alone(coefficients):
    jaw, smile = Row("jaw", {"jawOpen": 1.0}), Row("smile", {"mouthSmileLeft": 1.0, "mouthSmileRight": 1.0})
    plain = RigSolver.of(RigMapping((jaw,))).values_of(coefficients, still(ROWS))
    still_smile = RigSolver.of(RigMapping((jaw, replace(smile, gain=0.0)))).values_of(coefficients, still(ROWS))
    np.testing.assert_allclose(still_smile[:, 0], plain[:, 0], atol=1e-6)
    full = RigSolver.of(RigMapping((replace(jaw, offset=1.0), smile))).values_of(coefficients, still(ROWS))
    assert full[:, 0].tolist() == [1.0] * ROWS


def test_a_head_that_lies_on_its_back_is_not_turned():
    """From above nothing says which way it looks, so nothing is corrected."""
    face = open_face()
    lying = np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]])
    basis, deltas = (
        z_up(points.astype(np.float64)) @ lying.T for points in (face.mean, face.arkit[[ARKIT_NAMES.index("jawOpen")]])
    )
    assert turn_to_front(RigMapping.of_names(["jawOpen"]), basis, deltas) is None


def test_a_table_without_meaning_is_refused():
    with pytest.raises(RigError, match="None of the face's shapes is known"):
        RigSolver.of(RigMapping((Row("Hat"), Row("jaw", {"jawOpen": 1.0}, enabled=False))))
    with pytest.raises(RigError, match="leave its shapes no room"):
        RigSolver.of(RigMapping((Row("jaw", {"jawOpen": 1.0}, low=-1.0, high=0.0),)))


@pytest.mark.parametrize("turn", [0.0, 1.2, np.pi])
@pytest.mark.parametrize("scale", [1.0, 100.0])
def test_the_mouth_is_found_on_a_mesh_whatever_its_size_and_side(turn, scale):
    """The open face's own shapes, measured as a stranger's: they open as far as they do, in mouth widths."""
    face = open_face()
    names = ("jawOpen", "mouthSmileLeft", "mouthFunnel")
    rotation = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
    basis, deltas = (
        scale * z_up(points.astype(np.float64)) @ rotation.T
        for points in (face.mean, face.arkit[[ARKIT_NAMES.index(name) for name in names]])
    )
    mapping = RigMapping.of_names(names)
    front = turn_to_front(mapping, basis, deltas)
    rows = measured(mapping, basis @ front.T, deltas @ front.T, face.triangles).rows
    own = open_face_openings()[0]
    for row in rows:
        assert row.opening == pytest.approx(own[64 + ARKIT_NAMES.index(row.shape)], abs=0.02)


def test_names_that_are_wrong_are_corrected_by_what_the_shapes_do():
    """A left smile under the right one's name, a jaw that goes the other way, and a shape that is empty."""
    face = open_face()
    shapes = {"mouthSmileLeft": "mouthSmileRight", "mouthSmileRight": "mouthSmileLeft", "jawLeft": "jawRight",
              "eyeBlinkLeft": "eyeBlinkLeft", "jawOpen": "jawOpen"}  # fmt: skip
    deltas = z_up(face.arkit[[ARKIT_NAMES.index(shape) for shape in shapes.values()]].astype(np.float64))
    deltas = np.concatenate([deltas, np.zeros_like(deltas[:1])])
    mapping = checked(RigMapping.of_names([*shapes, "cheekPuff"]), z_up(face.mean.astype(np.float64)), deltas)
    for name, does in shapes.items():
        row = next(row for row in mapping.rows if row.shape == name)
        assert row.weights == {does: 1.0} and row.enabled
        assert ("the other side" in row.reason) == (name != does)
    assert not mapping.rows[-1].enabled and "moves nothing" in mapping.rows[-1].reason


def test_a_mesh_without_a_mouth_is_not_measured():
    """A ball that is pulled down in one piece has no lips; nothing raises."""
    generator = np.random.default_rng(0)
    ball = generator.normal(size=(400, 3))
    ball /= np.linalg.norm(ball, axis=1)[:, None]
    assert find_mouth(ball, np.zeros_like(ball)) is None
    mapping = RigMapping.of_names(["jawOpen"])
    assert measured(mapping, ball, np.zeros((1, *ball.shape))) == mapping
