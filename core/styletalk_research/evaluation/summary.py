# SPDX-License-Identifier: Apache-2.0
"""The report in five lines, in an animator's words."""

import math
from collections.abc import Mapping
from typing import Any

from ..metrics.tables import number, percent
from .closure_report import ClosureReport
from .comparison import Comparison
from .style_space import StyleSpace
from .systems import LINEAR, NETWORKS, SCRAMBLED, STYLETALK

A_TIE = 0.01
"""Correlations nearer than this are the same."""
AMPLITUDE_BAND, JERK_BAND = (0.75, 1.25), (0.5, 1.0)


def summary(sections: Mapping[str, Any]) -> list[str]:
    """At most five sentences, of what was measured. sections: by name, as in `report`."""
    speech, lips, style = (sections.get(name) for name in ("motion", "lips", "style"))
    lines: list[str] = []
    if isinstance(speech, Comparison):
        lines += [line for line in (_sync(speech), _weakest(speech), _liveliness(speech)) if line]
    if isinstance(lips, ClosureReport):
        lines.append(_lips(lips))
    if isinstance(style, StyleSpace):
        lines.append(_style(style, speech))
    return lines


def _sync(speech: Comparison) -> str:
    own = speech.of(NETWORKS) or speech.of(STYLETALK)
    if own is None:
        return ""
    beside = [
        f"{system.name} {number(system.mean('gap'))}"
        for system in speech.systems
        if system.kind == "baseline" or system.name == SCRAMBLED
    ]
    verdict = "".join(_against(own.mean(key), speech, key, word) for key, word in (("gap", "gap"), ("width", "width")))
    seen = "; higher than on unseen speech if the weights were trained on these clips" if speech.known else ""
    return (
        f"**Lip sync**: the mouth opens when the person's does with r {number(own.mean('gap'))} and widens with "
        f"{number(own.mean('width'))} (1 is the person){verdict}{seen}. Gap of others: {', '.join(beside)}."
    )


def _against(value: float, speech: Comparison, key: str, word: str) -> str:
    linear = speech.of(LINEAR)
    if linear is None:
        return ""
    difference = value - linear.mean(key)
    where = "level with" if abs(difference) < A_TIE else "above" if difference > 0 else "**below**"
    return f"; {word} {where} the linear baseline"


def _weakest(speech: Comparison) -> str:
    own, linear = speech.of(NETWORKS), speech.of(LINEAR)
    if own is None or len(own.clips) < 2:
        return ""
    name = min(own.clips, key=lambda clip: own.clips[clip]["gap"])
    text = f"**Weakest clip**: {name}, gap r {number(own.clips[name]['gap'])}, width {number(own.clips[name]['width'])}"
    if linear is None:
        return text + "."
    worse = [clip for clip in own.clips if own.clips[clip]["gap"] < linear.clips[clip]["gap"] - A_TIE]
    return f"{text}. Below the linear baseline's gap: {', '.join(worse) if worse else 'no clip'}."


def _liveliness(speech: Comparison) -> str:
    own = speech.of(NETWORKS)
    if own is None:
        return ""
    wide, jerk, still = (own.mean(key) for key in ("gap_amplitude", "jerk", "upper_dynamics"))
    size = _within(wide, AMPLITUDE_BAND, "it mumbles", "as far as it should", "it overacts")
    smooth = _within(jerk, JERK_BAND, "smoother than a person, on the mushy side", "as lively as a person", "jittery")
    return (
        f"**Liveliness**: the mouth moves {number(wide)} times as far as the person's ({size}), with {number(jerk)} of "
        f"the jerk ({smooth}); brows and eyes move {number(abs(still))} mm {'less' if still > 0 else 'more'} than the "
        "person's."
    )


def _within(value: float, band: tuple[float, float], below: str, inside: str, above: str) -> str:
    if math.isnan(value):
        return "not measured"
    return below if value < band[0] else above if value > band[1] else inside


def _lips(lips: ClosureReport) -> str:
    presets = [style for style in lips.styles if style.style != lips.styles[0].style]
    if not presets:
        return "**Lips**: no preset was measured."
    before = [style.before.closed for style in presets]
    deepest = max(style.after.deepest_mm for style in presets)
    return (
        f"**Lips** close in at least {percent(lips.lowest_rate)} of P, B and M under every preset and intensity "
        f"(networks alone {percent(min(before))} to {percent(max(before))}), and pass {number(deepest)} mm into each "
        "other there at most."
    )


def _style(style: StyleSpace, speech: Comparison | None) -> str:
    own = next((kept for kept in style.kept if kept.system == NETWORKS), None)
    level = speech.of(NETWORKS) if isinstance(speech, Comparison) else None
    parts = [
        f"the nearest style code is the same speaker's for {percent(style.recall)} (chance {percent(style.chance)})"
    ]
    if own:
        parts.append(f"{percent(own.recall)} of the predictions lies nearest to the style it was given")
    if level:
        parts.append(f"the mean expression follows the style's with r {number(level.mean('level'))}")
    return f"**Style**: {'; '.join(parts)}."
