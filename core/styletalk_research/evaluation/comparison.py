# SPDX-License-Identifier: Apache-2.0
"""The main table: every metric for the networks, beside the recording, the baselines and the controls.

Protocol: the style comes from one half of a clip (level and amplitude, no timing) and the other half is scored, then
the other way round; scores are means of both and then of the clips. Mouth gap and width are correlated over the whole
clip, at the convention's lag without a search, means removed, as for the linear baseline.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from styletalk.face.model import open_face
from styletalk.motion.closures import CLOSED_MM
from styletalk.progress import Progress, part, silent

from ..datasets.recordings import Recording
from ..metrics import scores as metrics
from ..metrics.linear_baseline import linear_baseline
from ..metrics.mesh_metrics import MeshMetrics
from ..metrics.tables import Section, number, table
from .clip_set import GAP, WIDTH, ClipSet
from .systems import LINEAR, NETWORKS, RECORDING, SCRAMBLED, STYLETALK, Kind, Predictions, System

MAX_LAG = 15
"""Frames that the face is moved against the recording in the table of shifts."""


@dataclass(frozen=True)
class Metric:
    """One row of the main table. aim: what a perfect copy of the recording scores, as text."""

    key: str
    title: str
    aim: str
    about: str
    digits: int = 2


METRICS = (
    Metric("gap", "mouth gap r", "1", "opening of the inner lips over time, Pearson r against the recording", 3),
    Metric("width", "mouth width r", "1", "distance of the mouth corners over time, Pearson r", 3),
    Metric("gap_scored", "mouth gap r, scored half", "1", "the same on the half that did not lend its style", 3),
    Metric("width_scored", "mouth width r, scored half", "1", "the same on the half that did not lend its style", 3),
    Metric("lip_error", "lip vertex error, mm", "0", "the farthest lip vertex of each frame on the open face, mean"),
    Metric("lip_motion_error", "lip motion error, mm", "0", "the same with both mean expressions removed"),
    Metric("m_lmd", "M-LMD, %", "0", "mean distance of the 20 mouth landmarks, in % of the outer eye distance"),
    Metric("f_lmd", "F-LMD, %", "0", "the same over all 68 landmarks of the face, seen from the front"),
    Metric("upper_dynamics", "upper-face deviation, mm", "0",
           "by how much less (+) or more (−) brows and eyes move than in the recording, mean over vertices"),
    Metric("closures", "P, B, M closed", "1",
           f"share of P, B, M in which the open face's inner lips come within {CLOSED_MM:g} mm on a frame; the "
           "coefficients of a recording seldom do, because their level is the person's and not the face's"),
    Metric("gap_amplitude", "gap amplitude", "1", "standard deviation of the mouth gap over the recording's"),
    Metric("width_amplitude", "width amplitude", "1", "standard deviation of the mouth width over the recording's"),
    Metric("jerk", "jerk", "1", "mean squared jerk of the gap over the recording's; below 0.5 mush, above 1 jitter"),
    Metric("level", "level r", "1", "mean expression of the output against the style's, r over the 64 coefficients", 3),
)  # fmt: skip
Scores = Mapping[str, float]
"""By key of METRICS."""


@dataclass(frozen=True)
class SystemScores:
    """Scores by clip of a system; kind and about as in `System`."""

    name: str
    kind: Kind
    about: str
    clips: Mapping[str, Scores]

    def mean(self, key: str) -> float:
        """Mean over the clips of the metric `key`, clips without it left out; NaN where none has it."""
        values = [scores[key] for scores in self.clips.values() if not np.isnan(scores[key])]
        return float(np.mean(values)) if values else float("nan")


@dataclass(frozen=True)
class Comparison(Section):
    """The scores of all systems. baseline: (gap r, width r) of `linear_baseline`, one clip or one speaker left out.

    lags: r of the networks' mouth gap by clip, moved by -15..15 frames. known: the weights may have seen the clips.
    """

    systems: tuple[SystemScores, ...]
    baseline: Mapping[str, tuple[float, float]]
    lags: Mapping[str, tuple[float, ...]]
    known: bool

    def of(self, name: str) -> SystemScores | None:
        """The scores of a system by name, None where it was dropped."""
        return next((system for system in self.systems if system.name == name), None)

    def as_dict(self) -> dict[str, Any]:
        """Everything, ready for JSON."""
        means = {system.name: {metric.key: system.mean(metric.key) for metric in METRICS} for system in self.systems}
        return {**asdict(self), "means": means, "metrics": {metric.key: asdict(metric) for metric in METRICS}}

    def as_markdown(self) -> str:
        """The tables and what their words mean."""
        return "\n".join(
            [*self._main(), "", *self._controls(), "", *self._clips(), "", *self._shifts(), "", *self._legend()]
        )

    def _main(self) -> list[str]:
        shown = [system for system in self.systems if system.kind != "control" or system.name == SCRAMBLED]
        head = ["", "aim", *(system.name for system in shown)]
        rows = [
            [metric.title, metric.aim, *(number(system.mean(metric.key), metric.digits) for system in shown)]
            for metric in METRICS
        ]
        known = (
            "**Weights score higher on clips that they were trained on**, and the shipped ones were trained on the "
            "published sample pairs. With `--folds`, each clip is predicted by weights that never saw it."
        )
        return ["## Speech", "", *([known, ""] if self.known else []), *table(head, rows), "", *self._baseline()]

    def _baseline(self) -> list[str]:
        parts = [f"one {who} left out {gap:.3f} / {width:.3f}" for who, (gap, width) in self.baseline.items()]
        return [f"Linear baseline on the mouth tracks alone, gap / width r: {'; '.join(parts)}."] if parts else []

    def _controls(self) -> list[str]:
        """What the networks score when the sound is wrong, beside what they score when it is right."""
        own, shown = self.of(NETWORKS), [system for system in self.systems if system.kind == "control"]
        rows = [
            [system.name, *(number(system.mean(key), 3) for key in ("gap", "width")), number(system.mean("lip_error"))]
            for system in ([own] if own else []) + shown
        ]
        head = ["controls", "mouth gap r", "mouth width r", "lip vertex error, mm"]
        return ["A number means something where the same networks on a wrong sound lose it:", "", *table(head, rows)]

    def _clips(self) -> list[str]:
        """Each clip: the networks beside the baseline and the control."""
        shown = [system for name in (NETWORKS, LINEAR, SCRAMBLED) if (system := self.of(name))]
        titles = [(key, title) for key, title in (("gap", "gap r"), ("width", "width r"))]
        head = ["clip", *(f"{system.name}: {title}" for system in shown for _, title in titles)]
        head += ["gap amplitude", "jerk"]
        own = self.of(NETWORKS)
        rows = []
        for clip in shown[0].clips if shown else ():
            cells = [number(system.clips[clip][key], 3) for system in shown for key, _ in titles]
            more = [number(own.clips[clip][key]) for key in ("gap_amplitude", "jerk")] if own else []
            rows.append([clip, *cells, *more])
        return ["Clip by clip:", "", *table(head, rows)]

    def _shifts(self) -> list[str]:
        """Where each clip's correlation peaks: a clip that is not at 0 has a wrong offset."""
        middle = MAX_LAG
        peaks = {clip: (int(np.argmax(curve)) - middle, curve) for clip, curve in self.lags.items()}
        rows = [
            [clip, f"{curve[middle]:.3f}", f"{lag:+d}", f"{max(curve):.3f}"] for clip, (lag, curve) in peaks.items()
        ]
        head = ["clip", "gap r as it is", "best at (frames)", "gap r there"]
        text = "Timing, not used for any score (positive: the face is late). Two frames or more: see the clip's offset."
        return [text, "", *table(head, rows)]

    def _legend(self) -> list[str]:
        lines = ["What the rows mean:", ""]
        lines += [f"- **{metric.title}** ({metric.aim} is a perfect copy): {metric.about}." for metric in METRICS]
        lines += ["", "The systems:", ""]
        return lines + [f"- **{system.name}** ({system.kind}): {system.about}." for system in self.systems]


