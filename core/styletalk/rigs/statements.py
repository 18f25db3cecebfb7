# SPDX-License-Identifier: Apache-2.0
"""What a file itself says of a character's shapes: VRM expressions, VRChat's list of visemes, who made the figure.

Importers leave it as properties of objects, armatures and meshes. They come here as plain data: dictionaries, lists,
texts (also JSON in a text) and numbers.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..files.json_text import parse_json
from ..files.reading import UnusableContent

MAX_DEPTH = 8
MAX_JSON = 2_000_000
MAX_EXPRESSIONS = 500
VISEMES = ("sil", "PP", "FF", "TH", "DD", "kk", "CH", "SS", "nn", "RR", "aa", "E", "I", "O", "U")
"""The order of VRChat's list."""
LIDS = ("blink", "lookUp", "lookDown")
"""And of its list of eyelids."""
FAMILIES = (
    ("MPFB_", "MPFB", ("mpfb_faceunits01", "mpfb_visemes01", "mpfb_visemes02")),
    ("MhHuman", "MakeHuman", ("makehuman_units",)),
    ("CC_Base_", "Character Creator", ("cc4_explus", "cc4_standard", "cc3", "cc_traditional", "cc_visemes_direct")),
    ("RL_", "Character Creator", ("cc4_explus", "cc4_standard", "cc3", "cc_traditional", "cc_visemes_direct")),
    ("DazRig", "Daz", ("daz_genesis9_facs", "daz_genesis81_facs", "daz_visemes")),
    ("mmd_type", "MMD", ("mmd",)),
)
"""Names of properties and objects begin so: who made the figure, and the conventions that its maker follows."""


@dataclass(frozen=True)
class Expression:
    """binds: shape and the value (0..1] that it has in it. whole_mouth: nothing else may move the mouth beside it.

    source: who says so, with the expression's name as the file has it.
    """

    name: str
    binds: tuple[tuple[str, float], ...]
    source: str
    whole_mouth: bool = False


@dataclass(frozen=True)
class Said:
    """All that a file says. makers: whose figure it is. families: conventions that its names follow."""

    expressions: tuple[Expression, ...] = ()
    makers: tuple[str, ...] = ()
    families: tuple[str, ...] = ()


def said(properties: Sequence[Mapping[str, Any]], labels: Sequence[str], shapes: Sequence[str]) -> Said:
    """What the properties of a character's objects say of its `shapes` (names in the mesh's order).

    labels: names of its objects, meshes and materials. Whatever is no statement, or nonsense, is passed over.
    """
    expressions: list[Expression] = []
    for content in properties:
        for block in _blocks(content, 0):
            expressions += _vrm1(block, shapes)
            expressions += _vrm0(block, shapes)
            expressions += _vrchat(block, shapes)
    words = [*labels, *(str(name) for content in properties for name in content)]
    made = [(maker, families) for start, maker, families in FAMILIES if any(word.startswith(start) for word in words)]
    return Said(
        tuple(expressions[:MAX_EXPRESSIONS]),
        tuple(dict.fromkeys(maker for maker, _ in made)),
        tuple(dict.fromkeys(family for _, families in made for family in families)),
    )


def _blocks(content: Any, depth: int) -> Iterator[Mapping[str, Any]]:
    """Every dictionary in a content, also those in lists and in texts that are JSON."""
    if depth > MAX_DEPTH:
        return
    if isinstance(content, str) and content.lstrip()[:1] in ("{", "[") and len(content) < MAX_JSON:
        try:
            content = parse_json(content)
        except UnusableContent:
            return
    if isinstance(content, Mapping):
        yield content
        for value in content.values():
            yield from _blocks(value, depth + 1)
    elif isinstance(content, (list, tuple)):
        for value in content[:MAX_EXPRESSIONS]:
            if isinstance(value, (Mapping, str)):
                yield from _blocks(value, depth + 1)


