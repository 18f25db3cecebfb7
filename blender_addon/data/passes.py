# SPDX-License-Identifier: GPL-3.0-or-later
# Blender declares properties as annotations
# pyright: reportInvalidTypeForm=false
"""The photoreal pass of a face: what the animator sets, what of it goes to the worker, and what comes back.

A pass shows the animation that a line was baked of, which its actions name.
"""

import os
from pathlib import Path
from typing import Any

import bpy
from bpy.props import (
    BoolProperty,
    EnumProperty,
    FloatProperty,
    FloatVectorProperty,
    IntProperty,
    PointerProperty,
    StringProperty,
)

from ..baking import nla, pass_strips
from ..baking.heard import rate
from ..baking.sound_strips import face_identity, remember_identity
from ..compat import PATH_OPTIONS
from ..faces.channels import carrier
from ..jobs.protocol import PassRequest
from ..styletalk.animation import FaceAnimation
from ..styletalk.errors import StyleTalkError
from ..styletalk.files.json_text import read_json
from ..styletalk.motion.resample import default_first_frame
from ..styletalk.photoreal.portraits import KEPT_NAME, PORTRAIT_ENDING
from . import kept_animations
from .lines import line_name
from .requests import existing_file

ANIMATION_MARK = "styletalk_animation"
"""Custom property of our actions: the name under which the animation is kept that they were baked of."""
DEFAULT_FOLDER = "//passes"
FRAME_NAME = "frame_####"
SIGN = 6
"""Of a line's identity, as many characters stand behind its name."""


class PassError(StyleTalkError):
    """A pass that cannot be rendered as the animator has set it."""


class StyleTalkPass(bpy.types.PropertyGroup):
    """How the passes of a face's lines are rendered."""

    photo: StringProperty(
        name="Photo", description="A photo of the person, or a portrait (.npz) that was made of one",
        subtype="FILE_PATH", options=PATH_OPTIONS,
    )  # fmt: skip
    renderer: EnumProperty(
        name="Renderer",
        description="What moves the photo",
        items=(
            ("warp", "Warp", "The photo's own pixels follow the face. Built in, needs no weights"),
            ("neural", "Neural", "The published networks with weights of yours, in the External Python"),
        ),
    )
    checkpoint: StringProperty(
        name="Weights", description="The neural renderer's weights, from styletalk import-checkpoint",
        subtype="FILE_PATH", options=PATH_OPTIONS,
    )  # fmt: skip
    size: IntProperty(
        name="Size", description="Pixels of the longer side. 0: as large as the photo", min=0, max=8192, soft_min=256
    )
    background: EnumProperty(
        name="Background",
        description="What is behind the person",
        items=(
            ("KEEP", "Photo", "The photo's own background"),
            ("COLOUR", "Colour", "A colour. Needs a picture that says by its alpha what is background"),
            ("ALPHA", "Transparent", "Nothing. Needs a picture that says by its alpha what is background"),
        ),
    )
    colour: FloatVectorProperty(
        name="Colour", description="The colour behind the person",
        subtype="COLOR_GAMMA", default=(0.0, 0.69, 0.25), min=0.0, max=1.0, size=3,
    )  # fmt: skip
    scene_range: BoolProperty(
        name="Scene Range", description="Only frames between the scene's first and last one, or of its preview range"
    )
    mouth_offset_mm: FloatProperty(
        name="Mouth Offset (mm)", description="How much further the lips are open, below 0 less", min=-20.0, max=20.0,
        soft_min=-5.0, soft_max=5.0, step=10, precision=1,
    )  # fmt: skip
    mouth_amount: FloatProperty(
        name="Mouth Amount", description="How far the mouth moves: 1 as the line has it", default=1.0, min=0.0, max=3.0
    )
    watermark: StringProperty(name="Watermark", description="Written into a corner of every frame; empty: nothing")
    file_type: EnumProperty(
        name="Files",
        description="What the pictures are written as",
        items=(("png", "PNG", "8 bits, sRGB"), ("exr", "OpenEXR", "Half precision, linear light")),
    )
    folder: StringProperty(
        name="Output", description="Each line gets a folder in here", default=DEFAULT_FOLDER, subtype="DIR_PATH",
        options=PATH_OPTIONS,
    )  # fmt: skip


def remember_animation(target: Any, identity: str, animation: FaceAnimation) -> None:
    """Let the actions of a line that was just baked name what they were baked of."""
    name = kept_animations.keep(animation)
    for block in target.blocks():
        action = nla.action_of(block, identity)
        if action is not None and action.library is None:
            action[ANIMATION_MARK] = name


def baked_animation(face: Any, line: Any) -> Path | None:
    """The file of the animation that a line was baked of; None where it plays none, or that is not kept any more."""
    owner = carrier(face)
    if owner is None or not nla.plays(owner, line.identity):
        return None
    action: Any = nla.action_of(owner, line.identity)
    name = str(action.get(ANIMATION_MARK, "")) or line.heard.kept
    return kept_animations.find(name) if name else None


