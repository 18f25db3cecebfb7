# SPDX-License-Identifier: Apache-2.0
"""How well the open face shows what the coefficients mean, against the landmark Jacobian and against videos."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from styletalk.errors import MissingPackageError, StyleTalkError
from styletalk.face.landmarks import (
    EYE_DISTANCE,
    MOUTH_GAP,
    MOUTH_WIDTH,
    TRACK_NAMES,
    face_tracks,
    lip_clearance_mm,
    tracks,
)
from styletalk.face.model import FaceModel, open_face
from styletalk.motion.closures import close_lips
from styletalk.motion.lips import segment_rows
from styletalk.progress import Progress, silent
from styletalk.timeline import FRAME_RATE_HZ, film_row_time_s

from ..datasets.pairs import jacobian_file, landmark_jacobian
from ..datasets.recordings import Recording
from ..metrics.tables import Section, table
from .clip_set import ClipSet
from .videos import pictures

MIN_FRAMES = 30
"""With fewer frames that show a face, correlation means nothing."""
FLIP_SIGMAS = 3.0
SURFACE_REGIONS = ("skin", "lips", "mouth")


class ReferenceMissingError(StyleTalkError):
    """What the face would be measured against is not there."""


@dataclass(frozen=True)
class TrackFit:
    """One clip against the Jacobian's own tracks: Pearson r and regression slope of gap, width and eye opening."""

    clip: str
    r: tuple[float, ...]
    slope: tuple[float, ...]


@dataclass(frozen=True)
class VideoFit:
    """One clip against landmarks tracked in its film: Pearson r of mouth gap and width over `frames` frames."""

    clip: str
    gap_r: float
    width_r: float
    frames: int


@dataclass(frozen=True)
class ClosureFit:
    """Lips at P, B and M of one clip, after closing: the smallest and the greatest clearance over the segments (mm).

    deepest_mm: the smallest clearance at any place of the mouth in any of those rows; raw_deepest_mm: before closing.
    """

    clip: str
    segments: int
    deepest_mm: float
    raw_deepest_mm: float
    widest_mm: float


@dataclass(frozen=True)
class FaceReport(Section):
    """The open face's figures. notes: what could not be measured and why, one sentence each."""

    tracks: tuple[TrackFit, ...]
    videos: tuple[VideoFit, ...]
    closures: tuple[ClosureFit, ...]
    flipped_triangles: int
    notes: tuple[str, ...] = ()

    def as_markdown(self) -> str:
        """Tables, one row for each clip."""
        columns = [f"{name} {kind}" for name in TRACK_NAMES for kind in ("r", "slope")]
        lines = ["## Open face", "", "Mesh against the landmark Jacobian's tracks.", ""]
        rows = [[f.clip, *(f"{x:.3f}" for both in zip(f.r, f.slope, strict=True) for x in both)] for f in self.tracks]
        lines += table(["clip", *columns], rows)
        if self.videos:
            rows = [[f.clip, f"{f.gap_r:.3f}", f"{f.width_r:.3f}", str(f.frames)] for f in self.videos]
            lines += ["", "Mesh against landmarks tracked in the videos.", ""]
            lines += table(["clip", "mouth gap r", "mouth width r", "frames"], rows)
        if self.closures:
            rows = [
                [f.clip, str(f.segments), f"{f.raw_deepest_mm:.1f}", f"{f.deepest_mm:.1f}", f"{f.widest_mm:.1f}"]
                for f in self.closures
            ]
            lines += ["", "Lips at P, B and M (millimetres; negative: into each other).", ""]
            lines += table(["clip", "segments", "deepest before closing", "deepest", "widest"], rows)
        lines += ["", f"Triangles turned over at ±{FLIP_SIGMAS:g} standard deviations: {self.flipped_triangles}."]
        return "\n".join([*lines, *(line for note in self.notes for line in ("", note))])


def face_report(clips: ClipSet, progress: Progress = silent) -> FaceReport:
    """Measure the open face on pairs and style clips. Raises ReferenceMissingError without the landmark Jacobian."""
    model, jacobian = open_face(), reference_jacobian(clips.folder)
    motions = {pair.name: pair.expression for pair in clips.pairs}
    fits = tuple(track_fit(model, name, rows, jacobian) for name, rows in (motions | clips.styles).items())
    closures, videos, notes = [], [], {}
    for count, pair in enumerate(clips.pairs):
        progress(count / len(clips.pairs), f"the face in {pair.name}")
        if segment_rows(pair.utterance.labels):
            closures.append(closure_fit(model, pair))
        try:
            if pair.video is not None:
                videos.append(video_fit(model, pair.name, pair.expression, pair.video))
        except StyleTalkError as error:
            notes[f"Videos were not tracked: {error}"] = None  # once, however many films there are
    return FaceReport(fits, tuple(videos), tuple(closures), flipped_triangles(model), tuple(notes))


