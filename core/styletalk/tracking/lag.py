# SPDX-License-Identifier: Apache-2.0
"""How much later a mouth is than its sound: what the sound says of the mouth is laid over how the mouth moves.

Loudness does not do: a mouth opens before it is loud. lag_map.npz is made by styletalk_research.datasets.lag_map.
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from ..errors import FaceModelError
from ..face.landmarks import face_tracks
from ..face.model import open_face
from ..files.npz import read_npz
from ..progress import Progress, silent
from ..speech.audio.sound_file import Audio, load_audio
from ..speech.features.audio_features import SOUND_DIM, audio_feature_rows
from ..timeline import FRAME_RATE_HZ
from .fit import fit_face
from .tracks import FaceTrack

MAP_FILE = Path(__file__).with_name("lag_map.npz")
MAX_LAG_S = 0.3
STEPS = np.arange(-20, 21) / 60.0
"""Lags that are tried, a step beyond MAX_LAG_S: a peak at the edge is none."""
BEFORE, AFTER = 2, 8
"""Rows of sound before and after each row of the face that say something of it."""
DRIFT_ROWS = 20.0
"""Deviation of the Gaussian whose mean is taken away: moods and poses are slower than speech."""
GAP, WIDTH = 0.7, 0.3
"""What the correlations of mouth gap and mouth width weigh."""
BEYOND = 10
"""Rows of sound after the last of the face, for mouths that lead."""
MIN_S = 1.0
SURE = 0.9
"""From this certainty on a lag is believed."""
CERTAINTY = (-10.55, 6.21, 11.31)
"""Logistic regression on peak × √seconds and peak, of 398 stretches of 3 to 112 s with their own sound against 903
with another's, by maps that never saw the speaker. What it believes and refuses is told by
`python -m styletalk_research.datasets.lag_map --study`."""


@dataclass(frozen=True)
class Lag:
    """seconds: by how much the mouth is later than the convention of `timeline.film_row_time_s` says; within ±0.3.

    certainty: in 0..1, that sound and picture belong together and that the lag is right to 50 ms; SURE is enough.
    """

    seconds: float
    certainty: float

    @property
    def sure(self) -> bool:
        """Whether it can be believed. Sound from elsewhere, dubbed speech too, is not."""
        return self.certainty >= SURE


def find_lag(track: FaceTrack, sound: Path, progress: Progress = silent) -> Lag:
    """How much later a tracked mouth is than the sound of a film or sound file.

    Raises FaceNotSeenError, AudioError, MissingPackageError.
    """
    face = fit_face(replace(track, lag_s=0.0))
    return lag_of(face.expression, load_audio(sound), face.usable, progress)


def lag_of(expression: np.ndarray, audio: Audio, usable: np.ndarray | None = None, progress: Progress = silent) -> Lag:
    """How much later the mouth of coefficients (T, 64) is than a sound, if row i is taken for `film_row_time_s(i)`.

    usable: (T,) bool, rows that were seen; None for all. Of less than a second nothing is said.
    """
    if audio.silent:
        return Lag(0.0, 0.0)
    seen = np.ones(len(expression), bool) if usable is None else usable
    said = sum(
        part @ slope for part, slope in zip(_windows(audio, len(expression) + BEYOND, progress), lag_map(), strict=True)
    )
    return lag_between(mouth_of(expression), without_drift(np.asarray(said)), seen)


def mouth_of(expression: np.ndarray) -> np.ndarray:
    """(T, 2) how mouth gap and mouth width of coefficients (T, 64) move, in eye distances."""
    return without_drift(face_tracks(open_face(), expression)[:, :2].astype(np.float64))


def lag_between(mouth: np.ndarray, said: np.ndarray, seen: np.ndarray) -> Lag:
    """How much later a mouth (T, 2) moves than a sound says (T + BEYOND, 2). seen: (T,) bool, the rows that count."""
    seconds = seen.sum() / FRAME_RATE_HZ
    if seconds < MIN_S:
        return Lag(0.0, 0.0)
    return _peak(np.array([_score(mouth, said, seen, step) for step in STEPS]), seconds)


def _score(mouth: np.ndarray, said: np.ndarray, seen: np.ndarray, lag_s: float) -> float:
    """How well the mouth (T, 2) goes with what the sound says of it (S, 2), were it late by lag_s."""
    places = np.arange(len(said))
    at = np.arange(len(mouth)) - lag_s * FRAME_RATE_HZ
    known = seen & (at >= 0) & (at <= places[-1])
    r = [_correlation(np.interp(at[known], places, said[:, k]), mouth[known, k]) for k in (0, 1)]
    return GAP * r[0] + WIDTH * r[1]


def _correlation(a: np.ndarray, b: np.ndarray) -> float:
    if len(a) < 2:
        return 0.0
    a, b = a - a.mean(), b - b.mean()
    size = np.sqrt((a @ a) * (b @ b))
    return float(a @ b / size) if size > 1e-12 else 0.0


def _peak(scores: np.ndarray, seconds: float) -> Lag:
    """The vertex of the parabola through the best step and its neighbours."""
    top = int(scores.argmax())
    if top in (0, len(scores) - 1):
        return Lag(float(np.clip(STEPS[top], -MAX_LAG_S, MAX_LAG_S)), 0.0)
    before, at, after = scores[top - 1 : top + 2]
    bend = before - 2 * at + after
    lag_s = STEPS[top] + (0.5 * (before - after) / bend if bend < 0 else 0.0) * (STEPS[1] - STEPS[0])
    evidence = CERTAINTY[0] + CERTAINTY[1] * at * np.sqrt(seconds) + CERTAINTY[2] * at
    return Lag(float(np.clip(lag_s, -MAX_LAG_S, MAX_LAG_S)), float(1 / (1 + np.exp(-np.clip(evidence, -50, 50)))))


def sound_windows(audio: Audio, rows: int) -> np.ndarray:
    """(rows, features) float32: the audio features round each row of a face, side by side."""
    return np.concatenate(_windows(audio, rows), axis=1)


def _windows(audio: Audio, rows: int, progress: Progress = silent) -> list[np.ndarray]:
    """(rows, SOUND_DIM) features of each row's surroundings, from BEFORE to AFTER; views of the same array."""
    features = np.pad(audio_feature_rows(audio, rows + AFTER, progress=progress), ((BEFORE, 0), (0, 0)))
    return [features[k : k + rows] for k in range(BEFORE + AFTER + 1)]


def without_drift(tracks: np.ndarray) -> np.ndarray:
    """(T, C) less a slow mean of each column."""
    reach = int(4 * DRIFT_ROWS)
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / DRIFT_ROWS) ** 2)
    padded = np.pad(tracks, ((reach, reach), (0, 0)), mode="symmetric")
    slow = [np.convolve(column, weights / weights.sum(), mode="valid") for column in padded.T]
    return tracks - np.stack(slow, axis=1)


@lru_cache(maxsize=1)
def lag_map() -> np.ndarray:
    """(places, SOUND_DIM, 2): from the features at each place round a row to mouth gap and width, in deviations.

    Raises FaceModelError.
    """
    with read_npz(
        MAP_FILE, lambda reason: FaceModelError(f"{MAP_FILE} cannot be used ({reason}). Reinstall it.")
    ) as kept:
        return kept["slope"].astype(np.float32).reshape(BEFORE + AFTER + 1, SOUND_DIM, 2)
