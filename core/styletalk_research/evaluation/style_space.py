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
from .clip_set import ClipSet
from .embedding import principal_components, tsne
from .predictions import Stage
from .systems import LINEAR, MEAN_FACE, NETWORKS, RECORDING, STYLETALK, Voice
from .tables import number, percent, table

PIECE_ROWS, SHORTEST_ROWS = 128, 64
"""Clips are cut into pieces of four seconds; style clips of training have 64 to 256 rows (paper, section 4.1)."""
MOODS = {
    "angry": ("angry", "anger"), "furious": ("furious",), "happy": ("happy", "nice", "excited", "smile"),
    "sad": ("sad", "tired"), "surprised": ("surprise", "spata"), "worried": ("fear", "worried"),
    "disgusted": ("disgust",), "contempt": ("contempt", "crooked"), "neutral": ("neutral",),
}  # fmt: skip
"""Words in a clip's name and the mood they tell; MEAD's emotions are among them."""
NO_MOOD = "speech"
TOLD = (NETWORKS, STYLETALK, RECORDING, LINEAR, MEAN_FACE)


@dataclass(frozen=True, eq=False)
class Piece:
    """A stretch of footage or a preset. footage: the clip that it is cut from. speaker: "" for presets."""

    footage: str
    speaker: str
    mood: str
    kind: str
    code: np.ndarray


@dataclass(frozen=True)
class StyleKept:
    """How near to its style a voice ends up. distance: its code to the style's, over the mean distance of two styles.

    others: to the styles it was not given (the control). recall: share whose nearest style is the one it was given.
    """

    voice: str
    distance: float
    others: float
    recall: float


@dataclass(frozen=True, eq=False)
class StyleSpace:
    """recall, chance: nearest other footage is the same speaker's. separation: same speaker's distance over others'."""

    pieces: tuple[Piece, ...]
    recall: float
    asked: int
    chance: float
    separation: float
    kept: tuple[StyleKept, ...]
    references: int
    components: np.ndarray
    variance: tuple[float, ...]
    neighbours: np.ndarray

    def as_dict(self) -> dict[str, Any]:
        """Figures, and every piece with its place in both pictures."""
        places = [
            {"footage": p.footage, "speaker": p.speaker, "mood": p.mood, "kind": p.kind,
             "pca": self.components[k].tolist(), "tsne": self.neighbours[k].tolist()}
            for k, p in enumerate(self.pieces)
        ]  # fmt: skip
        figures = {name: getattr(self, name) for name in ("recall", "asked", "chance", "separation", "variance")}
        return {**figures, "kept": [vars(kept) for kept in self.kept], "pieces": places}

    def as_markdown(self) -> str:
        """Retrieval beside chance, and the table of voices beside the recording, yardsticks and other styles."""
        found = (
            f"The nearest style code of other footage belongs to the same speaker for {percent(self.recall)} of "
            f"{self.asked} pieces (chance {percent(self.chance)}); a speaker's codes lie {number(self.separation)} "
            "times as far apart as those of different speakers."
        )
        asked = (
            "Speech encoded again: how far its code is from the style it was given, where 1 is the mean distance of "
            f"two styles, and how often it is the nearest of {self.references} (the scored half itself aside). "
            "Control: the styles it was not given."
        )
        head = ["", "distance to its style", "to other styles (control)", "nearest is its style"]
        rows = [[k.voice, number(k.distance), number(k.others), percent(k.recall)] for k in self.kept]
        chance = ["chance", "1.00", "1.00", percent(1 / self.references if self.references else float("nan"))]
        return "\n".join(["## Style", "", found, "", asked, "", *table(head, [*rows, chance])])


def style_space(stage: Stage, engine: Engine, presets: Sequence[str], progress: Progress = silent) -> StyleSpace:
    """Codes of all footage and presets under one engine's encoder, and of what the voices on stage made."""
    stage.rehearse(progress, TOLD)
    pieces = [*footage_pieces(stage.clips, engine), *_preset_pieces(engine, presets)]
    real = [piece for piece in pieces if piece.kind != "preset"]
    codes = np.stack([piece.code for piece in real])
    speakers, footage = [piece.speaker for piece in real], [piece.footage for piece in real]
    recall, asked = metrics.recall_at_1(codes, speakers, footage)
    everything = np.stack([piece.code for piece in pieces])
    components, variance = principal_components(everything)
    names = [name for name in TOLD if stage.voice(name)]
    kept = tuple(style_kept(stage, voice, engine) for name in names if (voice := stage.voice(name)))
    return StyleSpace(
        tuple(pieces), recall, asked, metrics.chance_of_recall(speakers, footage),
        metrics.separation(codes, speakers, footage), kept, 2 * len(stage.clips.pairs) - 1,
        components, tuple(variance.tolist()), tsne(everything),
    )  # fmt: skip


def footage_pieces(clips: ClipSet, engine: Engine) -> list[Piece]:
    """Every speech and style clip in pieces of PIECE_ROWS; the rest at an end is a piece where it is long enough."""
    found = []
    for kind, footage in (("speech", {p.name: p.expression for p in clips.pairs}), ("style clip", clips.styles)):
        for name, rows in footage.items():
            cuts = [rows[k : k + PIECE_ROWS] for k in range(0, len(rows), PIECE_ROWS)]
            for cut in [cut for cut in cuts if len(cut) >= SHORTEST_ROWS] or [rows]:
                found.append(Piece(name, clips.person(name), mood_of(name), kind, engine.encode_style(cut)))
    return found


def mood_of(name: str) -> str:
    """The mood that a clip's name tells, NO_MOOD where it tells none."""
    return next((mood for mood, words in MOODS.items() if any(word in name.lower() for word in words)), NO_MOOD)


def style_kept(stage: Stage, voice: Voice, engine: Engine) -> StyleKept:
    """How near the codes of what a voice made are to the halves of clips that lent their style."""
    given = [pair.expression[half] for pair in stage.clips.pairs for half in pair.halves]
    made = [rows[scored] for pair in stage.clips.pairs for rows, _, scored in stage.takes(voice, pair)]
    wanted, reached = (np.stack([engine.encode_style(rows[:ENCODER_ROWS]) for rows in some]) for some in (given, made))
    distances = np.linalg.norm(reached[:, None] - wanted[None], axis=2)
    order = np.arange(len(wanted))
    other = np.ones_like(distances, bool)
    other[order, order ^ 1] = False  # halves follow each other in pairs: the scored half stands beside its style
    nearest = float((np.where(other, distances, np.inf).argmin(1) == order).mean())
    other[order, order] = False
    unit = metrics.pairwise_distances(wanted)[other].mean() if other.any() else float("nan")
    control = distances[other].mean() if other.any() else float("nan")
    return StyleKept(voice.name, float(np.diag(distances).mean() / unit), float(control / unit), nearest)


def _preset_pieces(engine: Engine, presets: Sequence[str]) -> list[Piece]:
    return [Piece(name, "", name, "preset", style_code(read_style(name), engine)) for name in presets]
