# SPDX-License-Identifier: Apache-2.0
"""What each frame shows by itself: how the head stands, the coefficients, and whether they can be believed."""

from dataclasses import dataclass

import numpy as np

from ..tracks import FaceTrack
from .pose import TO_FACE, Pose, eye_distance, head_pose
from .reference import FaceMap

CHUNK_FRAMES = 1024
MIN_QUALITY, FIRM_QUALITY = 0.25, 0.5
"""Frames below the first are not believed; rows that lean on frames below the second are not called usable."""
MAX_YAW, MAX_PITCH = np.radians(55.0), np.radians(45.0)
"""Further turned away, half of the mouth is hidden."""


@dataclass(frozen=True, eq=False)
class Frames:
    """N frames that can be believed. index: (N,) in the film. coefficients: (N, 64), against the mean face. rotation:
    (N, 3) radians, as published. neck: (N, 3) metres before the camera. quality: (N,). shape: (956,) their mean.
    """

    index: np.ndarray
    coefficients: np.ndarray
    rotation: np.ndarray
    neck: np.ndarray
    quality: np.ndarray
    shape: np.ndarray


def seen_frames(track: FaceTrack, known: FaceMap, neck_m: np.ndarray) -> Frames:
    """The frames of a track that can be believed, each for itself; N may be 0. neck_m: (3,) where the head turns."""
    good = np.isfinite(track.landmarks).all((1, 2)) & (track.quality >= MIN_QUALITY)
    index = np.flatnonzero(good)
    starts = range(0, max(1, len(index)), CHUNK_FRAMES)
    return _joined([_chunk(track, index[start : start + CHUNK_FRAMES], known, neck_m) for start in starts])


def _joined(parts: list[Frames]) -> Frames:
    """Frames one after another; the shape is the mean of all."""
    names = ("index", "coefficients", "rotation", "neck", "quality")
    columns = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
    counts = [len(part.index) for part in parts]
    shape = np.average([part.shape for part in parts], axis=0, weights=counts) if sum(counts) else parts[0].shape
    return Frames(**columns, shape=shape)


def _chunk(track: FaceTrack, index: np.ndarray, known: FaceMap, neck_m: np.ndarray) -> Frames:
    points = track.landmarks[index] * TO_FACE
    pose = head_pose(points, known.template)
    angles = pose.angles - known.angle_offset
    kept = (np.abs(angles[:, 0]) < MAX_PITCH) & (np.abs(angles[:, 1]) < MAX_YAW) & (pose.scale > 0)
    pose = Pose(pose.rotation[kept], pose.scale[kept], pose.place[kept])
    shapes = pose.faces(points[kept])[..., :2].reshape(-1, known.mean.size) / eye_distance(known.template)
    coefficients = known.level + (shapes - known.mean) @ known.slope
    neck = _before_camera(pose, neck_m, max(track.width, track.height))
    mean = shapes.mean(0) if len(shapes) else known.mean
    return Frames(index[kept], coefficients, angles[kept], neck, track.quality[index[kept]], mean)


def _before_camera(pose: Pose, neck_m: np.ndarray, picture_px: float) -> np.ndarray:
    """(N, 3) metres: where the neck is for a camera whose focal length is the longer side of its picture."""
    face = pose.place / pose.scale[:, None]
    face[:, 2] = -picture_px / pose.scale
    return face + pose.rotation @ neck_m - neck_m
