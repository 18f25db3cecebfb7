# SPDX-License-Identifier: Apache-2.0
"""Binary glTF made smaller: the same vertices, shapes and animation, in the core of the standard."""

import numpy as np
import pytest

from styletalk.files.glb import accessor_values, glb_bytes, glb_parts
from styletalk.files.reading import UnusableContent
from styletalk.files.small_glb import MIN_MOVE, small_glb

COUNT = 400


def a_file(**more: object) -> bytes:
    """A mesh with colours and three shapes, of which the last two are the same, and an animation of its weights."""
    generator = np.random.default_rng(5)
    moves, tiny = np.zeros((COUNT, 3), "<f4"), np.full((COUNT, 3), 1e-7, "<f4")
    moves[10:50] = generator.normal(0, 0.01, (40, 3))
    arrays = [
        generator.normal(0, 0.1, (COUNT, 3)).astype("<f4"), generator.uniform(0, 1, (COUNT, 3)).astype("<f4"),
        np.arange(COUNT - 1, dtype="<u2")[:, None], tiny, moves + tiny, moves + tiny,
        np.arange(5, dtype="<f4")[:, None], generator.uniform(0, 1, (15, 1)).astype("<f4"),
    ]  # fmt: skip
    binary, views, accessors = b"", [], []
    for number, array in enumerate(arrays):
        binary += bytes(-len(binary) % 4)
        views.append({"buffer": 0, "byteOffset": len(binary), "byteLength": array.nbytes})
        binary += array.tobytes()
        about = {"bufferView": number, "componentType": 5123 if array.dtype == "<u2" else 5126, "count": len(array),
                 "type": {1: "SCALAR", 3: "VEC3"}[array.shape[1]]}  # fmt: skip
        if number in (0, 3, 4, 5, 6):
            about |= {"min": array.min(axis=0).tolist(), "max": array.max(axis=0).tolist()}
        accessors.append(about)
    part = {"attributes": {"POSITION": 0, "COLOR_0": 1}, "indices": 2, "targets": [{"POSITION": k} for k in (3, 4, 5)]}
    document = {
        "asset": {"version": "2.0"}, "meshes": [{"primitives": [part]}], "accessors": accessors, "bufferViews": views,
        "animations": [{"samplers": [{"input": 6, "output": 7}], "channels": []}],
        "buffers": [{"byteLength": len(binary)}], **more,
    }  # fmt: skip
    return glb_bytes(document, binary)


def arrays_of(data: bytes) -> list[np.ndarray]:
    """The arrays that a reader finds: vertices, colours, indices, shapes, times, weights."""
    document, binary = glb_parts(data)
    (part,) = document["meshes"][0]["primitives"]
    (sampler,) = document["animations"][0]["samplers"]
    targets = [each["POSITION"] for each in part["targets"]]
    used = [*part["attributes"].values(), part["indices"], *targets, sampler["input"], sampler["output"]]
    found = [accessor_values(document, binary, index) for index in used]
    scales = [0xFFFF if document["accessors"][index].get("normalized") else 1 for index in used]
    return [array / scale for array, scale in zip(found, scales, strict=True)]


def test_what_a_reader_finds_is_the_same_in_fewer_bytes():
    before = a_file()
    after = small_glb(before)
    assert len(after) < len(before) / 1.8
    for old, new in zip(arrays_of(before), arrays_of(after), strict=True):
        np.testing.assert_allclose(new, old, atol=max(MIN_MOVE, 1e-5))


def test_equal_shapes_and_no_move_at_all_are_written_once():
    document, _ = glb_parts(small_glb(a_file()))
    tiny, one, other = (each["POSITION"] for each in document["meshes"][0]["primitives"][0]["targets"])
    assert one == other
    assert document["accessors"][one]["sparse"]["count"] == 40
    assert not {"sparse", "bufferView"} & set(document["accessors"][tiny])
    assert document["accessors"][tiny]["max"] == [0, 0, 0]


def test_a_second_time_changes_nothing():
    once = small_glb(a_file())
    assert small_glb(once) == once


def test_a_file_with_extensions_that_name_arrays_is_left_alone():
    packed = a_file(extensionsUsed=["EXT_meshopt_compression"])
    assert small_glb(packed) == packed


NO_ACCESSORS, NO_PRIMITIVES = a_file(accessors=[]), a_file(meshes=[{"primitives": [{}]}])


@pytest.mark.parametrize("damage", [b"", b"glTF", a_file()[:40], b"x" + a_file()[1:], NO_ACCESSORS, NO_PRIMITIVES])
def test_what_is_no_such_file_is_said(damage):
    with pytest.raises(UnusableContent):
        small_glb(damage)
