# SPDX-License-Identifier: GPL-3.0-or-later
"""A video of the baked line, with sound. Changes the scene's render settings: for scenes that are saved already."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from mathutils import Matrix, Vector

from .. import compat
from ..baking import pass_strips, sound_strips
from ..faces.open_face import find_neck
from ..jobs.interpreters import WorkerPlace
from ..outcomes import SessionError
from ..styletalk.errors import OutputError
from ..styletalk.files.writing import link_target, refusals_explained, temporary_folder
from ..styletalk.processes import environment_of_child

MOVIE_ENDING = ".mp4"
PROBE_TIMEOUT_S = 90.0
MUX_TIMEOUT_S = 300.0
LENS_MM = 85.0
SENSOR_MM = 36.0
HEADROOM = 1.02
"""How much larger than the face the picture is."""
WORKBENCH_EXPOSURE = 0.1
WORKBENCH_LIGHT = "paint.sl"  # the default one lays a broad grey highlight over half of each iris
CYCLES_SAMPLES = 8
EXIT_INTERRUPTED = 130
BACKGROUND = (0.045, 0.05, 0.06)
PROBE = Path(__file__).with_name("workbench_probe.py")
ADD_SOUND = (
    "import sys; sys.path.insert(0, sys.argv[3]); from pathlib import Path; "
    "from styletalk.processes import die_with_parent; die_with_parent(); from styletalk.render.mux import add_sound; "
    "add_sound(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[1]), float(sys.argv[4]))"
)
"""Run by another Python; the third argument is the folder that holds `styletalk`."""
PACKAGE_FOLDER = Path(__file__).parents[1]


def render_movie(
    context: Any, face: Any, output: Path, size: tuple[int, int], frames: tuple[int, int],
    place: WorkerPlace | None, audio: Path | None, start_frame: int,
) -> None:  # fmt: skip
    """Render the scene's frames with sound, whole or not at all. Raises OutputError, SessionError.

    output: an .mp4. size: width and height in pixels. frames: the first and the last.
    place: whose Python adds the sound where this Blender was built without. start_frame: on which the sound begins.
    """
    scene = context.scene
    if scene.camera is None:
        add_camera(context, face)
    _set_up(scene, size, frames)
    target = link_target(output)
    with temporary_folder(target.parent) as folder:
        # Blender adds frame numbers and an ending to any name that does not end in exactly this
        temporary = folder / f"movie{MOVIE_ENDING}"
        _render(scene, temporary)
        if audio is not None and place is not None and not compat.has_sound():
            # the film begins where Blender let it, which is not before frame 0
            _mux(place, temporary, audio, (start_frame - scene.frame_start) * scene.render.fps_base / scene.render.fps)
        with refusals_explained(output):
            os.replace(temporary, target)


def add_camera(context: Any, face: Any) -> None:
    """A camera in front of the face, and lights, where the scene has none."""
    context.view_layer.update()  # a face that was just added stands at the origin until it is evaluated
    scene = context.scene
    low, high = Vector(np.min(face.bound_box, axis=0)), Vector(np.max(face.bound_box, axis=0))
    centre, size = (low + high) / 2, high - low
    distance = max(size.x, size.z) * HEADROOM * LENS_MM / SENSOR_MM + size.y / 2
    place = _standing_matrix(face)
    camera = bpy.data.objects.new("StyleTalk Camera", bpy.data.cameras.new("StyleTalk Camera"))
    camera.data.lens, camera.data.sensor_width = LENS_MM, SENSOR_MM
    camera.data.clip_start = 0.01
    camera.matrix_world = place @ Matrix.Translation(centre + Vector((0, -distance, 0))) @ _looking_ahead()
    scene.collection.objects.link(camera)
    scene.camera = camera
    if not any(each.type == "LIGHT" for each in scene.objects):
        _add_light(scene, place, centre + Vector((-0.6, -1.0, 0.6)), centre, 14.0)
        _add_light(scene, place, centre + Vector((0.9, -0.6, 0.1)), centre, 5.0)


def workbench_works() -> bool:
    """Whether this machine can draw without a window. Asked of another process, for Blender aborts where it cannot."""
    program = bpy.app.binary_path
    command = [program, "-b", "--factory-startup", "--python-exit-code", "1", "--python", str(PROBE)]
    try:
        done = subprocess.run(
            command if program else [sys.executable, str(PROBE)], env=environment_of_child(), capture_output=True,
            timeout=PROBE_TIMEOUT_S,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _set_up(scene: Any, size: tuple[int, int], frames: tuple[int, int]) -> None:
    render = scene.render
    render.resolution_x, render.resolution_y = size
    render.resolution_percentage = 100
    render.use_file_extension = True
    scene.frame_start, scene.frame_end, scene.frame_step = *frames, 1
    compat.set_movie_output(render)
    pass_strips.remove_all(scene)
    if not (compat.has_sound() and sound_strips.is_heard(scene)):
        render.ffmpeg.audio_codec = "NONE"
    if workbench_works():
        _set_up_workbench(scene)
    else:
        _set_up_cycles(scene)
    if scene.world is None:
        scene.world = bpy.data.worlds.new("StyleTalk World")
        scene.world.color = BACKGROUND


def _set_up_workbench(scene: Any) -> None:
    scene.render.engine = "BLENDER_WORKBENCH"
    scene.view_settings.view_transform = "Standard"  # the others darken what has no lights
    scene.view_settings.exposure = WORKBENCH_EXPOSURE
    shading = scene.display.shading
    shading.light, shading.studio_light, shading.color_type = "STUDIO", WORKBENCH_LIGHT, "VERTEX"
    shading.show_cavity, shading.cavity_type = True, "SCREEN"


def _set_up_cycles(scene: Any) -> None:
    print("Workbench cannot draw on this machine (no OpenGL); rendering with Cycles, which takes longer.")
    scene.render.engine = "CYCLES"
    scene.cycles.device = "CPU"
    scene.cycles.samples = CYCLES_SAMPLES
    scene.cycles.max_bounces = 2
    scene.cycles.use_denoising = False


def _render(scene: Any, path: Path) -> None:
    """Render into `path`, which is alone in its folder. Raises OutputError."""
    scene.render.filepath = str(path)
    try:
        with _stopped_by_ctrl_c(path.parent), _frames_told(scene.frame_start, scene.frame_end):
            outcome = bpy.ops.render.render(animation=True, scene=scene.name)
    except RuntimeError as error:
        raise OutputError(f"The video could not be rendered ({str(error).strip()}). Try --size 512x512.") from error
    if "FINISHED" not in outcome or not path.is_file() or path.stat().st_size == 0:
        raise OutputError("The video could not be rendered: Blender wrote nothing. Its own messages say why.")


def _mux(place: WorkerPlace, video: Path, audio: Path, delay_s: float) -> None:
    """Add the sound with the first Python there is, for a Blender that was built without. Raises SessionError."""
    arguments = map(str, (video, audio, PACKAGE_FOLDER, delay_s))
    command = place.interpreters[0].running("-c", ADD_SOUND, *arguments)
    advice = "Give a Python that has PyAV with --worker-python."
    try:
        done = subprocess.run(
            command, env=environment_of_child(), timeout=MUX_TIMEOUT_S, capture_output=True, encoding="utf-8",
            errors="replace",
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SessionError(f"The sound could not be added to the video ({error}). {advice}") from error
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise SessionError(f"The sound could not be added to the video ({last}). {advice}", done.stderr)


@contextlib.contextmanager
def _stopped_by_ctrl_c(folder: Path) -> Iterator[None]:
    """Ctrl-C ends the process between two frames: what a render handler raises, Blender prints and forgets."""

    def stop(*_: Any) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        print("styletalk: Stopped; nothing half-written was left behind.", file=sys.stderr, flush=True)
        os._exit(EXIT_INTERRUPTED)

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextlib.contextmanager
def _frames_told(first_frame: int, last_frame: int) -> Iterator[None]:
    """A line for each hundredth of the way, for whoever watches the output."""
    told = 0

    def tell(scene: Any, *_: Any) -> None:
        nonlocal told
        percent = 100 * (scene.frame_current - first_frame + 1) // (last_frame - first_frame + 1)
        if percent > told:
            told = percent
            print(f"{percent:3d}% rendering", flush=True)

    bpy.app.handlers.render_write.append(tell)
    try:
        yield
    finally:
        bpy.app.handlers.render_write.remove(tell)


def _standing_matrix(face: Any) -> Matrix:
    """From the mesh's space to the world, without the pose of the head."""
    neck = find_neck(face)
    return neck.parent.matrix_world if neck is not None and neck.parent is not None else face.matrix_world


def _looking_ahead() -> Matrix:
    """A camera looks down its −z; this one looks along +y."""
    return Matrix(((1, 0, 0, 0), (0, 0, -1, 0), (0, 1, 0, 0), (0, 0, 0, 1)))


def _add_light(scene: Any, place: Matrix, position: Vector, target: Vector, watts: float) -> None:
    light = bpy.data.objects.new("StyleTalk Light", bpy.data.lights.new("StyleTalk Light", "AREA"))
    light.data.energy, light.data.size = watts, 0.5
    aim = (target - position).to_track_quat("-Z", "Y").to_matrix().to_4x4()
    light.matrix_world = place @ Matrix.Translation(position) @ aim
    scene.collection.objects.link(light)
