# SPDX-License-Identifier: Apache-2.0
"""Other people's heads: whether the names of their shapes are told right, and whether they follow the coefficients."""

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import lsq_linear

from styletalk.animation import EXPRESSION_DIM, FaceAnimation
from styletalk.api import AnimationRequest, animate
from styletalk.demo import LINE, TRANSCRIPT
from styletalk.face.arkit_names import ARKIT_NAMES
from styletalk.face.model import open_face
from styletalk.face.movement import movement
from styletalk.progress import Progress, part, silent
from styletalk.rigs.weights import RigSolver, arkit_extras

from ..metrics.tables import Section, number, percent, table
from .rig_heads import arkit_head, head_of_file, open_face_heads
from .rig_names import CONDITIONS, NameAccuracy, name_accuracies
from .rig_tracks import MOUTH_MM, TRACKS, HeadFigures, measure_head

STYLES = ("happy", "furious", "sad")
PLAIN_ROWS = 60
"""That the plain solver is timed on."""
REPEATS = 5


@dataclass(frozen=True)
class Speed:
    """Frames a second for the 52 ARKit shapes: ours, and SciPy's bounded least squares frame by frame."""

    ours: float
    plain: float


@dataclass(frozen=True)
class RigReport(Section):
    """names: by convention. heads: over the bundled line in STYLES."""

    names: tuple[NameAccuracy, ...]
    heads: tuple[HeadFigures, ...]
    speed: Speed

    def as_markdown(self) -> str:
        """Three tables."""
        return "\n".join([*_names_table(self.names), "", *heads_table(self.heads), "", *_speed_lines(self.speed)])

    def as_dict(self) -> dict[str, Any]:
        """Everything, ready for JSON."""
        return asdict(self)


def rig_report(files: Sequence[Path], progress: Progress = silent) -> RigReport:
    """Names, the open face under several conventions, and the heads of .glb files. Raises RigError for no head."""
    given = [head_of_file(path) for path in files]
    lines = [line_in(style) for style in STYLES]
    names = tuple(name_accuracies())
    heads, found = [*open_face_heads(), *given], []
    for k, head in enumerate(heads):
        part(progress, k / len(heads), (k + 1) / len(heads))(0.0, head.name)
        found.append(measure_head(head, lines))
    return RigReport(names, tuple(found), _speed(lines[0]))


def line_in(style: str) -> FaceAnimation:
    """The bundled line in a style."""
    return animate(AnimationRequest(audio=LINE, transcript=TRANSCRIPT.read_text(encoding="utf-8"), style=style))


def _speed(animation: FaceAnimation) -> Speed:
    """Both on the same rows, one after the other."""
    solver = RigSolver.of(arkit_head().mapping)
    solver.values(animation)
    start = time.perf_counter()
    for _ in range(REPEATS):
        solver.values(animation)
    ours = REPEATS * len(animation) / (time.perf_counter() - start)
    alike = movement(open_face())
    root = np.linalg.cholesky(alike[EXPRESSION_DIM:, EXPRESSION_DIM:] + 1e-9 * np.eye(len(ARKIT_NAMES))).T
    toward = np.concatenate([animation.coefficients, arkit_extras(animation)], axis=1) @ alike[:, EXPRESSION_DIM:]
    rows = np.linalg.solve(root.T, toward[:PLAIN_ROWS].T).T
    start = time.perf_counter()
    for row in rows:
        lsq_linear(root, row, (0.0, 1.0))
    return Speed(ours, len(rows) / (time.perf_counter() - start))


def _names_table(names: Sequence[NameAccuracy]) -> list[str]:
    shapes = np.array([each.shapes for each in names])
    mean = [float(np.average([each.right[name] for each in names], weights=shapes)) for name in CONDITIONS]
    rows = [[each.convention, str(each.shapes), *(percent(each.right[name]) for name in CONDITIONS)] for each in names]
    total = ["all", str(shapes.sum()), *(f"{100 * share:.1f} %" for share in mean)]
    text = "Share of the shapes that show something whose meaning is told right, in any order of the keys."
    return ["## Names", "", text, "", *table(["convention", "shapes", *CONDITIONS], [*rows, total])]


def heads_table(heads: Sequence[HeadFigures]) -> list[str]:
    """Lines of Markdown: a row for each head."""
    head = ["head", "used", *TRACKS, "closed rows shut", "widest gap", "deepest", "at rest"]
    rows = [
        [each.head, str(each.shapes), *(_fit(each, track) for track in TRACKS), percent(each.shut),
         *(f"{number(value)} mm" for value in (each.worst_mm, each.deepest_mm, each.rest_mm))]
        for each in heads
    ]  # fmt: skip
    text = (
        f"Over the bundled line in {', '.join(STYLES)}: correlation and slope against the coefficients' own tracks. "
        f"In the {heads[0].closed_rows} rows in which the open face's lips are shut: the share that is shut (at most "
        f".5 mm apart), the widest gap seen from the front, how deep lips pass into each other; for a mouth of "
        f"{MOUTH_MM:g} mm. A dash: the head has no such shape."
    )
    return ["## Other heads", "", text, "", *table(head, rows)]


def _fit(figures: HeadFigures, track: str) -> str:
    correlation, slope = figures.correlation[track], figures.slope[track]
    return number(None) if correlation is None else f"{number(correlation, 3)} / {number(slope)}"


def _speed_lines(speed: Speed) -> list[str]:
    return [
        "## Speed of the solver",
        "",
        f"52 shapes: {speed.ours:,.0f} frames a second; SciPy's bounded least squares, frame by frame, "
        f"{speed.plain:,.0f}, without closures.",
    ]
