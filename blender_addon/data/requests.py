# SPDX-License-Identifier: GPL-3.0-or-later
"""From what the animator set to what the worker is asked: paths made absolute, missing things said in one sentence."""

import contextlib
import dataclasses
import os
import tempfile
from pathlib import Path
from typing import Any

import bpy

from ..styletalk.errors import OutputError, PhonemeFileError, StyleTalkError
from ..styletalk.files.reading import explaining
from ..styletalk.request import AnimationRequest
from ..styletalk.speech.formats.alignment_files import FORMATS, HEAD
from ..styletalk.speech.text.transcript_file import read_transcript
from ..styletalk.styles.presets import preset_names
from .corrections import has_corrections
from .intensity import curve_file
from .lines import CUSTOM_POSE, CUSTOM_STYLE, FROM_VIDEO, line_name
from .remembered import corrected_file, former_bake
from .sounds import find_packed
from .style_track import changes_file, keys_file, style_at_start

FIELDS = tuple(field.name for field in dataclasses.fields(AnimationRequest))
SEEN_IN_VIDEO = "The line was seen in a video and has no words. Bake from Video again, or choose Words under More."
ANY_DURATION_S = 3600.0
"""Of a sound, where only the kind of a text is of interest."""


class LineError(StyleTalkError):
    """The line's settings cannot be used."""


def request_from(line: Any, device: str, engine: str = "auto") -> AnimationRequest:
    """The request for a line: its options that are fields of a request, and what its choices stand for.

    Raises LineError, RequestError, TranscriptError.
    """
    options = {name: getattr(line, name) for name in FIELDS if name in line.bl_rna.properties}
    transcript, phonemes = _words(line)
    if has_corrections(line):
        transcript, phonemes = None, corrected_file(line, line_name(line))
    scene = bpy.context.scene
    chosen = {
        "audio": sound_of(line),
        "style": _style(line, style_at_start(line, scene)),
        "second_style": style_path(line.second_style) or None,
        "style_changes": changes_file(line, scene),
        "style_blend_keys": keys_file(line, scene, "style_blend") if line.second_style else None,
        "intensity_keys": keys_file(line, scene, "intensity"),
        "transcript": transcript,
        "phonemes": phonemes,
        "intensity_curve": curve_file(line) if line.use_curve else None,
        "pose": str(existing_file(line.pose_file, "pose file")) if line.pose == CUSTOM_POSE else line.pose,
        "device": device,
        "engine": engine,
        "former": former_bake(line) if has_corrections(line) else None,
    }
    return AnimationRequest(**{**options, **chosen})


def fill_line(line: Any, request: AnimationRequest) -> None:
    """The inverse, for lines that are baked without the panel: it shows what they were made from.

    A transcript becomes a text of this .blend, so that the line can be baked again where the file is not.
    """
    for name in FIELDS:
        if name in line.bl_rna.properties and name not in ("style", "pose", "transcript"):
            value = getattr(request, name) if getattr(request, name) is not None else ""
            with contextlib.suppress(OverflowError):  # a seed may be larger than Blender's whole numbers
                setattr(line, name, str(value) if isinstance(value, Path) else value)
    line.use_curve = request.intensity_curve is not None  # the curve will be on the face
    line.style = request.style if request.style in preset_names() else CUSTOM_STYLE
    line.style_file = request.style if line.style == CUSTOM_STYLE else ""
    line.pose = request.pose if request.pose in ("auto", "none") else CUSTOM_POSE
    line.pose_file = request.pose if line.pose == CUSTOM_POSE else ""
    _fill_words(line, request)


def _fill_words(line: Any, request: AnimationRequest) -> None:
    """Of an alignment the file, which wins over a transcript; of a transcript a text, the line's own if it is that."""
    line.words_file = str(request.phonemes or "")
    if request.phonemes is not None:
        line.words = "ALIGNMENT"
    elif request.transcript is not None:
        line.words = "TEXT"
        if line.transcript is None or line.transcript.as_string() != request.transcript:
            line.transcript = new_text(line_name(line), request.transcript)
    else:
        line.words = "AUTO"