def animation_reason(face: Any, line: Any) -> str:
    """Why there is nothing to render of a line, or ""."""
    owner = carrier(face)
    if owner is None or not nla.plays(owner, line.identity):
        return "Bake the line first: a pass shows what was baked."
    if baked_animation(face, line) is None:
        return "What this line was baked of is not kept any more. Bake it again."
    if nla.sound_begins(owner, line.identity) is None:
        return "The line's strip is scaled, or was baked by an older version. Bake the line again."
    return ""


def needs_fit(face: Any, line: Any) -> bool:
    """Whether the photo must be fitted to a face first, which Blender's own Python cannot."""
    settings = face.styletalk_pass
    is_portrait = settings.photo.lower().endswith(PORTRAIT_ENDING)
    folder = _folder(face, line)
    return not is_portrait and (folder is None or not os.path.isfile(folder / KEPT_NAME))


def folder_reason(face: Any) -> str:
    """Why there is no place for the frames, or ""."""
    folder = face.styletalk_pass.folder
    if not folder:
        return "Choose a folder for the frames."
    if folder.startswith("//") and not bpy.data.filepath:
        return "Save the .blend first, or choose a folder for the frames that does not lie beside it."
    return ""


def request_from_pass(scene: Any, face: Any, line: Any, device: str) -> PassRequest:
    """The request for the pass of a baked line. Raises PassError, LineError."""
    reason = folder_reason(face) or animation_reason(face, line)
    if reason:
        raise PassError(reason)
    settings: Any = face.styletalk_pass
    photo, animation, folder = existing_file(settings.photo, "photo"), baked_animation(face, line), _folder(face, line)
    assert animation is not None and folder is not None
    options: dict[str, Any] = {
        "fps": rate(scene), "renderer": settings.renderer, "background": _background(settings), "device": device,
        "mouth_offset_mm": settings.mouth_offset_mm, "mouth_amount": settings.mouth_amount,
        "watermark": settings.watermark,
    }  # fmt: skip
    if settings.size:
        options["size"] = settings.size
    if settings.renderer == "neural":
        options["checkpoint"] = str(existing_file(settings.checkpoint, "file with the renderer's weights"))
    if settings.scene_range:
        options["first"], options["last"] = _range(scene, face, line, FaceAnimation.load(animation))
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PassError(f"The folder {folder} cannot be made: {error.strerror}. Choose another.") from error
    return PassRequest(animation, photo, folder / f"{FRAME_NAME}.{settings.file_type}", options)


def show_pass(scene: Any, face: Any, line: Any, report: Path) -> str:
    """Put the pictures into the sequencer, in time with the baked line. Returns what was done. Raises PassError."""
    said = read_json(report)
    reason = animation_reason(face, line)
    if reason:
        raise PassError(f"The frames lie in {said['folder']}, and no strip was added. {reason}")
    begins = _sound_frame(scene, face, line)
    owner = face_identity(face)
    place = pass_strips.Place(owner, line.identity, f"{line_name(line)} pass", begins, said["first_frame"])
    strip = pass_strips.add(scene, place, Path(said["folder"]), said["files"], said["first"])
    remember_identity(face, owner)
    kept = f", {said['kept']} of them were there" if said["kept"] else ""
    made = f"Rendered {len(said['files'])} frames{kept}. They are the strip “{strip.name}” of the sequencer."
    return f"{made} To render the mesh, switch Sequencer off under Output ▸ Post Processing."


def _sound_frame(scene: Any, face: Any, line: Any) -> int:
    """The scene's frame on which the sound of a baked line begins."""
    animation = baked_animation(face, line)
    begins = nla.sound_begins(carrier(face), line.identity)
    assert animation is not None and begins is not None
    return round(begins - FaceAnimation.load(animation).sync_offset_s * rate(scene))


def _range(scene: Any, face: Any, line: Any, animation: FaceAnimation) -> tuple[int, int]:
    """The first and last frame of the pass, counted from 1, that the scene's range holds. Raises PassError."""
    first = _sound_frame(scene, face, line) + default_first_frame(animation, rate(scene))
    preview = scene.use_preview_range
    span = (scene.frame_preview_start, scene.frame_preview_end) if preview else (scene.frame_start, scene.frame_end)
    if span[1] < first:
        raise PassError(f"The line begins on frame {first}, after the scene's range. Switch Scene Range off.")
    return max(1, span[0] - first + 1), span[1] - first + 1


def _folder(face: Any, line: Any) -> Path | None:
    """Where the frames of a line go: its own folder in the chosen one, whatever lines are called and in what order.

    Files that were saved under another name have the same lines, so the .blend is in its name.
    """
    if folder_reason(face):
        return None
    names = (Path(bpy.data.filepath).stem, face.name, line_name(line), line.identity[:SIGN])
    name = bpy.path.clean_name(" ".join(filter(None, names)))
    return Path(bpy.path.abspath(face.styletalk_pass.folder)).absolute() / name


def _background(settings: Any) -> str:
    if settings.background == "COLOUR":
        return "#" + "".join(f"{round(255 * channel):02X}" for channel in settings.colour)
    return settings.background.lower()


classes = (StyleTalkPass,)


def attach() -> None:
    """Hang the settings on objects."""
    bpy.types.Object.styletalk_pass = PointerProperty(type=StyleTalkPass)


def detach() -> None:
    """The mirror of `attach`."""
    del bpy.types.Object.styletalk_pass
