# SPDX-License-Identifier: GPL-3.0-or-later
"""Bakes a line onto a face: all of it, or nothing where a step fails.

Nothing that was there is lost: old actions stay, with a fake user, and the scene is only ever made longer.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..faces.targets import Part, Target
from ..styletalk.animation import FaceAnimation
from ..styletalk.files.reading import UnusableContent
from ..styletalk.motion.keys import QUICK, THOROUGH, Curve, shut_frames
from ..styletalk.motion.resample import SceneSamples, default_first_frame, default_frame_count, scene_samples
from ..styletalk.phonemes import SILENCE
from ..styletalk.request import MAX_LEAD_S
from . import before, edits_as_offsets, hand_edits, into, nla, sound_strips
from .conflicts import active_action, conflicts, mixed, pushed_down
from .fcurves import BakeError, name_newest, write_action
from .heard import rate
from .movement import stillness
from .reduce import Reduction, reduction
from .report import BakeReport
from .sound_strips import Sound

BLENDER_MAX_FRAME = 1_048_574
"""A scene has no later frame."""


@dataclass(frozen=True)
class Place:
    """Where a line is baked to. line: its identity. name: for the new actions. start_frame: the scene frame on which
    its sound begins. output: see `nla`. blends: frames of blend-in and blend-out, 0 where we choose. lips_mm: how far
    the lips may be off for the sake of fewer keys; 0: a key on every frame. edits: what becomes of keys that were
    edited by hand, see `hand_edits`. fade: frames over which keys beside those go over to the new ones. in_haste:
    whether few keys are looked for less hard."""

    line: str
    name: str
    start_frame: int
    output: str = nla.AUTO
    blends: tuple[int, int] = (0, 0)
    lips_mm: float = 0.0
    edits: str = hand_edits.KEEP
    fade: int = hand_edits.FADE
    in_haste: bool = False


@dataclass(frozen=True)
class _Plan:
    """What a bake is about to write, on which frames. edits: the animator's. moved: of those what becomes offsets."""

    scene: Any
    target: Target
    place: Place
    parts: tuple[Part, ...]
    frames: np.ndarray
    few: Reduction
    edits: hand_edits.HandEdits
    moved: tuple[edits_as_offsets.Difference, ...]


def bake(scene: Any, target: Target, animation: FaceAnimation, place: Place, sound: Sound | None) -> BakeReport:
    """Write `animation` onto `target` at the scene's rate. Raises BakeError and leaves all as it was.

    Keys of an expression that comes before the sound lie before its start frame, also before the scene's first frame.
    sound: the strip to be, or None for a line without one.
    """
    animation, fps = _checked(scene, target, animation, place), rate(scene)
    samples = scene_samples(animation, fps, first_frame=default_first_frame(animation, fps))
    parts = target.parts(samples)
    frames = place.start_frame + samples.first_frame + np.arange(len(samples.times_s), dtype=np.float32)
    few = _few_keys(target, animation, parts, samples, place, fps)
    edits = hand_edits.hand_edits(target.blocks(), place.line)
    plan = _Plan(scene, target, place, parts, frames, few, edits, _as_offsets(target.mesh, edits, place))
    with ExitStack() as undo:
        notes, done = _put_into_scene(plan, _marks(place, animation, fps, sound), sound, undo)
        undo.pop_all()
    if not notes:
        notes = [*filter(None, [stillness(scene, target.mesh, parts, frames)])]
    keys = sum(len(part.channels) for part in parts) * len(frames)  # on every frame
    said = (
        _within(few, keys), _quick(few, place), target.remarks(samples, parts), _said_of(target.mesh, edits, place),
        done, _cut_off(scene, int(frames[0])),
    )  # fmt: skip
    return _report(plan, notes, said)


