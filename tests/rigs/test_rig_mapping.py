# SPDX-License-Identifier: Apache-2.0
"""The table of a character's shapes, and its file."""

import json

import pytest

from styletalk.errors import RigError
from styletalk.rigs.mapping import RigMapping, Row

ARKIT = ("jawOpen", "mouthSmileLeft", "mouthSmileRight", "eyeBlinkLeft", "eyeBlinkRight")


def test_a_saved_table_is_the_same_again(tmp_path):
    path = tmp_path / "mapping.json"
    jaw = Row("jaw", {"jawOpen": 0.5}, {"jawForward": 1.0}, low=-1, gain=1.5, offset=0.1, enabled=False, opening=0.3)
    mapping = RigMapping((jaw, *RigMapping.of_names([*ARKIT, "Häkchen"]).rows))
    mapping.save(path)
    assert RigMapping.load(path) == mapping


@pytest.mark.parametrize(
    "content",
    [
        "", "[]", "{}", '{"kind": "styletalk-mapping", "version": 1}',
        '{"kind": "styletalk-mapping", "version": 2, "shapes": [{"shape": "a"}]}',
        *(
            json.dumps({"kind": "styletalk-mapping", "version": 1, "shapes": [row]})
            for row in (
                {}, {"shape": 3}, {"shape": "a", "weights": {"nonsense": 1}},
                {"shape": "a", "weights": {"jawOpen": "1"}},
                {"shape": "a", "gain": 1e9}, {"shape": "a", "low": 1, "high": 0}, {"shape": "a", "colour": 1},
                {"shape": "a", "enabled": "yes"}, {"shape": "a", "opening": []}, {"shape": "a", "reason": 3},
            )
        ),
        json.dumps({"kind": "styletalk-mapping", "version": 1, "shapes": [{"shape": "a"}, {"shape": "a"}]}),
    ],
)  # fmt: skip
def test_what_is_no_table_is_one_sentence(tmp_path, content):
    path = tmp_path / "mapping.json"
    path.write_text(content)
    with pytest.raises(RigError, match="is not a mapping of shapes"):
        RigMapping.load(path)


def test_a_table_goes_onto_a_face_that_has_most_of_its_shapes():
    """What the face has not is left out, what is new takes no part; another face is refused."""
    mapping = RigMapping.of_names(ARKIT)
    fitted = mapping.fitted_to(["new", *ARKIT[:3]])
    assert [row.shape for row in fitted.rows] == ["new", *ARKIT[:3]]
    assert [row.shape for row in fitted.used] == [*ARKIT[:3]]
    with pytest.raises(RigError, match="for another face"):
        mapping.fitted_to(["jawOpen", "x", "y"])


def test_no_shapes_and_too_many_are_refused():
    for names in ([], [f"shape{number}" for number in range(6000)]):
        with pytest.raises(RigError, match="needs 1 to 5,000 shape keys"):
            RigMapping.of_names(names)
