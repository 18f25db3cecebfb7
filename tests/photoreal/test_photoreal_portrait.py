# SPDX-License-Identifier: Apache-2.0
"""A portrait: a photo and its fitted face, in one file."""

import dataclasses

import numpy as np
import pytest

from styletalk.errors import PortraitError
from styletalk.face.model import open_face
from styletalk.photoreal.portrait import Portrait

RNG = np.random.default_rng(3)


def some_portrait(**changed) -> Portrait:
    fields = {
        "pixels": RNG.integers(0, 255, (160, 200, 3), np.uint8), "alpha": None,
        "landmarks": RNG.uniform(20, 140, (478, 3)).astype(np.float32),
        "identity": RNG.standard_normal(80).astype(np.float32),
        "expression": RNG.standard_normal(64).astype(np.float32), "rotation": np.array([0.1, -0.2, 0.05], np.float32),
        "scale": 812.5, "offset": np.array([101.0, 150.0], np.float32), "mouth_gap_m": 0.004,
        "metadata": {"source": "a.png", "notes": ["A sentence."]},
    }  # fmt: skip
    return Portrait(**{**fields, **changed})


@pytest.mark.parametrize("alpha", [None, np.full((160, 200), 9, np.uint8)], ids=["opaque", "transparent"])
def test_a_portrait_is_read_as_it_was_written(tmp_path, alpha):
    portrait = some_portrait(alpha=alpha)
    portrait.save(tmp_path / "a.npz")
    again = Portrait.load(tmp_path / "a.npz")
    for name, value in vars(portrait).items():
        np.testing.assert_array_equal(getattr(again, name), value, err_msg=name)
    assert again.notes == ("A sentence.",)


def test_the_neck_stands_at_the_offset_and_up_is_up():
    portrait = some_portrait(rotation=np.zeros(3, np.float32))
    neck = open_face().neck_pivot
    np.testing.assert_allclose(portrait.projected(neck), portrait.offset, atol=1e-3)
    np.testing.assert_allclose(
        portrait.projected(np.add(neck, [0.01, 0.02, 0])) - portrait.offset, [8.125, -16.25], atol=1e-3
    )


def test_a_head_that_turns_to_its_left_shows_its_nose_further_right():
    """The person's left is the picture's right: a positive y turns there, as in FaceAnimation.head_pose."""
    nose = np.add(open_face().neck_pivot, [0, 0, 0.1])
    ahead, turned = (some_portrait(rotation=np.array([0, y, 0], np.float32)).projected(nose)[0] for y in (0.0, 0.3))
    assert turned > ahead + 10


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"scale": -1.0}, "no size"),
        ({"mouth_gap_m": float("nan")}, "mouth_gap_m"),
        ({"expression": np.zeros(63, np.float32)}, "expression"),
        ({"landmarks": np.full((478, 3), 3000, np.float32)}, "does not lie on its photo"),
        ({"pixels": np.zeros((60, 60, 3), np.uint8)}, "128 to 4096"),
        ({"alpha": np.zeros((3, 3), np.uint8)}, "transparency"),
        ({"metadata": {"notes": 3}}, "metadata"),
    ],
)
def test_what_is_no_portrait_gets_a_sentence(tmp_path, changed, reason):
    some_portrait(**changed).save(tmp_path / "a.npz")
    with pytest.raises(PortraitError, match=rf"a\.npz is not a portrait.*{reason}.*styletalk portrait"):
        Portrait.load(tmp_path / "a.npz")


def test_a_portrait_that_lacks_a_part_gets_a_sentence(tmp_path):
    fields = dataclasses.asdict(some_portrait())
    np.savez(tmp_path / "a.npz", pixels=fields["pixels"])
    with pytest.raises(PortraitError, match="it has no landmarks"):
        Portrait.load(tmp_path / "a.npz")
    with pytest.raises(PortraitError, match="There is no portrait"):
        Portrait.load(tmp_path / "b.npz")