def _put_into_scene(
    plan: _Plan, marks: Mapping[str, Any], sound: Sound | None, undo: ExitStack
) -> tuple[list[str], str]:  # fmt: skip
    """(what is doubtful, what was done beside), as sentences; `undo` takes it all back."""
    scene, target, place, parts = plan.scene, plan.target, plan.place, plan.parts
    was = scene.frame_end, scene.sync_mode
    actions = [
        _written(part, plan.frames, curves, _placed(part, target, place), marks, undo)
        for part, curves in zip(parts, plan.few.parts, strict=True)
    ]
    before.remember(parts, undo)
    if place.edits != hand_edits.KEEP:
        hand_edits.keep_takes(plan.edits, place.line, undo)
    target.prepare(undo, parts)
    active = [active_action(part.owner) for part in parts]
    for part, action in zip(parts, actions, strict=True):
        name_newest(action, f"{part.name} {place.name}", nla.LINE_MARK, undo)
        nla.place(part.owner, action, undo, place.output)
    note, done = _add_sound(scene, sound, place.start_frame, undo)
    notes = [*filter(None, [note]), *_of_theirs(parts, active), *conflicts(target, parts), *mixed(target, place.line)]
    undo.callback(setattr, scene, "frame_end", was[0])
    scene.frame_end = max(scene.frame_end, int(plan.frames[-1]))
    before.remember_scene(target.mesh, scene, was, undo)
    edits_as_offsets.add(target.mesh, plan.moved, place.line, undo)
    return notes, done


def _report(plan: _Plan, notes: Sequence[str], said: Sequence[str]) -> BakeReport:
    """said: what was done, sentence by sentence, "" for those that are not needed."""
    curves = sum(len(part.channels) for part in plan.parts)
    every, few_keys, done = curves * len(plan.frames), _key_count(plan.few), tuple(filter(None, said))
    first, last = int(plan.frames[0]), int(plan.frames[-1])
    return BakeReport(
        curves, few_keys or every, first, last, tuple(notes), said=done, instead_of=every if few_keys else 0
    )


def _few_keys(
    target: Target, animation: FaceAnimation, parts: tuple[Part, ...], samples: SceneSamples, place: Place, fps: float
) -> Reduction:  # fmt: skip
    """The curves of all parts, none where there is to be a key on every frame."""
    if not place.lips_mm:
        return Reduction(tuple(() for _ in parts), None)
    shut, effort = shut_frames(animation, samples.times_s), QUICK if place.in_haste else THOROUGH
    return reduction(parts, target.mesh, place.lips_mm, fps, shut, effort)


def _key_count(few: Reduction) -> int:
    return sum(len(curve.frames) for curves in few.parts for curve in curves)


def _within(few: Reduction, before: int) -> str:
    """How many of the keys there are, and how near that is, as a sentence, or ""."""
    keys = _key_count(few)
    if not keys:
        return ""
    if few.lips_mm is None:
        return f"{keys / before:.0%} of a key on every frame."
    return f"{keys / before:.0%} of a key on every frame, lips within {few.lips_mm:.2f} mm."


def _quick(few: Reduction, place: Place) -> str:
    """That another bake finds fewer keys, or ""."""
    return "This is a quick bake of Live: press Bake for fewer keys." if place.in_haste and _key_count(few) else ""


def _add_sound(scene: Any, sound: Sound | None, start_frame: int, undo: ExitStack) -> tuple[str, str]:
    """(what is doubtful, what was done) as sentences, each "" where there is nothing to say."""
    if sound is None:
        return "", ""
    note = sound_strips.add(scene, sound, start_frame, undo)
    return note, sound_strips.keep_in_sync(scene, undo) if not note else ""


def sound_frame(scene: Any, animation: FaceAnimation, first_frame: int) -> int:
    """Where the sound must begin for the face to begin to move on `first_frame`."""
    return first_frame - default_first_frame(animation, rate(scene))


def _checked(scene: Any, target: Target, animation: FaceAnimation, place: Place) -> FaceAnimation:
    """The animation, where it can be baked there. Raises BakeError."""
    reason = scene_refusal(scene) or target.refusal()
    if reason:
        raise BakeError(reason)
    try:
        animation = animation.checked()
    except UnusableContent as error:
        raise BakeError(f"The animation cannot be baked: {error}. Animate again.") from error
    fps = rate(scene)
    end = place.start_frame + default_frame_count(animation, fps)
    if end > BLENDER_MAX_FRAME:
        raise BakeError(
            f"At {fps:g} frames a second the line ends on frame {end:,}, and Blender has {BLENDER_MAX_FRAME:,}. "
            "Lower the scene's frame rate."
        )
    return animation


