# SPDX-License-Identifier: Apache-2.0
"""The main table: every metric for the networks, beside the recording, the yardsticks and the controls.

Protocol: the style comes from one half of a clip (level and amplitude, no timing) and the other half is scored, then
the other way round; scores are means of both and then of the clips. Mouth gap and width are correlated over the whole
clip, at the convention's lag without a search, means removed, as the linear yardstick's published figures are.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from styletalk.face.model import open_face
from styletalk.motion.closures import CLOSED_MM
from styletalk.progress import Progress, part, silent

from ..metrics import scores as metrics
from ..metrics.linear_baseline import linear_yardstick
from ..metrics.mesh_metrics import FaceRuler
from .clip_set import GAP, WIDTH, EvaluationPair
from .predictions import Stage
from .systems import LINEAR, NETWORKS, RECORDING, SCRAMBLED, STYLETALK, Voice
from .tables import number, table

LAG_REACH = 15
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
class VoiceScores:
    """One voice: kind and line as in `Voice`, scores by clip."""

    name: str
    kind: str
    about: str
    clips: Mapping[str, Scores]

    def mean(self, key: str) -> float:
        """Mean over the clips of the metric `key`, clips without it left out; NaN where none has it."""
        values = [scores[key] for scores in self.clips.values() if not np.isnan(scores[key])]
        return float(np.mean(values)) if values else float("nan")


@dataclass(frozen=True)
class Comparison:
    """Everybody's scores. yardstick: the linear yardstick by its own code, (gap r, width r), one clip or speaker out.

    lags: r of the networks' mouth gap by clip, moved by -15..15 frames. known: the weights may have seen the clips.
    """

    voices: tuple[VoiceScores, ...]
    yardstick: Mapping[str, tuple[float, float]]
    lags: Mapping[str, tuple[float, ...]]
    known: bool

    def of(self, name: str) -> VoiceScores | None:
        """The scores of a voice by name, None where it did not speak."""
        return next((voice for voice in self.voices if voice.name == name), None)

    def as_dict(self) -> dict[str, Any]:
        """Everything, ready for JSON."""
        means = {voice.name: {metric.key: voice.mean(metric.key) for metric in METRICS} for voice in self.voices}
        return {**asdict(self), "means": means, "metrics": {metric.key: asdict(metric) for metric in METRICS}}

    def as_markdown(self) -> str:
        """The tables and what their words mean."""
        return "\n".join(
            [*self._main(), "", *self._controls(), "", *self._clips(), "", *self._shifts(), "", *self._words()]
        )

    def _main(self) -> list[str]:
        shown = [voice for voice in self.voices if voice.kind != "control" or voice.name == SCRAMBLED]
        head = ["", "aim", *(voice.name for voice in shown)]
        rows = [
            [metric.title, metric.aim, *(number(voice.mean(metric.key), metric.digits) for voice in shown)]
            for metric in METRICS
        ]
        known = (
            "**Weights score higher on clips that they were trained on**, and the shipped ones were trained on the "
            "published sample pairs. With `--folds`, each clip is spoken by weights that never saw it."
        )
        return ["## Speech", "", *([known, ""] if self.known else []), *table(head, rows), "", *self._yardstick()]

    def _yardstick(self) -> list[str]:
        said = [f"one {who} left out {gap:.3f} / {width:.3f}" for who, (gap, width) in self.yardstick.items()]
        return [f"Linear yardstick, mouth gap / width r by its own code: {'; '.join(said)}."] if said else []

    def _controls(self) -> list[str]:
        """What the networks score when the sound is wrong, beside what they score when it is right."""
        own, shown = self.of(NETWORKS), [voice for voice in self.voices if voice.kind == "control"]
        rows = [
            [voice.name, *(number(voice.mean(key), 3) for key in ("gap", "width")), number(voice.mean("lip_error"))]
            for voice in ([own] if own else []) + shown
        ]
        head = ["controls", "mouth gap r", "mouth width r", "lip vertex error, mm"]
        return ["A number means something where the same networks on a wrong sound lose it:", "", *table(head, rows)]

    def _clips(self) -> list[str]:
        """Each clip: the networks beside the yardstick and the control."""
        shown = [voice for name in (NETWORKS, LINEAR, SCRAMBLED) if (voice := self.of(name))]
        titles = [(key, title) for key, title in (("gap", "gap r"), ("width", "width r"))]
        head = ["clip", *(f"{voice.name}: {title}" for voice in shown for _, title in titles)]
        head += ["gap amplitude", "jerk"]
        own = self.of(NETWORKS)
        rows = []
        for clip in shown[0].clips if shown else ():
            cells = [number(voice.clips[clip][key], 3) for voice in shown for key, _ in titles]
            more = [number(own.clips[clip][key]) for key in ("gap_amplitude", "jerk")] if own else []
            rows.append([clip, *cells, *more])
        return ["Clip by clip:", "", *table(head, rows)]

    def _shifts(self) -> list[str]:
        """Where each clip's correlation peaks: a clip that is not at 0 has another offset than it says."""
        middle = LAG_REACH
        peaks = {clip: (int(np.argmax(curve)) - middle, curve) for clip, curve in self.lags.items()}
        rows = [
            [clip, f"{curve[middle]:.3f}", f"{lag:+d}", f"{max(curve):.3f}"] for clip, (lag, curve) in peaks.items()
        ]
        head = ["clip", "gap r as it is", "best at (frames)", "gap r there"]
        text = "Timing, not used for any score (positive: the face is late). Two frames or more: see the clip's offset."
        return [text, "", *table(head, rows)]

    def _words(self) -> list[str]:
        lines = ["What the rows mean:", ""]
        lines += [f"- **{metric.title}** ({metric.aim} is a perfect copy): {metric.about}." for metric in METRICS]
        lines += ["", "Who speaks:", ""]
        return lines + [f"- **{voice.name}** ({voice.kind}): {voice.about}." for voice in self.voices]


