# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes a face with its lines as one of the presets says. Nothing in the scene is changed."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..baking.tweaking import is_tweaked
from ..faces.channels import BEING_EDITED
from ..faces.targets import target_of
from ..styletalk.errors import OutputError
from ..styletalk.files.writing import check_ending, check_writable, written_whole
from . import tables
from .appearance import simplify_materials
from .arkit_face import has_arkit_shapes, use_arkit_shapes
from .formats import EXACT, OWN, Format
from .members import members
from .recording import MAX_FRAMES, Frames, Recording, as_it_was, baked_span, frames_of_lines, record
from .skeleton import put_on_skeleton
from .sound import SOUND_ENDING, MixError, lost_sound_reason, no_sound_reason, write_sound
from .stage import staged
from .vrm import at_rest

SIGNED = "The 64 coefficients are signed: programs that hold shapes to 0 to 1 play them wrongly."


@dataclass(frozen=True)
class ExportOptions:
    """shapes: of our own face: ARKIT for the 52 and three of the tongue, EXACT with some more, so that it plays as it
    does here, OWN for its 64 coefficients. whole_scene: the scene's frames in place of the lines'. with_sound: whether
    a wave file is written beside it. sides: whose left a Live Link Face CSV means.
    """

    shapes: str = EXACT
    whole_scene: bool = False
    with_sound: bool = False
    sides: str = "person"


@dataclass(frozen=True)
class ExportReport:
    """What was written. notes: sentences about what the user would not expect."""

    summary: str
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        return " ".join((self.summary, *self.notes))


def refusal(context: Any, face: Any, form: Format) -> str:
    """Why a face cannot be exported so, or ""."""
    if face is None or target_of(face) is None:
        return "Select a talking face or a character first."
    if context.mode != "OBJECT":
        return "Leave the edit mode first (Tab)."
    if context.scene.objects.get(face.name) != face:
        return f"“{face.name}” is not in this scene. Choose the scene in which it talks."
    if not any(map(baked_span, target_of(face).blocks())):  # type: ignore[union-attr]
        return f"“{face.name}” has nothing to play yet. Bake a line first."
    if any(map(is_tweaked, target_of(face).blocks())):  # type: ignore[union-attr]
        return BEING_EDITED  # Blender plays the one strip then, and those below it
    return (
        form.unavailable()
        or form.unsuitable(face)
        or ("" if form.write is not None else tables.no_weights_reason(face))
    )


def export_face(context: Any, face: Any, form: Format, path: Path, options: ExportOptions) -> ExportReport:
    """Write `path`, whole or not at all. Raises OutputError, RigError."""
    reason = refusal(context, face, form)
    if reason:
        raise OutputError(reason)
    check_ending(path, *form.endings)
    check_writable(path)
    frames, objects = _frames(context.scene, face, form, options), members(face)
    notes: list[str] = []
    with as_it_was(context.scene, objects):
        seen = record(context, objects, frames)
        if form.write is None:
            _write_table(face, form, seen, path, options)
        else:
            notes += _write_stage(context, face, form, seen, path, options)
        if options.with_sound:
            notes.append(_write_sound(context, face, frames, path))
    made = f"Wrote {path.name}: {frames.count} frames at {frames.fps} a second, from frame {frames.first:g} on."
    return ExportReport(made, tuple(filter(None, notes)))


def _frames(scene: Any, face: Any, form: Format, options: ExportOptions) -> Frames:
    fps = {"LIVE_LINK": tables.live_link_rate(scene), "METAHUMAN": 30, "VRM_ANIMATION": 30, "VRM": 30}.get(
        form.identifier
    )
    span = (scene.frame_start, scene.frame_end) if options.whole_scene else None
    frames = frames_of_lines(scene, face, span, fps)
    if frames.count > MAX_FRAMES:
        raise OutputError(f"{frames.count:,} frames are too many for a file: {MAX_FRAMES:,} at most. Export in parts.")
    return frames


def _write_table(face: Any, form: Format, seen: Recording, path: Path, options: ExportOptions) -> None:
    if form.identifier == "LIVE_LINK":
        tables.write_live_link(face, seen, path, options.sides)
    elif form.identifier == "VRM_ANIMATION":
        tables.write_vrma(face, seen, path)
    else:
        tables.write_metahuman(face, seen, path)


def _write_stage(
    context: Any, face: Any, form: Format, seen: Recording, path: Path, options: ExportOptions
) -> list[str]:  # fmt: skip
    """Write it as a scene. Returns what the user should know."""
    has_choice = has_arkit_shapes(face) and not form.is_cache
    shown = at_rest(seen) if form.is_model else seen
    with staged(shown, face.name, keeps_modifiers=form.is_cache) as stage:
        if has_choice and options.shapes != OWN:
            use_arkit_shapes(stage, face, options.shapes == EXACT)
        simplify_materials(stage, form.knows_vertex_colours)
        if form.needs_skeleton:
            put_on_skeleton(context, stage)
        with written_whole(path) as temporary:
            temporary.unlink()
            _write(context, form, stage, temporary, path)
    if form.is_model:
        tables.write_vrma_of_model(face, seen, path.with_suffix(".vrma"))
    return [SIGNED] if has_choice and options.shapes == OWN else []


def _write_sound(context: Any, face: Any, frames: Frames, path: Path) -> str:
    """Write the sound beside `path`. Returns why there is none, or ""."""
    beside = path.with_suffix(SOUND_ENDING)
    reason = no_sound_reason(context.scene, face) or lost_sound_reason(face, beside)
    if reason:
        return reason
    try:
        write_sound(context, face, frames, beside)
    except MixError as error:
        return str(error)
    return ""


def _write(context: Any, form: Format, stage: Any, place: Path, path: Path) -> None:
    assert form.write is not None
    try:
        form.write(context, stage, place)
    except RuntimeError as error:
        lines = [line for line in str(error).strip().splitlines() if not line.startswith("Location: ")]
        said = lines[-1].removeprefix("Error: ")
        raise OutputError(f"Cannot write {path}: Blender's exporter failed ({said}).") from error
    if not place.is_file():
        raise OutputError(f"Cannot write {path}: Blender's exporter wrote nothing. See the console for its reason.")
