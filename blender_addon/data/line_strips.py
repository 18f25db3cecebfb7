# SPDX-License-Identifier: GPL-3.0-or-later
"""Which sound strip a line follows, what is heard of it, and on which frame the line begins."""

from dataclasses import replace
from typing import Any

from ..baking import heard, nla
from ..baking.retiming import retiming_refusal
from ..baking.sound_strips import IDENTITY, strips_of
from ..baking.tempo import Excerpt
from ..faces.channels import carrier


def start_frame(line: Any, scene: Any) -> int:
    """The frame on which the line would begin if it were baked now."""
    if line.start == "STRIP":
        strip = strip_of(line, scene)
        return heard.heard(strip, heard.rate(scene)).start_frame if strip is not None else line.start_frame
    return {"PLAYHEAD": scene.frame_current, "SCENE": scene.frame_start}.get(line.start, line.start_frame)


def strip_of(line: Any, scene: Any) -> Any | None:
    """The sound strip that a line follows; None where it follows none, or its strip is gone."""
    return heard.followed(scene, line.identity, line.strip) if line.start == "STRIP" else None


def strip_reason(line: Any, scene: Any) -> str:
    """Why the line cannot be spoken as its strip plays, be that one that it follows or that Bake added, or ""."""
    if line.start == "STRIP" and not line.strip:
        return "Choose the sound strip of the line first."
    strip, fps = sounding_strip(line, scene), heard.rate(scene)
    if line.start == "STRIP":
        return heard.strip_refusal(strip, fps)
    return retiming_refusal(strip, fps) if strip is not None else ""


def sounding_strip(line: Any, scene: Any) -> Any | None:
    """The strip that decides how fast a line is spoken: that it follows, or the one that Bake added and will keep."""
    if line.start == "STRIP":
        return strip_of(line, scene)
    frame, ours = sound_frame(line, scene), strips_of(scene, line.id_data.get(IDENTITY, ""), line.identity)
    there = (each for each in ours if not each.mute and round(heard.heard(each, heard.rate(scene)).origin) == frame)
    return next(there, None)


def sound_frame(line: Any, scene: Any) -> int:
    """The frame on which the sound of the line would begin if it were baked now. At the scene's start the face does,
    and by how much the sound comes later is known from the line's last bake alone."""
    keys = carrier(line.id_data) if line.start == "SCENE" else None
    if keys is None or not nla.plays(keys, line.identity):
        return start_frame(line, scene)
    return scene.frame_start + line.start_frame - round(nla.frames_of(keys, line.identity)[0])


def heard_part(line: Any, scene: Any) -> Excerpt | None:
    """What is heard of the line's sound, and how fast; None for all of it as it is. Our strips are heard as a whole."""
    strip = sounding_strip(line, scene)
    part = heard.heard(strip, heard.rate(scene)).part if strip is not None else None
    whole = replace(part, from_s=0.0) if part is not None and part.tempo else None
    return part if line.start == "STRIP" else whole
