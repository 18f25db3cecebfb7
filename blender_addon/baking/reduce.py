# SPDX-License-Identifier: GPL-3.0-or-later
"""Fewer keys than one on every frame, as many as it takes to move no point further off than it may be."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..faces.channels import Channel, Part, shape_keys
from ..faces.probes import Probes, key_deltas
from ..styletalk.motion.keys import THOROUGH, Curve, Effort, reduced, reduced_apart

OTHERS_MM = 0.5
"""How far lids, brows, cheeks and the tongue may be off."""
TURN = math.radians(0.2) / math.sqrt(3)
"""Of each of three angles; a quaternion's numbers change by half of it."""
SHIFT_MM = 0.5 / math.sqrt(3)
OWN_UNIT = 0.01
"""Of what is neither a shape nor a place: scales, the style's strength."""
LIPS, INNER = 0.93, 0.85
"""Shares of what is allowed: all points of the lips are looked at, elsewhere others lie between those that are."""


Curves = tuple[Curve, ...]
"""One for each channel of a part, frames from the part's first."""


@dataclass(frozen=True)
class Reduction:
    """parts: the curves of each part. lips_mm: the most that a point of the lips is off; None where no shape key moves
    them."""

    parts: tuple[Curves, ...]
    lips_mm: float | None


def reduction(
    parts: Sequence[Part], mesh: Any, lips_mm: float, fps: float, shut: np.ndarray, effort: Effort = THOROUGH
) -> Reduction:
    """The keys of all parts of a face. mesh: whose millimetres count. shut: (N,) bool, frames with closed lips.

    A key of another mesh that has the name of one of the face's own moves as that does: teeth stay with their lips.
    """
    own = [part for part in parts if part.id_type == "KEY" and part.owner == shape_keys(mesh)]
    shapes, worst = _shapes(own[0], mesh, lips_mm, (fps, shut, effort)) if own else ({}, None)
    return Reduction(tuple(tuple(_of_part(part, shapes, fps)) for part in parts), worst)


def _shapes(
    part: Part, mesh: Any, lips_mm: float, line: tuple[float, np.ndarray, Effort]
) -> tuple[dict[str, Curve], float | None]:  # fmt: skip
    """The curves of a mesh's keys by name, fitted together; how far off the lips are at worst. line: its rate, the
    frames with closed lips, and how hard few keys are looked for."""
    channels = {_name(part, each): each for each in part.channels if _name(part, each)}
    if not channels:
        return {}, None
    deltas, (fps, shut, effort) = key_deltas(part.owner, list(channels)), line
    probes = Probes.of(mesh, deltas)
    tolerances = LIPS * lips_mm, INNER * max(OTHERS_MM, lips_mm)
    allowed = np.repeat(tolerances, [len(probes.lips), len(probes.others)])
    effects = deltas[:, np.concatenate([probes.lips, probes.others])] * (probes.mm / allowed)[None, :, None]
    samples = np.column_stack([channel.values for channel in channels.values()]).astype(np.float64)
    bounds = np.array([[each.low, each.high] for each in channels.values()]).T
    found = reduced(samples, effects, fps, shut, effort, bounds)
    made = np.column_stack([curve.samples(len(samples)) for curve in found.curves])
    lips = np.tensordot(np.clip(made, *bounds) - samples, probes.mm * deltas[:, probes.lips], 1)
    return dict(zip(channels, found.curves, strict=True)), float(np.linalg.norm(lips, axis=2).max(initial=0.0))


def _of_part(part: Part, shapes: dict[str, Curve], fps: float) -> Iterator[Curve]:
    """The curves of a part; what is none of the shapes has its keys by itself."""
    apart = [channel for channel in part.channels if _name(part, channel) not in shapes]
    found = iter(())
    if apart:
        samples = np.column_stack([channel.values for channel in apart])
        found = iter(reduced_apart(samples, np.array([_tolerance(part, channel) for channel in apart]), fps))
    for channel in part.channels:
        name = _name(part, channel)
        yield shapes[name] if name in shapes else next(found)


def _name(part: Part, channel: Channel) -> str:
    """The shape key that a channel moves, or ""."""
    return channel.name if part.id_type == "KEY" and channel.data_path.startswith("key_blocks") else ""


def _tolerance(part: Part, channel: Channel) -> float:
    """How far a channel may be off by itself, in its own unit."""
    if name := _name(part, channel):
        moved = 1000.0 * float(np.linalg.norm(key_deltas(part.owner, [name]), axis=2).max(initial=0.0))
        return OTHERS_MM / max(moved, OTHERS_MM)
    if channel.data_path.endswith("rotation_quaternion"):
        return TURN / 2
    if "rotation" in channel.data_path:
        return TURN
    return SHIFT_MM / 1000.0 if channel.data_path.endswith("location") else OWN_UNIT
