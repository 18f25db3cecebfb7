# SPDX-License-Identifier: Apache-2.0
"""Head pose from files: animations of ours, tables, and published clips."""

from functools import partial
from pathlib import Path

import numpy as np

from ..animation import HEAD_POSE_DIM, MAX_ABS_POSE, at_our_rate
from ..errors import PoseError
from ..face.published_pose import head_pose_of_clip
from ..files.npz import read_npz
from ..files.published_clip import pose_from_mat
from ..files.reading import UnusableContent, existing_file, explaining
from ..files.table import read_numbers
from ..timeline import FRAME_RATE_HZ, MAX_ROWS

MAX_ABS_CROP = 1e5
"""Of a published pose, whose largest numbers are pixels."""
EASE_ROWS = 8
"""A pose that runs backwards and forwards slows down over this many rows at its turning points."""


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
    return head_pose_of_clip(*read_published_pose(path))


def read_published_pose(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """A published clip's own (N, 9): angle, translation, s, tx, ty; and (N, 2) its pictures' width and height, pixels.

    Both float64. Raises PoseError.
    """
    with explaining(partial(_no_pose, path)):
        pose9, size_px = pose_from_mat(path)
        return _checked(pose9, MAX_ABS_CROP), size_px


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
