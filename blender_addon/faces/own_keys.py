# SPDX-License-Identifier: GPL-3.0-or-later
"""Which shape keys our own head is baked on: 64 coefficients, or the 52 ARKit shapes, signed or positive.

A head has the keys of its choice; others are added when they are chosen, and stay: what was baked on them plays on.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..styletalk.animation import UPPER_SHAPES
from ..styletalk.face.arkit_names import ARKIT_NAMES
from ..styletalk.face.model import FaceModel, open_face
from ..styletalk.face.person import person
from ..styletalk.face.retarget import GAZE_SHAPES
from ..styletalk.motion.resample import SceneSamples
from ..styletalk.rigs.own_face import OWN_SHAPES, Misfit, misfit, positive_weights, signed_weights
from .channels import closed, shape_keys
from .identity import shown_identity
from .open_face import (
    BLINK_KEYS,
    EXPRESSION_KEYS,
    FACE_MARK,
    GAZE_KEYS,
    NEEDED_KEYS,
    OPTIONAL_KEYS,
    SLIDER_LIMIT,
    TONGUE_KEYS,
    KeyColumn,
    absent_keys,
    add_face,
    add_shape_keys,
    columns_of,
    to_core,
)
from .shape_points import points_of

COEFFICIENTS, ARKIT, POSITIVE = "COEFFICIENTS", "ARKIT", "POSITIVE"
KINDS = (
    (COEFFICIENTS, "Coefficients", "The 64 coefficients of the networks, exp_00 to exp_63: exact, and hard to read"),
    (ARKIT, "ARKit", "The 52 ARKit shapes by their names. The same movement; values may be negative"),
    (POSITIVE, "ARKit, positive", "The 52 ARKit shapes between 0 and 1, as near at lips and lids as they come"),
)
"""Items of the choice."""
NEW_FACES = ARKIT
"""What a head is added with: curves that have names can be polished, and there are fewer of them."""
ARKIT_SLIDER = 1.0
"""How far sliders of ARKit keys go either way, until a line needs more."""
_COEFFICIENT_KEYS = NEEDED_KEYS + OPTIONAL_KEYS


def add_talking_face(context: Any, kind: str = NEW_FACES) -> Any:
    """The open face at the 3D cursor, with the keys of that kind. Returns its mesh. Raises FaceModelError."""
    face = add_face(context, open_face(), shapes=() if kind == COEFFICIENTS else tuple(arkit_columns(open_face())))
    face.styletalk.keys = kind
    return face


def can_choose(face: Any) -> bool:
    """Whether a face may have ARKit keys: the open face, or a person made of it."""
    if face is None or face.type != "MESH" or face.get(FACE_MARK) != open_face().name:
        return False
    return len(face.data.vertices) == open_face().vertex_count and shape_keys(face) is not None


def kind_of(face: Any) -> str:
    """What a face is baked on."""
    settings = getattr(face, "styletalk", None)
    return settings.keys if settings is not None and can_choose(face) else COEFFICIENTS


def names_of(face: Any) -> tuple[str, ...]:
    """The shape keys that a line is baked onto: those that a face must have, and of the others what it has."""
    if kind_of(face) != COEFFICIENTS:
        return OWN_SHAPES
    absent = absent_keys(face, OPTIONAL_KEYS)
    return NEEDED_KEYS + tuple(name for name in OPTIONAL_KEYS if name not in absent)


def missing_keys(face: Any) -> tuple[str, ...]:
    """Which shape keys a face must have to be baked on, and has not."""
    return absent_keys(face, NEEDED_KEYS if kind_of(face) == COEFFICIENTS else OWN_SHAPES)


def unused_keys(face: Any) -> tuple[str, ...]:
    """The shape keys of the other kind that a face has: they are to rest."""
    others = set(_COEFFICIENT_KEYS if kind_of(face) != COEFFICIENTS else OWN_SHAPES) - set(names_of(face))
    return tuple(key.name for key in face.data.shape_keys.key_blocks if key.name in others)


def ranges_of(face: Any) -> Iterator[tuple[str, float, float]]:
    """(name, lowest value, highest value) of each shape key that is baked."""
    kind = kind_of(face)
    for name in names_of(face):
        signed = name in EXPRESSION_KEYS if kind == COEFFICIENTS else kind == ARKIT
        yield (name, -SLIDER_LIMIT, SLIDER_LIMIT) if signed else (name, 0.0, 1.0)


def give_keys(face: Any) -> None:
    """Add the shape keys of its choice that a face lacks; nothing where it may not be changed."""
    if not can_choose(face) or face.mode == "EDIT" or face.data.override_library is not None:
        return
    if any(map(closed, (face, face.data, shape_keys(face)))):
        return
    _widen(face)
    missing = set(missing_keys(face))
    if missing:
        kind, model = kind_of(face), person(open_face(), shown_identity(face))
        columns = columns_of(model) if kind == COEFFICIENTS else arkit_columns(model)
        rest = to_core(points_of(face.data.shape_keys.reference_key))
        add_shape_keys(face, rest, [column for column in columns if column[0] in missing])


def values_of(face: Any, samples: SceneSamples) -> dict[str, np.ndarray]:
    """By each shape key that is baked, its (N,) values."""
    kind = kind_of(face)
    if kind == COEFFICIENTS:
        tracks = (samples.coefficients, samples.blinks, samples.gaze, samples.tongue, samples.upper)
        return dict(zip(_COEFFICIENT_KEYS, np.hstack(tracks).T, strict=True))
    signed = _signed(samples)
    return dict(zip(OWN_SHAPES, (signed if kind == ARKIT else positive_weights(signed)).T, strict=True))


def misfit_of(face: Any, samples: SceneSamples, values: dict[str, np.ndarray]) -> Misfit | None:
    """How far positive keys with (N,) values by name are from what was meant; None for others, which are exact."""
    if kind_of(face) != POSITIVE:
        return None
    return misfit(_signed(samples), np.column_stack([values[name] for name in OWN_SHAPES]))


def shown_by_name() -> dict[str, np.ndarray]:
    """By the name of each key that an open face may have, the weights (55,) of OWN_SHAPES that it shows at value 1."""
    rows = dict(zip(OWN_SHAPES, np.eye(len(OWN_SHAPES)), strict=True))
    for name, column in zip(EXPRESSION_KEYS, open_face().arkit_matrix.T, strict=True):
        rows[name] = np.pad(column.astype(np.float64), (0, len(OWN_SHAPES) - len(ARKIT_NAMES)))
    for names, shapes in zip(
        (*BLINK_KEYS, *GAZE_KEYS), (("eyeBlinkLeft",), ("eyeBlinkRight",), *GAZE_SHAPES), strict=True
    ):
        rows[names] = sum(rows[shape] for shape in shapes)
    rows |= {key: rows[shape] for key, shape in zip(TONGUE_KEYS, ("tongueOut", *OWN_SHAPES[-3:]), strict=True)}
    return rows


def _signed(samples: SceneSamples) -> np.ndarray:
    """(N, 55); of a recorded take its own weights, as it came."""
    if samples.recorded is not None:
        return np.hstack([samples.recorded, samples.tongue[:, 1:]]).astype(np.float32)
    return signed_weights(samples.coefficients, samples)


def arkit_columns(model: FaceModel) -> Iterator[KeyColumn]:
    """One for each of OWN_SHAPES; blinks as long as that person's eyes need."""
    deltas = dict(zip(OWN_SHAPES, (*model.arkit, *model.tongue[1:]), strict=True))
    deltas["eyeBlinkLeft"], deltas["eyeBlinkRight"] = model.blink
    for name, delta in deltas.items():
        yield name, delta, -ARKIT_SLIDER, ARKIT_SLIDER


def _widen(face: Any) -> None:
    """Shapes of the upper face are there with either kind; signed ones go below zero."""
    for name in UPPER_SHAPES if kind_of(face) == ARKIT else ():
        key = face.data.shape_keys.key_blocks.get(name)
        if key is not None:
            key.slider_min = min(key.slider_min, -ARKIT_SLIDER)
