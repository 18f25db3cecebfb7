# SPDX-License-Identifier: Apache-2.0
"""What motion/ costs in likeness to the recordings: the networks before and after it, in the speaker's own style.

Recordings seldom shut their lips in P, B and M by their own coefficients, which know a face's movement better than its
level. So part of the cost is the recordings' own error, and two figures stand beside it: the cost where motion/ has
nothing to shut, and what the recordings' own coefficients lose against themselves.
"""

from dataclasses import astuple, dataclass

import numpy as np

from styletalk.animation import track_of_labels
from styletalk.face.model import open_face
from styletalk.motion.articulation import shut_spans
from styletalk.motion.blinks import silences
from styletalk.motion.finish import MotionOptions, finish
from styletalk.motion.openings import REACH_MM
from styletalk.progress import Progress, silent

from ..datasets.recordings import Recording
from ..metrics.scores import pearson
from ..metrics.tables import Section, number, table
from .clip_set import GAP, WIDTH, ClipSet
from .systems import Models

STYLE_ROWS = 256
"""Of the clip, which the style is made of."""
HEAD = ["clip", "gap r before", "gap cost", "width cost", "gap cost inside the line", "gap cost away from P, B, M",
        "recording's own gap cost", "width"]  # fmt: skip


@dataclass(frozen=True)
class ClipCost:
    """One clip. gap_before: r of the networks' mouth gap with the recording. gap, width: by how much r falls.

    inside: the gap's cost without the silences in which the clip begins and ends, where the mouth rests but the person
    goes on. away: without rows from which lips are on their way to a P, B or M, too. own_gap, own_width: 1 - r of the
    recording's own coefficients, after and before.
    """

    clip: str
    gap_before: float
    gap: float
    width: float
    inside: float
    away: float
    own_gap: float
    own_width: float


@dataclass(frozen=True)
class CostReport(Section):
    """All clips."""

    clips: tuple[ClipCost, ...]

    @property
    def means(self) -> tuple[float, ...]:
        """Over the clips, in the order of `ClipCost`, its name left out."""
        return tuple(np.mean([astuple(each)[1:] for each in self.clips], axis=0).tolist())

    def as_markdown(self) -> str:
        """A row for each clip, and their mean."""
        rows = [[each.clip, *(number(x, 3) for x in astuple(each)[1:])] for each in self.clips]
        rows.append(["mean", *(number(x, 3) for x in self.means)])
        text = (
            "Labels given, style of the clip's own first rows; cost: r with the recording before motion/ less r after. "
            "Inside the line: without the silences at the clip's ends. Away: rows that no P, B or M is near enough to "
            "reach. The recording's own cost: its coefficients after motion/ against themselves."
        )
        return "\n".join(["## Cost of motion", "", text, "", *table(HEAD, rows)])


def cost_report(clips: ClipSet, models: Models, progress: Progress = silent) -> CostReport:
    """Measure all pairs. Raises WeightsError, StyleError."""
    costs = []
    for count, pair in enumerate(clips.pairs):
        progress(count / len(clips.pairs), f"the cost of motion in {pair.name}")
        costs.append(clip_cost(clips, pair, models.predict(pair, pair.expression[:STYLE_ROWS])))
    return CostReport(tuple(costs))


def clip_cost(clips: ClipSet, pair: Recording, predicted: np.ndarray) -> ClipCost:
    """The cost of one clip, of which the networks predict (T, 64)."""
    labels, real = pair.utterance.labels, clips.tracks(pair.expression)
    before, after = (clips.tracks(rows) for rows in (predicted, _finished(predicted, labels)))
    inside, away = rows_inside(labels), rows_inside(labels) & ~near_closures(labels)

    def cost(column: int, rows: np.ndarray | slice = slice(None)) -> float:
        r = [pearson(made[rows, column], real[rows, column]) for made in (before, after)]
        return r[0] - r[1]

    own = clips.tracks(_finished(pair.expression, labels))
    return ClipCost(
        pair.name, pearson(before[:, GAP], real[:, GAP]), cost(GAP), cost(WIDTH), cost(GAP, inside), cost(GAP, away),
        *(1 - pearson(own[:, column], real[:, column]) for column in (GAP, WIDTH)),
    )  # fmt: skip


def rows_inside(labels: np.ndarray) -> np.ndarray:
    """(T,) bool: all but the silences at either end."""
    inside = np.ones(len(labels), bool)
    for start, end in silences(labels):
        if start == 0 or end == len(labels):
            inside[start:end] = False
    return inside


def near_closures(labels: np.ndarray) -> np.ndarray:
    """(T,) bool: rows in which lips may be held back because a P, B or M is near."""
    near, row = np.zeros(len(labels), bool), np.arange(len(labels))
    for first, last in shut_spans(track_of_labels(labels)):
        near |= (row > first - len(REACH_MM)) & (row < last + len(REACH_MM))
    return near


def _finished(rows: np.ndarray, labels: np.ndarray) -> np.ndarray:
    return finish(np.asarray(rows, np.float32), labels, open_face(), MotionOptions()).coefficients
