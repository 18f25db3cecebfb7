# SPDX-License-Identifier: Apache-2.0
"""People tracked in films as recordings: coefficients fitted to the landmarks, and the mouth as landmarks show it."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from styletalk.errors import MissingPackageError, StyleTalkError
from styletalk.face.landmarks import MOUTH_GAP, MOUTH_WIDTH
from styletalk.timeline import film_row_time_s
from styletalk.tracking.fit import fit_face
from styletalk.tracking.fit.pose import TO_FACE, eye_distance, head_pose
from styletalk.tracking.fit.reference import face_map
from styletalk.tracking.lag import find_lag
from styletalk.tracking.track_file import read_track, write_track
from styletalk.tracking.tracks import FaceTrack

from .errors import ClipError
from .pairs import Readouts
from .recordings import Recording

MIN_USABLE = 0.6
"""Of the rows; a face that is seen less is not learnt from."""


def tracks_folder(manifest: Path) -> Path:
    """Where the tracks of a manifest's films are kept."""
    return manifest.with_name(manifest.stem + "_tracks")


def track_of(film: Path, name: str, folder: Path) -> Path:
    """The track of a film: NAME.npz beside it, or in `folder`, where it is made now, its lag measured.

    Raises ClipError where no face can be followed, or the sound is of another mouth, MissingPackageError.
    """
    for known in (film.with_suffix(".npz"), folder / f"{name}.npz"):
        if known.is_file():
            return known
    from styletalk.tracking.capture import is_dubbed
    from styletalk.tracking.tracker import track_face

    folder.mkdir(parents=True, exist_ok=True)
    try:
        track = track_face(film, kept=folder / f"{name}.part")
        lag = find_lag(track, film)
        if is_dubbed(lag, float(np.ptp(track.times_s))):
            raise ClipError("its sound hardly belongs to its mouth: it may be dubbed, or not speech.")
        write_track(folder / f"{name}.npz", replace(track, lag_s=lag.seconds if lag.sure else 0.0))
    except ClipError:
        raise
    except MissingPackageError:  # not this clip's fault: every clip would fail alike
        raise
    except StyleTalkError as error:
        raise ClipError(f"it cannot be tracked: {error}") from error
    return folder / f"{name}.npz"


def tracked_motion(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """`film_motion` of a track's file. Raises ClipError."""
    try:
        return film_motion(read_track(path))
    except ClipError:
        raise
    except StyleTalkError as error:
        raise ClipError(f"its track cannot be used: {error}") from error


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
    wanted_s = film_row_time_s(np.arange(rows))
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
