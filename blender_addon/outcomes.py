# SPDX-License-Identifier: GPL-3.0-or-later
"""Which line a job is for, found again when it is done, and what came of it: a sentence, and perhaps a report."""

import platform
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy

from . import compat
from .baking.report import BakeReport
from .data.baked import settings_of
from .data.line_strips import start_frame
from .data.lines import find_line
from .data.user_styles import StyleReport
from .styletalk import __version__
from .styletalk.errors import StyleTalkError

CANCELLED = "It was cancelled. Nothing was changed."
PASS_CANCELLED = "The pass was cancelled. Its frames so far stay in the folder, and the next pass goes on from there."
STOPPED = (CANCELLED, PASS_CANCELLED)
"""What is said of jobs that the animator stopped."""


class SessionError(StyleTalkError):
    """A job that came to nothing: one sentence for the user, and a report for whoever looks into it."""

    def __init__(self, sentence: str, report: str = "") -> None:
        super().__init__(sentence)
        self.report = report


@dataclass(frozen=True)
class Target:
    """A line, its face and scene, by name and number: references do not survive an undo.

    start_frame: where the line was to begin when Bake was pressed. settings: what it was to be like, see `data.baked`.
    is_whole: whether the face begins to move there, and the sound as much later as it must.
    in_haste: see `session.hurry`.
    """

    face_name: str
    face_uid: int | None
    scene_name: str
    scene_uid: int | None
    line: str
    start_frame: int
    settings: str
    is_whole: bool
    in_haste: bool = False

    @classmethod
    def of(cls, scene: Any, face: Any, line: Any, is_whole: bool = False) -> "Target":
        """Remember these three."""
        numbers = compat.session_uid(face), scene.name, compat.session_uid(scene)
        is_whole = is_whole or line.start == "SCENE"
        return cls(face.name, *numbers, line.identity, start_frame(line, scene), settings_of(line, scene), is_whole)

    @property
    def which(self) -> tuple[int | str, str]:
        """The line that is meant, wherever it begins."""
        return (self.face_name if self.face_uid is None else self.face_uid, self.line)

    def is_of(self, face: Any, line: Any) -> bool:
        """Whether that line of that face is meant."""
        uid = compat.session_uid(face)
        return self.which == (face.name if uid is None else uid, line.identity)

    def find(self) -> tuple[Any, Any, Any]:
        """(scene, face, line) as they are now. Raises SessionError where one is gone."""
        scene = _found(bpy.data.scenes, self.scene_name, self.scene_uid)
        face = _found(bpy.data.objects, self.face_name, self.face_uid)
        if scene is None or face is None:
            name = self.face_name if face is None else self.scene_name
            raise SessionError(f"“{name}” was deleted or renamed while the worker was busy. Nothing was changed.")
        line = find_line(face, self.line)
        if line is None:
            raise SessionError(f"The line was removed from “{face.name}” meanwhile. Nothing was changed.")
        return scene, face, line


@dataclass(frozen=True)
class WordsReport:
    """What came of a job that is no bake and no style. notes: sentences about what the user would not expect."""

    summary: str
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        return " ".join((self.summary, *self.notes))


@dataclass(frozen=True)
class Outcome:
    """What came of a line's last job: a sentence, what is doubtful about it, and a report where it failed. details:
    sentences for who wants to know more."""

    target: Target
    message: str
    failed: bool = False
    report: str = ""
    doubts: tuple[str, ...] = ()
    is_bake: bool = False
    details: tuple[str, ...] = ()

    @classmethod
    def of(cls, target: Target, report: BakeReport | WordsReport | StyleReport) -> "Outcome":
        """That of a job that was done. What is said of a style is no doubt about it."""
        if isinstance(report, StyleReport):
            return cls(target, str(report))
        if isinstance(report, BakeReport):
            return cls(target, report.summary, doubts=report.notes, is_bake=True, details=report.details)
        return cls(target, report.summary, doubts=report.notes)


def failure(target: Target, error: Exception) -> Outcome:
    """The outcome of a job that raised `error`; a cancelled one is no failure."""
    problem = error if isinstance(error, StyleTalkError) else unexpected(error)
    if str(problem) in STOPPED:
        return Outcome(target, str(problem))
    return Outcome(target, str(problem), True, problem_report(str(problem), getattr(problem, "report", "")))


def problem_report(sentence: str, details: str) -> str:
    """What the user can copy and send: versions, the sentence, details; the home folder's name left out."""
    versions = (
        f"StyleTalk {__version__}, Blender {bpy.app.version_string}, "
        f"Python {platform.python_version()}, {platform.platform()}"
    )
    return "\n".join(filter(None, (versions, sentence, details))).replace(str(Path.home()), "~")


def unexpected(error: Exception) -> SessionError:
    """An error that nobody foresaw, with the traceback in its report."""
    sentence = f"Unexpected {type(error).__name__}: {error}. Copy the report and send it to us."
    return SessionError(sentence, traceback.format_exc())


def _found(collection: Any, name: str, uid: int | None) -> Any | None:
    """The data-block of that session number, or of that name where this Blender has no such numbers."""
    if uid is None:
        return collection.get(name)
    return next((block for block in collection if block.session_uid == uid), None)
