# SPDX-License-Identifier: GPL-3.0-or-later
"""From what the animator set to what the worker is asked: paths made absolute, missing things said in one sentence."""

from pathlib import Path
from typing import Any

import bpy

from .properties import CUSTOM_STYLE
from .styletalk.errors import TranscriptError
from .styletalk.speech.text.transcript_file import read_transcript
from .worker_client.protocol import AnimateRequest


class LineError(Exception):
    """The line's settings cannot be used. The message is one sentence for the user."""


def request_from(settings: Any, device: str) -> AnimateRequest:
    """The request for a face's settings, its output still open. Raises LineError."""
    transcript, phonemes = _words(settings)
    return AnimateRequest(
        audio=str(existing_file(settings.audio, "sound file")),
        output="",
        style=_style(settings),
        intensity=settings.intensity,
        transcript=transcript,
        phonemes=phonemes,
        pose=_pose(settings),
        seed=settings.seed,
        sync_offset_ms=settings.sync_offset_ms,
        device=device,
    )


def existing_file(path: str, what: str) -> Path:
    """The absolute path of a file that is there. `//` means beside the .blend. Raises LineError."""
    if not path:
        raise LineError(f"No {what} is chosen. Choose one in the StyleTalk panel.")
    if path.startswith("//") and not bpy.data.filepath:
        raise LineError(f"The path of the {what} is relative to the .blend, which is not saved yet. Save it first.")
    absolute = Path(bpy.path.abspath(path)).absolute()
    if absolute.is_dir():
        raise LineError(f"The {what} {absolute} is a folder. Choose a file in it.")
    if not absolute.is_file():
        raise LineError(f"The {what} {absolute} does not exist. Choose another.")
    return absolute


def _style(settings: Any) -> str:
    if not settings.style:  # saved with a preset that this version does not have
        raise LineError("The face's style is none that this version has. Choose one in the StyleTalk panel.")
    if settings.style != CUSTOM_STYLE:
        return settings.style
    return str(existing_file(settings.style_file, "style file"))


def _pose(settings: Any) -> str:
    if settings.pose != "FILE":
        return settings.pose
    return str(existing_file(settings.pose_file, "pose file"))


def _words(settings: Any) -> tuple[str | None, str | None]:
    """(transcript, alignment file), of which at most one is given."""
    if settings.words == "AUTO":
        return None, None
    if settings.words == "TEXT":
        if settings.transcript is None:
            raise LineError("No text is chosen for the words. Choose one, or let the words be recognised.")
        return settings.transcript.as_string(), None
    path = existing_file(settings.words_file, "file with the words")
    if settings.words == "ALIGNMENT":
        return None, str(path)
    return read_text(path), None


def read_text(path: Path) -> str:
    """A transcript file's text, in any encoding that the shell command reads. Raises LineError."""
    try:
        return read_transcript(path)
    except TranscriptError as error:
        raise LineError(str(error)) from error
