# SPDX-License-Identifier: GPL-3.0-or-later
"""The headless command: argparse over the functions that the panel uses. Checks all that it can before it works."""

import argparse
import contextlib
import dataclasses
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import bpy

from .. import compat, outcomes, session
from ..baking import sound_strips
from ..baking.report import BakeReport
from ..data.preferences import worker_place
from ..data.requests import LineError, existing_file, fill_line
from ..data.saved_paths import make_relative
from ..jobs.interpreters import WorkerPlace
from ..styletalk.animation import FaceAnimation
from ..styletalk.api import prepare
from ..styletalk.cli.request_options import request_from_options
from ..styletalk.errors import MissingPackageError, OutputError, StyleTalkError
from ..styletalk.files.writing import check_not_read, check_writable, temporary_name, written_whole
from ..styletalk.request import AnimationRequest
from ..styletalk.styles.presets import preset_names
from .exports import check_export, export
from .jobs import job_file, refusing, run_jobs
from .options import make_parser, parsed
from .passes import render_pass, settle_pass
from .rendering import EXIT_INTERRUPTED, MOVIE_ENDING, add_camera, render_movie
from .scene import find_first_line, find_line_at, find_or_add_face, forget_home, make_face_shapes, open_scene
from .whole_scene import StageLines, bake_scene

WORKER_VARIABLE = "STYLETALK_WORKER_PYTHON"
"""Environment variable that names the worker's interpreter where no flag does; read here and nowhere else."""
EXIT_DONE, EXIT_FAILED = 0, 1
SCENE_ENDING = ".blend"


def main(arguments: Sequence[str]) -> int:
    """Run one command; return its exit code. Outputs are whole or absent whatever happens."""
    jobs, arguments = job_file(arguments)
    options = parsed(arguments, make_parser()) if jobs is None else None
    # Blender keeps the first Ctrl-C to itself, and the second kills it with the worker still at work
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        if options is not None:
            _run(options)
        elif jobs is not None:
            run_jobs(jobs, lambda job: _run_job([*arguments, *job]))
        return EXIT_DONE
    except KeyboardInterrupt:
        print("styletalk: Stopped; nothing half-written was left behind.", file=sys.stderr)
        return EXIT_INTERRUPTED
    except StyleTalkError as error:
        return _failed(error, getattr(error, "report", ""), _wants_traceback(arguments))
    except Exception as error:
        problem = outcomes.unexpected(error)
        return _failed(problem, problem.report, _wants_traceback(arguments))


def _wants_traceback(arguments: Sequence[str]) -> bool:
    return not {"--traceback", "--verbose"}.isdisjoint(arguments)


def _failed(error: Exception, report: str, with_traceback: bool) -> int:
    if with_traceback:
        traceback.print_exception(error)
        print(report, file=sys.stderr)
    print(f"styletalk: {error}", file=sys.stderr, flush=True)
    return EXIT_FAILED


def _run_job(arguments: list[str]) -> str:
    """One of many; returns which files it made. Raises StyleTalkError for whatever keeps it from being done."""
    options = parsed(arguments, refusing(make_parser()))
    try:
        _run(options)
    except StyleTalkError:
        raise
    except Exception as error:
        raise outcomes.unexpected(error) from error
    return _outputs(options)


def _outputs(options: argparse.Namespace) -> str:
    written = options.output, options.export, options.render, options.pass_folder
    return ", ".join(str(path) for path in written if path is not None)


def _run(options: argparse.Namespace) -> None:
    _check_outputs(options)
    if options.bake_scene:
        _bake_scene(options)
        return
    audio, made_from, place = _checked(options)
    photo, weights = (
        _file(options.photo, "photo"),
        _file(options.renderer_checkpoint, "file with the renderer's weights"),
    )
    if options.dry_run:
        print(f"Nothing was done. It would write {_outputs(options)}.")
        return
    is_new = open_scene(options.blend, options.fps)
    if is_new and options.output is not None:
        _take_place(options.output)
    context = bpy.context
    if options.make_shapes:
        print(make_face_shapes(context, options.object, options.make_shapes))
    face = find_or_add_face(context, options.object, options.keys)
    line = _line(context.scene, face, audio, options.start_frame)
    if options.key_error is not None:
        line.lips_mm = options.key_error
    report = _bake(context.scene, face, line, made_from, place, is_whole=is_new and options.start_frame is None)
    if is_new:  # a scene of ours ends with the line, and can be rendered as it is
        context.scene.frame_end = report.last_frame
        add_camera(context, face)
    if photo is not None:
        settle_pass(face, photo, options.pass_folder, options.renderer, weights)
        print(render_pass(context, face, line, place or _place(options)))
    sound_strips.pack_sounds(context.scene)
    if options.output is not None:
        _save(options.output)
        print(f"Saved {options.output}")
    if options.export is not None:
        print(export(context, face, options.export))
    if options.render is not None:
        frames = report.first_frame, report.last_frame
        render_movie(context, face, options.render, options.size, frames, place, audio, line.start_frame)
        print(f"Rendered {options.render}")


def _check_outputs(options: argparse.Namespace) -> None:
    """Before the work rather than after it. Raises OutputError."""
    given = [value for name, value in vars(options).items() if name not in ("output", "render", "export")]
    for path, ending in ((options.output, SCENE_ENDING), (options.render, MOVIE_ENDING)):
        if path is not None:
            check_not_read(path, given)
            _check_output(path, ending)
    if options.export is not None:
        check_not_read(options.export, given)
        check_export(options.export)


