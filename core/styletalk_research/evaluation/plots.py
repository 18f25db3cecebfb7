# SPDX-License-Identifier: Apache-2.0
"""Plots of a report, as PNG files. Needs matplotlib, which is imported here and when it is needed."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from styletalk.errors import MissingPackageError
from styletalk.files.writing import written_whole
from styletalk.timeline import FRAME_RATE_HZ

from .clip_set import GAP
from .comparison import MAX_LAG, Comparison
from .embedding import tsne
from .summary import AMPLITUDE_BAND, JERK_BAND
from .systems import LINEAR, NETWORKS, RECORDING, Predictions

if TYPE_CHECKING:
    from .closure_report import ClosureReport
    from .style_space import StylePoint, StyleSpace

COLOURS = {"model": "#c8553d", "recording": "#2f3e46", "baseline": "#588b8b", "control": "#b8b8b8"}
SECONDS_SHOWN = 8.0
DOTS_PER_INCH = 110
MAX_LEGEND = 20
"""Names in one column of a legend."""


def figure(width: float, height: float, rows: int = 1, columns: int = 1) -> tuple[Any, np.ndarray]:
    """A figure of inches and its axes (rows, columns), without a window. Raises MissingPackageError."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingPackageError("Plots need matplotlib: pip install matplotlib. The tables are complete.") from error
    drawn = Figure((width, height), dpi=DOTS_PER_INCH, layout="constrained")
    axes = drawn.subplots(rows, columns, squeeze=False)
    for axis in axes.flat:
        axis.spines[["top", "right"]].set_visible(False)
    return drawn, axes


def save(drawn: Any, path: Path) -> None:
    """Write a figure, whole or not at all. Raises OutputError."""
    with written_whole(path) as temporary:
        drawn.savefig(temporary)


def speech_plot(comparison: Comparison) -> Any:
    """Mouth gap and width r of every system, side by side."""
    systems = [system for system in comparison.systems if system.kind != "recording"]
    drawn, axes = figure(10, 0.34 * len(systems) + 1.3, columns=2)
    place = np.arange(len(systems))[::-1]
    for axis, key, title in zip(axes[0], ("gap", "width"), ("mouth gap", "mouth width"), strict=True):
        values = [system.mean(key) for system in systems]
        bars = axis.barh(place, values, color=[COLOURS[system.kind] for system in systems])
        axis.bar_label(bars, [f"{value:.2f}" for value in values], padding=3, fontsize=8)
        axis.set(xlim=(min(0, *values) - 0.12, 1.05), xlabel=f"{title}: r against the recording (1 = the same)")
        axis.set_yticks(place, [system.name for system in systems])
    axes[0, 1].tick_params(labelleft=False)
    return drawn


