# SPDX-License-Identifier: GPL-3.0-or-later
# Blender declares properties as annotations
# pyright: reportInvalidTypeForm=false
"""What an animator's own character keeps: the table of its shape keys and what each shows."""

from collections.abc import Mapping
from typing import Any

import bpy
from bpy.props import (
    BoolProperty,
    CollectionProperty,
    EnumProperty,
    FloatProperty,
    FloatVectorProperty,
    IntProperty,
    PointerProperty,
    StringProperty,
)

from ..compat import OVERRIDDEN_GROUP, overridable
from ..styletalk.errors import RigError
from ..styletalk.face.arkit_names import ARKIT_NAMES
from ..styletalk.rigs.directions import DIRECTIONS
from ..styletalk.rigs.mapping import LIP_PLACES, MAX_GAIN, RigMapping, Row

_BY_LOWER = {name.lower(): name for name in (*ARKIT_NAMES, *DIRECTIONS)}

MADE_ARKIT, MADE_COEFFICIENTS, MADE_BOTH = "ARKIT", "COEFFICIENTS", "BOTH"
MADE_KINDS = (
    (MADE_ARKIT, "ARKit", "The 52 ARKit shapes by their names"),
    (
        MADE_COEFFICIENTS, "Coefficients",
        "The 64 directions of the networks, exp_00 to exp_63: lines play on them as they are. Lids, eyes, tongue and "
        "what else a line moves beside them as ARKit shapes",
    ),
    (MADE_BOTH, "Both", "All of them. Lines play on the 64 directions"),
)  # fmt: skip
"""Items of the choice which shape keys a bare head gets."""


@overridable
class StyleTalkShape(bpy.types.PropertyGroup):
    """One shape key of a character. Its name is the key's."""

    shows: StringProperty(
        name="Shows",
        description="What the shape shows at 1, in ARKit's terms: mouthSmileLeft, or jawOpen 0.6, mouthPucker 0.3. "
        "Empty: it takes no part",
    )
    shows_negative: StringProperty(name="At −1", description="What it shows at −1, where its slider goes both ways")
    low: FloatProperty(
        name="From", description="Its value is never below this", default=0.0, min=-MAX_GAIN, max=MAX_GAIN
    )
    high: FloatProperty(
        name="To", description="Its value is never above this", default=1.0, min=-MAX_GAIN, max=MAX_GAIN
    )
    gain: FloatProperty(
        name="Gain", description="Times which its value is set: more where the shape shows too little",
        default=1.0, min=0.0, max=MAX_GAIN,
    )  # fmt: skip
    offset: FloatProperty(
        name="Offset", description="Added to its value at all times", default=0.0, min=-MAX_GAIN, max=MAX_GAIN
    )
    pose: PointerProperty(
        type=bpy.types.Action, name="Pose", description="The action or pose asset that shows it with bones"
    )
    pose_frame: FloatProperty(options={"HIDDEN"})
    measured: BoolProperty(options={"HIDDEN"})
    opening: FloatProperty(options={"HIDDEN"})
    has_lips: BoolProperty(options={"HIDDEN"})
    lips: FloatVectorProperty(size=LIP_PLACES, options={"HIDDEN"})
    enabled: BoolProperty(name="Use", description="Whether the shape takes part", default=True)
    confidence: FloatProperty(options={"HIDDEN"})
    reason: StringProperty(options={"HIDDEN"})


@overridable
class CharacterSettings(bpy.types.PropertyGroup):
    """Lives on the mesh object, or on the armature of a face that is made of bones."""

    shapes: CollectionProperty(type=StyleTalkShape)
    active: IntProperty(name="Shape Key", description="The shape key whose row is shown")
    has_rest: BoolProperty(options={"HIDDEN"})
    rest_gaps: FloatVectorProperty(size=LIP_PLACES, options={"HIDDEN"})
    head_bone: StringProperty(
        name="Head Bone",
        description="The bone that turns and nods: the head's, or the neck's. Empty: the head is still",
    )
    eye_left: StringProperty(
        name="Left Eye", description="The bone that turns the person's left eye, or the control that it looks at"
    )
    eye_right: StringProperty(
        name="Right Eye", description="The bone that turns the person's right eye, or the control that it looks at"
    )
    made_keys: EnumProperty(
        name="Make",
        items=MADE_KINDS,
        default=MADE_ARKIT,
        description="Which shape keys a bare head gets",
    )
    pose_shape: StringProperty(
        name="Shape", description="What the pose shows: one of the 52 ARKit names, or a viseme such as PP or aa",
        default="jawOpen",
    )  # fmt: skip


