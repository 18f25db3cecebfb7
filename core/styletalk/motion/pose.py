# SPDX-License-Identifier: Apache-2.0
"""Head pose in our numbers and in the published renderer's, and from files.

Published (BFM fitting on a 256 × 256 picture): rotation about the middle of the face as R = Rz Ry Rx, translation in
decimetres before a camera 10 dm away with a focal length of 1015 pixels, and how the picture was cropped for it: scale
s and centre tx, ty (from the bottom). Most of where a head is stands in the crop, so both are read together.

Ours: the same rotation, and a translation in metres of the neck, about which a head turns. Both have x to the person's
left, y up, z to the front.
"""

import csv
import zipfile
from pathlib import Path

import numpy as np

from ..animation import HEAD_POSE_DIM, POSE9_DIM
from ..errors import PoseError
from ..files.mat import read_mat

CAMERA_DM = 10.0
FOCAL_PX = 1015.0
PICTURE_PX = 256.0
CROP_TRANSLATION_DM = (0.013, 0.01, -0.13)
"""The translation that the published fit leaves within its crop, a mean over the sample clips. It hardly varies."""
NECK_DM = (0.0, -0.67, -0.74)
"""The neck from the middle of the face: the pivot that best explains how the sample clips' heads shift as they turn."""
DM_PER_M = 10.0
EASE_ROWS = 8
"""A pose that runs backwards and forwards slows down over this many rows at its turning points."""

_MAT_ANGLE, _MAT_TRANSLATION, _MAT_WIDTH = slice(224, 227), slice(254, 257), 257


def head_pose_from_pose9(pose9: np.ndarray) -> np.ndarray:
    """Published pose (T, 9: angle, translation, s, tx, ty) → ours (T, 6), float32."""
    pose9 = np.asarray(pose9, np.float64)
    angle, translation, (s, tx, ty) = pose9[:, :3], pose9[:, 3:6], pose9[:, 6:].T
    distance = (CAMERA_DM - translation[:, 2]) * s  # as a camera saw it that took the uncropped picture
    x = translation[:, 0] + (tx - PICTURE_PX / 2) * distance / FOCAL_PX
    y = translation[:, 1] + (ty - PICTURE_PX / 2) * distance / FOCAL_PX
    face = np.stack([x, y, CAMERA_DM - distance], axis=1)
    return np.concatenate([angle, (face - _turn_about_neck(angle)) / DM_PER_M], axis=1).astype(np.float32)


def pose9_from_head_pose(head_pose: np.ndarray) -> np.ndarray:
    """Our pose (T, 6) → published (T, 9), float32.

    The inverse of `head_pose_from_pose9` but for one choice that our six numbers leave open, how much of the place
    stands in the translation and how much in the crop: the translation is always CROP_TRANSLATION_DM.
    """
    head_pose = np.asarray(head_pose, np.float64)
    angle = head_pose[:, :3]
    face = head_pose[:, 3:] * DM_PER_M + _turn_about_neck(angle)
    translation = np.broadcast_to(CROP_TRANSLATION_DM, face.shape)
    distance = CAMERA_DM - face[:, 2]
    centre = PICTURE_PX / 2 + (face[:, :2] - translation[:, :2]) * FOCAL_PX / distance[:, None]
    scale = distance / (CAMERA_DM - translation[:, 2])
    return np.concatenate([angle, translation, scale[:, None], centre], axis=1).astype(np.float32)


def rotation_matrix(angle: np.ndarray) -> np.ndarray:
    """(T, 3, 3) R = Rz Ry Rx of (T, 3) radians: Blender's Euler order XYZ."""
    (cx, cy, cz), (sx, sy, sz) = np.cos(angle).T, np.sin(angle).T
    rows = [
        [cz * cy, cz * sy * sx - sz * cx, cz * sy * cx + sz * sx],
        [sz * cy, sz * sy * sx + cz * cx, sz * sy * cx - cz * sx],
        [-sy, cy * sx, cy * cx],
    ]
    return np.moveaxis(np.array(rows), -1, 0)


def _turn_about_neck(angle: np.ndarray) -> np.ndarray:
    """(T, 3) dm by which the middle of the face moves when the head turns about the neck: p − R p."""
    neck = np.asarray(NECK_DM)
    return neck - rotation_matrix(angle) @ neck