def _vrm1(block: Mapping[str, Any], shapes: Sequence[str]) -> Iterator[Expression]:
    """VRM 1: `expressions` with `preset` and `custom`, as its specification and its add-on write them."""
    found = _field(block, "expressions")
    if not isinstance(found, Mapping):
        return
    named: list[tuple[str, Any]] = []
    for group in (_field(found, "preset"), _field(found, "custom")):
        if isinstance(group, Mapping):
            named += [(str(name), each) for name, each in group.items()]
        elif isinstance(group, (list, tuple)):
            named += [(str(_field(each, "customName") or ""), each) for each in group if isinstance(each, Mapping)]
    for name, each in named:
        if isinstance(each, Mapping):
            binds = _binds(_field(each, "morphTargetBinds"), "node", shapes)
            whole = _field(each, "overrideMouth") not in (None, "none", 0, "")
            if binds:
                yield Expression(name, binds, f"VRM says “{name}”", whole)


def _vrm0(block: Mapping[str, Any], shapes: Sequence[str]) -> Iterator[Expression]:
    """VRM 0: `blendShapeMaster` with groups; weights of files go to 100, those of the add-on to 1."""
    groups = _field(_field(block, "blendShapeMaster"), "blendShapeGroups")
    for each in groups if isinstance(groups, (list, tuple)) else ():
        if isinstance(each, Mapping):
            preset, own = _field(each, "presetName"), str(_field(each, "name") or "")
            name = preset if isinstance(preset, str) and preset not in ("unknown", "UNKNOWN", "") else own
            binds = _binds(_field(each, "binds"), "mesh", shapes)
            if binds:
                yield Expression(name, binds, f"VRM says “{name}”")


def _vrchat(block: Mapping[str, Any], shapes: Sequence[str]) -> Iterator[Expression]:
    """A VRChat avatar's descriptor: its lists of visemes and of eyelids, by name or by place."""
    for field, names in (("visemeBlendShapes", VISEMES), ("eyelidsBlendshapes", LIDS)):
        found = _field(block, field)
        if isinstance(found, str):
            found = [each.strip() for each in found.split(",")]
        if isinstance(found, Mapping):
            pairs = [(str(name), shape) for name, shape in found.items()]
        else:
            pairs = list(zip(names, found, strict=False)) if isinstance(found, (list, tuple)) else []
        for name, shape in pairs:
            known = _shape(shape, shapes)
            if known is not None:
                yield Expression(name, ((known, 1.0),), f"VRChat's descriptor says “{name}”")


def _binds(found: Any, holder: str, shapes: Sequence[str]) -> tuple[tuple[str, float], ...]:
    """Shapes and values of an expression. A shape that several meshes have counts once."""
    binds: dict[str, float] = {}
    entries = [each for each in found if isinstance(each, Mapping)] if isinstance(found, (list, tuple)) else []
    held = [_field(each, holder) for each in entries if isinstance(_field(each, "index"), int)]
    for each in entries:
        shape, weight = _shape(_field(each, "index"), shapes), _field(each, "weight")
        many = isinstance(_field(each, "index"), int) and len({str(one) for one in held}) > 1
        weight = 1.0 if weight is None else weight  # add-ons do not store what is their default
        if shape is None or many or isinstance(weight, bool) or not isinstance(weight, (int, float)):
            continue  # a place among the shapes means nothing where several meshes are meant
        value = float(weight) / 100 if weight > 1 else float(weight)
        if 0.01 < value <= 1:
            binds[shape] = max(value, binds.get(shape, 0.0))
    return tuple(binds.items())


def _shape(named: Any, shapes: Sequence[str]) -> str | None:
    """The shape of that name, or at that place; None where there is none."""
    if isinstance(named, str):
        return named if named in shapes else None
    if isinstance(named, int) and not isinstance(named, bool) and 0 <= named < len(shapes):
        return shapes[named]
    return None


def _field(block: Any, name: str) -> Any:
    """A field by its name in camel case, or as add-ons write it in snake case."""
    if not isinstance(block, Mapping):
        return None
    plain = name.lower()
    return next((value for key, value in block.items() if str(key).replace("_", "").lower() == plain), None)
