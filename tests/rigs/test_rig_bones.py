# SPDX-License-Identifier: Apache-2.0
"""Which bones are which, how they turn, and where those of a face go."""

import json

import numpy as np
import pytest

from styletalk.face.arkit_names import ARKIT_NAMES
from styletalk.rigs.bone_names import eye_pairs, head_bones, sided_pairs
from styletalk.rigs.bones import (
    BoneMotion,
    eye_turns,
    face_axes,
    head_turns,
    in_bone,
    mixed,
    quaternions,
    rotation_vectors,
    target_shifts,
)
from styletalk.rigs.face_bones import FaceBones, displacements

HEADS = {
    "Rigify": (["DEF-spine.006", "ORG-spine.006", "head", "neck", "tweak_spine.005"], "head"),
    "Auto-Rig Pro": (["head_ref.x", "c_head.x", "c_neck.x", "c_skull_01.x"], "c_head.x"),
    "Mixamo": (["mixamorig:HeadTop_End", "mixamorig:Neck", "mixamorig:Head"], "mixamorig:Head"),
    "Character Creator": (["CC_Base_NeckTwist01", "CC_Base_Head", "CC_Base_FacialBone"], "CC_Base_Head"),
    "MetaHuman": (["neck_01", "neck_02", "head", "FACIAL_C_FacialRoot"], "head"),
    "MMD": (["頭先", "首", "頭"], "頭"),
    "VRoid": (["J_Bip_C_Neck", "J_Bip_C_Head"], "J_Bip_C_Head"),
    "3ds Max": (["Bip01 HeadNub", "Bip01 Head", "Bip01 Neck"], "Bip01 Head"),
    "a neck alone": (["spine", "neck"], "neck"),
}
EYES = {
    "Rigify": (
        ["master_eye.L", "master_eye.R", "MCH-eye.L", "MCH-eye.R", "eye.L", "eye.R", "eyes"],
        ("eye.L", "eye.R"),
    ),
    "Auto-Rig Pro": (["c_eye_target.l", "c_eye_target.r", "c_eye.l", "c_eye.r"], ("c_eye.l", "c_eye.r")),
    "Character Creator": (["CC_Base_R_Eye", "CC_Base_L_Eye"], ("CC_Base_L_Eye", "CC_Base_R_Eye")),
    "Mixamo": (["mixamorig:LeftEye", "mixamorig:RightEye"], ("mixamorig:LeftEye", "mixamorig:RightEye")),
    "VRoid": (["J_Adj_L_FaceEye", "J_Adj_R_FaceEye"], ("J_Adj_L_FaceEye", "J_Adj_R_FaceEye")),
    "MMD": (["両目", "左目", "右目"], ("左目", "右目")),
    "Daz": (["lEye", "rEye", "lEyelidInner", "rEyelidInner"], ("lEye", "rEye")),
}


@pytest.mark.parametrize("maker", HEADS)
def test_the_head_is_found_by_its_name(maker):
    names, head = HEADS[maker]
    assert head_bones(names)[0] == head


@pytest.mark.parametrize("maker", EYES)
def test_the_eyes_are_found_by_their_names(maker):
    names, pair = EYES[maker]
    assert eye_pairs(names)[0] == pair


def test_other_bones_are_neither():
    assert head_bones(["spine", "hand.L", "forehead", "headlight.L"]) == []
    assert eye_pairs(["eyebrow.L", "eyebrow.R", "eyelid_L", "eyelid_R", "eye.L"]) == []
    assert sided_pairs(["hand.L", "hand.R", "spine"]) == [("hand.L", "hand.R")]


def matrix(vector):
    """Rodrigues' formula."""
    angle = np.linalg.norm(vector)
    x, y, z = vector / max(angle, 1e-12)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross


def about(axis, angle):
    vector = np.zeros(3)
    vector[axis] = angle
    return matrix(vector)


def test_a_head_turns_about_x_then_y_then_z():
    pose = np.array([[0.3, -0.4, 0.2, 1, 1, 1], [0, 0, 0, 0, 0, 0]])
    first, second = head_turns(pose)
    np.testing.assert_allclose(matrix(first), about(2, 0.2) @ about(1, -0.4) @ about(0, 0.3), atol=1e-12)
    assert not second.any()


def test_quaternions_and_vectors_are_each_others_inverse_and_never_jump():
    angles = np.linspace(-3.0, 3.0, 50)
    vectors = np.outer(angles, [0.6, 0.0, 0.8])
    turned = quaternions(vectors)
    np.testing.assert_allclose(np.linalg.norm(turned, axis=1), 1.0)
    assert np.einsum("nk,nk->n", turned[1:], turned[:-1]).min() > 0
    np.testing.assert_allclose(rotation_vectors(turned), vectors, atol=1e-9)


