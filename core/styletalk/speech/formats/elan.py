# SPDX-License-Identifier: Apache-2.0
"""ELAN's .eaf: tiers of annotations whose times are slots, some of them without a time, and some within others."""

from xml.etree.ElementTree import Element

import numpy as np

from ...files.reading import UnusableContent
from .spoken import Interval, Spoken, seconds
from .tiers import Tier, check_tiers, spoken_in_tiers

_MS = 1e-3
_Span = tuple[float, float]


def read_elan(root: Element, part: str) -> Spoken:
    """What is said in an ANNOTATION_DOCUMENT. Tiers that others refer to are read first. Raises UnusableContent."""
    slots = {
        slot.get("TIME_SLOT_ID", ""): seconds(slot.get("TIME_VALUE"), _MS) if slot.get("TIME_VALUE") else None
        for slot in root.iter("TIME_SLOT")
    }
    spans: dict[str, _Span] = {}
    tiers = []
    numbered = list(enumerate(root.iter("TIER")))
    check_tiers(len(numbered))
    for number, tier in sorted(numbered, key=lambda each: each[1].find("*/ALIGNABLE_ANNOTATION") is None):
        found = _aligned(tier, slots) + _referring(tier, spans)
        spans |= {name: (each.start_s, each.end_s) for name, each in found}
        intervals = sorted((each for _, each in found), key=lambda each: each.start_s)
        tiers.append((number, Tier(tier.get("TIER_ID", ""), intervals, tier.get("PARTICIPANT", ""))))
    return spoken_in_tiers([tier for _, tier in sorted(tiers, key=lambda each: each[0])], "ELAN", part)


def _aligned(tier: Element, slots: "dict[str, float | None]") -> list[tuple[str, Interval]]:
    """Annotations with slots of their own; slots without a time share that between those around them that have one."""
    found = list(tier.iter("ALIGNABLE_ANNOTATION"))
    pairs = [(each.get("TIME_SLOT_REF1", ""), each.get("TIME_SLOT_REF2", "")) for each in found]
    used = list(dict.fromkeys(slot for pair in pairs for slot in pair))
    marks = np.array([slots.get(slot) for slot in used], np.float64)  # None is NaN
    known = np.flatnonzero(np.isfinite(marks))
    if used and (not known.size or np.isnan(marks[[0, -1]]).any()):
        raise UnusableContent("it has annotations without a time")
    filled = np.interp(np.arange(len(used)), known, marks[known]).tolist() if used else []
    times = dict(zip(used, filled, strict=True))
    return [
        (each.get("ANNOTATION_ID", ""), Interval(times[start], times[end], each.findtext("ANNOTATION_VALUE") or ""))
        for each, (start, end) in zip(found, pairs, strict=True)
    ]


def _referring(tier: Element, spans: "dict[str, _Span]") -> list[tuple[str, Interval]]:
    """Annotations that divide another one, in equal parts."""
    parts: dict[str, list[Element]] = {}
    for each in tier.iter("REF_ANNOTATION"):
        parts.setdefault(each.get("ANNOTATION_REF", ""), []).append(each)
    found = []
    for name, children in parts.items():
        if name not in spans:
            continue
        start, end = spans[name]
        step = (end - start) / len(children)
        for number, child in enumerate(children):
            text = child.findtext("ANNOTATION_VALUE") or ""
            span = Interval(start + number * step, start + (number + 1) * step, text)
            found.append((child.get("ANNOTATION_ID", ""), span))
    return found
