# SPDX-License-Identifier: Apache-2.0
"""People tracked in films as recordings: coefficients fitted to the landmarks, and the mouth as landmarks show it."""

from dataclasses import replace

import numpy as np

from styletalk.face.landmarks import MOUTH_GAP, MOUTH_WIDTH
from styletalk.timeline import row_time_s
from styletalk.tracking.fit import fit_face
from styletalk.tracking.fit.pose import TO_FACE, eye_distance, head_pose
from styletalk.tracking.fit.reference import face_map
from styletalk.tracking.tracks import FaceTrack

from .errors import ClipError
from .pairs import Readouts
from .recordings import Recording

MIN_USABLE = 0.6
"""Of the rows; a face that is seen less is not learnt from."""


def film_motion(track: FaceTrack) -> tuple[np.ndarray, np.ndarray]:
    """(T, 64) coefficients and (T, 2) mouth gap and width of a track, in the convention. Raises ClipError."""
    face = fit_face(track)
    if face.usable.mean() < MIN_USABLE:
        raise ClipError(f"a face can be seen in {face.usable.mean():.0%} of it; {MIN_USABLE:.0%} are needed.")
    return face.expression, seen_mouth(track, len(face.expression))


def seen_mouth(track: FaceTrack, rows: int) -> np.ndarray:
    """(rows, 2) float32 mouth gap and width in distances between the outer eye corners, the head's pose taken out."""
    seen = np.isfinite(track.landmarks).all((1, 2)) & (track.quality > 0)
    points, template = track.landmarks[seen].astype(np.float64) * TO_FACE, face_map().template
    faces = head_pose(points, template).faces(points) / eye_distance(template)
    (upper, lower), (right, left) = MOUTH_GAP, MOUTH_WIDTH
    mouth = np.stack([faces[:, upper, 1] - faces[:, lower, 1], faces[:, left, 0] - faces[:, right, 0]], axis=1)
    times_s = track.times_s[seen] - track.lag_s
    wanted_s = row_time_s(np.arange(rows))
    return np.stack([np.interp(wanted_s, times_s, column) for column in mouth.T], axis=1).astype(np.float32)


def with_seen_mouth(recording: Recording, readouts: Readouts, moves: np.ndarray) -> Recording:
    """The recording, its gap and width moving as landmarks show them; all else as little as may be.

    moves: (64, 64) covariance of speech motion. Coefficients answer the map of the fit, which smooths the lips: its gap
    goes with the landmarks' by r .94 where a face is small, and what is learnt from it is as much smaller.
    """
    if recording.mouth is None:
        return recording
    columns = np.stack([readouts.column("gap"), readouts.column("width")], axis=1)  # (64, 2)
    missing = recording.mouth - recording.expression @ columns
    direction = moves @ columns @ np.linalg.inv(columns.T @ moves @ columns)  # (64, 2)
    moved = recording.expression + (missing - missing.mean(0)) @ direction.T
    return replace(recording, expression=moved.astype(np.float32))
