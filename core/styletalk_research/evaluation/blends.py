# SPDX-License-Identifier: Apache-2.0
"""From one preset to another: is every step of the blend as large as the next, and how does it look?"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from styletalk.animation import FaceAnimation
from styletalk.face.model import open_face
from styletalk.networks.engine.inference import Engine
from styletalk.phonemes import PHONEME_INDEX
from styletalk.styles.code import style_code
from styletalk.styles.library import read_style

from ..metrics.tables import Section, number, table
from ..pictures.face_pictures import face_pictures
from ..pictures.sheet import contact_sheet

STEPS = 7
"""Steps of a strip, both ends included."""
LINE = ("SIL", "SIL", "HH", "AH", "L", "OW", "SIL", "M", "AY", "N", "EY", "M", "IH", "Z", "SIL", "SIL")
ROWS_PER_PHONEME = 4
SHOWN = ("OW", "AY", "SIL")
"""Moments of the line that a strip shows, one under the other."""
PIXELS = 168


@dataclass(frozen=True)
class Blend:
    """Two presets. evenness: the largest step of the face over the mean step, 1 where all are alike.

    path: length of the path over the distance of its ends, 1 where it is straight.
    """

    first: str
    second: str
    evenness: float
    path: float


@dataclass(frozen=True)
class BlendReport(Section):
    """All blends that were measured."""

    blends: tuple[Blend, ...]

    def as_markdown(self) -> str:
        """A table; a switch in place of a blend is the control that its reader can compute."""
        head = ["blend", "largest step / mean step", "path / distance"]
        rows = [[f"{b.first} → {b.second}", number(b.evenness), number(b.path)] for b in self.blends]
        switch = ["control: a switch half-way", number(STEPS - 1.0), "1.00"]
        text = f"{STEPS - 1} steps of a blend, measured on all coefficients of a line; 1 is perfectly smooth."
        return "\n".join(["## Blends", "", text, "", *table(head, [*rows, switch])])


def line_labels() -> np.ndarray:
    """(T,) int16: a line of our own in the published labels, so that no picture shows anyone's speech."""
    return np.repeat([PHONEME_INDEX[phoneme] for phoneme in LINE], ROWS_PER_PHONEME).astype(np.int16)


def blend_rows(engine: Engine, first: str, second: str) -> np.ndarray:
    """(STEPS, T, 64): the line along the blend of two presets' codes."""
    ends = [style_code(read_style(name), engine) for name in (first, second)]
    codes = [(1 - share) * ends[0] + share * ends[1] for share in np.linspace(0, 1, STEPS)]
    return engine.coefficients_of_styles(line_labels(), np.stack(codes))


def blend_report(engine: Engine, pairs: Sequence[tuple[str, str]]) -> BlendReport:
    """Measure the blend of every pair of presets. Raises StyleError."""
    return BlendReport(tuple(Blend(a, b, *smoothness(blend_rows(engine, a, b))) for a, b in pairs))


def smoothness(rows: np.ndarray) -> tuple[float, float]:
    """(evenness, path) of a sequence (S, T, 64) of motions; see `Blend`. (1, 1) where nothing moves."""
    steps = np.linalg.norm(np.diff(rows, axis=0).reshape(len(rows) - 1, -1), axis=1)
    across = float(np.linalg.norm(rows[-1] - rows[0]))
    if steps.sum() == 0 or across == 0:
        return 1.0, 1.0
    return float(steps.max() / steps.mean()), float(steps.sum() / across)


def strip(engine: Engine, first: str, second: str, pixels: int = PIXELS) -> np.ndarray:
    """A picture (H, W, 3) uint8: the blend from left to right, moments of the line from top to bottom."""
    face, labels = open_face(), line_labels()
    moments = [LINE.index(phoneme) * ROWS_PER_PHONEME for phoneme in SHOWN]
    along = [FaceAnimation.still(rows, labels) for rows in blend_rows(engine, first, second)]
    columns = [face_pictures(face, animation, moments, pixels) for animation in along]
    return contact_sheet([column[k] for k in range(len(moments)) for column in columns], STEPS)
