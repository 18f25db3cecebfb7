# SPDX-License-Identifier: Apache-2.0
"""From landmarks to coefficients: the face of a track as 64 numbers a row, head pose and identity."""

from dataclasses import replace

import numpy as np

from ...errors import FilmError
from ...face.model import open_face
from ..tracks import FaceTrack, FittedFace
from . import rows
from .frames import FIRM_QUALITY, Frames, seen_frames
from .identity import identity_of
from .pose import eye_distance
from .reference import FaceMap, face_map

HIDDEN = "The tongue, the cheeks and sideways movements of the mouth cannot be seen in landmarks; they stay at rest."


class FaceNotSeenError(FilmError):
    """A track in which no frame can be believed."""


def fit_face(track: FaceTrack, *, neutral: FaceTrack | None = None, mirrored: bool = False) -> FittedFace:
    """The coefficients, head pose and identity of a track.

    neutral: a photo or film of the same person at rest, which says where the coefficients are 0; without it the
    person is taken to differ from the mean face by their expression. mirrored: the pictures show left as right, as
    selfie cameras do. Raises FaceNotSeenError where no frame can be believed.
    """
    return fit_with(face_map(), track, neutral, mirrored)


def fit_with(known: FaceMap, track: FaceTrack, neutral: FaceTrack | None = None, mirrored: bool = False) -> FittedFace:
    """`fit_face` by another map than the shipped one."""
    neck_m = open_face().neck_pivot.astype(np.float64)
    frames = _believed(_unmirrored(track, known) if mirrored else track, known, neck_m, "The film")
    level = np.zeros(64)
    if neutral is not None:
        still = _believed(_unmirrored(neutral, known) if mirrored else neutral, known, neck_m, "The neutral picture")
        level = np.median(still.coefficients, axis=0)
    times_s = track.times_s - track.lag_s
    rows_s = rows.rows_until(float(times_s[-1])) if len(times_s) > 1 else times_s  # a photo is its own row
    row_shot, shot = (rows.shots(each + track.lag_s, track.cuts_s) for each in (rows_s, times_s))
    at_s, frame_shot = times_s[frames.index], shot[frames.index]
    seen, firm = rows.seen_rows(rows_s, row_shot, at_s, frame_shot), frames.quality >= FIRM_QUALITY
    usable = rows.seen_rows(rows_s, row_shot, at_s[firm], frame_shot[firm])
    if not usable.any():
        raise FaceNotSeenError("The film shows a face too rarely. Use one in which it is seen from the front.")
    values = np.concatenate([frames.coefficients - level, frames.rotation, frames.neck], axis=1)
    curves = rows.smoothed(rows_s, row_shot, at_s, frame_shot, frames.quality, values)
    curves = rows.bridged(curves, seen, row_shot).astype(np.float32)
    middle = np.median(curves[usable, 67:], axis=0)
    return FittedFace(
        expression=curves[:, :64], rotation=curves[:, 64:67], translation=curves[:, 67:] - middle,
        identity=identity_of(frames.shape, frames.coefficients.mean(0) - level, known, eye_distance(known.template)),
        quality=np.where(seen, np.interp(rows_s, at_s, frames.quality), 0).astype(np.float32),
        usable=usable, notes=_notes(usable[rows_s >= times_s[0]]),
    )  # fmt: skip


def _believed(track: FaceTrack, known: FaceMap, neck_m: np.ndarray, what: str) -> Frames:
    """The frames of a track that can be believed, of which there is one at least. Raises FaceNotSeenError."""
    frames = seen_frames(track, known, neck_m)
    if not len(frames.index):
        raise FaceNotSeenError(f"{what} shows no face from the front. Choose one in which a face is large and lit.")
    return frames


def _unmirrored(track: FaceTrack, known: FaceMap) -> FaceTrack:
    """The track as it would be, had the camera not mirrored its picture."""
    points = track.landmarks[:, known.mirror].copy()
    points[..., 0] = track.width - points[..., 0]
    return replace(track, landmarks=points)


def _notes(usable: np.ndarray) -> tuple[str, ...]:
    """What to know of the rows since the part that was looked at began."""
    if usable.all():
        return (HIDDEN,)
    missing = f"{1 - usable.mean():.0%} of the rows show no face that can be relied on, or none, and then are bridged."
    return HIDDEN, missing