def compare(predictions: Predictions, known: bool, progress: Progress = silent) -> Comparison:
    """Score all systems. known: whether the weights may have seen the clips in training."""
    predictions.run(part(progress, 0.0, 0.7))
    mesh, scored = MeshMetrics.of(open_face()), []
    for count, system in enumerate(predictions.systems):
        progress(0.7 + 0.3 * count / len(predictions.systems), f"measuring: {system.name}")
        clips = {pair.name: pair_scores(predictions, system, pair, mesh) for pair in predictions.clips.pairs}
        scored.append(SystemScores(system.name, system.kind, system.about, clips))
    return Comparison(tuple(scored), _baseline(predictions), _lags(predictions), known)


def pair_scores(predictions: Predictions, system: System, pair: Recording, mesh: MeshMetrics) -> Scores:
    """The scores of a system on a clip: means over the two halves that can be scored."""
    halves = [_half_scores(predictions.clips, pair, mesh, *half) for half in predictions.halves(system, pair)]
    return {key: float(np.nanmean(values)) if not np.isnan(values).all() else float("nan")
            for key in halves[0] for values in [np.array([half[key] for half in halves])]}  # fmt: skip


def _half_scores(
    clips: ClipSet, pair: Recording, mesh: MeshMetrics, rows: np.ndarray, style: slice, scored: slice
) -> Scores:
    """All metrics of rows (T, 64), predicted in the style of one half and scored on the other."""
    made, real = clips.tracks(rows), clips.tracks(pair.expression)
    here, there = rows[scored], pair.expression[scored]
    scores = {
        "lip_error": mesh.lip_vertex_error_mm(here, there),
        "lip_motion_error": mesh.lip_vertex_error_mm(here - here.mean(0), there - there.mean(0)),
        "m_lmd": mesh.mouth_landmark_distance(here, there),
        "f_lmd": mesh.face_landmark_distance(here, there),
        "upper_dynamics": mesh.upper_dynamics_deviation_mm(here, there),
        "closures": mesh.closure_rate(rows, pair.utterance.labels),
        "jerk": metrics.jerk_ratio(made[scored, GAP], real[scored, GAP]),
        "level": metrics.level_correlation(rows, pair.expression[style]),
    }
    for name, column in (("gap", GAP), ("width", WIDTH)):
        scores[name] = metrics.pearson(made[:, column], real[:, column])
        scores[f"{name}_scored"] = metrics.pearson(made[scored, column], real[scored, column])
        scores[f"{name}_amplitude"] = metrics.amplitude_ratio(made[scored, column], real[scored, column])
    return scores


def _baseline(predictions: Predictions) -> dict[str, tuple[float, float]]:
    """The linear baseline's figures, where there are clips or speakers enough to leave one out."""
    pairs, readout = predictions.clips.pairs, predictions.clips.readout
    found = {}
    if len(pairs) > 1:
        found["clip"] = linear_baseline(pairs, readout, "clip").means
    if len(predictions.clips.speakers) > 1:
        found["speaker"] = linear_baseline(pairs, readout, "speaker").means
    return found


def _lags(predictions: Predictions) -> dict[str, tuple[float, ...]]:
    names = (NETWORKS, STYLETALK, RECORDING)
    system = next((found for name in names if (found := predictions.system(name))), None)
    if system is None:
        return {}
    curves = {}
    for pair in predictions.clips.pairs:
        real = predictions.clips.tracks(pair.expression)[:, GAP]
        made = predictions.clips.tracks(predictions.of(system, pair)[0])[:, GAP]
        curves[pair.name] = tuple(metrics.lag_curve(made, real, MAX_LAG).tolist())
    return curves
