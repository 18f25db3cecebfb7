# SPDX-License-Identifier: Apache-2.0
"""A VRM Animation, read by the specification of glTF and of VRMC_vrm_animation."""

import json
import struct

import numpy as np

from styletalk.face.arkit_names import ARKIT_NAMES
from styletalk.face.published_pose import rotation_matrix
from styletalk.rigs.vrma import EXPRESSIONS, expression_weights, vrma_bytes

ROWS = 20


def take(**shapes: float) -> np.ndarray:
    """(ROWS, 52): shapes that grow from 0 to what is said."""
    weights = np.zeros((ROWS, 52))
    for name, weight in shapes.items():
        weights[:, ARKIT_NAMES.index(name)] = np.linspace(0, weight, ROWS)
    return weights


def tracks(data: bytes) -> dict[str, np.ndarray]:
    """What each node's channel is, and the times under ""."""
    magic, version, length = struct.unpack("<4sII", data[:12])
    assert (magic, version, length) == (b"glTF", 2, len(data)) and length % 4 == 0
    (size,) = struct.unpack("<I", data[12:16])
    document, binary = json.loads(data[20 : 20 + size]), data[28 + size :]

    def array(index: int) -> np.ndarray:
        accessor = document["accessors"][index]
        view = document["bufferViews"][accessor["bufferView"]]
        numbers = np.frombuffer(binary, "<f4", view["byteLength"] // 4, view["byteOffset"])
        return numbers.reshape(accessor["count"], -1)

    (animation,) = document["animations"]
    found = {"": array(animation["samplers"][0]["input"])[:, 0]}
    for channel in animation["channels"]:
        node = document["nodes"][channel["target"]["node"]]["name"]
        found[node] = array(animation["samplers"][channel["sampler"]]["output"])
    about = document["extensions"]["VRMC_vrm_animation"]
    assert about["specVersion"] == "1.0" and {"hips", "spine", "head"} == set(about["humanoid"]["humanBones"])
    named = {name: document["nodes"][each["node"]]["name"] for name, each in about["expressions"]["preset"].items()}
    assert named == {name: name for name in EXPRESSIONS}
    return found


def test_expressions_are_the_first_coordinate_of_their_nodes():
    weights = take(eyeBlinkLeft=1.0, jawOpen=0.5)
    found = tracks(vrma_bytes(weights, np.tile(np.eye(3), (ROWS, 1, 1)), 30.0))
    np.testing.assert_allclose(found[""], np.arange(ROWS) / 30, atol=1e-6)
    np.testing.assert_allclose(found["blinkLeft"][:, 0], np.linspace(0, 1, ROWS), atol=1e-6)
    assert found["blinkRight"].max() == 0 and found["aa"][-1, 0] > 0.3
    for name, column in zip(EXPRESSIONS, expression_weights(weights).T, strict=True):
        np.testing.assert_allclose(found[name], np.pad(column[:, None], ((0, 0), (0, 2))), atol=1e-6)


def test_the_head_turns_to_the_persons_own_left():
    """About y, up, and positive: as a right-handed quaternion turns."""
    angles = np.zeros((ROWS, 3))
    angles[:, 1] = np.linspace(0, 0.6, ROWS)
    head = tracks(vrma_bytes(take(), rotation_matrix(angles), 30.0))["head"]
    np.testing.assert_allclose(head[-1], [0, np.sin(0.3), 0, np.cos(0.3)], atol=1e-6)


def test_a_smile_is_happy_and_a_mouth_at_rest_says_nothing():
    smile = expression_weights(take(mouthSmileLeft=0.8, mouthSmileRight=0.8, cheekSquintLeft=0.5, cheekSquintRight=0.5))
    assert smile[-1, EXPRESSIONS.index("happy")] > 0.4 and smile[0].max() == 0
    assert np.delete(smile[-1], EXPRESSIONS.index("happy")).max() < 0.2
