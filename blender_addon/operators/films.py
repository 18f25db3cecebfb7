# SPDX-License-Identifier: GPL-3.0-or-later
"""Style from Video and Bake from Video: a file browser, then a job like any other."""

import importlib.util
from pathlib import Path
from typing import Any, ClassVar

import bpy
from bpy.props import BoolProperty, FloatProperty, IntProperty, StringProperty

from .. import outcomes, pump, session
from ..baking.bake import scene_refusal
from ..data.lines import active_line
from ..data.preferences import preferences, worker_place
from ..data.requests import existing_file
from ..faces.open_face import find_face
from ..faces.targets import refusal
from ..jobs.protocol import FilmRequest
from .explained import ExplainedOperator

ENDINGS = ("mp4", "mov", "m4v", "webm", "mkv", "avi", "mpg", "mpeg", "wmv", "mts")
NO_PYTHON = (
    "Faces in videos are seen with MediaPipe, which Blender lacks. Install it in a Python of your own "
    '(pip install "mediapipe<0.10.22" av) and name that as External Python in the preferences.'
)


def line_reason(context: bpy.types.Context) -> str:
    """Why nothing can be baked as the selected face's active line now, or ""."""
    reason = refusal(context.object) or scene_refusal(context.scene)
    if reason:
        return reason
    face: Any = find_face(context.object)
    line = active_line(face)
    if line is None:
        return "The face has no line yet. Add one with the plus button."
    if session.job_of(face, line) is not None:
        return "This line is being worked on. Wait for it or cancel it."
    return ""


class _FilmOperator(ExplainedOperator):
    """Asks for a film and puts it into the queue, for the active line. `execute` without `invoke` waits for it."""

    bl_options: ClassVar[set[str]] = set()

    filepath: StringProperty(  # type: ignore[valid-type]
        name="File Path", description="The video to read", subtype="FILE_PATH", options={"SKIP_SAVE"}
    )
    filter_glob: StringProperty(  # type: ignore[valid-type]
        default=";".join(f"*.{ending}" for ending in ENDINGS), options={"HIDDEN"}
    )
    mirrored: BoolProperty(  # type: ignore[valid-type]
        name="Mirrored", description="Left is right in the picture, as selfie cameras have it"
    )
    face: IntProperty(  # type: ignore[valid-type]
        name="Face", description="Which one to follow where several are seen: 1 is the largest", default=1, min=1,
        soft_max=5, options={"SKIP_SAVE"},
    )  # fmt: skip
    start_s: FloatProperty(  # type: ignore[valid-type]
        name="Start (s)", description="Where in the video to begin", min=0.0
    )
    end_s: FloatProperty(  # type: ignore[valid-type]
        name="End (s)", description="Where in the video to stop; 0 is its end", min=0.0
    )
    queued = False

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """Why no video can be taken for the selected face's active line, or ""."""
        return line_reason(context) or missing_python(context)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Open the file browser."""
        self.queued = not bpy.app.background
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Put the film into the queue; in a script, do the whole work, and make a step of undo, as Bake does."""
        face: Any = find_face(context.object)
        line = active_line(face)
        target = outcomes.Target.of(context.scene, face, line)
        try:
            request = self.request(existing_file(self.filepath, "video"))
            job = session.enqueue(context.scene, face, line, request, worker_place(context))
            if self.queued:
                pump.start()
                return {"FINISHED"}
            report = session.wait(job, lambda fraction, stage: None)
        except Exception as error:
            outcome = outcomes.failure(target, error)
            session.keep(outcome)
            self.report({"ERROR"}, outcome.message)
            return {"CANCELLED"}
        pump.push_undo(self.bl_label)
        session.keep(outcomes.Outcome.of(target, report))
        self.report({"INFO"}, str(report))
        return {"FINISHED"}

    def request(self, film: Path) -> FilmRequest:
        """What the worker is asked."""
        options: dict[str, Any] = {"mirrored": self.mirrored, "start_s": self.start_s, "lag": "auto"}
        if self.face > 1:
            options["face"] = self.face
        return FilmRequest(film, {**options, "end_s": self.end_s} if self.end_s > 0 else options)


class STYLETALK_OT_style_from_film(_FilmOperator):
    """Make a speaking style of a video of somebody who speaks, and let the line speak in it"""

    bl_idname = "styletalk.style_from_film"
    bl_label = "Style from Video…"

    def request(self, film: Path) -> FilmRequest:
        """The same, as a style that is named after the film."""
        asked = super().request(film)
        return FilmRequest(asked.film, {**asked.options, "lag": "0"}, film.stem)  # no style depends on it


class STYLETALK_OT_bake_film(_FilmOperator):
    """Bake the face that is seen in a video, with the video's own sound, as this line"""

    bl_idname = "styletalk.bake_film"
    bl_label = "Bake from Video…"


def missing_python(context: bpy.types.Context) -> str:
    """Why no Python that is known of could see faces, or ""."""
    ours = preferences(context)
    named = ours is not None and bool(ours.worker_python)
    return "" if named or importlib.util.find_spec("mediapipe") is not None else NO_PYTHON


classes = (STYLETALK_OT_style_from_film, STYLETALK_OT_bake_film)
