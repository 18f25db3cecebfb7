# SPDX-License-Identifier: Apache-2.0
"""A track as a file: the landmarks of a face in every picture of a film."""

from pathlib import Path

import numpy as np

from ..errors import FilmError
from ..files.limits import MAX_UNPACKED_BYTES
from ..files.npz import read_npz, write_npz
from ..files.reading import UnusableContent, existing_file
from ..timeline import MAX_DURATION_S
from .tracks import LANDMARKS, FaceTrack

MAX_PICTURES = MAX_UNPACKED_BYTES // (4 * 3 * LANDMARKS) - 1000
"""That a file holds: 25 minutes at 30 pictures a second."""
MAX_SIDE_PX = 1 << 16
MAX_LAG_S = 10.0
MAX_OUTSIDE = 10.0
"""By so many sides of the picture landmarks may lie beside it."""


def write_track(path: Path, track: FaceTrack) -> None:
    """Write `TRACK.npz`, whole or not at all. Raises OutputError.

    landmarks (N, 478, 3) float32, pixels | detected (N,) | quality (N,) | pts (N,), seconds | cuts (C,), seconds | fps,
    width, height, av_lag_ms: numbers.
    """
    seconds = float(np.ptp(track.times_s))
    write_npz(path, {
        "landmarks": track.landmarks.astype(np.float32), "detected": ~np.isnan(track.landmarks[:, 0, 0]),
        "quality": track.quality.astype(np.float32), "pts": track.times_s.astype(np.float64),
        "cuts": np.asarray(track.cuts_s, np.float64),
        "fps": np.array((len(track.times_s) - 1) / seconds if seconds > 0 else 0.0),
        "width": np.array(track.width), "height": np.array(track.height),
        "av_lag_ms": np.array(1000.0 * track.lag_s),
    })  # fmt: skip


def read_track(path: Path) -> FaceTrack:
    """Read `TRACK.npz`, also one without `quality`. Raises FilmError."""
    path = existing_file(Path(path), "track of a face", FilmError)

    def explained(reason: str) -> FilmError:
        return FilmError(f"{path.name} is not the track of a face ({reason}). Make one with `styletalk track`.")

    with read_npz(path, explained) as data:
        track = FaceTrack(
            landmarks=data["landmarks"], times_s=data["pts"],
            quality=data.get("quality", data["detected"].astype(np.float32)),
            width=int(data["width"]), height=int(data["height"]),
            cuts_s=tuple(map(float, data.get("cuts", np.zeros(0)).reshape(-1)[:MAX_PICTURES])),
            lag_s=float(data.get("av_lag_ms", 0.0)) / 1000,
        )  # fmt: skip
        _check(track)
        if data["detected"].shape != track.times_s.shape:
            raise UnusableContent("its parts do not fit together")
        missing = ~data["detected"].astype(bool) | np.isnan(track.landmarks).any(axis=(1, 2))
    landmarks, quality = track.landmarks.astype(np.float32), track.quality.astype(np.float32)
    if missing.any():
        landmarks[missing], quality[missing] = np.nan, 0.0
    times_s = track.times_s.astype(np.float64)
    return FaceTrack(landmarks, times_s, quality, track.width, track.height, track.cuts_s, track.lag_s)


def _check(track: FaceTrack) -> None:
    """Raises UnusableContent where a track from a file is none."""
    pictures = len(track.times_s) if track.times_s.ndim == 1 else 0
    shapes = track.landmarks.shape == (pictures, LANDMARKS, 3) and track.quality.shape == (pictures,)
    kinds = all(each.dtype.kind in "fiu" for each in (track.landmarks, track.times_s, track.quality))
    if not shapes or not kinds or not 0 < pictures <= MAX_PICTURES:
        raise UnusableContent("its parts do not fit together")
    if not (np.abs(track.times_s) <= MAX_DURATION_S).all() or not (np.diff(track.times_s) > 0).all():
        raise UnusableContent("its times do not rise")
    if not (0 < track.width <= MAX_SIDE_PX and 0 < track.height <= MAX_SIDE_PX):
        raise UnusableContent("its picture has no size")
    found = track.landmarks[~np.isnan(track.landmarks).any(axis=(1, 2))]
    if not len(found) or not (np.abs(found) < MAX_OUTSIDE * max(track.width, track.height)).all():
        raise UnusableContent("it holds no face")
    if not ((track.quality >= 0) & (track.quality <= 1)).all():
        raise UnusableContent("its quality is not between 0 and 1")
    if not (abs(track.lag_s) <= MAX_LAG_S and all(np.isfinite(track.cuts_s))):
        raise UnusableContent("its lag or its cuts are no seconds")
