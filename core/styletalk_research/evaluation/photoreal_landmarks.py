# SPDX-License-Identifier: Apache-2.0
"""Landmarks of pictures that are rendered or read one by one, as the tracker finds them in films."""

from collections.abc import Iterable

import numpy as np

from styletalk.errors import MissingPackageError, StyleTalkError
from styletalk.timeline import film_row_time_s
from styletalk.tracking.film import SMALL_SIDE_PX
from styletalk.tracking.fit import fit_face
from styletalk.tracking.mesh import FaceMesh
from styletalk.tracking.tracks import LANDMARKS, FaceTrack


def landmarks_of(frames: Iterable[np.ndarray]) -> np.ndarray:
    """(N, 478, 3) float32 pixels of the largest face of each picture (H, W, 3) uint8; NaN where there is none.

    Raises MissingPackageError.
    """
    with FaceMesh() as mesh:
        found = [_largest(mesh, picture) for picture in frames]
    return np.stack(found) if found else np.empty((0, LANDMARKS, 3), np.float32)


def tracked_coefficients(frames: Iterable[np.ndarray]) -> np.ndarray:
    """(N, 64) coefficients as `styletalk track` fits them, of the pictures of rows 0, 1, … at 30 a second.

    Raises StyleTalkError where no face can be believed.
    """
    frames = list(frames)
    if not frames:
        raise StyleTalkError("There are no pictures to track a face in.")
    landmarks = landmarks_of(frames)
    seen = np.isfinite(landmarks).all((1, 2)).astype(np.float32)
    height, width = frames[0].shape[:2]
    times_s = film_row_time_s(np.arange(len(frames)))
    return fit_face(FaceTrack(landmarks, times_s, seen, width, height)).expression[: len(frames)]


def _largest(mesh: FaceMesh, picture: np.ndarray) -> np.ndarray:
    height, width = picture.shape[:2]
    faces = mesh.look(_enlarged(picture)).landmarks * np.array([width, height, width], np.float32)
    if not len(faces):
        return np.full((LANDMARKS, 3), np.nan, np.float32)
    return faces[np.ptp(faces[:, :, 0], axis=1).argmax()]


def _enlarged(picture: np.ndarray) -> np.ndarray:
    """Small pictures as large as the tracker looks at them, which steadies their landmarks."""
    longest = max(picture.shape[:2])
    if longest >= SMALL_SIDE_PX:
        return np.ascontiguousarray(picture)
    try:
        import av
    except ImportError as error:
        raise MissingPackageError("Measuring films needs PyAV. Install it with `pip install av`.") from error
    height, width = (round(side * SMALL_SIDE_PX / longest) for side in picture.shape[:2])
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), "rgb24")
    return frame.reformat(width, height, "rgb24", interpolation="BICUBIC").to_ndarray()
