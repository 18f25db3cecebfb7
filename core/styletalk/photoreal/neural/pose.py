# SPDX-License-Identifier: Apache-2.0
"""Head pose in the nine numbers that the published renderer takes; face.published_pose says what they mean."""

from pathlib import Path

import numpy as np

from ...errors import PoseError
from ...face.published_pose import CAMERA_DM, DM_PER_M, FOCAL_PX, PICTURE_PX, turn_about_neck
from ...files.reading import existing_file
from ...motion.pose import at_rows, pose_from_file, read_published_pose

CROP_TRANSLATION_DM = (0.013, 0.01, -0.13)
"""The translation that the published fit leaves within its crop, a mean over the sample clips. It hardly varies."""


def pose9_from_head_pose(head_pose: np.ndarray) -> np.ndarray:
    """Our pose (T, 6) → published (T, 9), float32.

    The inverse of `head_pose_from_pose9` but for one choice that our six numbers leave open, how much of the place
    stands in the translation and how much in the crop: the translation is always CROP_TRANSLATION_DM.
    """
    head_pose = np.asarray(head_pose, np.float64)
    angle = head_pose[:, :3]
    face = head_pose[:, 3:] * DM_PER_M + turn_about_neck(angle)
    translation = np.broadcast_to(CROP_TRANSLATION_DM, face.shape)
    distance = CAMERA_DM - face[:, 2]
    centre = PICTURE_PX / 2 + (face[:, :2] - translation[:, :2]) * FOCAL_PX / distance[:, None]
    scale = distance / (CAMERA_DM - translation[:, 2])
    return np.concatenate([angle, translation, scale[:, None], centre], axis=1).astype(np.float32)


def pose9_from_file(path: Path, rows: int) -> np.ndarray:
    """(rows, 9) float32 of a head pose file: a published clip's own numbers exactly, else as `pose9_from_head_pose`.

    Too short a pose is lengthened as by `pose_from_file`. Raises PoseError.
    """
    path = Path(path)
    if path.suffix.lower() == ".mat":
        existing_file(path, "head pose file", PoseError)
        return at_rows(read_published_pose(path)[0].astype(np.float32), rows)
    return pose9_from_head_pose(pose_from_file(path, rows))