def tracks_plot(predictions: Predictions) -> Any:
    """The mouth opening of the clips over a few seconds: recording, networks, linear model; speakers as letters."""
    pairs = list({pair.speaker: pair for pair in reversed(predictions.clips.pairs)}.values())[:4]
    drawn, axes = figure(10, 1.9 * len(pairs) + 0.5, rows=len(pairs))
    rows = int(SECONDS_SHOWN * FRAME_RATE_HZ)
    for axis, pair in zip(axes[:, 0], pairs, strict=True):
        first = max(0, (len(pair.expression) - rows) // 2)
        for name, kind in ((RECORDING, "recording"), (LINEAR, "baseline"), (NETWORKS, "model")):
            if (system := predictions.system(name)) is None:
                continue
            track = predictions.clips.tracks(predictions.of(system, pair)[0])[:, GAP]
            part = (track - track.mean())[first : first + rows]
            axis.plot(np.arange(len(part)) / FRAME_RATE_HZ, part, color=COLOURS[kind], label=name, lw=1.6)
        axis.set(ylabel=f"speaker {letters(predictions.clips.speakers)[pair.speaker]}")
    axes[0, 0].legend(ncols=3, fontsize=8, loc="upper right", frameon=False)
    axes[-1, 0].set(xlabel="seconds; mouth opening in eye distances, mean removed")
    return drawn


def letters(names: Sequence[str]) -> dict[str, str]:
    """A, B, …, Z, A2, … for names in order."""
    return {name: chr(ord("A") + k % 26) + (str(k // 26 + 1) if k >= 26 else "") for k, name in enumerate(names)}


def shifts_plot(comparison: Comparison) -> Any:
    """r of the mouth gap when the face is moved in time: a peak at 0, and nothing far from it."""
    drawn, axes = figure(6.5, 3.4)
    lags = np.arange(-MAX_LAG, MAX_LAG + 1)
    curves = np.array(list(comparison.lags.values()))
    axis = axes[0, 0]
    axis.plot(lags, curves.T, color=COLOURS["control"], lw=1)
    axis.plot(lags, curves.mean(0), color=COLOURS["model"], lw=2.4, label="mean of the clips")
    axis.axvline(0, color=COLOURS["recording"], lw=0.8, ls=":")
    axis.set(xlabel="face moved by frames (1/30 s)", ylabel="mouth gap r")
    axis.legend(frameon=False)
    return drawn


def liveliness_plot(comparison: Comparison) -> Any:
    """Amplitude and jerk of every system, beside the band where they should lie."""
    systems = [system for system in comparison.systems if system.kind != "control"]
    drawn, axes = figure(10, 0.34 * len(systems) + 1.3, columns=2)
    place = np.arange(len(systems))[::-1]
    for axis, key, band in zip(axes[0], ("gap_amplitude", "jerk"), (AMPLITUDE_BAND, JERK_BAND), strict=True):
        axis.axvspan(*band, color="#e8efe8", zorder=0)
        for system, y in zip(systems, place, strict=True):
            values = [scores[key] for scores in system.clips.values()]
            axis.plot(values, [y] * len(values), "o", color=COLOURS[system.kind], ms=4, alpha=0.5)
            axis.plot(system.mean(key), y, "|", color=COLOURS[system.kind], ms=16, mew=3)
        axis.set_yticks(place, [system.name for system in systems])
    axes[0, 0].set(xlabel="amplitude of the mouth gap / the recording's", xlim=(0, None))
    axes[0, 1].set(xlabel="mean squared jerk / the recording's", xscale="symlog", xlim=(0, None))
    axes[0, 1].tick_params(labelleft=False)
    return drawn


def lips_plot(report: "ClosureReport") -> Any:
    """Share of P, B, M that close under every preset, before and after motion/."""
    rows = report.styles
    drawn, axes = figure(8, 0.26 * len(rows) + 1.2)
    axis, place = axes[0, 0], np.arange(len(rows))[::-1]
    before, after = ([100 * getattr(row, when).closed for row in rows] for when in ("before", "after"))
    axis.hlines(place, before, after, color=COLOURS["control"], lw=2)
    axis.plot(before, place, "o", color=COLOURS["baseline"], label="before motion/")
    axis.plot(after, place, "o", color=COLOURS["model"], label="after motion/")
    axis.axvline(97, color=COLOURS["recording"], lw=0.8, ls=":")
    axis.set_yticks(place, [f"{row.style} {row.intensity:g}" for row in rows], fontsize=8)
    axis.set(xlabel="P, B and M that close on the open face, % (dotted: 97)", xlim=(-2, 102))
    axis.legend(frameon=False, loc="lower left")
    return drawn


def style_pca_plot(space: "StyleSpace") -> Any:
    """Principal components of style codes."""
    first, second = (f"{100 * share:.0f} %" for share in space.variance[:2])
    return _style_plot(space.points, space.components, f"principal components 1 ({first}) and 2 ({second})")


def style_tsne_plot(points: "Sequence[StylePoint]") -> Any:
    """t-SNE of style codes. Raises MissingPackageError without scikit-learn."""
    return _style_plot(points, tsne(np.stack([point.code for point in points])), "t-SNE")


def _style_plot(points: "Sequence[StylePoint]", places: np.ndarray, about: str) -> Any:
    """Points at `places` (N, 2), once coloured by mood and once by speaker (letters; presets are stars)."""
    speaking = [point.speaker for point in sorted(points, key=lambda p: (p.kind != "speech", p.speaker))]
    people = letters([name for name in dict.fromkeys(speaking) if name])  # those who speak first, as in other plots
    drawn, axes = figure(13, 5.6, columns=2)
    by_mood = [point.mood for point in points]
    by_person = [people.get(point.speaker, "preset") for point in points]
    for axis, groups, title in zip(axes[0], (by_mood, by_person), ("mood", "speaker"), strict=True):
        for group, colour in _group_colours(groups).items():
            for kind, marker, size in (("speech", "o", 26), ("style clip", "s", 26), ("preset", "*", 150)):
                chosen = [k for k, point in enumerate(points) if groups[k] == group and point.kind == kind]
                if chosen:
                    axis.scatter(*places[chosen].T, s=size, marker=marker, color=colour, alpha=0.85, lw=0.3, ec="white")
            axis.scatter([], [], s=26, color=colour, label=group)
        axis.legend(
            title=title, fontsize=7, title_fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5), frameon=False,
            ncols=1 + (len(set(groups)) > MAX_LEGEND),
        )  # fmt: skip
        axis.set(xticks=[], yticks=[], xlabel=about)
        axis.margins(x=0.12)
    for k, point in enumerate(points):
        if point.kind == "preset":
            axes[0, 0].annotate(point.footage, places[k], fontsize=7, xytext=(5, 4), textcoords="offset points")
    axes[0, 0].set_title("circles: speech, squares: style clips, stars: presets", fontsize=9, loc="left")
    return drawn


def _group_colours(groups: Sequence[str]) -> dict[str, Any]:
    from matplotlib import colormaps

    names = sorted(set(groups))
    wheel = [colormaps[name](k) for name in ("tab20", "tab20b") for k in range(20)]
    return {name: wheel[k % len(wheel)] for k, name in enumerate(names)}