def compare(stage: Stage, known: bool, progress: Progress = silent) -> Comparison:
    """Score everybody on stage. known: whether the weights may have seen the clips in training."""
    stage.rehearse(part(progress, 0.0, 0.7))
    ruler, scored = FaceRuler.of(open_face()), []
    for count, voice in enumerate(stage.voices):
        progress(0.7 + 0.3 * count / len(stage.voices), f"measuring: {voice.name}")
        clips = {pair.name: pair_scores(stage, voice, pair, ruler) for pair in stage.clips.pairs}
        scored.append(VoiceScores(voice.name, voice.kind, voice.about, clips))
    return Comparison(tuple(scored), _yardstick(stage), _lags(stage), known)


def pair_scores(stage: Stage, voice: Voice, pair: EvaluationPair, ruler: FaceRuler) -> Scores:
    """The mean scores of one voice's two takes of one clip."""
    takes = [_take_scores(stage, pair, ruler, *take) for take in stage.takes(voice, pair)]
    return {key: float(np.nanmean(values)) if not np.isnan(values).all() else float("nan")
            for key in takes[0] for values in [np.array([take[key] for take in takes])]}  # fmt: skip


def _take_scores(
    stage: Stage, pair: EvaluationPair, ruler: FaceRuler, rows: np.ndarray, style: slice, scored: slice
) -> Scores:
    """All metrics of rows (T, 64), spoken in the style of one half and scored on the other."""
    made, real = stage.clips.tracks(rows), stage.clips.tracks(pair.expression)
    here, there = rows[scored], pair.expression[scored]
    scores = {
        "lip_error": ruler.lip_vertex_error_mm(here, there),
        "lip_motion_error": ruler.lip_vertex_error_mm(here - here.mean(0), there - there.mean(0)),
        "m_lmd": ruler.mouth_landmark_distance(here, there),
        "f_lmd": ruler.face_landmark_distance(here, there),
        "upper_dynamics": ruler.upper_dynamics_deviation_mm(here, there),
        "closures": ruler.closure_rate(rows, pair.labels),
        "jerk": metrics.jerk_ratio(made[scored, GAP], real[scored, GAP]),
        "level": metrics.level_correlation(rows, pair.expression[style]),
    }
    for name, column in (("gap", GAP), ("width", WIDTH)):
        scores[name] = metrics.pearson(made[:, column], real[:, column])
        scores[f"{name}_scored"] = metrics.pearson(made[scored, column], real[scored, column])
        scores[f"{name}_amplitude"] = metrics.amplitude_ratio(made[scored, column], real[scored, column])
    return scores


def _yardstick(stage: Stage) -> dict[str, tuple[float, float]]:
    """The linear yardstick's figures, where there are clips or speakers enough to leave one out."""
    clips, readout = stage.clips.yardstick_clips(), stage.clips.readout
    found = {}
    if len(clips) > 1:
        found["clip"] = linear_yardstick(clips, readout, "clip")
    if len(stage.clips.speakers) > 1:
        found["speaker"] = linear_yardstick(clips, readout, "speaker")
    return {who: (result.gap, result.width) for who, result in found.items()}


def _lags(stage: Stage) -> dict[str, tuple[float, ...]]:
    voice = stage.voice(NETWORKS) or stage.voice(STYLETALK) or stage.voice(RECORDING)
    if voice is None:
        return {}
    curves = {}
    for pair in stage.clips.pairs:
        real = stage.clips.tracks(pair.expression)[:, GAP]
        made = stage.clips.tracks(stage.made(voice, pair)[0])[:, GAP]
        curves[pair.name] = tuple(metrics.lag_curve(made, real, LAG_REACH).tolist())
    return curves
