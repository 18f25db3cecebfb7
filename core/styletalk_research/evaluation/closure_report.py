# SPDX-License-Identifier: Apache-2.0
"""Do the lips meet at P, B and M under every preset and intensity, before and after motion/?"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from styletalk.face.landmarks import lip_clearance_mm
from styletalk.face.model import FaceModel, open_face
from styletalk.motion.articulation import LABIODENTALS
from styletalk.motion.closures import CLOSED_MM, close_lips
from styletalk.motion.lips import segment_rows
from styletalk.progress import Progress, silent
from styletalk.styles.code import style_code
from styletalk.styles.library import read_style

from ..datasets.recordings import Recording
from ..metrics.tables import Section, number, percent, table
from .clip_set import ClipSet
from .options import INTENSITIES
from .systems import RECORDING, Models

NEUTRAL = "neutral"


@dataclass(frozen=True)
class Lips:
    """The lips of some rows. closed: share of P, B, M that reach CLOSED_MM.

    deepest_mm: how far the lips pass into each other, at most.
    labiodental_mm: median smallest distance of the lips in F and V. openings_mm: the smallest opening of each P, B, M.
    """

    closed: float
    deepest_mm: float
    labiodental_mm: float
    openings_mm: tuple[float, ...]


@dataclass(frozen=True)
class StyleLips:
    """One style at one intensity: the networks' lips, and what motion/ makes of them."""

    style: str
    intensity: float
    before: Lips
    after: Lips


@dataclass(frozen=True)
class ClosureReport(Section):
    """All styles and intensities. segments: how many P, B and M the clips hold. clips: on which it was measured."""

    styles: tuple[StyleLips, ...]
    segments: int
    clips: tuple[str, ...] = ()

    @property
    def lowest_rate(self) -> float:
        """The rate after motion/ of the style that closes worst, recordings aside; NaN without any."""
        return min((style.after.closed for style in self.styles if style.style != RECORDING), default=float("nan"))

    def as_markdown(self) -> str:
        """One table; its first row are the clips' own coefficients."""
        head = ["style", "intensity", "closed before", "closed after", "deepest before, mm", "deepest after, mm",
                "F, V apart before, mm", "F, V apart after, mm"]  # fmt: skip
        rows = [
            [s.style, f"{s.intensity:g}", percent(s.before.closed), percent(s.after.closed),
             number(s.before.deepest_mm), number(s.after.deepest_mm),
             number(s.before.labiodental_mm), number(s.after.labiodental_mm)]
            for s in self.styles
        ]  # fmt: skip
        text = (
            f"{self.segments} P, B and M of {len(self.clips)} clips. Closed: the open face's inner lips come within "
            f"{CLOSED_MM:g} mm all across on at least one frame. Deepest: how far they pass into each other there. "
            "Before and after motion/."
        )
        return "\n".join(["## Lips", "", text, "", *table(head, rows)])


def closure_report(
    clips: ClipSet, models: Models, presets: Sequence[str], intensities: Sequence[float] = INTENSITIES,
    thorough: bool = False, progress: Progress = silent,
) -> ClosureReport:  # fmt: skip
    """Measure the clips' own coefficients, then each preset at each intensity. Raises StyleError for no preset.

    thorough: on every clip; otherwise on one clip of each speaker.
    """
    first = {pair.speaker: pair for pair in reversed(clips.pairs)}.values()
    chosen = [pair for pair in (clips.pairs if thorough else first) if segment_rows(pair.utterance.labels)]
    styles = [_measured(RECORDING, 1.0, [pair.expression for pair in chosen], chosen)]
    for count, preset in enumerate(presets):
        progress(count / len(presets), f"lips: {preset}")
        both = [_predicted(models, pair, preset) for pair in chosen]
        for intensity in intensities:
            rows = [neutral + np.float32(intensity) * (styled - neutral) for neutral, styled in both]
            styles.append(_measured(preset, intensity, rows, chosen))
    names = tuple(pair.name for pair in chosen)
    return ClosureReport(tuple(styles), sum(len(segment_rows(pair.utterance.labels)) for pair in chosen), names)


def _measured(style: str, intensity: float, rows: Sequence[np.ndarray], pairs: Sequence[Recording]) -> StyleLips:
    face = open_face()
    closed = [close_lips(made, pair.utterance.labels, face) for made, pair in zip(rows, pairs, strict=True)]
    return StyleLips(style, intensity, lips_of(rows, pairs, face), lips_of(closed, pairs, face))


def _predicted(models: Models, pair: Recording, preset: str) -> np.ndarray:
    """(2, T, 64): the pair's own labels and sound in the neutral style and in that of the preset."""
    engine = models.of(pair)
    codes = np.stack([style_code(read_style(name), engine) for name in (NEUTRAL, preset)])
    return engine.coefficients_of_styles(pair.utterance.labels, codes, audio_features=pair.audio_features)


def lips_of(rows: Sequence[np.ndarray], pairs: Sequence[Recording], face: FaceModel) -> Lips:
    """The lips of motions (T, 64), one for each pair."""
    measured = [_openings(made, pair.utterance.labels, face) for made, pair in zip(rows, pairs, strict=True)]
    openings = [opening for closures, _, _ in measured for opening in closures]
    labiodentals = [distance for _, distances, _ in measured for distance in distances]
    deepest = max((one[2] for one in measured), default=0.0)
    closed = float(np.mean(np.array(openings) <= CLOSED_MM)) if openings else float("nan")
    return Lips(closed, deepest, float(np.median(labiodentals)) if labiodentals else float("nan"), tuple(openings))


def _openings(made: np.ndarray, labels: np.ndarray, face: FaceModel) -> tuple[list[float], list[float], float]:
    """The smallest opening of each P, B, M; that of each F, V; the greatest depth in any of these rows: millimetres."""
    closures, labiodentals = segment_rows(labels), segment_rows(labels, LABIODENTALS)
    inside = sorted({row for first, last in (*closures, *labiodentals) for row in range(first, last + 1)})
    if not inside:
        return [], [], 0.0
    places = lip_clearance_mm(face, made[inside])  # (R, C)
    opening = np.full(len(made), np.inf)
    opening[inside] = places.max(1)
    smallest = [
        [float(opening[first : last + 1].min()) for first, last in segments] for segments in (closures, labiodentals)
    ]
    return smallest[0], smallest[1], float(max(0.0, -places.min()))