def write_mapping(mesh: Any, mapping: RigMapping, poses: Mapping[str, tuple[Any, float]] | None = None) -> None:
    """Fill a character's table. poses: (action, frame) of the rows that are poses; by default as they were."""
    settings = mesh.styletalk_character
    settings.has_rest, settings.rest_gaps = _written(mapping.rest_gaps)
    shapes = settings.shapes
    if poses is None:
        poses = {shape.name: (shape.pose, shape.pose_frame) for shape in shapes if shape.pose is not None}
    shapes.clear()
    for row in mapping.rows:
        shape = shapes.add()
        shape.name = row.shape
        shape.shows, shape.shows_negative = _as_text(row.weights), _as_text(row.negative)
        for name in ("low", "high", "gain", "offset", "enabled", "confidence", "reason"):
            setattr(shape, name, getattr(row, name))
        shape.measured, shape.opening = row.opening is not None, row.opening or 0.0
        shape.has_lips, shape.lips = _written(row.lips)
        shape.pose, shape.pose_frame = poses.get(row.shape, (None, 0.0))


def attach_pose(face: Any, weights: dict[str, float], action: Any) -> Any | None:
    """Let the row that shows exactly these weights show them by this pose from now on, too; a new row where there is
    none. Returns the pose that it replaces. Raises RigError for a row that says nonsense."""
    shapes = face.styletalk_character.shapes
    row = next((each for each in shapes if _from_text(each.shows, each.name) == weights), None)
    if row is None:
        row = shapes.add()
        row.name, row.shows, row.confidence = action.name, _as_text(weights), 1.0
    before = row.pose
    row.pose, row.pose_frame, row.enabled, row.reason = action, 1.0, True, "posed by hand"
    return before


def mapping_of(mesh: Any) -> RigMapping:
    """A character's table as the core's mapping. Raises RigError for a row that says nonsense."""
    settings = mesh.styletalk_character
    rest = tuple(settings.rest_gaps) if settings.has_rest else ()
    return RigMapping(tuple(_row(shape) for shape in settings.shapes), rest)


def _written(places: tuple[float, ...]) -> tuple[bool, tuple[float, ...]]:
    """Whether there are such numbers, and what stands in their property."""
    return bool(places), places or (0.0,) * LIP_PLACES


def _row(shape: Any) -> Row:
    numbers = {
        name: getattr(shape, name) for name in ("low", "high", "gain", "offset", "enabled", "confidence", "reason")
    }
    weights, negative = (_from_text(text, shape.name) for text in (shape.shows, shape.shows_negative))
    opening = shape.opening if shape.measured else None
    lips = tuple(shape.lips) if shape.has_lips else ()
    return Row(shape.name, weights, negative, opening=opening, lips=lips, **numbers)


def _as_text(weights: dict[str, float]) -> str:
    return ", ".join(name if weight == 1 else f"{name} {weight:g}" for name, weight in weights.items())


def _from_text(text: str, shape: str) -> dict[str, float]:
    """`jawOpen 0.6, mouthPucker` as weights. Raises RigError."""
    weights: dict[str, float] = {}
    for part in filter(None, (each.strip() for each in text.replace(";", ",").split(","))):
        name, _, number = part.partition(" ")
        known = _BY_LOWER.get(name.lower())
        if known is None:
            raise RigError(f"{shape} shows “{name}”, which is none of the 52 ARKit names. Choose one, such as jawOpen.")
        try:
            weights[known] = float(number or 1)
        except ValueError as error:
            raise RigError(f"{shape} shows {name} by “{number}”. Give a number, such as {name} 0.5.") from error
        if not abs(weights[known]) <= MAX_GAIN:
            raise RigError(f"{shape} shows {name} by {number}, which is out of range. Give −1 to 1.")
    return weights


def attach() -> None:
    """Give objects their table."""
    bpy.types.Object.styletalk_character = PointerProperty(type=CharacterSettings, **OVERRIDDEN_GROUP)


def detach() -> None:
    """Take it away again; what was saved in the file stays there."""
    del bpy.types.Object.styletalk_character


classes = (StyleTalkShape, CharacterSettings)
