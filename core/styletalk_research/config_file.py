# SPDX-License-Identifier: Apache-2.0
"""Configurations as JSON files: what every recipe's dataclass is read by, field by field, with its place named."""

import dataclasses
import difflib
import json
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, NoReturn, TypeVar

from styletalk.files.json_text import parse_json
from styletalk.files.reading import explaining
from styletalk.files.text import read_text

from .datasets.errors import TrainingDataError

RECIPE = "recipe"
"""A key that every configuration may have: which dataclass it is of, see recipes.chosen_recipe."""
_PLAIN: dict[Any, tuple[tuple[type, ...], str]] = {
    int: ((int,), "a whole number"), float: ((int, float), "a number"), str: ((str,), "text in quotes"),
    bool: ((bool,), "true or false"), type(None): ((type(None),), "null"),
}  # fmt: skip
"""Type of a field → what JSON may hold there, and what that is called. `type(value)` is asked: true is no number."""

_FORMER_NAMES = {
    "prosody_dim": "audio_dim", "deaf_crispness": "labels_only_crispness", "hearing_share": "whisper_share",
    "hearing_dropout": "whisper_dropout",
}  # fmt: skip
"""Fields in files of version 0.1.0 → what they are called now."""

Config = TypeVar("Config")
Own = TypeVar("Own", bound="RunConfig")


@dataclass(frozen=True)
class RunConfig:
    """What the configurations of all recipes can do.

    recipe: its name, "" for the default one. minor: fields that change no weight.
    """

    recipe: ClassVar[str] = ""
    minor: ClassVar[tuple[str, ...]] = ("device", "save_every")

    @property
    def deciding(self: Own) -> Own:
        """The same without what changes no weight."""
        defaults = {field.name: field.default for field in dataclasses.fields(self) if field.name in self.minor}
        return dataclasses.replace(self.portable, **defaults)

    @property
    def portable(self: Own) -> Own:
        """The same without the folders of this machine, for the weights file."""
        return self

    def stored_in(self: Own, folder: Path) -> Own:
        """The same for a file in that folder: of paths, only those that are needed later, as they are from there."""
        return self.portable

    def to_json(self) -> str:
        """All fields as a JSON object, with the name of the recipe."""
        named = {RECIPE: self.recipe} if self.recipe else {}
        return json.dumps(named | dataclasses.asdict(self), indent=2)

    @classmethod
    def from_json(cls: type[Own], text: str) -> Own:
        """The inverse of `to_json`; absent fields keep their defaults. Raises as `config_from_json`."""
        return config_from_json(cls, text)

    @classmethod
    def load(cls: type[Own], path: Path) -> Own:
        """Read a JSON file. Raises as `config_from_json`, and TrainingDataError where there is no text."""
        with explaining(lambda reason: TrainingDataError(f"{path} cannot be read ({reason}). Give a JSON file.")):
            text = read_text(Path(path))
        return cls.from_json(text)


def config_from_json(kind: type[Config], text: str) -> Config:
    """The dataclass `kind` of a JSON object, those within it of objects within; absent fields keep their defaults.

    Raises TrainingDataError for other text, unknown fields and values of another type, with their places (sync.width),
    and whatever the dataclasses themselves raise where values contradict each other.
    """
    with explaining(_no_config):
        content = parse_json(text)
    if not isinstance(content, dict):
        raise TrainingDataError("The training configuration is not a JSON object. Put its fields within { and }.")
    content.pop(RECIPE, None)
    return _made(kind, content, "")


def _made(kind: type[Config], content: Mapping[str, Any], place: str) -> Config:
    """The dataclass of an object that stands at `place`, which ends in a dot unless it is empty."""
    types_of = typing.get_type_hints(kind)
    known = [field.name for field in dataclasses.fields(kind)]  # type: ignore[arg-type] - a dataclass, by contract
    content = {_FORMER_NAMES.get(name, name): value for name, value in content.items()}
    unknown = [place + name + _perhaps(name, known) for name in content if name not in known]
    if unknown:
        raise TrainingDataError(f"The training configuration has unknown fields: {', '.join(unknown)}. Correct them.")
    return kind(**{name: _value(types_of[name], value, place + name) for name, value in content.items()})


def _value(wanted: Any, value: Any, place: str) -> Any:
    """The value of JSON as the type of its field: objects as dataclasses, lists as tuples."""
    choices = typing.get_args(wanted) if isinstance(wanted, types.UnionType) else (wanted,)
    if value is None and type(None) in choices:
        return None
    wanted = choices[0]
    if isinstance(wanted, type) and dataclasses.is_dataclass(wanted):
        return _made(wanted, value, f"{place}.") if isinstance(value, dict) else _refuse(place, value, "an object")
    if typing.get_origin(wanted) is tuple:
        return _tuple(typing.get_args(wanted), value, place)
    if wanted in _PLAIN and type(value) not in _PLAIN[wanted][0]:
        _refuse(place, value, _PLAIN[wanted][1])
    return value


def _tuple(wanted: tuple[Any, ...], value: Any, place: str) -> tuple[Any, ...]:
    """A list as a tuple. wanted: the type of each item, or one type and `...` for as many as there are."""
    if not isinstance(value, list):
        _refuse(place, value, "a list")
    each = (wanted[0],) * len(value) if wanted[-1] is ... else wanted
    if len(each) != len(value):
        _refuse(place, value, f"a list of {len(each)}")
    return tuple(_value(kind, item, f"{place}[{k}]") for k, (kind, item) in enumerate(zip(each, value, strict=True)))


def _refuse(place: str, value: Any, wanted: str) -> NoReturn:
    raise TrainingDataError(f"The training configuration has {place} = {json.dumps(value)}; it must be {wanted}.")


def _perhaps(name: str, known: list[str]) -> str:
    alike = difflib.get_close_matches(name, known, n=1)
    return f" ({alike[0]}?)" if alike else ""


def _no_config(reason: str) -> TrainingDataError:
    return TrainingDataError(f"The training configuration is no JSON that can be used ({reason}). Correct the file.")
