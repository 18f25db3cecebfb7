# SPDX-License-Identifier: Apache-2.0
"""What a file says of a character's shapes, as importers leave it, and what becomes of the table."""

import json
from pathlib import Path

import pytest

from styletalk.files.json_text import parse_json
from styletalk.rigs.agreeing import agreeing
from styletalk.rigs.mapping import RigMapping
from styletalk.rigs.statements import said

RIGS = Path(__file__).resolve().parents[2].parent / "shared/data/rigs"
NAMES = ("Form 1", "Form 2", "Form 3", "Form 4", "jawOpen")


def told(properties, names=NAMES, labels=()):
    """{shape: row} of a character whose objects have these properties."""
    found = said([properties], labels, names)
    return {row.shape: row for row in agreeing(RigMapping.of_names(names, found.families), found).rows}


def vrm1(**expressions):
    return {"VRMC_vrm": {"expressions": {"preset": expressions}}}


def bind(index, weight=1.0, node=3):
    return {"node": node, "index": index, "weight": weight}


def test_vrm_1_names_shapes_by_place_or_by_name():
    rows = told(vrm1(aa={"morphTargetBinds": [bind(0)]}, blink={"morphTargetBinds": [bind("Form 2", 0.5)]}))
    assert rows["Form 1"].weights["jawOpen"] == 0.6 and "VRM says “aa”" in rows["Form 1"].reason
    assert rows["Form 2"].weights == {"eyeBlinkLeft": 2.0, "eyeBlinkRight": 2.0}  # half of it is a whole blink
    assert rows["Form 3"].weights == {} and rows["jawOpen"].weights == {"jawOpen": 1.0}


def test_vrm_0_counts_to_a_hundred_and_names_its_own_presets():
    named = (("A", "a", 2), ("BLINK_L", "unknown", 3))
    groups = [
        {"name": name, "presetName": preset, "binds": [{"mesh": 0, "index": place, "weight": 100}]}
        for name, preset, place in named
    ]
    rows = told({"VRM": json.dumps({"blendShapeMaster": {"blendShapeGroups": groups}})})
    assert rows["Form 3"].weights["jawOpen"] == 0.6
    assert rows["Form 4"].weights == {"eyeBlinkLeft": 1.0}


def test_shapes_by_place_are_not_believed_where_several_meshes_are_meant():
    rows = told(vrm1(aa={"morphTargetBinds": [bind(0, node=3), bind(1, node=4)]}))
    assert not rows["Form 1"].weights and not rows["Form 2"].weights


def test_several_shapes_share_what_an_expression_shows():
    """A plain part keeps its own meaning, and the unknown shape shows the rest."""
    rows = told(vrm1(aa={"morphTargetBinds": [bind("jawOpen", 0.6), bind("Form 1")]}))
    assert rows["jawOpen"].weights == {"jawOpen": 1.0}
    assert "jawOpen" not in rows["Form 1"].weights and rows["Form 1"].weights["mouthLowerDownLeft"] == 0.15


def test_the_file_beats_a_name():
    """A shape called O that the file uses for I is an I."""
    names = ("A", "I", "U", "E", "O", "Hat")
    rows = told(vrm1(ih={"morphTargetBinds": [bind("O")]}), names)
    assert "mouthStretchLeft" in rows["O"].weights and "mouthFunnel" not in rows["O"].weights
    assert "mouthFunnel" in told({}, names)["O"].weights


def test_an_expression_that_takes_the_mouth_for_itself_stays_out_of_speech():
    rows = told(
        vrm1(happy={"morphTargetBinds": [bind(0)], "overrideMouth": "block"}, sad={"morphTargetBinds": [bind(1)]})
    )
    assert not rows["Form 1"].enabled and rows["Form 1"].weights and rows["Form 2"].enabled


def test_perfect_sync_expressions_are_arkit_shapes():
    custom = {"expressions": {"custom": [{"customName": "CheekPuff", "morph_target_binds": [bind("Form 1")]}]}}
    assert told({"vrm1": custom})["Form 1"].weights == {"cheekPuff": 1.0}


def test_a_vrchat_descriptor_lists_visemes_and_lids():
    rows = told({"VisemeBlendShapes": ["", "Form 1", "Form 2"], "settings": {"eyelidsBlendshapes": [3, -1, -1]}})
    assert "mouthPressLeft" in rows["Form 1"].weights and rows["Form 2"].weights
    assert rows["Form 4"].weights == {"eyeBlinkLeft": 1.0, "eyeBlinkRight": 1.0}


@pytest.mark.parametrize(
    "content",
    [{"VRM": "{"}, {"expressions": 3}, {"expressions": {"preset": [1, None, {"customName": 3}]}}, vrm1(aa=7),
     vrm1(aa={"morphTargetBinds": [{"index": True, "weight": "x"}, 3, {"index": 99, "weight": 1}]}),
     vrm1(nobody={"morphTargetBinds": [bind(0)]}), {"visemeBlendShapes": 5},
     {"blendShapeMaster": {"blendShapeGroups": {}}}],
)  # fmt: skip
def test_nonsense_says_nothing(content):
    assert {name: row.weights for name, row in told(content).items()} == {
        row.shape: row.weights for row in RigMapping.of_names(NAMES).rows
    }


def test_makers_are_known_by_their_marks():
    assert said([], ("CC_Base_Body", "Std_Skin_Head"), NAMES).makers == ("Character Creator",)
    assert said([{"MPFB_GEN_object_type": "Basemesh"}], (), NAMES).families[0] == "mpfb_faceunits01"


@pytest.mark.skipif(not RIGS.exists(), reason="needs the test rigs beside the checkout")
@pytest.mark.parametrize("name", ["isBinary_Overridden", "isBinary_Overrides"])
def test_a_file_of_the_specification_without_shapes_says_nothing(name):
    data = (RIGS / f"VRMC_vrm_expressions_{name}.vrm").read_bytes()
    content = parse_json(data[20 : 20 + int.from_bytes(data[12:16], "little")].decode())
    assert said([content["extensions"]], (), NAMES).expressions == ()
