# SPDX-License-Identifier: Apache-2.0
"""How well faces are read off films whose coefficients are known, by a map that never saw the speaker."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np

from styletalk.animation import LOWER_FACE
from styletalk.face.landmarks import EYE_DISTANCE, MOUTH_GAP, face_tracks
from styletalk.face.model import open_face
from styletalk.networks.engine.inference import Engine
from styletalk.progress import Progress, silent
from styletalk.styles.from_film import seen_rows
from styletalk.timeline import FRAME_RATE_HZ
from styletalk.tracking.fit import fit_with
from styletalk.tracking.tracks import FittedFace

from ..datasets.face_map import KnownFilm, known_films, learn_face_map
from ..datasets.identity import sample_identity
from ..metrics.scores import pearson
from ..metrics.tables import Section, table
from .code_retrieval import CodeRetrieval, SeenClip, code_retrieval

MIN_ROWS = 100
"""Shorter clips are learnt from, not measured."""


@dataclass(frozen=True)
class ClipFit:
    """One clip, means removed. lower_r2, all_r2: explained part of the 13 lower coefficients, and of all. gap_r,
    width_r, eyes_r: Pearson r of mouth gap, mouth width, eye opening. flat_gap_r: of the gap in the picture, unfitted.
    pitch, yaw, roll: mean error of the head's angles, degrees. turns: how far it turns, degrees. usable: part of rows.
    gap_level, width_level: by how much the means that were removed differ, in eye distances.
    """

    clip: str
    seconds: float
    usable: float
    lower_r2: float
    all_r2: float
    gap_r: float
    width_r: float
    eyes_r: float
    flat_gap_r: float
    pitch: float
    yaw: float
    roll: float
    turns: float
    gap_level: float
    width_level: float


HEAD = (
    "clip", "s", "usable", "lower 13 R²", "all 64 R²", "mouth gap r", "mouth width r", "eye opening r",
    "gap r in the picture", "pitch °", "yaw °", "roll °", "turns °", "gap's mean off",
    "width's mean off",
)  # fmt: skip


@dataclass(frozen=True)
class TrackingReport(Section):
    """Figures of each clip, and whether the style codes of all find each other."""

    clips: tuple[ClipFit, ...]
    codes: CodeRetrieval

    def as_markdown(self) -> str:
        """A table, one row for each clip, and their mean; a sentence on the codes."""
        rows = [[fit.clip, f"{fit.seconds:.0f}", *(f"{x:.2f}" for x in astuple(fit)[2:])] for fit in self.clips]
        mean = np.mean([astuple(fit)[1:] for fit in self.clips], axis=0)
        rows.append(["mean", f"{mean[0]:.0f}", *(f"{x:.3f}" for x in mean[1:])])
        text = "Films against their own coefficients; means of clips removed; by a map that never saw the speaker."
        return "\n".join(["## Tracking", "", text, "", *table(HEAD, rows), "", self.codes.as_markdown()])


def tracking_report(data: Path, engine: Engine, progress: Progress = silent) -> TrackingReport:
    """Track and fit the sample clips that have films. Raises StyleTalkError, MissingPackageError."""
    films = list(known_films(data, progress))
    clips, styles = [], []
    for speaker in sorted({film.speaker for film in films}):
        known = learn_face_map([film for film in films if film.speaker != speaker])
        for film in (film for film in films if film.speaker == speaker):
            face = fit_with(known, film.track)
            styles.append(seen_clip(film, face))
            if len(film.coefficients) >= MIN_ROWS:
                clips.append(clip_fit(film, face))
    return TrackingReport(tuple(clips), code_retrieval(engine, styles))


def seen_clip(film: KnownFilm, face: FittedFace) -> SeenClip:
    """A film and its file as styles."""
    session = sample_identity(Path(film.name + ".mat")).speaker
    return SeenClip(session, film.speaker, seen_rows(face.expression, face.usable), film.coefficients)


def clip_fit(film: KnownFilm, face: FittedFace) -> ClipFit:
    """The figures of one film and its fit."""
    rows = min(len(face.expression), len(film.coefficients))
    fitted, true = face.expression[:rows], film.coefficients[:rows]
    levels = [face_tracks(open_face(), each.mean(0, keepdims=True))[0, :2] for each in (fitted, true)]
    fitted, true = fitted - fitted.mean(0), true - true.mean(0)
    ours, theirs = (face_tracks(open_face(), each.astype(np.float32)) for each in (fitted, true))
    off = np.degrees(face.rotation[:rows] - film.angles[:rows])
    figures = [
        rows / FRAME_RATE_HZ, face.usable[:rows].mean(), _explained(fitted, true, LOWER_FACE),
        _explained(fitted, true, range(true.shape[1])), *(pearson(ours[:, k], theirs[:, k]) for k in range(3)),
        _flat_gap_r(film, theirs[:, 0]), *np.abs(off - off.mean(0)).mean(0), np.degrees(film.angles.std(0)[:2].max()),
        *np.abs(levels[0] - levels[1]),
    ]  # fmt: skip
    return ClipFit(film.name, *map(float, figures))


def _explained(fitted: np.ndarray, true: np.ndarray, columns: Sequence[int]) -> float:
    fitted, true = fitted[:, list(columns)], true[:, list(columns)]
    return float(1 - ((fitted - true) ** 2).sum() / (true**2).sum())


def _flat_gap_r(film: KnownFilm, gap: np.ndarray) -> float:
    """r of the true gap with the distance of the lips in the picture, in eye distances."""
    frames, rows = film.seen()
    points = film.track.landmarks[frames][rows < len(gap), :, :2]
    lips, eyes = (np.linalg.norm(points[:, a] - points[:, b], axis=1) for a, b in (MOUTH_GAP, EYE_DISTANCE))
    return pearson(lips / eyes, gap[rows[rows < len(gap)]])