def _cut_off(scene: Any, first_frame: int) -> str:
    """What is not seen of a lead-in, or ""."""
    early = scene.frame_start - first_frame
    if not 0 < early <= MAX_LEAD_S * rate(scene) + 1:
        return ""
    return (
        f"{early} frames of its lead-in lie before the scene's first frame: choose Scene Start as its Start to see "
        "them, or shorten Lead-In under Expression."
    )


def _of_theirs(parts: tuple[Part, ...], before: list[Any | None]) -> Iterator[str]:
    """What has become of the animator's active actions, as sentences."""
    yield from pushed_down(parts, before)
    for part, theirs in zip(parts, before, strict=True):
        ours = part.owner.animation_data.action
        if theirs is not None and ours is not None and ours.get(nla.BASE_MARK) == theirs:
            yield into.said_of(theirs, ours)


def _as_offsets(face: Any, edits: hand_edits.HandEdits, place: Place) -> tuple[edits_as_offsets.Difference, ...]:
    """What is to move to the offset layer. Raises BakeError where that cannot be."""
    if place.edits != hand_edits.OFFSETS:
        return ()
    reason = edits_as_offsets.refusal(face, edits)
    if reason:
        raise BakeError(reason)
    return edits_as_offsets.differences(face, edits, place.line)


def _placed(part: Part, target: Target, place: Place) -> Place:
    """What the offset layer cannot take stays where it is."""
    is_own = part.owner == getattr(target.mesh.data, "shape_keys", None)
    return place if place.edits != hand_edits.OFFSETS or is_own else replace(place, edits=hand_edits.KEEP)


def _said_of(face: Any, edits: hand_edits.HandEdits, place: Place) -> str:
    if place.edits == hand_edits.OFFSETS:
        return edits_as_offsets.said_of(face, edits)
    return hand_edits.said_of(edits, place.edits)


def _written(
    part: Part, frames: np.ndarray, curves: tuple[Curve, ...], place: Place, marks: Mapping[str, Any], undo: ExitStack
) -> Any:  # fmt: skip
    """The action of a part: a new one, or a copy of the line's former one where the animator has edited that."""
    name = f"{part.name} {place.name}"
    with ExitStack() as fresh_alone:
        fresh = write_action(part, name, frames, fresh_alone, curves)
        for mark, value in marks.items():
            fresh[mark] = value
        made = hand_edits.carried_over(nla.action_of(part.owner, place.line), fresh, place.edits, place.fade, undo)
        if made is None:
            hand_edits.remember_written(fresh)
            made = into.with_active(part.owner, fresh, place.line, undo) if place.output == nla.INTO else None
        if made is None:
            undo.push(fresh_alone.pop_all())
            return fresh
    made.name = name
    return made


def _marks(place: Place, animation: FaceAnimation, fps: float, sound: Sound | None) -> dict[str, Any]:
    """What an action remembers: its line, where its sound begins, and from where to where something is said."""
    begins = place.start_frame + animation.sync_offset_s * fps
    marks = {
        nla.LINE_MARK: place.line,
        nla.ORIGIN_MARK: place.start_frame - (sound.skipped_s if sound else 0.0) * fps,
        nla.BLEND_MARK: place.blends,
        nla.SOUND_MARK: (begins, fps),
    }
    if sound is not None and sound.tempo:
        marks[nla.TEMPO_MARK] = sound.tempo.rounded()
    spoken = [each for each in animation.track.segments if each.phoneme != SILENCE]
    if spoken:
        marks[nla.SPEECH_MARK] = (begins + spoken[0].start_s * fps, begins + spoken[-1].end_s * fps)
    return marks


def scene_refusal(scene: Any) -> str:
    """Why a line cannot be put into that scene, or ""."""
    if scene.library is not None or scene.override_library is not None:
        return f"The scene “{scene.name}” is linked from another file. Bake in a scene of this file."
    return ""
