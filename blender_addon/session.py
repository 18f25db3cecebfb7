# SPDX-License-Identifier: GPL-3.0-or-later
"""A bake from settings to F-curves: the worker's job in the middle, Blender's data before and after."""

import platform
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy

from . import compat, scene_audio
from .baking import BakeError, BakeParameters, BakeReport, bake, check_face
from .line import LineError, request_from
from .preferences import device, worker_place
from .styletalk import __version__
from .styletalk.animation import FaceAnimation
from .styletalk.errors import StyleTalkError
from .worker_client.find import NoWorkerPython
from .worker_client.job import Job, State
from .worker_client.protocol import AnimateRequest


class SessionError(Exception):
    """A bake that came to nothing: one sentence for the user, and a report for whoever looks into it."""

    def __init__(self, sentence: str, report: str = "") -> None:
        super().__init__(sentence)
        self.report = report


@dataclass(frozen=True)
class Target:
    """The face and scene of a job by name and number: references do not survive an undo in the meantime."""

    face_name: str
    face_uid: int | None
    scene_name: str
    scene_uid: int | None

    @classmethod
    def of(cls, scene: Any, face: Any) -> "Target":
        """Remember these two."""
        return cls(face.name, compat.session_uid(face), scene.name, compat.session_uid(scene))

    def find(self) -> tuple[Any, Any]:
        """(scene, face) as they are now. Raises SessionError where one is gone."""
        scene = _found(bpy.data.scenes, self.scene_name, self.scene_uid)
        face = _found(bpy.data.objects, self.face_name, self.face_uid)
        for name, block in ((self.scene_name, scene), (self.face_name, face)):
            if block is None:
                raise SessionError(f"“{name}” was deleted or renamed while the worker was busy. Nothing was baked.")
        return scene, face


class Session:
    """One bake. The panel polls it, headless waits for it; both then call `finish`, and `close` whatever happened."""

    def __init__(self, context: bpy.types.Context, face: Any, request: AnimateRequest, worker: str = "") -> None:
        """Check what can be checked and start the worker. Raises SessionError."""
        try:
            check_face(face)
            self.job = Job(worker_place(context, worker), request)
        except (BakeError, NoWorkerPython) as error:
            raise SessionError(str(error)) from error
        self.request = request
        self.target = Target.of(context.scene, face)

    def finish(self) -> tuple[BakeReport, str]:
        """Bake what the worker made. Returns the report and a sentence for the user. Raises SessionError."""
        if self.job.failure is not None:
            raise SessionError(self.job.failure.message, self.job.failure.report)
        if self.job.state is not State.DONE:
            raise SessionError("The bake was cancelled. Nothing was changed.")
        scene, face = self.target.find()
        animation = load_animation(self.job.output)
        report, sentence = bake_animation(scene, face, animation, Path(self.request.audio))
        return report, " ".join(filter(None, (sentence, self.job.note)))

    def close(self) -> None:
        """End the worker and remove its files."""
        self.job.close()


def face_request(context: bpy.types.Context, face: Any) -> AnimateRequest:
    """What the settings of `face` ask of the worker. Raises SessionError."""
    try:
        check_face(face)
        return request_from(face.styletalk, device(context))
    except (BakeError, LineError) as error:
        raise SessionError(str(error)) from error


def bake_blocking(
    context: bpy.types.Context, face: Any, request: AnimateRequest, tell: Callable[[float, str], None], worker: str = ""
) -> tuple[BakeReport, str]:
    """The whole bake in one call. Raises SessionError."""
    session = Session(context, face, request, worker)
    try:
        session.job.wait(tell)
        return session.finish()
    finally:
        session.close()


def load_animation(path: Path) -> FaceAnimation:
    """A FaceAnimation file. Raises SessionError."""
    try:
        return FaceAnimation.load(path)
    except StyleTalkError as error:
        raise SessionError(str(error)) from error


def bake_animation(scene: Any, face: Any, animation: FaceAnimation, audio: Path | None) -> tuple[BakeReport, str]:
    """Bake a ready animation at the scene's first frame, with its sound. Raises SessionError."""
    start_frame = scene.frame_start
    name = audio.stem if audio is not None else "line"
    try:
        report = bake(scene, face, animation, BakeParameters(name, start_frame))
    except (BakeError, StyleTalkError) as error:
        raise SessionError(str(error)) from error
    note = scene_audio.add_line(scene, face, audio, start_frame) if audio is not None else ""
    sentence = f"Baked {report.keys} keys, frames {report.first_frame}–{report.last_frame}."
    return report, " ".join(filter(None, (sentence, note)))


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
