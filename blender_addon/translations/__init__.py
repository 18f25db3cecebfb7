# SPDX-License-Identifier: GPL-3.0-or-later
"""The interface in other languages, by Blender's own means: the tables beside this file are registered with it.

What Blender translates by itself are texts that stand in a table as they are. Sentences with values in them pass
through `translated`, wherever they are shown.
"""

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy

from ..compat import LOCALES, has_translations
from ..styletalk.files.json_text import read_json
from .sentences import Sentences

FOLDER = Path(__file__).parent

CONTEXTS = ("*", "Operator", "StyleTalk")
"""Buttons of operators are looked up in a context of their own, titles of our panels in ours, the rest in Blender's
default."""


def tables() -> dict[str, dict[str, str]]:
    """Code of a language → English → that language."""
    paths = sorted(FOLDER.glob("*.json"))
    return {path.stem: read_json(path) for path in paths}


def attach() -> None:
    """Register the tables, and what templates make of the texts of our classes, which must be registered by then."""
    if not has_translations():
        return
    from .. import registered_classes

    found = {}
    for code, table in tables().items():
        texts = {**table, **dict(_made_of_templates(registered_classes(), table))}
        messages = {(context, text): said for text, said in texts.items() for context in CONTEXTS}
        found.update(dict.fromkeys(LOCALES.get(code, (code,)), messages))
    bpy.app.translations.register(__package__, found)


def detach() -> None:
    """The mirror of `attach`."""
    if has_translations():
        bpy.app.translations.unregister(__package__)
    _translated.cache_clear()


def translated(text: str) -> str:
    """A sentence or label as Blender's interface is set; in English as it is."""
    if not text or not has_translations():
        return text
    view = bpy.context.preferences.view
    return _translated(text, (bpy.app.translations.locale, view.use_translate_interface))


@functools.lru_cache(maxsize=2000)
def _translated(text: str, _language: Any) -> str:
    return _sentences().translated(text, bpy.app.translations.pgettext_iface)


@functools.cache
def _sentences() -> Sentences:
    return Sentences(next(iter(tables().values()), {}))


def _made_of_templates(classes: tuple[type, ...], table: dict[str, str]) -> Iterator[tuple[str, str]]:
    """(text, translation) of names and tooltips that the classes made of a template, such as “The preset happy”."""
    sentences = Sentences(table)
    for text in {text for cls in classes for text in texts_of(cls)} - set(table):
        said = sentences.translated(text, lambda known: table.get(known, known))
        if said != text:
            yield text, said


def texts_of(cls: Any) -> Iterator[str]:
    """What Blender shows of a registered class: its name and tooltip, those of its properties and of their choices."""
    rna = _rna(cls)
    yield from filter(None, (rna.name, rna.description))
    for each in rna.properties:
        if each.is_hidden or each.identifier in _properties_of_base(cls):
            continue
        yield from filter(None, (each.name, each.description))
        for item in getattr(each, "enum_items_static", ()) or ():
            yield from filter(None, (item.name, item.description))


def _rna(cls: Any) -> Any:
    """What Blender knows of a registered class; of an operator's its button knows more."""
    if not issubclass(cls, bpy.types.Operator):
        return cls.bl_rna
    group, name = cls.bl_idname.split(".")
    return getattr(getattr(bpy.ops, group), name).get_rna_type()


def _properties_of_base(cls: Any) -> set[str]:
    """Those that Blender itself gives to every operator, panel or group."""
    base = cls.bl_rna.base
    return {each.identifier for each in base.properties} if base is not None else {"rna_type", "name"}
