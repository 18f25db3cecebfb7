# SPDX-License-Identifier: Apache-2.0
"""What the style encoder makes of people and moods: are a speaker's codes together, and does speech keep its style?"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from styletalk.networks.engine.inference import Engine
from styletalk.progress import Progress, silent
from styletalk.styles.clip import ENCODER_ROWS
from styletalk.styles.code import style_code
from styletalk.styles.library import read_style

from ..metrics import scores as metrics
from ..metrics.tables import Section, number, percent, table
from .clip_set import ClipSet
from .embedding import principal_components
from .systems import LINEAR, MEAN_FACE, NETWORKS, RECORDING, STYLETALK, Predictions, System

CHUNK_ROWS, MIN_CHUNK_ROWS = 128, 64
"""Clips are cut into chunks of four seconds; style clips of training have 64 to 256 rows (paper, section 4.1)."""
MOODS = {
    "angry": ("angry", "anger"), "furious": ("furious",), "happy": ("happy", "nice", "excited", "smile"),
    "sad": ("sad", "tired"), "surprised": ("surprise", "spata"), "worried": ("fear", "worried"),
    "disgusted": ("disgust",), "contempt": ("contempt", "crooked"), "neutral": ("neutral",),
}  # fmt: skip
"""Words in a clip's name and the mood they tell; MEAD's emotions are among them."""
NO_MOOD = "speech"
SHOWN = (NETWORKS, STYLETALK, RECORDING, LINEAR, MEAN_FACE)


@dataclass(frozen=True, eq=False)
class StylePoint:
    """The code of a stretch of footage or of a preset. footage: the clip that it is from. speaker: "" for presets."""

    footage: str
    speaker: str
    mood: str
    kind: str
    code: np.ndarray


@dataclass(frozen=True)
class StyleKept:
    """How near to its style a system ends up. distance: its code to the style's, over the mean distance of two styles.

    others: to the styles it was not given (the control). recall: share whose nearest style is the one it was given.
    """

    system: str
    distance: float
    others: float
    recall: float


@dataclass(frozen=True, eq=False)
class StyleSpace(Section):
    """recall, chance: nearest other footage is the same speaker's. separation: same speaker's distance over others'."""

    points: tuple[StylePoint, ...]
    recall: float
    asked: int
    chance: float
    separation: float
    kept: tuple[StyleKept, ...]
    references: int
    components: np.ndarray
    variance: tuple[float, ...]

    def as_dict(self) -> dict[str, Any]:
        """Figures, and every point with its place among the principal components."""
        places = [
            {"footage": p.footage, "speaker": p.speaker, "mood": p.mood, "kind": p.kind,
             "pca": self.components[k].tolist()}
            for k, p in enumerate(self.points)
        ]  # fmt: skip
        figures = {name: getattr(self, name) for name in ("recall", "asked", "chance", "separation", "variance")}
        return {**figures, "kept": [vars(kept) for kept in self.kept], "points": places}

    def as_markdown(self) -> str:
        """Retrieval beside chance, and the table of systems beside the recording, baselines and other styles."""
        found = (
            f"The nearest style code of other footage belongs to the same speaker for {percent(self.recall)} of "
            f"{self.asked} chunks (chance {percent(self.chance)}); a speaker's codes lie {number(self.separation)} "
            "times as far apart as those of different speakers."
        )
        asked = (
            "Predictions encoded again: how far the code is from the style that was given, where 1 is the mean "
            f"distance of two styles, and how often it is the nearest of {self.references} (the scored half itself "
            "aside). Control: the styles that were not given."
        )
        head = ["", "distance to its style", "to other styles (control)", "nearest is its style"]
        rows = [[k.system, number(k.distance), number(k.others), percent(k.recall)] for k in self.kept]
        chance = ["chance", "1.00", "1.00", percent(1 / self.references if self.references else float("nan"))]
        return "\n".join(["## Style", "", found, "", asked, "", *table(head, [*rows, chance])])


def style_space(
    predictions: Predictions, engine: Engine, presets: Sequence[str], progress: Progress = silent
) -> StyleSpace:
    """Codes of all footage and presets under one engine's encoder, and of the predictions of SHOWN."""
    predictions.run(progress, SHOWN)
    real = footage_points(predictions.clips, engine)
    points = [*real, *preset_points(engine, presets)]
    codes = np.stack([point.code for point in real])
    speakers, footage = [point.speaker for point in real], [point.footage for point in real]
    recall, asked = metrics.recall_at_1(codes, speakers, footage)
    components, variance = principal_components(np.stack([point.code for point in points]))
    kept = tuple(style_kept(predictions, system, engine) for name in SHOWN if (system := predictions.system(name)))
    return StyleSpace(
        tuple(points), recall, asked, metrics.chance_of_recall(speakers, footage),
        metrics.separation(codes, speakers, footage), kept, 2 * len(predictions.clips.pairs) - 1,
        components, tuple(variance.tolist()),
    )  # fmt: skip


def footage_points(clips: ClipSet, engine: Engine) -> list[StylePoint]:
    """Every speech and style clip in chunks of CHUNK_ROWS; the rest at an end is a chunk where it is long enough."""
    found = []
    for kind, footage in (("speech", {p.name: p.expression for p in clips.pairs}), ("style clip", clips.styles)):
        for name, rows in footage.items():
            found += points_of(name, clips.person(name), kind, rows, engine)
    return found


def points_of(name: str, speaker: str, kind: str, rows: np.ndarray, engine: Engine) -> list[StylePoint]:
    """Of one clip (T, 64), in chunks."""
    cuts = [rows[k : k + CHUNK_ROWS] for k in range(0, len(rows), CHUNK_ROWS)]
    whole = [cut for cut in cuts if len(cut) >= MIN_CHUNK_ROWS] or [rows]
    return [StylePoint(name, speaker, mood_of(name), kind, engine.encode_style(cut)) for cut in whole]


def preset_points(engine: Engine, presets: Sequence[str]) -> list[StylePoint]:
    """Of presets, by name. Raises StyleError."""
    return [StylePoint(name, "", name, "preset", style_code(read_style(name), engine)) for name in presets]


def mood_of(name: str) -> str:
    """The mood that a clip's name tells, NO_MOOD where it tells none."""
    return next((mood for mood, words in MOODS.items() if any(word in name.lower() for word in words)), NO_MOOD)


def style_kept(predictions: Predictions, system: System, engine: Engine) -> StyleKept:
    """How near the codes of a system's predictions are to the halves of clips that lent their style."""
    given = [pair.expression[half] for pair in predictions.clips.pairs for half in pair.halves]
    made = [rows[scored] for pair in predictions.clips.pairs for rows, _, scored in predictions.halves(system, pair)]
    wanted, reached = (np.stack([engine.encode_style(rows[:ENCODER_ROWS]) for rows in some]) for some in (given, made))
    distances = np.linalg.norm(reached[:, None] - wanted[None], axis=2)
    order = np.arange(len(wanted))
    other = np.ones_like(distances, bool)
    other[order, order ^ 1] = False  # halves follow each other in pairs: the scored half stands beside its style
    nearest = float((np.where(other, distances, np.inf).argmin(1) == order).mean())
    other[order, order] = False
    unit = metrics.pairwise_distances(wanted)[other].mean() if other.any() else float("nan")
    control = distances[other].mean() if other.any() else float("nan")
    return StyleKept(system.name, float(np.diag(distances).mean() / unit), float(control / unit), nearest)
