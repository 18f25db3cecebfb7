# SPDX-License-Identifier: Apache-2.0
"""Head pose from files: animations of ours, tables, and published clips in the published renderer's numbers.

Published (BFM fitting on a 256 × 256 picture): rotation about the middle of the face as R = Rz Ry Rx, translation in
decimetres before a camera 10 dm away with a focal length of 1015 pixels, and how the picture was cropped for it: scale
s and centre tx, ty (from the bottom). Most of where a head is stands in the crop, so both are read together.

Ours: the same rotation, and a translation in metres of the neck, about which a head turns. Both have x to the person's
left, y up, z to the front.
"""

from functools import partial
from pathlib import Path

import numpy as np

from ..animation import HEAD_POSE_DIM, MAX_ABS_POSE, at_our_rate
from ..errors import PoseError
from ..files.mat import read_mat
from ..files.npz import read_npz
from ..files.published_clip import ANGLE, COEFFICIENTS, COLUMNS, CROP, CROP_COLUMNS, TRANSLATION
from ..files.reading import UnusableContent, existing_file, explaining
from ..files.table import read_numbers
from ..timeline import FRAME_RATE_HZ, MAX_ROWS

CAMERA_DM = 10.0
FOCAL_PX = 1015.0
PICTURE_PX = 256.0
NECK_DM = (0.0, -0.67, -0.74)
"""The neck from the middle of the face: the pivot that best explains how the sample clips' heads shift as they turn."""
DM_PER_M = 10.0
MAX_ABS_CROP = 1e5
"""Of a published pose, whose largest numbers are pixels."""
EASE_ROWS = 8
"""A pose that runs backwards and forwards slows down over this many rows at its turning points."""


def head_pose_from_pose9(pose9: np.ndarray) -> np.ndarray:
    """Published pose (T, 9: angle, translation, s, tx, ty) → ours (T, 6), float32."""
    pose9 = np.asarray(pose9, np.float64)
    angle, translation, (s, tx, ty) = pose9[:, :3], pose9[:, 3:6], pose9[:, 6:].T
    distance = (CAMERA_DM - translation[:, 2]) * s  # as a camera saw it that took the uncropped picture
    x = translation[:, 0] + (tx - PICTURE_PX / 2) * distance / FOCAL_PX
    y = translation[:, 1] + (ty - PICTURE_PX / 2) * distance / FOCAL_PX
    face = np.stack([x, y, CAMERA_DM - distance], axis=1)
    return np.concatenate([angle, (face - turn_about_neck(angle)) / DM_PER_M], axis=1).astype(np.float32)


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


def pose_from_file(path: Path, rows: int) -> np.ndarray:
    """Head pose (rows, 6) float32 from a published .mat, an animation .npz, or a .csv of six columns.

    A pose that is shorter than the speech runs forwards and backwards (ping-pong, slowing down at the turning points);
    a longer one is cut. A published clip's is moved so that its median place is the origin: where the camera stood is
    not motion. A .csv has rotation x, y, z (radians) and translation x, y, z (metres), 30 rows a second, with or
    without a heading. Raises PoseError.
    """
    return at_rows(read_pose(path), rows)


def read_pose(path: Path) -> np.ndarray:
    """(N, 6) float32, N at least 1: the head pose of a file as it stands there, see `pose_from_file`. PoseError."""
    path = Path(path)
    readers = {".mat": _from_mat, ".npz": _from_npz, ".csv": _from_csv}
    if path.suffix.lower() not in readers:
        raise PoseError(
            f"{path.name} is not a head pose. Give a published .mat, an animation .npz or a .csv of 6 columns."
        )
    existing_file(path, "head pose file", PoseError)
    with explaining(partial(_no_pose, path)):
        return _checked(readers[path.suffix.lower()](path), MAX_ABS_POSE)


def _checked(pose: np.ndarray, most: float) -> np.ndarray:
    """The numbers of a pose (N, C), none of which may go beyond `most`. Raises UnusableContent."""
    if not 0 < len(pose) <= MAX_ROWS:
        raise UnusableContent("it is empty" if not len(pose) else f"it has more than {MAX_ROWS:,} rows")
    if not np.abs(pose).max() <= most:
        raise UnusableContent(f"it has missing values, or some beyond {most:g}")
    return pose


def _no_pose(path: Path, reason: str) -> PoseError:
    return PoseError(
        f"{path.name} has no head pose that can be used ({reason}). Choose an animation made here, a published .mat or "
        "a .csv of six columns; or auto or none."
    )


def at_rows(track: np.ndarray, rows: int) -> np.ndarray:
    """(rows, C): the track (N, C) cut, or run backwards and forwards with eased turning points."""
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


def _from_mat(path: Path) -> np.ndarray:
    pose9, size_px = read_published_pose(path)
    square = pose9.copy()  # clips of another picture size, as if they were 256 wide
    square[:, 6] *= size_px[:, 0] / PICTURE_PX
    square[:, 7:] *= PICTURE_PX / size_px
    head_pose = head_pose_from_pose9(square)
    head_pose[:, 3:] -= np.median(head_pose[:, 3:], axis=0)
    return head_pose


def read_published_pose(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """A published clip's own (N, 9): angle, translation, s, tx, ty; and (N, 2) its pictures' width and height, pixels.

    Both float64. Raises PoseError.
    """
    with explaining(partial(_no_pose, path)):
        content = read_mat(path)
        coefficients, crop = content[COEFFICIENTS], content[CROP].astype(np.float64)
        if coefficients.shape[1:] != (COLUMNS,) or crop.shape != (len(coefficients), CROP_COLUMNS):
            raise UnusableContent(f"{COEFFICIENTS} {coefficients.shape}, {CROP} {crop.shape}")
        pose9 = np.concatenate([coefficients[:, ANGLE], coefficients[:, TRANSLATION], crop[:, 2:]], axis=1)
        pose9 = _checked(pose9.astype(np.float64), MAX_ABS_CROP)
        if (crop[:, :3] <= 0).any() or not pose9.any(axis=0).all():
            raise UnusableContent("a column of it holds nothing but zeros: it is damaged")
        return pose9, crop[:, :2]


def _from_npz(path: Path) -> np.ndarray:
    with read_npz(path, partial(_no_pose, path)) as data:
        fps = float(data.get("fps", FRAME_RATE_HZ))
        pose = at_our_rate({"head_pose": data["head_pose"].astype(np.float32)}, fps)["head_pose"]
        before = min(max(0, -int(data.get("first_row", 0))), max(0, len(pose) - 1))
        return _six_columns(pose[before:])  # from the sound on


def _from_csv(path: Path) -> np.ndarray:
    return _six_columns(read_numbers(path).astype(np.float32))


def _six_columns(head_pose: np.ndarray) -> np.ndarray:
    if len(head_pose) and head_pose.shape[1:] != (HEAD_POSE_DIM,):
        columns = " × ".join(map(str, head_pose.shape[1:])) or "no"
        raise UnusableContent(f"it has {columns} columns, not {HEAD_POSE_DIM}")
    return head_pose
