# SPDX-License-Identifier: Apache-2.0
"""Do presets read? How far each moves brows, lids, cheeks and corners from neutral, beside what people show.

A mood is read from few places. There the mean face of a line, after networks and motion/, is held against the same line
in neutral: upwards is positive, corners also outwards. People are the style clips, held against speech at rest.
"""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from styletalk.animation import FaceAnimation
from styletalk.api import animate
from styletalk.demo import LINE, TRANSCRIPT
from styletalk.face.landmarks import landmark_positions
from styletalk.face.model import FaceModel, open_face
from styletalk.motion.articulation import shut_spans
from styletalk.motion.lips import LipGap
from styletalk.progress import Progress, silent
from styletalk.request import AnimationRequest
from styletalk.styles.clip import StyleClip
from styletalk.styles.library import read_style

from ..metrics.tables import Section, number, table
from .clip_set import ClipSet

UP, OUT = "up", "out"
CORNERS, OUTWARDS = (61, 291), np.array([-1.0, 1.0])
PLACES: Mapping[str, tuple[tuple[int, ...], str]] = {
    "inner brows": ((107, 66, 336, 296), UP), "outer brows": ((70, 63, 300, 293), UP),
    "upper lids": ((159, 386), UP), "lower lids": ((145, 374), UP), "cheeks": ((50, 280), UP),
    "corners": (CORNERS, UP), "corners out": (CORNERS, OUT),
}  # fmt: skip
"""MediaPipe landmarks, and which way they are measured."""
SIDES: Mapping[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
    "one brow": ((107, 66, 70, 63), (336, 296, 300, 293)), "one corner": ((61,), (291,)),
}  # fmt: skip
"""The person's right and left: what differs between them, upwards."""
COLUMNS = (*PLACES, *SIDES)
NEUTRAL, CONTROL, PEOPLE = "neutral", "control", "people"


@dataclass(frozen=True)
class Reading:
    """How one face differs from neutral: millimetres for each of COLUMNS.

    nearest: the preset whose face is most like it, and how far they are apart at the landmark that differs most.
    lost_mm: by how much less the corners stand off neutral's in P, B and M than over the line; NaN where not measured.
    """

    name: str
    moved_mm: tuple[float, ...]
    nearest: str = ""
    nearest_mm: float = float("nan")
    lost_mm: float = float("nan")

    @property
    def most_mm(self) -> float:
        """The largest of them."""
        return max(map(abs, self.moved_mm))


@dataclass(frozen=True)
class PresetReport(Section):
    """presets: all but neutral. control: neutral with another motion. people: the style clips of each person.

    rest_mm: how far neutral's lips are apart before and after the line.
    """

    presets: tuple[Reading, ...]
    control: Reading
    people: tuple[Reading, ...]
    rest_mm: tuple[float, float]

    @property
    def usual_mm(self) -> float:
        """Median over people of what they move most; NaN without any."""
        return float(np.median([person.most_mm for person in self.people])) if self.people else float("nan")

    def as_markdown(self) -> str:
        """One table of presets, control and people."""
        head = ["mood", *COLUMNS, "most", "nearest preset", "apart", "corners lost in P, B, M"]
        rows = [
            [r.name, *(number(value, 1) for value in r.moved_mm), number(r.most_mm, 1), r.nearest or "–",
             number(r.nearest_mm, 1), number(r.lost_mm, 1)]
            for r in (*self.presets, self.control, *self.people)
        ]  # fmt: skip
        text = (
            "Millimetres from neutral on the open face, upwards positive: mean over the bundled line at intensity 1, "
            "after motion/. One brow, one corner: the person's left minus the right. Control: neutral's own clip with "
            f"its motion turned round. People: style clips against speech at rest (median of most: "
            f"{number(self.usual_mm, 1)}); what their faces are like is part of it. "
            f"Neutral's lips are {number(self.rest_mm[0])} apart before the line, {number(self.rest_mm[1])} after it."
        )
        return "\n".join(["## Presets", "", text, "", *table(head, rows)])


