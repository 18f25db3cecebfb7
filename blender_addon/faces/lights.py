# SPDX-License-Identifier: GPL-3.0-or-later
"""Three lights and a camera for a talking face."""

from typing import Any

import bpy
from mathutils import Matrix, Vector

COLLECTION = "StyleTalk Studio"
LIGHTS = (
    ("Key", (-0.42, -1.0, 0.42), 13.0, 0.40, (1.0, 0.95, 0.89)),
    ("Fill", (0.85, -0.65, 0.15), 5.0, 0.70, (0.88, 0.94, 1.0)),
    ("Rim", (0.45, 0.80, 0.45), 8.0, 0.30, (1.0, 0.98, 0.95)),
)
"""Name, place (metres from the middle of the face; it looks towards −y), power in watts, size in metres, colour."""
CAMERA_AT, LENS_MM, CLIP_START_M = (0.0, -1.15, 0.02), 85.0, 0.02
MIDDLE_M = (0.0, -0.03, 0.145)
"""The middle of the face from the origin of its mesh's points, in Blender's axes."""


def add_lights(context: bpy.types.Context, face: Any) -> list[Any]:
    """Key, fill and rim light and a portrait camera before the face, in a collection of their own; return them.

    The camera becomes the scene's.
    """
    stage = bpy.data.collections.new(COLLECTION)
    context.scene.collection.children.link(stage)
    frame = face.matrix_world @ Matrix.Translation(MIDDLE_M)
    size = frame.median_scale
    made = [_light(frame, size, *row) for row in LIGHTS]
    camera = bpy.data.objects.new("StyleTalk Camera", bpy.data.cameras.new("StyleTalk Camera"))
    camera.data.lens, camera.data.clip_start = LENS_MM, CLIP_START_M * size
    _aim(camera, frame, CAMERA_AT)
    for each in (*made, camera):
        stage.objects.link(each)
    context.scene.camera = camera
    return [*made, camera]


def _light(
    frame: Matrix, size: float, name: str, place: tuple[float, float, float], watts: float, width: float,
    colour: tuple[float, float, float],
) -> Any:  # fmt: skip
    """An area light that is as bright on a face of any size."""
    lamp: Any = bpy.data.lights.new(f"StyleTalk {name}", "AREA")
    lamp.energy, lamp.size, lamp.color = watts * size * size, width * size, colour
    light = bpy.data.objects.new(lamp.name, lamp)
    _aim(light, frame, place)
    return light


def _aim(thing: Any, frame: Matrix, place: tuple[float, float, float]) -> None:
    """Put a light or camera at a place in the face's frame, looking at the middle of the face."""
    at = frame @ Vector(place)
    turn = (frame.translation - at).to_track_quat("-Z", "Y")
    thing.location, thing.rotation_euler = at, turn.to_euler()
