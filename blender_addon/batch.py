# SPDX-License-Identifier: GPL-3.0-or-later
"""The headless road: argparse over the functions that the panel uses."""

import argparse
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import bpy

from . import scene_audio
from .baking import refusal
from .face_object import add_face, find_face, is_face
from .line import LineError, existing_file, read_text
from .properties import MAX_INTENSITY
from .rendering import EXIT_INTERRUPTED, MOVIE_ENDING, RenderParameters, add_camera, render_movie
from .session import SessionError, bake_animation, bake_blocking, load_animation, unexpected
from .styletalk.errors import OutputError, StyleTalkError
from .styletalk.face.model import open_face
from .styletalk.files.writing import check_writable, written_whole
from .styletalk.styles.presets import preset_names
from .worker_client.protocol import AnimateRequest

WORKER_VARIABLE = "STYLETALK_WORKER_PYTHON"
"""Environment variable that names the worker's interpreter where no flag does; read here and nowhere else."""
EXIT_DONE, EXIT_FAILED = 0, 1
SCENE_ENDING = ".blend"
MIN_SIZE_PX = 16
"""Encoders refuse less, and only at the end of the work."""


def main(arguments: Sequence[str]) -> int:
    """Run one batch; return its exit code. Outputs are whole or absent whatever happens."""
    options = _parse(arguments)
    # Blender keeps the first Ctrl-C to itself, and the second kills it with the worker still at work
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        _run(options)
        return EXIT_DONE
    except KeyboardInterrupt:
        print("styletalk: Stopped; nothing half-written was left behind.", file=sys.stderr)
        return EXIT_INTERRUPTED
    except (SessionError, StyleTalkError, LineError) as error:
        return _failed(error, getattr(error, "report", ""), options.traceback)
    except Exception as error:
        problem = unexpected(error)
        return _failed(problem, problem.report, options.traceback)


def _failed(error: Exception, report: str, with_traceback: bool) -> int:
    if with_traceback:
        traceback.print_exception(error)
        print(report, file=sys.stderr)
    print(f"styletalk: {error}", file=sys.stderr, flush=True)
    return EXIT_FAILED


def _run(options: argparse.Namespace) -> None:
    for path, ending in ((options.output, SCENE_ENDING), (options.render, MOVIE_ENDING)):
        if path is not None:
            _check_output(path, ending)
    request = _request(options)
    is_new = _open(options)
    context = bpy.context
    scene = context.scene
    face = _face(context, options.object)
    report = _bake(context, face, request, options)
    if is_new:  # a scene of ours ends with the line, and can be rendered as it is
        scene.frame_end = report.last_frame
        add_camera(scene, face)
    scene_audio.pack_sounds(scene)
    if options.output is not None:
        _save(options.output)
        print(f"Saved {options.output}")
    if options.render is not None:
        width, height = options.size
        parameters = RenderParameters(options.render, width, height, report.first_frame, report.last_frame)
        render_movie(context, face, parameters, _worker(options), _audio(request))
        print(f"Rendered {options.render}")


def _bake(context: Any, face: Any, request: AnimateRequest, options: argparse.Namespace) -> Any:
    if options.animation is not None:
        animation = load_animation(options.animation)
        report, sentence = bake_animation(context.scene, face, animation, _audio(request))
    else:
        report, sentence = bake_blocking(context, face, request, _StageLines(), _worker(options))
    print(sentence)
    return report


class _StageLines:
    """One printed line for each stage of the work."""

    def __init__(self) -> None:
        self._last = ""

    def __call__(self, fraction: float, stage: str) -> None:
        if stage != self._last:
            self._last = stage
            print(f"{fraction:4.0%} {stage}", flush=True)


def _audio(request: AnimateRequest) -> Path | None:
    return Path(request.audio) if request.audio else None


def _request(options: argparse.Namespace) -> AnimateRequest:
    """What the worker is asked. Raises LineError before any work is done."""

    def chosen(path: Path | None, what: str) -> str | None:
        return str(existing_file(os.path.abspath(path), what)) if path is not None else None

    style = options.style if options.style in preset_names() else _style_file(options.style)
    pose = options.pose if options.pose in ("auto", "none") else chosen(Path(options.pose), "pose file")
    text = chosen(options.text, "transcript")
    return AnimateRequest(
        audio=chosen(options.audio, "sound file") or "",
        output="",
        style=style,
        intensity=options.intensity,
        transcript=read_text(Path(text)) if text else None,
        phonemes=chosen(options.phonemes, "alignment file"),
        pose=pose or "auto",
        seed=options.seed,
        sync_offset_ms=options.sync_offset,
        checkpoint=chosen(options.checkpoint, "checkpoint"),
        device=options.device,
    )


def _style_file(style: str) -> str:
    if not Path(style).is_file():
        raise LineError(f"“{style}” is neither a preset nor a style file. Presets: {', '.join(preset_names())}.")
    return os.path.abspath(style)


def _worker(options: argparse.Namespace) -> str:
    return options.worker_python or os.environ.get(WORKER_VARIABLE, "")


