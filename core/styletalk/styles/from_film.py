# SPDX-License-Identifier: Apache-2.0
"""A style out of a film of somebody speaking."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..errors import FilmError
from ..face.landmarks import eye_openness
from ..face.model import open_face
from ..face.portrait import portrait
from ..progress import Progress, part, silent
from ..timeline import FRAME_RATE_HZ, row_time_s
from ..tracking.capture import CaptureOptions, animation_of, capture
from ..tracking.tracker import USABLE
from ..tracking.tracks import FaceTrack, FittedFace
from .clip import ENCODER_ROWS, MIN_ROWS, StyleClip
from .code import StyleEncoderEngine, style_code
from .library import read_style
from .manner import Manner
from .manner_measure import Motion, measured
from .manners import predicted_manner
from .presets import preset_names

ENDINGS = (".mp4", ".mov", ".m4v", ".webm", ".mkv", ".avi", ".mpg", ".mpeg", ".wmv", ".flv", ".ts", ".mts", ".3gp")
MIN_RUN_ROWS = 8
"""A stretch in which the face is seen for less than a quarter of a second tells nothing of how it moves."""
MAX_GAP_ROWS = 4
"""Gaps of so many rows, between pictures that come seldom or behind a hand that passes, are bridged and count."""
FEW_S = 5.0
THUMBNAIL_PX = 96


@dataclass(frozen=True)
class StyleFromFilm:
    """style: with its code and thumbnail. usable: part of the film's pictures. seconds: of the clip in the style.
    nearest, distance: the preset whose code is nearest, and how far, as a part of how far presets lie apart; 1 is the
    mean of any two. notes: sentences for the user."""

    style: StyleClip
    usable: float
    seconds: float
    nearest: str
    distance: float
    notes: tuple[str, ...]

    @property
    def report(self) -> str:
        """What the user should know, in sentences."""
        return " ".join((
            f"{self.usable:.0%} of the film could be used, {self.seconds:.1f} s.",
            f"The nearest preset is {self.nearest}, at {self.distance:.2f} of the mean distance between presets.",
            *self.notes,
        ))  # fmt: skip


def is_film(path: Path) -> bool:
    """Whether a file is looked at rather than read, by its ending."""
    return Path(path).suffix.lower() in ENDINGS


def style_from_film(
    path: Path,
    name: str,
    engine: StyleEncoderEngine,
    options: CaptureOptions | None = None,
    mood: str = "",
    progress: Progress = silent,
) -> StyleFromFilm:
    """Track a face, fit the coefficients, encode them.

    Raises FilmError where the face is seen for less than half a second, MissingPackageError, and as `capture` does.
    """
    options = options or CaptureOptions()
    track, fitted = capture(path, options, progress=part(progress, 0.0, 0.95))
    times_s = row_time_s(np.arange(len(fitted.expression))) + track.lag_s
    within = (times_s >= max(options.start_s, track.times_s[0] - 0.1)) & (times_s <= track.times_s[-1] + 0.1)
    clip = seen_rows(fitted.expression, fitted.usable & within)
    notes = (*track.notes, *fitted.notes)
    if len(clip) < MIN_ROWS:
        seen_s = float((fitted.usable & within).sum()) / FRAME_RATE_HZ
        raise FilmError(
            f"The face in {Path(path).name} is seen well for only {seen_s:.1f} s, and a style needs half a second on "
            f"end. {' '.join(track.notes)}".strip()
        )
    progress(0.95, "encoding the style")
    seconds = len(clip) / FRAME_RATE_HZ
    if seconds < FEW_S:
        notes += (f"{seconds:.1f} s are little to know a style by: {ENCODER_ROWS / FRAME_RATE_HZ:.0f} s are better.",)
    picture = portrait(open_face(), clip.mean(axis=0), THUMBNAIL_PX)
    made_of = f"{Path(path).name}, {len(clip)} rows seen in it"
    manner = film_manner(path, track, fitted, options, clip, within)
    style = StyleClip(
        clip=clip, name=name, mood=mood, origin="measured", made_of=made_of, thumbnail=picture, manner=manner
    )
    code = style_code(style, engine)
    style = replace(style, codes={engine.weights_hash: code})
    nearest, distance = nearest_preset(code, {each: style_code(read_style(each), engine) for each in preset_names()})
    usable = float((track.quality >= USABLE).mean())
    return StyleFromFilm(style, usable, seconds, nearest, distance, notes)


def film_manner(
    path: Path, track: FaceTrack, fitted: FittedFace, options: CaptureOptions, clip: np.ndarray, within: np.ndarray
) -> Manner:
    """How the person of a film moves head, lids and eyes. clip: (N, 64), what is seen of them; within: (T,) bool."""
    captured = animation_of(path, track, fitted, options)
    opening = (eye_openness(open_face(), captured.coefficients) - captured.blinks).mean(axis=1)
    seen = Motion(fitted.rotation, fitted.translation, opening, captured.gaze, fitted.usable)
    first, last = np.flatnonzero(within)[[0, -1]]
    return measured(seen.part(slice(first, last + 1)), predicted_manner(clip))


def seen_rows(expression: np.ndarray, usable: np.ndarray) -> np.ndarray:
    """(N, 64): the rows in which the face is seen, in stretches of MIN_RUN_ROWS at least, over gaps of MAX_GAP_ROWS."""
    usable = usable.copy()
    for before, after in itertools.pairwise(np.flatnonzero(usable)):
        if after - before <= MAX_GAP_ROWS + 1:
            usable[before:after] = True
    edges = np.flatnonzero(np.diff(np.concatenate([[False], usable, [False]]).astype(np.int8)))
    runs = [slice(a, b) for a, b in edges.reshape(-1, 2) if b - a >= MIN_RUN_ROWS]
    return np.concatenate([expression[run] for run in runs]) if runs else expression[:0]


def nearest_preset(code: np.ndarray, codes: Mapping[str, np.ndarray]) -> tuple[str, float]:
    """The name of the nearest of `codes`, and its distance in the mean distance between two of them."""
    apart = [float(np.linalg.norm(codes[a] - codes[b])) for a, b in itertools.combinations(codes, 2)]
    distances = {name: float(np.linalg.norm(code - each)) for name, each in codes.items()}
    nearest = min(distances, key=distances.__getitem__)
    return nearest, distances[nearest] / max(float(np.mean(apart)), 1e-9)
