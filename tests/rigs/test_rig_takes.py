# SPDX-License-Identifier: Apache-2.0
"""Recorded ARKit weights on a character's shapes, and back."""

from dataclasses import replace

import numpy as np
import pytest

from styletalk.errors import RigError
from styletalk.face.arkit_names import ARKIT_NAMES
from styletalk.face.model import open_face
from styletalk.face.take import read_take
from styletalk.rigs.direct import recorded_values, weights_shown
from styletalk.rigs.mapping import RigMapping, Row
from styletalk.rigs.weights import RigSolver, arkit_extras

COLUMN = {name: column for column, name in enumerate(ARKIT_NAMES)}


def waves(rows: int = 50) -> np.ndarray:
    """(rows, 52) weights that all move."""
    return (0.5 + 0.5 * np.sin(np.arange(rows)[:, None] / 7 + np.arange(52))).astype(np.float32)


def test_a_character_with_the_52_gets_the_take_as_it_is():
    values = recorded_values(RigMapping.of_names(ARKIT_NAMES[::-1]), waves())
    np.testing.assert_array_equal(values[:, ::-1], waves())


def test_gain_offset_and_range_of_a_row_are_kept_to():
    mapping = RigMapping((Row("jaw", {"jawOpen": 1.0}, gain=2.0, offset=0.1, high=1.5),))
    wanted = np.clip(2 * waves()[:, [COLUMN["jawOpen"]]] + 0.1, 0, 1.5)
    np.testing.assert_allclose(recorded_values(mapping, waves()), wanted, atol=1e-6)


def test_what_no_shape_is_the_others_show_as_they_can():
    """One smile for both sides smiles where the take smiles on both, and not where it does not smile."""
    mapping = RigMapping((
        Row("Smile", {"mouthSmileLeft": 1.0, "mouthSmileRight": 1.0}), Row("jawOpen", {"jawOpen": 1.0}),
    ))  # fmt: skip
    take = np.zeros((2, 52), np.float32)
    take[0, [COLUMN["mouthSmileLeft"], COLUMN["mouthSmileRight"], COLUMN["jawOpen"]]] = 0.6
    smile, jaw = recorded_values(mapping, take).T
    assert jaw.tolist() == pytest.approx([0.6, 0.0])
    assert smile[0] == pytest.approx(0.6, abs=0.06) and smile[1] == pytest.approx(0, abs=0.01)


def test_shapes_tell_what_they_show():
    mapping = RigMapping.of_names(ARKIT_NAMES)
    np.testing.assert_allclose(weights_shown(mapping, waves()), waves(), atol=1e-6)
    both_ways = RigMapping((Row("side", {"jawLeft": 1.0}, {"jawRight": 1.0}, low=-1.0),))
    found = weights_shown(both_ways, np.array([[0.5], [-0.25]]))
    assert found[0, COLUMN["jawLeft"]] == 0.5 and found[1, COLUMN["jawRight"]] == 0.25


def test_a_mapping_without_shapes_says_so():
    with pytest.raises(RigError, match="None of the face's shapes is known"):
        recorded_values(replace(RigMapping.of_names(["jawOpen"]), rows=(Row("x"),)), waves())


@pytest.mark.shared
def test_takes_of_the_app_lose_nothing(shared_dir):
    """Neither their numbers nor their 60 rows a second; rows in which the face was lost included.

    With -s it prints what would be lost by way of the 64 coefficients.
    """
    mapping = RigMapping.of_names(ARKIT_NAMES)
    for path in [*(shared_dir / "data/captures").glob("*.csv"), *(shared_dir / "data/field").glob("22*.csv")]:
        take = read_take(path)
        rows = np.arange(len(take.recorded.weights)) / take.recorded.rate_hz
        values = recorded_values(mapping, take.recorded.at(rows))
        np.testing.assert_allclose(values, take.recorded.weights, atol=1e-6)
        assert take.recorded.rate_hz in (30, 60)
        at_30 = take.recorded.at(np.arange(len(take)) / 30)
        by_64 = RigSolver.of(mapping).values_of(take.coefficients, arkit_extras(take)) - at_30
        off = 1000 * np.linalg.norm(np.einsum("tk,kvc->tvc", by_64[::20], open_face().arkit), axis=2)
        print(
            f"\n{path.name}: by the 64 off {off.mean():.2f} mm, worst {off.max():.1f}, weight {np.abs(by_64).max():.2f}"
        )
