# SPDX-License-Identifier: Apache-2.0
"""Performance capture: the face of a film as an animation that bakes like any other, with the film's own sound."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from .. import __version__
from ..animation import TONGUE_DIM, UPPER_DIM, FaceAnimation
from ..errors import RequestError
from ..phonemes import PHONEME_INDEX, PhonemeTrack
from ..progress import Progress, part, silent
from ..timeline import film_row_time_s, row_time_s
from .eyes import blinks_of, gaze_of, mirrored_eyes
from .film import open_film
from .fit import FaceNotSeenError, fit_face
from .lag import Lag, find_lag
from .track_file import MAX_SIDE_PX
from .tracker import track_face, usable_share
from .tracks import FaceTrack, FittedFace

AUTO_LAG = "auto"
MAX_LAG_MS = 2000.0
WORTH_CORRECTING_S = 0.02
DUBBED, LONG_ENOUGH_S = 0.1, 8.0
"""Below this certainty, of so many seconds, sound and mouth are said not to belong together."""
MAX_BLINK_GAP_S = 0.2
"""Pictures that lie farther apart than this say nothing of the eyes between them."""


@dataclass(frozen=True)
class CaptureOptions:
    """face: 1 the largest. at: a point of the first picture, pixels; wins over `face`. start_s, end_s: the part of the
    film. mirrored: left is right, as selfie cameras have it. neutral: a photo of the person at rest, or None.
    lag: "auto", found by what the sound says of the mouth where that is certain; or by how many milliseconds the film's
    picture is late."""

    face: int = 1
    at: tuple[float, float] | None = None
    start_s: float = 0.0
    end_s: float = math.inf
    mirrored: bool = False
    neutral: Path | None = None
    lag: str = "0"

    def __post_init__(self) -> None:
        """Raises RequestError."""
        if self.face < 1:
            raise RequestError("Faces are counted from 1, the largest.")
        if not 0 <= self.start_s < self.end_s:
            raise RequestError("The part of the film must begin at 0 s or later, and end after it begins.")
        if self.lag != AUTO_LAG and not abs(_number(self.lag)) <= MAX_LAG_MS:
            raise RequestError(f"The lag is auto, or milliseconds from {-MAX_LAG_MS:,.0f} to {MAX_LAG_MS:,.0f}.")

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> "CaptureOptions":
        """The options with these fields, as JSON holds them; what is not named has its default. Raises RequestError."""
        for name, value in values.items():
            if name not in _JSON_TYPES:
                raise RequestError(f"There is no option {str(name)[:40]!r}. Use the same release on both sides.")
            if not isinstance(value, _JSON_TYPES[name]) or (isinstance(value, bool) and name != "mirrored"):
                raise RequestError(f"The option {name} is {str(value)[:40]!r}, which is none of its values.")
        found = dict(values)
        if "neutral" in found:
            found["neutral"] = Path(found["neutral"])
        if "at" in found:
            numbers = [each for each in found["at"] if type(each) in (int, float) and abs(each) < MAX_SIDE_PX]
            if len(numbers) != 2 or len(found["at"]) != 2:
                raise RequestError("The place at which a face is has two numbers, pixels.")
            found["at"] = tuple(map(float, numbers))
        return cls(**found)


_JSON_TYPES: dict[str, Any] = {
    "face": int, "at": list, "start_s": (int, float), "end_s": (int, float), "mirrored": bool, "neutral": str,
    "lag": str,
}  # fmt: skip


def capture(
    path: Path, options: CaptureOptions, kept: Path | None = None, progress: Progress = silent
) -> tuple[FaceTrack, FittedFace]:
    """Track a face and fit the coefficients to it. kept: see `tracker.track_face`.

    Raises FilmError, FaceNotSeenError, OutputError, MissingPackageError, RequestError.
    """
    neutral = track_face(options.neutral) if options.neutral is not None else None
    track = track_face(path, options.face, options.at, options.start_s, options.end_s, kept, part(progress, 0.0, 0.9))
    later_s = row_time_s(0) - film_row_time_s(0)  # a capture keeps to its film: its rows are seen when ours are
    try:
        progress(0.9, "finding the lag")
        track = _timed(track, path, options.lag, part(progress, 0.9, 0.92))
        progress(0.92, "fitting the face")
        rows = replace(track, lag_s=track.lag_s + later_s)
        return track, fit_face(rows, neutral=neutral, mirrored=options.mirrored)
    except FaceNotSeenError as error:
        raise FaceNotSeenError(" ".join((str(error), *track.notes))) from error


def animation_of(path: Path, track: FaceTrack, fitted: FittedFace, options: CaptureOptions) -> FaceAnimation:
    """The animation of a fitted face. path: of the film, which is named as its sound."""
    rows = len(fitted.expression)
    landmarks = _at_rows(track, rows)
    blinks = blinks_of(landmarks, fitted.expression)
    gaze = gaze_of(landmarks, blinks)
    if options.mirrored:
        blinks, gaze = mirrored_eyes(blinks, gaze)
    labels = np.full(rows, PHONEME_INDEX["SIL"], np.int16)
    return FaceAnimation(
        coefficients=fitted.expression, head_pose=np.concatenate([fitted.rotation, fitted.translation], axis=1),
        blinks=np.ascontiguousarray(blinks), gaze=gaze, tongue=np.zeros((rows, TONGUE_DIM), np.float32),
        upper=np.zeros((rows, UPPER_DIM), np.float32), phonemes=labels,
        track=PhonemeTrack((), float(row_time_s(rows)), method="the picture"),
        metadata=_metadata(path, track, fitted, options),
    )  # fmt: skip


def _metadata(path: Path, track: FaceTrack, fitted: FittedFace, options: CaptureOptions) -> dict[str, Any]:
    return {
        "audio": Path(path).name if open_film(path).has_sound else "", "style": "captured",
        "note": " ".join((*track.notes, *fitted.notes)),
        "usable": round(usable_share(track), 4), "lag_ms": round(1000 * track.lag_s, 1), "mirrored": options.mirrored,
        "versions": {"styletalk": __version__, "numpy": np.__version__},
    }  # fmt: skip


def _timed(track: FaceTrack, path: Path, lag: str, progress: Progress) -> FaceTrack:
    """The track with its lag, and what is to be said of the sound."""
    if not open_film(path).has_sound:
        return replace(track, notes=(*track.notes, "The film has no sound."))
    if lag != AUTO_LAG:
        return replace(track, lag_s=float(lag) / 1000)
    found = find_lag(track, path, progress)
    seconds = float(np.ptp(track.times_s))
    note = ""
    if found.sure and abs(found.seconds) >= WORTH_CORRECTING_S:
        note = (
            f"The picture is {abs(1000 * found.seconds):.0f} ms {'late' if found.seconds > 0 else 'early'}: corrected."
        )
    elif is_dubbed(found, seconds):
        note = "The sound hardly belongs to this mouth: it may be dubbed, or not speech. Nothing was corrected."
    notes = tuple(filter(None, (*track.notes, note)))
    return replace(track, lag_s=found.seconds if found.sure else 0.0, notes=notes)


def is_dubbed(lag: Lag, seconds: float) -> bool:
    """Whether the sound of a film of so many seconds hardly belongs to its mouth: dubbed, music, far out of step."""
    return lag.certainty < DUBBED and seconds >= LONG_ENOUGH_S


def _at_rows(track: FaceTrack, rows: int) -> np.ndarray:
    """(rows, 478, 3): the landmarks of the picture that is nearest to each row, NaN where none is near."""
    wanted = row_time_s(np.arange(rows)) + track.lag_s
    after = np.clip(np.searchsorted(track.times_s, wanted), 1, max(1, len(track.times_s) - 1))
    pair = np.stack([after - 1, np.minimum(after, len(track.times_s) - 1)])
    nearest = np.take_along_axis(pair, np.abs(track.times_s[pair] - wanted).argmin(axis=0)[None], axis=0)[0]
    found = track.landmarks[nearest].copy()
    found[np.abs(track.times_s[nearest] - wanted) > MAX_BLINK_GAP_S] = np.nan
    return found


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