def test_eyes_turn_by_honest_degrees():
    """32 degrees to a side, 19 up, 22 down, as the open face's; a target is moved so that the eye turns as far."""
    gaze = np.eye(4)
    ahead = np.array([matrix(turn) @ [0, 0, 1] for turn in eye_turns(gaze)])
    sideways, upwards = np.degrees(np.arctan2(ahead[:, 0], ahead[:, 2])), np.degrees(np.arcsin(ahead[:, 1]))
    np.testing.assert_allclose(sideways, [32, -32, 0, 0], atol=1e-6)
    np.testing.assert_allclose(upwards, [0, 0, 19, -22], atol=1e-6)
    both = np.array([[0.5, 0, 0.7, 0]])
    target = np.array([0, 0, 2.0]) + target_shifts(both, 2.0)[0]
    np.testing.assert_allclose(target / np.linalg.norm(target), matrix(eye_turns(both)[0]) @ [0, 0, 1], atol=1e-9)


def test_a_bones_roll_does_not_matter():
    """The same turn in the face's axes, said in those of a bone that lies anyhow."""
    generator = np.random.default_rng(3)
    bone, axes = (np.linalg.qr(generator.normal(size=(3, 3)))[0] for _ in range(2))
    bone, axes = (each * np.sign(np.linalg.det(each)) for each in (bone, axes))
    turn = np.array([0.2, -0.5, 0.1])
    own = matrix(in_bone(turn[None], axes, bone)[0])
    np.testing.assert_allclose(bone @ own @ bone.T, axes @ matrix(turn) @ axes.T, atol=1e-12)


def test_the_face_looks_where_its_sides_say():
    left, right = np.array([[2.0, 0, 1], [1, 1, 0]]), np.array([[-2.0, 0, 1], [-1, 1, 0]])
    axes = face_axes(left, right, np.array([0.0, 0, 3]))
    np.testing.assert_allclose(axes.T, [[1, 0, 0], [0, 0, 1], [0, -1, 0]], atol=1e-12)
    np.testing.assert_allclose(face_axes(right, left, np.array([0.0, 0, 3])).T[2], [0, 1, 0], atol=1e-12)
    assert face_axes(left, left, np.array([0.0, 0, 1])) is None


def test_poses_are_mixed_by_their_weights():
    """Turns about two axes at once do not depend on which comes first; scales go from 1."""
    poses = BoneMotion(
        np.array([[1.0, 0, 0], [0, 2, 0]]), np.array([[0.4, 0, 0], [0, 0.2, 0]]), np.array([[2.0, 1, 1]] * 2)
    )
    half = mixed(np.array([[0.5, 0.5], [0.0, 0.0]]), poses)
    np.testing.assert_allclose(half.location, [[0.5, 1, 0], [0, 0, 0]])
    np.testing.assert_allclose(half.turn, [[0.2, 0.1, 0], [0, 0, 0]])
    np.testing.assert_allclose(half.scale, [[2, 1, 1], [1, 1, 1]])
    assert (half + BoneMotion(turn=np.ones((2, 3)))).turn[1].tolist() == [1, 1, 1]


def test_the_places_of_known_faces():
    old = FaceBones.of(["jaw_master", "jaw", "DEF-jaw", "lip.T", "lip.B", "lip.T.L.001", "lips.L", "lips.R", "ear.L",
                        "lid.T.L.002", "brow.T.R.001", "brow.B.R", "tongue_master", "tongue"])  # fmt: skip
    assert (old.jaw, old.tongue) == ("jaw_master", "tongue_master") and old.can_talk
    assert old.places["upper_lip"] == ("lip.T", "lip.T.L.001") and old.places["corner_L"] == ("lips.L",)
    assert old.places["upper_lid_L"] == ("lid.T.L.002",) and old.places["brow_R"] == ("brow.T.R.001",)
    assert FaceBones.of(["lip_end.L.001", "lip_end.R.001"]).places.keys() == {"corner_L", "corner_R"}
    own = FaceBones.of(["c_jawbone.x", "c_lips_smile.l", "c_lips_roll_top.x", "c_eyelid_bot.r", "c_eyelid_corner_01.r"])
    assert own.jaw == "c_jawbone.x" and own.places == {
        "corner_L": ("c_lips_smile.l",),
        "lower_lid_R": ("c_eyelid_bot.r",),
    }
    assert not FaceBones.of(["spine", "hand.L"]).can_talk


def test_places_go_where_a_face_goes():
    """Signs that anybody knows: x to the left, y up, z ahead."""

    def goes(place, shape, along=0.0):
        return displacements(place, np.array([along]))[ARKIT_NAMES.index(shape), 0]

    assert goes("lower_lip", "jawOpen")[1] < -0.3 and abs(goes("upper_lip", "jawOpen")[1]) < 0.1
    assert goes("corner_L", "mouthSmileLeft")[0] > 0 and goes("corner_R", "mouthSmileRight")[0] < 0
    assert goes("corner_L", "mouthSmileLeft")[1] > 0.05 > np.linalg.norm(goes("corner_R", "mouthSmileLeft"))
    assert goes("upper_lip", "mouthPucker")[2] > 0 and goes("upper_lid_L", "eyeBlinkLeft")[1] < -0.05
    assert goes("brow_L", "browInnerUp", -1)[1] > goes("brow_L", "browInnerUp", 1)[1]


def test_no_face_is_found_where_there_are_no_names():
    assert json.dumps(FaceBones.of([]).places) == "{}" and head_bones([]) == [] and eye_pairs([]) == []
