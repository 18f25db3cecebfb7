# SPDX-License-Identifier: Apache-2.0
"""The .json of an animation holds what its .npz does, and docs/file-formats.md names what is in both."""

import dataclasses
import json
import re
from pathlib import Path

import numpy as np
import pytest

from styletalk.animation import FaceAnimation
from styletalk.exports import write_animation
from styletalk.request import AnimationRequest

FORMATS = (Path(__file__).resolve().parents[1] / "docs" / "file-formats.md").read_text(encoding="utf-8")


def section(begins: str) -> str:
    return FORMATS.split(begins, 1)[1].split("\n\n", 1)[0]


@pytest.fixture
def early() -> FaceAnimation:
    """An animation that begins before its sound and knows its intensity."""
    still = FaceAnimation.still(np.zeros((20, 64), np.float32), np.full(20, 31))
    return dataclasses.replace(still, first_row=-6, intensity=np.linspace(0, 1.5, 20, dtype=np.float32))


def test_json_holds_the_arrays_of_the_npz(tmp_path, early):
    for ending in ("npz", "json"):
        write_animation(early, tmp_path / f"line.{ending}")
    document = json.loads((tmp_path / "line.json").read_text())
    with np.load(tmp_path / "line.npz") as arrays:
        for name in (name for name in arrays.files if not name.startswith("track_") and name != "metadata"):
            np.testing.assert_allclose(document[name], arrays[name], atol=1e-6, err_msg=name)
    assert set(document) == set(re.findall(r"`(\w+)`", section("## `.json`: the same as text\n"))), "what is documented"


def test_json_has_no_intensity_where_none_is_known(tmp_path, early):
    write_animation(dataclasses.replace(early, intensity=None), tmp_path / "line.json")
    assert "intensity" not in json.loads((tmp_path / "line.json").read_text())


def test_every_option_that_an_animation_remembers_is_documented():
    named = set(re.findall(r"`(\w+)`", section("\n`metadata`: ")))
    assert {field.name for field in dataclasses.fields(AnimationRequest)} - {"transcript"} <= named
