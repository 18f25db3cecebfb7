# SPDX-License-Identifier: Apache-2.0
"""A manifest in words: what is in it, what was left out and why."""

from collections import Counter
from collections.abc import Iterable

from styletalk.timeline import FRAME_RATE_HZ

from .clip import Clip
from .manifest import Manifest
from .splits import TRAIN, VALIDATION


def summary(manifest: Manifest) -> str:
    """Lines for people: both sides, labels, sound, frame rates, notes, and every file that was left out."""
    lines = [f"{manifest.kind}: {_side(manifest.clips)}"]
    for split in (TRAIN, VALIDATION):
        clips = [clip for clip in manifest.clips if clip.split == split]
        names = f" ({', '.join(sorted({clip.speaker for clip in clips}))})" if split == VALIDATION and clips else ""
        lines.append(f"  {split}: {_side(clips)}{names}")
    if manifest.clips:
        lines += [f"  {line}" for line in (*_facts(manifest.clips), *manifest.notes)]
    lines.append(f"Left out: {len(manifest.left_out) or 'nothing'}")
    lines += [f"  {left.source}: {left.reason}" for left in manifest.left_out]
    return "\n".join(lines)


def summary_facts(manifest: Manifest) -> dict[str, object]:
    """The same for programs."""
    return {
        "kind": manifest.kind, "clips": len(manifest.clips),
        "train": sum(clip.split == TRAIN for clip in manifest.clips),
        "validation": sum(clip.split == VALIDATION for clip in manifest.clips),
        "notes": list(manifest.notes),
        "left_out": [{"source": left.source, "reason": left.reason} for left in manifest.left_out],
    }  # fmt: skip


def _side(clips: "list[Clip] | tuple[Clip, ...]") -> str:
    minutes = sum(clip.rows for clip in clips) / FRAME_RATE_HZ / 60
    speakers, styles = len({clip.speaker for clip in clips}), len({clip.style for clip in clips})
    return f"{len(clips)} clips, {minutes:.1f} min, {speakers} speakers, {styles} styles"


def _facts(clips: tuple[Clip, ...]) -> list[str]:
    made = sum(clip.recognised for clip in clips)
    given = sum(clip.labels is not None for clip in clips) - made
    sounding = sum(clip.sound is not None for clip in clips)
    rates, offsets = _counted(clip.rate_hz for clip in clips), _counted(clip.av_offset for clip in clips)
    lines = [
        f"labels: {given} given, {made} recognised, {len(clips) - given - made} without",
        f"sound: {sounding} with, {len(clips) - sounding} without",
        "frame rates: " + ", ".join(f"{count} at {rate:.5g}" for rate, count in rates),
        "offsets: " + ", ".join(f"{count} by {rows}" for rows, count in offsets),
    ]
    explained = [clip.explained for clip in clips if clip.explained is not None]
    if explained:
        lines.append(
            f"blendshapes: coefficients reproduce {100 * sum(explained) / len(explained):.1f} % of the movement's "
            f"square, {100 * min(explained):.1f} % in the worst clip"
        )
    if given + made < len(clips):
        lines.append("clips without labels teach styles alone; --recognise makes labels from the sound")
    return lines


def _counted(values: Iterable[float]) -> list[tuple[float, int]]:
    """Each value, in order, and how often it is there."""
    return sorted(Counter(values).items())