def _bake_scene(options: argparse.Namespace) -> None:
    """All strips of a .blend that have a character."""
    _file(options.blend, "Blender file")
    open_scene(options.blend, options.fps)
    bake_scene(_place(options))
    _save(options.output)
    print(f"Saved {options.output}")


def _line(scene: Any, face: Any, audio: Path | None, start_frame: int | None) -> Any:
    """The line of `face` to bake."""
    line = find_first_line(face, scene) if start_frame is None else find_line_at(face, start_frame)
    line.audio = str(audio or "")
    return line


def _bake(
    scene: Any, face: Any, line: Any, made_from: FaceAnimation | AnimationRequest, place: WorkerPlace | None,
    is_whole: bool,
) -> BakeReport:  # fmt: skip
    """Bake a ready animation, or what a worker at `place` makes of a request. is_whole: see `session.bake_line`."""
    if isinstance(made_from, FaceAnimation):
        report = session.bake_line(scene, face, line, made_from, line.start_frame, is_whole=is_whole)
    else:
        assert place is not None
        fill_line(line, made_from)
        report = session.wait(session.enqueue(scene, face, line, made_from, place, is_whole), StageLines())
        assert isinstance(report, BakeReport)
    print(report, session.queue.note)
    return report


def _checked(options: argparse.Namespace) -> tuple[Path | None, FaceAnimation | AnimationRequest, WorkerPlace | None]:
    """The sound, what to bake, and the worker where one is needed. Raises StyleTalkError before anything is done."""
    audio = _file(options.audio, "sound file")
    _file(options.blend, "Blender file")
    ready = options.animation is not None
    made_from = FaceAnimation.load(options.animation) if ready else _request(options, audio)
    muxes = options.render is not None and audio is not None and not compat.has_sound()
    return audio, made_from, _place(options) if muxes or not ready else None


def _place(options: argparse.Namespace) -> WorkerPlace:
    """Where the worker runs."""
    return worker_place(bpy.context, options.worker_python or os.environ.get(WORKER_VARIABLE, ""))


def _request(options: argparse.Namespace, audio: Path | None) -> AnimationRequest:
    assert audio is not None
    _file(Path(options.transcript) if options.transcript is not None else None, "transcript")
    request = request_from_options(options, audio)
    pose = request.pose
    second = request.second_style if request.second_style is None else _style(request.second_style)
    if pose not in ("auto", "none"):
        pose = str(_file(Path(pose), "pose file"))
    files = {
        "phonemes": _file(request.phonemes, "alignment file"),
        "checkpoint": _file(request.checkpoint, "checkpoint"),
        "intensity_curve": _file(request.intensity_curve, "intensity curve"),
        "intensity_keys": _file(request.intensity_keys, "intensity over time"),
        "style_blend_keys": _file(request.style_blend_keys, "blend over time"),
        "style_changes": _file(request.style_changes, "file with style changes"),
    }
    request = dataclasses.replace(request, style=_style(request.style), second_style=second, pose=pose, **files)
    with contextlib.suppress(MissingPackageError):  # the worker's Python may have the package
        prepare(dataclasses.replace(request, checkpoint=None))  # which the worker alone may be able to read
    return request


def _style(style: str) -> str:
    """A preset, or the absolute path of a style file that is there. Raises LineError."""
    if style in preset_names():
        return style
    if not os.path.isfile(style):
        presets = ", ".join(preset_names())
        raise LineError(f"“{style}” is neither a preset nor a style file. Presets: {presets}.")
    return os.path.abspath(style)


def _file(path: Path | None, what: str) -> Path | None:
    """The absolute path of an input that is there. Raises LineError."""
    return existing_file(os.path.abspath(path), what) if path is not None else None


def _check_output(path: Path, ending: str) -> None:
    """Before the work rather than after it. Raises OutputError."""
    if path.suffix.lower() != ending and not path.is_dir():
        raise OutputError(f"Cannot write {path}: its name must end in {ending}. Give such a name.")
    check_writable(path)


def _take_place(output: Path) -> None:
    """Let the paths of a new scene begin in the folder where it will lie: full ones stay in a strip for good.

    Blender only knows the place of what it has saved. Raises OutputError.
    """
    place = output.absolute().with_name(temporary_name(SCENE_ENDING))
    try:
        _write(place, output, copy=False)
    finally:
        place.unlink(missing_ok=True)


def _save(path: Path) -> None:
    """Write the .blend, whole or not at all. Raises OutputError."""
    with written_whole(path) as temporary:
        temporary.unlink()  # or Blender would keep the empty file as a backup beside it
        forget_home()
        make_relative(str(temporary))  # 3.4 does not tell the handler where
        _write(temporary, path, copy=True)


def _write(place: Path, path: Path, copy: bool) -> None:
    """Have Blender write to `place` what shall be `path`. Raises OutputError."""
    try:
        bpy.ops.wm.save_as_mainfile(filepath=str(place), check_existing=False, copy=copy)
    except RuntimeError as error:
        raise OutputError(f"Cannot write {path}: Blender could not save it. Choose another folder.") from error