def track_fit(model: FaceModel, name: str, coefficients: np.ndarray, jacobian: np.ndarray) -> TrackFit:
    """The mesh's mouth gap, mouth width and eye opening against the Jacobian's, both in eye distances.

    coefficients: (T, 64). jacobian: (64, 478, 3), x right, y down. slope: regression of the mesh's on the Jacobian's.
    """
    wanted = coefficients @ tracks(jacobian)  # (T, 3)
    shown = face_tracks(model, coefficients)
    wanted, shown = wanted - wanted.mean(0), shown - shown.mean(0)
    both, square = (wanted * shown).sum(0), (wanted * wanted).sum(0)
    r = both / np.sqrt(square * (shown * shown).sum(0))
    return TrackFit(name, tuple(map(float, r)), tuple(map(float, both / square)))


def video_fit(model: FaceModel, name: str, coefficients: np.ndarray, film: Path, step: int = 1) -> VideoFit:
    """The mesh's mouth gap and width, coefficients (T, 64), against MediaPipe's in the film, every `step`-th frame.

    Raises MissingPackageError without mediapipe, StyleTalkError where the film cannot be read or shows no face.
    """
    times_s, seen = video_tracks(film, step)
    shown, rows_s = face_tracks(model, coefficients), film_row_time_s(np.arange(len(coefficients)))
    early = 0.5 / FRAME_RATE_HZ  # a row is also what is seen half a row earlier or later
    known = (times_s >= rows_s[0] - early) & (times_s <= rows_s[-1] + early) & np.isfinite(seen).all(1)
    if known.sum() < MIN_FRAMES:
        raise StyleTalkError(f"{film.name} shows a face in {known.sum()} frames; at least {MIN_FRAMES} are needed.")
    at = times_s[known]
    r = [float(np.corrcoef(np.interp(at, rows_s, shown[:, k]), seen[known, k])[0, 1]) for k in (0, 1)]
    return VideoFit(name, r[0], r[1], int(known.sum()))


def video_tracks(path: Path, step: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Times (N,) in seconds, and mouth gap and width (N, 2) of the face in a film, in eye distances; NaN without one.

    Distances in space, by the detector's depth, so that a nod does not look like a closing mouth.
    Raises MissingPackageError without mediapipe, StyleTalkError where the file is no film.
    """
    try:
        import mediapipe
    except ImportError as error:
        raise MissingPackageError(
            "Tracking videos needs mediapipe. pip install 'mediapipe>=0.10.14,<0.10.22'"
        ) from error
    times, found = [], []
    face_mesh = mediapipe.solutions.face_mesh  # pyright: ignore[reportAttributeAccessIssue] - made at run time
    with face_mesh.FaceMesh(refine_landmarks=True) as mesh:
        for time_s, image in pictures(path, step):
            faces = mesh.process(image).multi_face_landmarks
            times.append(time_s)
            found.append(_spans(faces[0], image.shape) if faces else np.full(2, np.nan))
    return np.array(times), np.array(found).reshape(-1, 2)


def _spans(face: Any, shape: tuple[int, ...]) -> np.ndarray:
    """(2,): mouth gap and width of one detected face. shape: of the picture; depth is in the scale of its width."""
    points = np.array([[p.x * shape[1], p.y * shape[0], p.z * shape[1]] for p in face.landmark])
    unit, gap, width = (np.linalg.norm(points[a] - points[b]) for a, b in (EYE_DISTANCE, MOUTH_GAP, MOUTH_WIDTH))
    return np.array([gap, width]) / unit


def closure_fit(model: FaceModel, pair: Recording) -> ClosureFit:
    """Do the lips of a clip's own coefficients meet at P, B and M without passing into each other, once closed?

    The pair holds at least one of them.
    """
    segments = segment_rows(pair.utterance.labels)
    moved = close_lips(pair.expression, pair.utterance.labels, model)
    raw, closed = (lip_clearance_mm(model, rows) for rows in (pair.expression, moved))
    shut = [a + int(closed[a : b + 1].max(1).argmin()) for a, b in segments]
    within = sorted({row for a, b in segments for row in range(a, b + 1)})
    return ClosureFit(
        pair.name, len(segments), float(closed[within].min()), float(raw[within].min()), float(closed[shut].max())
    )


def flipped_triangles(model: FaceModel, sigmas: float = FLIP_SIGMAS) -> int:
    """How many triangles of the surface turn over at ± `sigmas` standard deviations of any one coefficient."""
    chosen = model.triangles[model.region_triangles(*SURFACE_REGIONS)]
    rest = triangle_normals(model.mean, chosen)
    flips = 0
    for column, spread in zip(model.expression, model.coefficient_std, strict=True):
        for sign in (-sigmas, sigmas):
            normals = triangle_normals(model.mean + sign * spread * column, chosen)
            flips += int(((normals * rest).sum(1) <= 0).sum())
    return flips


def triangle_normals(vertices: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """(F, 3): normals as long as twice the triangles' areas."""
    a, b, c = (vertices[triangles[:, k]] for k in range(3))
    return np.cross(b - a, c - a)


def reference_jacobian(data: Path) -> np.ndarray:
    """(64, 478, 3): what the face is measured against. Raises ReferenceMissingError, StyleTalkError."""
    jacobian = landmark_jacobian(data)
    if jacobian is None:
        raise ReferenceMissingError(f"{jacobian_file(data)} is missing: the face is measured against its Jacobian.")
    return jacobian