def pose_from_file(path: Path, rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Head pose for `rows` rows from a published .mat, one of our .npz, or a .csv of six columns.

    Returns head_pose (T, 6) and pose9 (T, 9), float32. A pose that is shorter than the speech runs forwards and
    backwards (ping-pong, slowing down at the turning points); a longer one is cut. A published clip keeps its pose9 as
    it is, while its head_pose is moved so that its median place is the origin: where the camera stood is not motion.
    A .csv has rotation x, y, z (radians) and translation x, y, z (metres), 30 rows a second, with or without a heading.
    Raises PoseError.
    """
    path = Path(path)
    readers = {".mat": _from_mat, ".npz": _from_npz, ".csv": _from_csv}
    if path.suffix.lower() not in readers:
        raise PoseError(
            f"{path.name} is not a head pose. Give a published .mat, an animation .npz or a .csv of 6 columns."
        )
    if not path.is_file():
        raise PoseError(f"There is no head pose file {path}. Check the path, or choose auto or none.")
    head_pose, pose9 = readers[path.suffix.lower()](path)
    if len(head_pose) == 0 or not (np.isfinite(head_pose).all() and np.isfinite(pose9).all()):
        raise PoseError(
            f"The head pose in {path.name} is empty or has missing values. Choose another, or auto or none."
        )
    return _at_rows(head_pose, rows), _at_rows(pose9, rows)


def _at_rows(track: np.ndarray, rows: int) -> np.ndarray:
    """(rows, C): the track cut, or run backwards and forwards with eased turning points."""
    last = len(track) - 1
    if rows <= len(track) or last == 0:
        return track[np.minimum(np.arange(rows), last)]
    way = np.arange(rows, dtype=np.float64) % (2 * last)
    way = np.minimum(way, 2 * last - way)
    ease = min(EASE_ROWS, last / 2)
    passed = np.arange(rows) > last - ease  # the first pass is the clip's own until it nears its end
    near_end, near_start = np.clip(last - way, 0, ease), np.clip(way, 0, ease)
    way = np.where(passed, way + _slack(near_end, ease) - _slack(near_start, ease), way)
    lower = np.clip(np.floor(way).astype(int), 0, last)
    weight = (way - lower)[:, None]
    return (track[lower] * (1 - weight) + track[np.minimum(lower + 1, last)] * weight).astype(np.float32)


def _slack(distance: np.ndarray, ease: float) -> np.ndarray:
    """How far short of a turning point to stay at a distance from it, so that the turn has no corner."""
    return -((ease - distance) ** 2) / (2 * ease)


def _from_mat(path: Path) -> tuple[np.ndarray, np.ndarray]:
    try:
        content = read_mat(path)
        coefficients, crop = np.asarray(content["coeff"]), np.asarray(content["transform_params"])
        if coefficients.ndim != 2 or coefficients.shape[1] != _MAT_WIDTH or crop.shape != (len(coefficients), 5):
            raise ValueError(f"coeff {coefficients.shape}, transform_params {crop.shape}")
        pose9 = np.concatenate([coefficients[:, _MAT_ANGLE], coefficients[:, _MAT_TRANSLATION], crop[:, 2:]], axis=1)
    except KeyError as error:
        raise PoseError(
            f"{path.name} lacks {error}, which a published clip has. Choose another file, or auto."
        ) from error
    except (OSError, ValueError) as error:
        raise PoseError(f"{path.name} has no published head pose ({error}). Choose another file, or auto.") from error
    square = pose9.astype(np.float64)  # clips of another picture size, as if they were 256 wide
    square[:, 6:] *= np.stack([crop[:, 0] / PICTURE_PX, PICTURE_PX / crop[:, 0], PICTURE_PX / crop[:, 1]], axis=1)
    head_pose = head_pose_from_pose9(square)
    head_pose[:, 3:] -= np.median(head_pose[:, 3:], axis=0)
    return head_pose, pose9.astype(np.float32)


def _from_npz(path: Path) -> tuple[np.ndarray, np.ndarray]:
    try:
        with np.load(path, allow_pickle=False) as data:
            head_pose = np.asarray(data["head_pose"], np.float32)
            pose9 = np.asarray(data["pose9"], np.float32) if "pose9" in data else np.zeros((0, POSE9_DIM), np.float32)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise PoseError(f"{path.name} has no head_pose ({error}). Choose an animation made here, or auto.") from error
    if head_pose.ndim != 2 or head_pose.shape[1] != HEAD_POSE_DIM:
        raise PoseError(f"head_pose in {path.name} has shape {head_pose.shape}; expected (rows, 6).")
    usable = pose9.shape == (len(head_pose), POSE9_DIM) and (pose9[:, 6] > 0).all()  # raw animations hold zeros
    return head_pose, pose9 if usable else pose9_from_head_pose(head_pose)


def _from_csv(path: Path) -> tuple[np.ndarray, np.ndarray]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            lines = [line for line in csv.reader(stream) if line]
        if lines and not _is_number(lines[0][0]):
            lines = lines[1:]
        head_pose = np.array([[float(cell) for cell in line] for line in lines], np.float32)
    except (OSError, ValueError, csv.Error) as error:
        raise PoseError(f"{path.name} is not a table of numbers ({error}).") from error
    if len(head_pose) and head_pose.shape[1] != HEAD_POSE_DIM:
        raise PoseError(f"{path.name} has {head_pose.shape[1]} columns; a head pose has {HEAD_POSE_DIM}.")
    head_pose = head_pose.reshape(-1, HEAD_POSE_DIM)
    return head_pose, pose9_from_head_pose(head_pose)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
