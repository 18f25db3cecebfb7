# SPDX-License-Identifier: GPL-3.0-or-later
"""A line that begins before its scene does is moved later, with its sound."""

from typing import Any

from .. import compat
from ..faces.targets import target_of
from . import nla
from .heard import followed
from .sound_strips import IDENTITY, strips_of


def frames_before_scene(scene: Any, face: Any, line: Any) -> int:
    """How many frames of a baked line lie before the scene's first frame, 0 where none do."""
    target = target_of(face)
    if target is None or target.refusal():
        return 0
    blocks = [block for block in target.blocks() if nla.action_of(block, line.identity) is not None]
    firsts = [nla.frames_of(block, line.identity)[0] for block in blocks]
    return max(0, scene.frame_start - round(min(firsts))) if firsts else 0


def shift_line(scene: Any, face: Any, line: Any, frames: int) -> None:
    """Move a baked line and the strips that it is heard from so many frames later."""
    ours = strips_of(scene, face.get(IDENTITY, ""), line.identity)
    strip = followed(scene, line.identity, line.strip) if line.start == "STRIP" else None
    for each in {strip.name: strip for strip in [*ours, *([strip] if strip is not None else [])]}.values():
        compat.move_strip(each, frames)
    target: Any = target_of(face)
    for block in target.blocks():
        if nla.action_of(block, line.identity) is not None:
            nla.move(block, line.identity, _origin(block, line.identity) + frames)
    _say(line, line.start_frame + frames)
    ends = [nla.frames_of(each, line.identity)[1] for each in target.blocks() if nla.plays(each, line.identity)]
    scene.frame_end = max([scene.frame_end, *map(round, ends)])


def _origin(block: Any, identity: str) -> float:
    """The frame on which the sound's file begins, as the line plays now."""
    action = nla.action_of(block, identity)
    return action[nla.ORIGIN_MARK] + nla.shift_of(block, identity)  # type: ignore[index]


def _say(line: Any, frame: int) -> None:
    """Let the panel show the line where it is; it is baked there as much as it was before."""
    before = line.baked.partition("@")[0]
    line.start = "FRAME" if line.start in ("SCENE", "PLAYHEAD") else line.start
    was_baked = bool(line.baked)
    line.start_frame = frame
    if was_baked:
        line.baked = f"{before}@{frame if line.start == 'FRAME' else line.start.lower()}"
