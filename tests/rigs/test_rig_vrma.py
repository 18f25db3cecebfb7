# SPDX-License-Identifier: Apache-2.0
"""A VRM Animation, read by the specification of glTF and of VRMC_vrm_animation."""

import json
import struct

import numpy as np

from styletalk.face.arkit_names import ARKIT_NAMES
from styletalk.face.published_pose import rotation_matrix
from styletalk.rigs.expressions import preset_values, shape_expressions
from styletalk.rigs.mapping import RigMapping
from styletalk.rigs.vrma import EXPRESSIONS, expression_weights, look_angles, vrma_bytes

ROWS = 20
STILL, NO_LOOKS = np.tile(np.eye(3), (ROWS, 1, 1)), np.zeros((ROWS, 2))


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
    for kind in about["expressions"].values():
        assert {name: document["nodes"][each["node"]]["name"] for name, each in kind.items()} == {k: k for k in kind}
    if "lookAt" in about:
        assert document["nodes"][about["lookAt"]["node"]]["name"] == "lookAt"
    return found


def test_expressions_are_the_first_coordinate_of_their_nodes():
    weights = take(eyeBlinkLeft=1.0, jawOpen=0.5)
    found = tracks(vrma_bytes(STILL, NO_LOOKS, 30.0, presets=expression_weights(weights)))
    assert set(found) == {"", "head", *EXPRESSIONS}
    np.testing.assert_allclose(found[""], np.arange(ROWS) / 30, atol=1e-6)
    np.testing.assert_allclose(found["blinkLeft"][:, 0], np.linspace(0, 1, ROWS), atol=1e-6)
    assert found["blinkRight"].max() == 0 and found["aa"][-1, 0] > 0.3
    for name, column in expression_weights(weights).items():
        np.testing.assert_allclose(found[name], np.pad(column[:, None], ((0, 0), (0, 2))), atol=1e-6)


def test_the_head_turns_to_the_persons_own_left():
    """About y, up, and positive: as a right-handed quaternion turns."""
    angles = np.zeros((ROWS, 3))
    angles[:, 1] = np.linspace(0, 0.6, ROWS)
    head = tracks(vrma_bytes(rotation_matrix(angles), NO_LOOKS, 30.0))["head"]
    np.testing.assert_allclose(head[-1], [0, np.sin(0.3), 0, np.cos(0.3)], atol=1e-6)


def test_a_smile_is_happy_and_a_mouth_at_rest_says_nothing():
    found = expression_weights(take(mouthSmileLeft=0.8, mouthSmileRight=0.8, cheekSquintLeft=0.5, cheekSquintRight=0.5))
    assert found["happy"][-1] > 0.4 and max(track[0] for track in found.values()) == 0
    assert max(track[-1] for name, track in found.items() if name != "happy") < 0.2


def test_eyes_look_to_the_persons_own_left_and_up():
    """Whoever plays it turns +z, where the eyes look at rest, by it."""
    angles = look_angles(take(eyeLookOutLeft=0.5, eyeLookInRight=0.5, eyeLookUpLeft=1.0, eyeLookUpRight=1.0))
    np.testing.assert_allclose(np.degrees(angles[-1]), [16, 19], atol=0.1)
    x, y, z, w = tracks(vrma_bytes(STILL, angles, 30.0))["lookAt"][-1]
    ahead = [2 * (x * z + y * w), 2 * (y * z - x * w), 1 - 2 * (x * x + y * y)]
    np.testing.assert_allclose(ahead, [np.sin(angles[-1, 0]) * np.cos(angles[-1, 1]), np.sin(angles[-1, 1]),
                                       np.cos(angles[-1, 0]) * np.cos(angles[-1, 1])], atol=1e-6)  # fmt: skip


def test_a_models_own_expressions_are_custom_ones():
    track = np.linspace(0, 1, ROWS)
    found = tracks(vrma_bytes(STILL, NO_LOOKS, 30.0, custom={"JawOpen": track}))
    np.testing.assert_allclose(found["JawOpen"][:, 0], track, atol=1e-6)


def test_each_shape_is_an_expression_of_its_own_under_a_name_that_vrm_has_not():
    """ARKit's by the names by which programs look for them."""
    mapping = RigMapping.of_names(("Head.jawOpen", "eyeBlink_L", "Smile"))
    assert shape_expressions(mapping) == {"Head.jawOpen": "JawOpen", "eyeBlink_L": "EyeBlinkLeft", "Smile": "Smile"}
    values = preset_values(mapping)
    assert values["blink_left"].argmax() == 1 and "blink_right" not in values
    assert shape_expressions(RigMapping.of_names(EXPRESSIONS))["aa"] == "aa (shape)"
