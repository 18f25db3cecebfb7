# SPDX-License-Identifier: Apache-2.0
"""Head pose in the published renderer's numbers, and in ours.

Published (BFM fitting on a 256 × 256 picture): rotation about the middle of the face as R = Rz Ry Rx, translation in
decimetres before a camera 10 dm away with a focal length of 1015 pixels, and how the picture was cropped for it: scale
s and centre tx, ty (from the bottom). Most of where a head is stands in the crop, so both are read together.

Ours: the same rotation, and a translation in metres of the neck, about which a head turns. Both have x to the person's
left, y up, z to the front.
"""

import numpy as np

CAMERA_DM = 10.0
FOCAL_PX = 1015.0
PICTURE_PX = 256.0
NECK_DM = (0.0, -0.17, -0.74)
"""The neck from the middle of the face: where the open face turns, so that a head goes where the film's went. Heads of
the sample clips turn about 5 cm lower; that part of their way is in the translation."""
DM_PER_M = 10.0


def head_pose_from_pose9(pose9: np.ndarray) -> np.ndarray:
    """Published pose (T, 9: angle, translation, s, tx, ty) → ours (T, 6), float32."""
    pose9 = np.asarray(pose9, np.float64)
    angle, translation, (s, tx, ty) = pose9[:, :3], pose9[:, 3:6], pose9[:, 6:].T
    distance = (CAMERA_DM - translation[:, 2]) * s  # as a camera saw it that took the uncropped picture
    x = translation[:, 0] + (tx - PICTURE_PX / 2) * distance / FOCAL_PX
    y = translation[:, 1] + (ty - PICTURE_PX / 2) * distance / FOCAL_PX
    face = np.stack([x, y, CAMERA_DM - distance], axis=1)
    return np.concatenate([angle, (face - turn_about_neck(angle)) / DM_PER_M], axis=1).astype(np.float32)


def head_pose_of_clip(pose9: np.ndarray, size_px: np.ndarray) -> np.ndarray:
    """(T, 6) float32 of a published clip's (T, 9) and the width and height of its pictures (T, 2).

    The median place is the origin: where the camera stood is not motion.
    """
    square = np.array(pose9, np.float64)  # clips of another picture size, as if they were 256 wide
    square[:, 6] *= size_px[:, 0] / PICTURE_PX
    square[:, 7:] *= PICTURE_PX / size_px
    head_pose = head_pose_from_pose9(square)
    head_pose[:, 3:] -= np.median(head_pose[:, 3:], axis=0)
    return head_pose


def rotation_matrix(angle: np.ndarray) -> np.ndarray:
    """(T, 3, 3) R = Rz Ry Rx of (T, 3) radians: Blender's Euler order XYZ."""
    (cx, cy, cz), (sx, sy, sz) = np.cos(angle).T, np.sin(angle).T
    rows = [
        [cz * cy, cz * sy * sx - sz * cx, cz * sy * cx + sz * sx],
        [sz * cy, sz * sy * sx + cz * cx, sz * sy * cx - cz * sx],
        [-sy, cy * sx, cy * cx],
    ]
    return np.moveaxis(np.array(rows), -1, 0)


def turn_about_neck(angle: np.ndarray) -> np.ndarray:
    """(T, 3) dm by which the middle of the face moves when the head turns about the neck: p − R p."""
    neck = np.asarray(NECK_DM)
    return neck - rotation_matrix(angle) @ neck