def preset_report(
    clips: ClipSet, presets: Sequence[str], checkpoint: Path | None = None, progress: Progress = silent
) -> PresetReport:  # fmt: skip
    """Speak the bundled line in each preset, and in neutral. Raises StyleError for no preset."""
    face, spoken = open_face(), {}
    calm = _animated(NEUTRAL, checkpoint)
    before_mm, after_mm = map(float, LipGap.of(face).opening_mm(calm.coefficients[[0, -1]]))
    neutral, _ = _shown(calm, face)
    for count, name in enumerate(each for each in presets if each != NEUTRAL):
        progress(count / len(presets), f"presets: {name}")
        spoken[name], shut = _shown(_animated(name, checkpoint), face)
    faces = {name: points.mean(0) for name, points in spoken.items()} | {NEUTRAL: neutral.mean(0)}
    readings = [
        Reading(name, _moved(faces[name] - faces[NEUTRAL]), *_nearest(name, faces), _lost(points - neutral, shut))
        for name, points in spoken.items()
    ]  # fmt: skip
    turned = _turned_round(checkpoint, face).mean(0)
    return PresetReport(
        tuple(readings), Reading(CONTROL, _moved(turned - faces[NEUTRAL])), _people(clips, face), (before_mm, after_mm)
    )


def _animated(style: str, checkpoint: Path | None) -> FaceAnimation:
    """The bundled line without blinks, gaze and head motion."""
    text, still = TRANSCRIPT.read_text(encoding="utf-8"), {"pose": "none", "blinks": False, "gaze": False}
    return animate(AnimationRequest(LINE, text, style=style, checkpoint=checkpoint, **still))


def _shown(animation: FaceAnimation, face: FaceModel) -> tuple[np.ndarray, np.ndarray]:
    """(T, 478, 3) mm: the landmarks while the line sounds; and the rows in which its lips are shut."""
    spoken = animation.from_sound_on()
    spans = shut_spans(spoken.row_track)
    rows = np.arange(len(spoken))[:, None]
    shut = np.flatnonzero(((rows >= spans[:, 0]) & (rows <= spans[:, 1])).any(axis=1))
    return _landmarks_mm(face, spoken.coefficients, spoken.upper), shut


def _turned_round(checkpoint: Path | None, face: FaceModel) -> np.ndarray:
    """The same in neutral's own clip with its motion turned round: what says nothing of a mood."""
    clip = read_style(NEUTRAL).clip
    with tempfile.TemporaryDirectory() as folder:
        StyleClip(2 * clip.mean(0) - clip, CONTROL).save(path := Path(folder) / f"{CONTROL}.npz")
        return _shown(_animated(str(path), checkpoint), face)[0]


def _landmarks_mm(face: FaceModel, coefficients: np.ndarray, upper: np.ndarray | None = None) -> np.ndarray:
    vertices = face.vertices(coefficients, upper=upper)
    return 1000.0 * landmark_positions(vertices, face.triangles, face.landmarks_mediapipe)


def _moved(change: np.ndarray) -> tuple[float, ...]:
    """COLUMNS of landmarks (478, 3) that have moved."""
    found = [
        change[list(points), 1].mean() if way == UP else (change[list(points), 0] * OUTWARDS).mean()
        for points, way in PLACES.values()
    ]
    sides = [change[list(left), 1].mean() - change[list(right), 1].mean() for right, left in SIDES.values()]
    return tuple(float(value) for value in (*found, *sides))


def _nearest(name: str, faces: Mapping[str, np.ndarray]) -> tuple[str, float]:
    apart = {
        other: float(np.linalg.norm(face - faces[name], axis=1).max()) for other, face in faces.items() if other != name
    }
    return min(apart.items(), key=lambda each: each[1])


def _lost(apart: np.ndarray, shut: np.ndarray) -> float:
    """How much less the corners stand off, in the direction in which they do, in the rows `shut` of (T, 478, 3)."""
    corners = apart[:, list(CORNERS), :2].reshape(len(apart), -1)
    mean = corners.mean(0)
    size = np.linalg.norm(mean)
    return float((size - corners[shut].mean(0) @ mean / size) / np.sqrt(len(CORNERS)))


def _people(clips: ClipSet, face: FaceModel) -> tuple[Reading, ...]:
    """The style clips of each person against the mean of the speakers, everybody counted once."""
    rest = _by_person({pair.name: pair.expression for pair in clips.pairs}, clips)
    shown = _by_person(clips.styles, clips)
    if not shown:
        return ()
    calm = np.mean(list(rest.values()), axis=0)
    points = _landmarks_mm(face, np.stack([calm, *shown.values()]).astype(np.float32))
    return tuple(
        Reading(f"{PEOPLE}: {name}", _moved(moved - points[0])) for name, moved in zip(shown, points[1:], strict=True)
    )


def _by_person(rows: Mapping[str, np.ndarray], clips: ClipSet) -> dict[str, np.ndarray]:
    means: dict[str, list[np.ndarray]] = {}
    for name, clip in rows.items():
        means.setdefault(clips.person(name), []).append(clip.mean(0))
    return {person: np.mean(levels, axis=0) for person, levels in means.items()}
