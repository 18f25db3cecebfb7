# SPDX-License-Identifier: GPL-3.0-or-later
"""Who speaks which sound strip: by the line that follows it, its name, a marker over it, or its channel."""

import re
from typing import Any

from .. import compat
from ..baking import heard
from ..baking.sound_strips import FACE_MARK, IDENTITY, STRIP_LINE
from ..faces.open_face import is_face
from ..faces.targets import target_of
from .lines import active_line, add_line
from .migration import bring_up_to_date

COPIED = (
    "style", "style_file", "second_style", "style_blend", "style_markers", "intensity", "words", "language",
    "pose", "pose_file", "sync_offset_ms", "blinks", "gaze", "lead_in_s", "lead_out_s", "swell", "accents",
    "micro_movement", "follow_voice", "output", "lips_mm", "blend_in", "blend_out",
)  # fmt: skip
"""What a new line has from the line that its face shows."""


def faces_of(scene: Any) -> list[Any]:
    """The talking faces of a scene that can be baked onto, by name."""
    faces = [each for each in scene.objects if is_face(each)]
    return sorted((face for face in faces if not target_of(face).refusal()), key=lambda face: face.name)  # type: ignore


def name_of(face: Any) -> str:
    """What strips and markers call a face: its own choice, or its name without Blender's number."""
    return face.styletalk.speaks_as or re.sub(r"\.\d{3}$", "", face.name)


def heard_strips(scene: Any) -> list[Any]:
    """The sound strips that are not muted, by their place."""
    muted = compat.muted_channels(scene.sequence_editor)
    strips = [each for each in heard.sound_strips(scene) if not each.mute and each.channel not in muted]
    return sorted(strips, key=lambda strip: compat.sound_frames(strip)[1])


def speaker_of(scene: Any, strip: Any, faces: list[Any]) -> Any | None:
    """Whose line a strip is, or None."""
    return (
        next((face for face in faces if _line_of(face, strip) is not None), None)
        or _named(strip.name, faces)
        or next((found for each in _markers(scene, strip) if (found := _named(each.name, faces))), None)
        or next((face for face in faces if face.styletalk.channel == strip.channel), None)
    )


def line_for(scene: Any, face: Any, strip: Any) -> Any:
    """The line of a face that speaks a strip: the one that does, one that has no sound yet, or a new one."""
    bring_up_to_date(face)
    line = _line_of(face, strip)
    if line is not None:
        return line
    lines, active = face.styletalk.lines, active_line(face)
    shown = {name: getattr(active, name) for name in COPIED} if active is not None else {}
    line = next((each for each in lines if not each.audio and not each.baked and each.words == "AUTO"), None)
    if line is None:
        line = add_line(face)
        for name, value in shown.items():
            if value == "":
                continue  # also a style that this version does not have
            setattr(line, name, "AUTO" if name == "words" else value)  # another line's words are not this one's
    use_strip(scene, line, strip)
    return line


def give_strip(scene: Any, face: Any, strip: Any) -> Any:
    """Let a face speak a strip, and no line of another; return its line. What the others baked of it stays."""
    mine = {line.identity for line in face.styletalk.lines}
    for identity in heard.speakers_of(strip):
        if identity not in mine:
            heard.unmark(scene, identity)
    return line_for(scene, face, strip)


def use_strip(scene: Any, line: Any, strip: Any) -> None:
    """Let a line follow a strip and speak its sound."""
    heard.mark(scene, strip, line.identity)
    line.start, line.strip, line.audio = "STRIP", strip.name, heard.path_of(strip)
    line.start_frame = heard.heard(strip, heard.rate(scene)).start_frame


def _line_of(face: Any, strip: Any) -> Any | None:
    """The line of a face that speaks a strip already."""
    if heard.SPEAKS not in strip and FACE_MARK not in strip:
        return None
    followers = heard.speakers_of(strip)
    ours = strip.get(STRIP_LINE) if strip.get(FACE_MARK) == face.get(IDENTITY, "") else None
    for line in face.styletalk.lines:
        if line.identity == ours or (
            line.identity in followers and (line.start != "STRIP" or line.strip == strip.name)
        ):
            return line
    return None


def _named(text: str, faces: list[Any]) -> Any | None:
    """The face whose name stands before a colon, an underscore or the end of a text; of several the longest."""
    said = text.strip().lower()
    found = [face for face in faces if _begins(said, name_of(face).lower())]
    return max(found, key=lambda face: len(name_of(face)), default=None)


def _begins(said: str, name: str) -> bool:
    rest = said[len(name) :].lstrip()
    return said.startswith(name) and (not rest or rest[0] in ":_" or re.fullmatch(r"\.\d{3}", rest) is not None)


def _markers(scene: Any, strip: Any) -> list[Any]:
    """The markers over a strip, by their frames."""
    _, first, end, _, _ = compat.sound_frames(strip)
    return sorted((each for each in scene.timeline_markers if first <= each.frame < end), key=lambda each: each.frame)