def new_text(name: str, content: str) -> Any:
    """A new text of this .blend, which the Text Editor shows from its beginning."""
    text = bpy.data.texts.new(name)
    text.write(content)
    text.cursor_set(0)  # at the end, where writing leaves it, the editor would show an empty line
    return text


def existing_file(path: str, what: str) -> Path:
    """The absolute path of a file that is there. `//` means beside the .blend. Raises LineError."""
    if not path:
        raise LineError(f"No {what} is chosen. Choose one in the StyleTalk panel.")
    if path.startswith("//") and not bpy.data.filepath:
        raise LineError(f"The path of the {what} is relative to the .blend, which is not saved yet. Save it first.")
    absolute = Path(bpy.path.abspath(path)).absolute()
    if os.path.isdir(absolute):  # Path.is_dir raises for names that are too long
        raise LineError(f"The {what} {absolute} is a folder. Choose a file in it.")
    if not os.path.isfile(absolute):
        raise LineError(f"The {what} {absolute} does not exist. Choose another.")
    return absolute


def sound_of(line: Any) -> Path:
    """The line's sound: a file, or one that this .blend carries inside. Raises LineError."""
    path = Path(bpy.path.abspath(line.audio))
    return path if line.audio and find_packed(path) is not None else existing_file(line.audio, "sound file")


def _style(line: Any, style: str) -> str:
    if not style:  # saved with a preset that this version does not have
        raise LineError("The line's style is none that this version has. Choose one in the StyleTalk panel.")
    return style if style != CUSTOM_STYLE else str(existing_file(line.style_file, "style file"))


def style_path(style: str) -> str:
    """A preset, "", or the absolute path of a style file. Raises LineError where it is not there."""
    return style if style in ("", *preset_names()) else str(existing_file(style, "style file"))


def transcript_of(line: Any) -> str | None:
    """What is said, where the line has it as a text. Raises LineError, TranscriptError."""
    return _words(line)[0]


def _words(line: Any) -> tuple[str | None, Path | None]:
    """(transcript, alignment file), of which at most one is given."""
    if line.words == "AUTO":
        return None, None
    if line.words == FROM_VIDEO:
        raise LineError(SEEN_IN_VIDEO)
    if line.words == "TEXT":
        if line.transcript is None:
            raise LineError("No text is chosen for the words. Choose one, or let the words be recognised.")
        text = line.transcript.as_string()
        return (None, _file_of(line.transcript.name, text)) if is_alignment(text) else (text, None)
    path = existing_file(line.words_file, "file with the words")
    return (None, path) if line.words == "ALIGNMENT" else (read_transcript(path), None)


def is_alignment(text: str) -> bool:
    """Whether a text says when phonemes or words are spoken, and is no subtitles, which are transcripts as well."""
    head = text[:HEAD].lstrip("\ufeff \t\n")
    kind = next((each for each in FORMATS if each.is_one(text, head)), None)
    if kind is None or kind.name == "subtitles":
        return False
    if (kind is not FORMATS[-1] and not head.startswith(("[", "<"))) or head.startswith("<?xml"):
        return True  # also where it is damaged
    with contextlib.suppress(PhonemeFileError), explaining(PhonemeFileError):
        kind.read(text, ANY_DURATION_S, "")  # what is said may begin alike: [laughs], <i>, 20 years
        return "\n" in text.strip()
    return False


def _file_of(name: str, content: str) -> Path:
    """A file of that content in Blender's own temporary folder. Raises OutputError."""
    try:
        folder = Path(tempfile.mkdtemp(dir=bpy.app.tempdir))
        path = folder / bpy.path.clean_name(name)
        path.write_text(content, encoding="utf-8")
        return path
    except OSError as error:
        raise OutputError(f"The text “{name}” cannot be handed on: {error.strerror}. Is the disk full?") from error
