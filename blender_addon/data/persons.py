# SPDX-License-Identifier: GPL-3.0-or-later
# Blender declares properties as annotations
# pyright: reportInvalidTypeForm=false
"""Who a talking face is, as the animator sets it: sliders, chance, colours and hair. The face follows each change."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import bpy
from bpy.props import EnumProperty, FloatProperty, IntProperty, PointerProperty

from ..faces.hair import COLOURS, dress
from ..faces.hair_locks import BALD, CUTS
from ..faces.identity import become, identity_problem
from ..styletalk.face.complexion import EYES, PAINTED_TONE, Look
from ..styletalk.face.people import PEOPLE, SLIDERS, identity_of

NOBODY = "MEAN"
LOOKS = {
    NOBODY: {}, "YOUNG_WOMAN": {"hair": "BOB"}, "YOUNG_MAN": {"hair": "SHORT", "stubble": 0.35},
    "MIDDLE_AGED_WOMAN": {"hair": "BOB", "hair_colour": "BLOND"},
    "MIDDLE_AGED_MAN": {"hair": "SHORT", "stubble": 0.7}, "OLD_WOMAN": {"hair": "BOB", "hair_colour": "GREY"},
    "OLD_MAN": {"hair": "CROPPED", "hair_colour": "GREY", "stubble": 0.45},
}  # fmt: skip
"""What else than its sliders a person has."""
_held: list[int] = []
"""Faces that are being set as a whole: they follow once, at the end."""


def items(names: "tuple[str, ...] | list[str]", told: Callable[[str], str]) -> list[tuple[str, str, str]]:
    """An enum's items of names such as old_woman. told: what a label means."""
    labels = [name.replace("_", " ").capitalize() for name in names]
    return [(name.upper(), label, told(label)) for name, label in zip(names, labels, strict=True)]


PERSON_ITEMS = [
    (NOBODY, "Mean", "The mean of all"),
    *items(list(PEOPLE), lambda label: f"Give the head the features of this person: {label}"),
]
HAIR_ITEMS = [
    (BALD, "None", "A head without hair"),
    *items(list(CUTS), lambda label: f"Let the head wear this hair: {label}"),
]
COLOUR_ITEMS = items(list(COLOURS), lambda label: f"Colour hair and brows: {label}")
EYE_ITEMS = items(list(EYES), lambda label: f"Colour the irises: {label}")


def _follow(person: Any, _context: Any) -> None:
    """The face shows what is set."""
    face = person.id_data
    if not _held and not identity_problem(face):
        show(face)


def _take_person(person: Any, context: Any) -> None:
    """The sliders of a person of the list, and hair of its kind where there is hair."""
    with _whole(person):
        sliders = PEOPLE.get(person.person.lower(), {})
        for slider in SLIDERS:
            setattr(person, slider.name, sliders.get(slider.name, 0.0))
        look = LOOKS[person.person]
        person.stubble, person.chance = look.get("stubble", 0.0), 0.0
        if person.hair != BALD:
            person.hair = look.get("hair", person.hair)
            person.hair_colour = look.get("hair_colour", "BROWN")
    _follow(person, context)


@contextlib.contextmanager
def _whole(person: Any) -> Iterator[None]:
    _held.append(id(person))
    try:
        yield
    finally:
        _held.pop()


class FacePerson(bpy.types.PropertyGroup):
    """Lives on the mesh object of a talking face."""

    person: EnumProperty(
        name="Person", description="Somebody to begin with; the sliders below go on from there", items=PERSON_ITEMS,
        update=_take_person,
    )  # fmt: skip
    chance: FloatProperty(
        name="Random", description="How much of a person at random is added", default=0.0, min=0.0, max=1.0,
        subtype="FACTOR", update=_follow,
    )  # fmt: skip
    seed: IntProperty(name="Seed", description="Which person at random", default=1, min=0, update=_follow)
    hair: EnumProperty(name="Hair", description="Hair that is made for this head", items=HAIR_ITEMS, update=_follow)
    hair_colour: EnumProperty(name="Hair Colour", description="Of hair and brows", items=COLOUR_ITEMS, update=_follow)
    skin: FloatProperty(
        name="Skin", description="From pale to dark", default=PAINTED_TONE, min=0.0, max=1.0, subtype="FACTOR",
        update=_follow,
    )  # fmt: skip
    eyes: EnumProperty(name="Eyes", description="The colour of the irises", items=EYE_ITEMS, update=_follow)
    stubble: FloatProperty(
        name="Stubble", description="The shade of a shaved beard", default=0.0, min=0.0, max=1.0, subtype="FACTOR",
        update=_follow,
    )  # fmt: skip


for _slider in SLIDERS:
    FacePerson.__annotations__[_slider.name] = FloatProperty(
        name=_slider.name.replace("_", " ").title(), description=_slider.what, default=0.0, min=_slider.low,
        max=_slider.high, subtype="FACTOR", update=_follow,
    )  # fmt: skip


def show(face: Any) -> None:
    """Let a face be who its settings say. Raises FaceModelError."""
    person = face.styletalk_person
    sliders = {slider.name: getattr(person, slider.name) for slider in SLIDERS}
    brows = COLOURS[person.hair_colour]
    look = Look(person.skin, person.eyes.lower(), brows, person.stubble, person.age)
    model = become(face, identity_of(sliders, person.chance, person.seed), look)
    dress(face, model, person.hair, person.hair_colour)


def set_person(face: Any, **settings: Any) -> None:
    """Set a new face's person, hair, … as a whole, and let it follow once. Raises FaceModelError."""
    person = face.styletalk_person
    with _whole(person):
        for name, value in settings.items():
            setattr(person, name, value)
    show(face)


def attach() -> None:
    """Give objects their person."""
    bpy.types.Object.styletalk_person = PointerProperty(type=FacePerson)


def detach() -> None:
    """Take it away again; what was saved in the file stays there."""
    del bpy.types.Object.styletalk_person


classes = (FacePerson,)
