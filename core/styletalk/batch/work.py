# SPDX-License-Identifier: Apache-2.0
"""One line of a batch, made in whatever process: what goes in and comes out can be sent elsewhere."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ..animation import FaceAnimation
from ..api import animate
from ..errors import OUT_OF_MEMORY, StyleTalkError, one_line
from ..exports import write_animation
from ..face.landmarks import face_tracks
from ..face.model import open_face
from ..face.portrait import portrait
from ..files.png import png_bytes
from ..progress import Progress, silent
from ..request import AnimationRequest
from ..speech.audio.sound_file import load_audio
from .audit import findings_of, measures_of

PICTURE_PX = 96


@dataclass(frozen=True)
class Task:
    """request: an AnimationRequest's values, its paths as this process sees them. ending: of the output."""

    values: Mapping[str, Any]
    ending: str


@dataclass(frozen=True)
class Made:
    """What came of a task. content: the output file's. picture: a .png of the face where its mouth is widest open.

    failure: why there is none of these, else "". findings: (kind, sentence) each, see `audit`.
    """

    content: bytes = b""
    picture: bytes = b""
    failure: str = ""
    note: str = ""
    findings: tuple[tuple[str, str], ...] = ()
    measures: Mapping[str, Any] = field(default_factory=dict)


def make(task: Task, progress: Progress = silent) -> Made:
    """Do a task. Whatever fails is told in the result; only the end of the process is not."""
    try:
        return _made(AnimationRequest.from_values(task.values), task.ending, progress)
    except StyleTalkError as error:
        return Made(failure=str(error))
    except MemoryError:
        return Made(failure=OUT_OF_MEMORY)
    except Exception as error:
        return Made(failure=one_line(f"Unexpected {type(error).__name__}: {error}. Please report it."))


def _made(request: AnimationRequest, ending: str, progress: Progress) -> Made:
    animation = animate(request, progress)
    audio = load_audio(request.audio)
    return Made(
        _file_content(animation, ending),
        _picture(animation),
        note=str(animation.metadata.get("note", "")),
        findings=tuple((each.kind, each.sentence) for each in findings_of(audio, request, animation)),
        measures=measures_of(audio, request, animation),
    )


def _file_content(animation: FaceAnimation, ending: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"line{ending}")
        write_animation(animation, path)
        return path.read_bytes()


def _picture(animation: FaceAnimation) -> bytes:
    face = open_face()
    widest = int(np.argmax(face_tracks(face, animation.coefficients)[:, 0]))
    upper = animation.upper[widest] if animation.upper[widest].any() else None
    return png_bytes(portrait(face, animation.coefficients[widest], PICTURE_PX, upper))