def _open(options: argparse.Namespace) -> bool:
    """Open the .blend; without one start with an empty scene. Returns whether the scene is new."""
    if options.blend is not None:
        path = existing_file(os.path.abspath(options.blend), "Blender file")
        try:
            bpy.ops.wm.open_mainfile(filepath=str(path), load_ui=False)
        except RuntimeError as error:
            raise LineError(f"{path} cannot be opened by Blender {bpy.app.version_string}. Choose another.") from error
    elif not bpy.data.filepath:
        bpy.ops.wm.read_homefile(use_empty=True)
    is_new = not bpy.data.filepath
    if options.fps is not None:
        render = bpy.context.scene.render
        render.fps = max(1, round(options.fps))
        render.fps_base = render.fps / options.fps
    return is_new


def _face(context: Any, name: str | None) -> Any:
    """The face to bake onto: the named one, the active one, the only one, or a new one. Raises SessionError."""
    if name is not None:
        candidate = context.scene.objects.get(name)
        if candidate is None:
            raise SessionError(f"There is no object “{name}” in the scene. Give the name of a talking face.")
        reason = refusal(find_face(candidate) or candidate)
        if reason:
            raise SessionError(reason)
        return find_face(candidate)
    active = find_face(context.view_layer.objects.active)
    faces = [each for each in context.scene.objects if is_face(each)]
    if active is not None:
        return active
    if len(faces) > 1:
        names = ", ".join(f"“{each.name}”" for each in faces)
        raise SessionError(f"The scene has several talking faces ({names}). Choose one with --object.")
    return faces[0] if faces else add_face(context, open_face()).mesh


def _check_output(path: Path, ending: str) -> None:
    """Before the work rather than after it. Raises OutputError."""
    if path.suffix.lower() != ending and not path.is_dir():
        raise OutputError(f"Cannot write {path}: its name must end in {ending}. Give such a name.")
    check_writable(path)


def _save(path: Path) -> None:
    """Write the .blend, whole or not at all. Raises OutputError."""
    with written_whole(path.absolute()) as temporary:
        temporary.unlink()  # or Blender would keep the empty file as a backup beside it
        try:
            bpy.ops.wm.save_as_mainfile(filepath=str(temporary), check_existing=False, copy=True)
        except RuntimeError as error:
            raise OutputError(f"Cannot write {path}: Blender could not save it. Choose another folder.") from error


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The options, or exit 2 with what is wrong with them."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.audio is None and options.animation is None:
        parser.error("give the line of speech with --audio")
    if options.output is None and options.render is None:
        parser.error("say what to write with --output or --render")
    return options


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="headless.py", description="Bake a line of speech onto a talking face, without a window."
    )
    parser.add_argument("--audio", type=Path, metavar="FILE", help="the line of speech")
    parser.add_argument("--animation", type=Path, metavar="NPZ", help="bake this ready animation; no worker is needed")
    parser.add_argument("--output", type=Path, metavar="BLEND", help="save the scene here; the sound is packed into it")
    parser.add_argument("--render", type=Path, metavar="MP4", help="render the line with sound")
    _add_line_options(parser)
    _add_scene_options(parser)
    parser.add_argument("--traceback", "--verbose", action="store_true", help="show where an error came from")
    return parser


def _add_line_options(parser: argparse.ArgumentParser) -> None:
    line = parser.add_argument_group("the line")
    line.add_argument("--style", default=preset_names()[0], help="a preset or a style file (default: %(default)s)")
    line.add_argument("--intensity", type=_intensity, default=1.0, help=f"0 (neutral) to {MAX_INTENSITY:g}")
    line.add_argument("--text", type=Path, metavar="FILE", help="a text file with what is said")
    line.add_argument("--phonemes", type=Path, metavar="FILE", help="an alignment file")
    line.add_argument("--pose", default="auto", help="auto, none, or a file with the head's pose")
    line.add_argument("--seed", type=int, default=0)
    line.add_argument("--sync-offset", type=float, default=0.0, metavar="MS", help="positive: face later than sound")
    line.add_argument("--checkpoint", type=Path, metavar="FILE", help="other weights")
    line.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    line.add_argument("--worker-python", default="", metavar="PYTHON", help="interpreter with the styletalk package")


def _add_scene_options(parser: argparse.ArgumentParser) -> None:
    scene = parser.add_argument_group("the scene")
    scene.add_argument("--blend", type=Path, metavar="BLEND", help="open this file first")
    scene.add_argument("--object", metavar="NAME", help="the talking face, where there are several")
    scene.add_argument("--fps", type=_positive, help="set the scene's frame rate")
    scene.add_argument("--size", type=_size, default=(512, 512), metavar="WxH", help="of the video (default: 512x512)")


def _intensity(text: str) -> float:
    value = float(text)
    if not 0.0 <= value <= MAX_INTENSITY:
        raise argparse.ArgumentTypeError(f"must be from 0 (neutral) to {MAX_INTENSITY:g}")
    return value


def _positive(text: str) -> float:
    value = float(text)
    if not 0.0 < value < float("inf"):
        raise argparse.ArgumentTypeError("must be positive")
    return value


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    if not (width.isdigit() and height.isdigit()):
        raise argparse.ArgumentTypeError("must look like 512x512")
    if min(int(width), int(height)) < MIN_SIZE_PX:
        raise argparse.ArgumentTypeError(f"must be at least {MIN_SIZE_PX}x{MIN_SIZE_PX}")
    return int(width) // 2 * 2, int(height) // 2 * 2  # H.264 wants even sizes
