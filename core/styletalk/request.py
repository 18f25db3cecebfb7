# SPDX-License-Identifier: Apache-2.0
"""AnimationRequest: all that decides an animation, its fields declared here and nowhere else.

A field's metadata says what its flag and its checks are. The command line and headless make their flags from it, the
worker its messages, the panel fills the fields that bear the names of its properties, and an animation's metadata
repeats them. A new option is one field here and one property of the panel.
"""

import dataclasses
import math
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import RequestError

NEUTRAL_STYLE = "neutral"
"""Intensity scales around this preset."""
STANDARD_POSES = ("auto", "none")
"""The head poses that are no file: moving with the speech, and at rest."""
FOLDER = "FOLDER"
"""At the end of a choice, it stands for the path of a folder."""
LANGUAGES = {
    "en": "English", "de": "German", "fr": "French", "es": "Spanish", "it": "Italian", "pt": "Portuguese",
    "nl": "Dutch", "pl": "Polish", "ru": "Russian", "tr": "Turkish", "hi": "Hindi", "zh": "Mandarin",
    "ja": "Japanese", "ko": "Korean",
}  # fmt: skip
"""Of transcripts, code → name. New ones stand at the end: a .blend keeps the number of a choice."""
MAX_INTENSITY = 2.0
MAX_SYNC_OFFSET_MS = 10_000.0
MAX_LEAD_S = 5.0
MAX_SEED = 2**32 - 1


@dataclass(frozen=True)
class Option:
    """How a field is asked for and checked.

    help: of the flag. flag: "--name" of the field where empty; a switch that is on by default becomes "--no-name".
    metavar: what stands for its value. choices: all values there are; at the end of one, FOLDER is any path.
    minimum, maximum: of numbers. group: the heading that its flag stands under.
    """

    help: str
    flag: str = ""
    metavar: str = ""
    choices: tuple[str, ...] = ()
    minimum: float = -math.inf
    maximum: float = math.inf
    group: str = "the line"


def _field(default: Any, help: str, **option: Any) -> Any:
    return dataclasses.field(default=default, metadata={"option": Option(help, **option)})


@dataclass(frozen=True)
class AnimationRequest:
    """All that decides an animation. Paths, names and numbers only, so that it travels to a worker as JSON.

    audio: any sound or video file. transcript: what is said. phonemes: an alignment file (wins over transcript).
    engine, device, precision: see `networks.engine.inference.load_engine`.
    raw: the decoder's output, nothing of motion/ applied.
    Raises RequestError where a value is of the wrong type or out of range.
    """

    audio: Path
    transcript: str | None = _field(None, "a text file with what is said", flag="--text", metavar="FILE")
    phonemes: Path | None = _field(None, "an alignment: TextGrid, *_seq.json, or another program's", metavar="FILE")
    recogniser: str = _field(
        "auto", "how phonemes are found", metavar=f"auto|heard|words|faster-whisper:{FOLDER}",
        choices=("auto", "heard", "words", f"faster-whisper:{FOLDER}"),
    )  # fmt: skip
    language: str = _field("auto", "of the transcript, by default as its words show", choices=("auto", *LANGUAGES))
    style: str = _field(NEUTRAL_STYLE, "a preset's name or a style file", metavar="NAME|FILE")
    intensity: float = _field(
        1.0, "0 neutral, 1 the style, 2 twice as much", metavar="X", minimum=0.0, maximum=MAX_INTENSITY
    )
    intensity_curve: Path | None = _field(
        None,
        "intensity over time, .csv or an animation's .npz; wins over --intensity",
        metavar="FILE",
    )
    intensity_keys: Path | None = _field(
        None, ".csv of seconds and intensity, in place of --intensity; the line still swells it", metavar="FILE"
    )
    second_style: str | None = _field(None, "another style, which --style-blend mixes in", metavar="NAME|FILE")
    style_blend: float = _field(
        0.5, "how much of the second style: 0 none, 1 nothing else", metavar="X", minimum=0.0, maximum=1.0
    )
    style_blend_keys: Path | None = _field(None, ".csv of seconds and blend, in place of --style-blend", metavar="FILE")
    style_changes: Path | None = _field(
        None, "other styles from some times on: .csv or .json of seconds, style, intensity, until", metavar="FILE"
    )
    lead_in_s: float = _field(
        0.4, "seconds in which the expression comes before the first word", flag="--lead-in", metavar="S", minimum=0.0,
        maximum=MAX_LEAD_S,
    )  # fmt: skip
    lead_out_s: float = _field(
        0.6, "seconds in which it goes after the last one", flag="--lead-out", metavar="S", minimum=0.0,
        maximum=MAX_LEAD_S,
    )  # fmt: skip
    swell: bool = _field(True, "let no style grow on stressed words")
    accents: bool = _field(True, "keep brows and lids out of stressed words")
    micro_movement: bool = _field(True, "keep brows and lids quite still where nothing moves them")
    follow_voice: bool = _field(False, "more intensity where the voice is raised, less where it is low or whispers")
    pose: str = _field(
        "auto", "head motion: with the speech, none, or from a .mat, .npz or .csv file", metavar="FILE|auto|none"
    )
    blinks: bool = _field(True, "add no blinks")
    gaze: bool = _field(True, "keep the eyes straight ahead")
    sync_offset_ms: float = _field(
        0.0, "milliseconds; positive: the face later", flag="--sync-offset", metavar="MS",
        minimum=-MAX_SYNC_OFFSET_MS, maximum=MAX_SYNC_OFFSET_MS,
    )  # fmt: skip
    former: Path | None = _field(
        None,
        "an earlier .npz of this line: what lies far from phonemes that have changed since is kept as it is there",
        metavar="FILE",
    )
    seed: int = _field(
        0, "number that decides blinks, gaze, head motion and micro-movement", metavar="N", minimum=0, maximum=MAX_SEED
    )
    raw: bool = _field(False, "the networks' output alone, nothing of what follows them")
    checkpoint: Path | None = _field(
        None, "weights (.safetensors or published .pth)", metavar="FILE", group="the networks"
    )
    engine: str = _field("auto", "what runs the networks", choices=("auto", "torch", "numpy"), group="the networks")
    device: str = _field("auto", "where PyTorch runs", choices=("auto", "cpu", "cuda"), group="the networks")
    precision: str = _field(
        "auto", "number format of PyTorch", choices=("auto", "float32", "bfloat16", "float16"), group="the networks"
    )

    def __post_init__(self) -> None:
        for each in dataclasses.fields(self):
            value = getattr(self, each.name)
            _check_type(each, value)
            if (option := option_of(each)) is not None:
                _check_value(each.name, value, option)

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> "AnimationRequest":
        """The request with these fields, as JSON holds them; what is not named has its default. Raises RequestError."""
        known = {each.name: each for each in dataclasses.fields(cls)}
        for name in values:
            if name not in known:
                raise RequestError(f"There is no option {str(name)[:40]!r}. Use the same release on both sides.")
        if "audio" not in values:
            raise RequestError("The request names no sound. Give the path of a sound file as audio.")
        return cls(**{name: _from_json(known[name], value) for name, value in values.items()})

    def as_values(self) -> dict[str, Any]:
        """The fields that differ from their defaults, as JSON holds them: the inverse of `from_values`."""
        given = {each.name: getattr(self, each.name) for each in dataclasses.fields(self)}
        kept = {each.name for each in dataclasses.fields(self) if given[each.name] != each.default}
        return {
            name: str(given[name]) if isinstance(given[name], Path) else given[name] for name in given if name in kept
        }


def option_of(field: "dataclasses.Field[Any]") -> Option | None:
    """What the metadata of a request's field says of it; None for the sound, which every command takes its own way."""
    return field.metadata.get("option")


def is_choice(value: str, option: Option) -> bool:
    """Whether a value is one of an option's choices."""
    starts = [each.removesuffix(FOLDER) for each in option.choices if each.endswith(FOLDER)]
    return value in option.choices or any(value.startswith(start) and value != start for start in starts)


def may_be_file(field: "dataclasses.Field[Any]") -> bool:
    """Whether a request's field can hold the path of a file or folder, alone or beside names."""
    option = option_of(field)
    named = option is not None and ("FILE" in option.metavar.split("|") or option.metavar.endswith(FOLDER))
    return value_type(field) is Path or named


def value_type(field: "dataclasses.Field[Any]") -> type:
    """The type of a field's values where they are not None: Path, str, float, int or bool."""
    if isinstance(field.type, types.UnionType):
        return next(each for each in typing.get_args(field.type) if each is not type(None))
    return typing.cast(type, field.type)


def _from_json(field: "dataclasses.Field[Any]", value: Any) -> Any:
    if value_type(field) is Path and isinstance(value, str):
        return Path(value)
    return value


def _check_type(field: "dataclasses.Field[Any]", value: Any) -> None:
    if value is None and isinstance(field.type, types.UnionType):
        return
    wanted = value_type(field)
    fits = isinstance(value, (int, float)) if wanted is float else isinstance(value, wanted)
    if not fits or (isinstance(value, bool) and wanted is not bool):
        found = _number(value) if type(value) is int else _COMPOUND.get(type(value)) or repr(value)[:40]
        raise RequestError(f"The option {field.name} must be {_KINDS[wanted]}, not {found}.")


def _check_value(name: str, value: Any, option: Option) -> None:
    if option.choices and not is_choice(value, option):
        raise RequestError(f"{_spoken(name)} {value[:40]!r} is unknown. Choose one of {', '.join(option.choices)}.")
    if value == "" and "|" in option.metavar:
        raise RequestError(f"{_spoken(name)} is empty. Give {option.metavar.replace('|', ' or ')}.")
    if isinstance(value, (int, float)) and not option.minimum <= value <= option.maximum:
        said, low, high = map(_number, (value, option.minimum, option.maximum))
        raise RequestError(f"{_spoken(name)} {said} is out of range. Choose {low} to {high}.")


def _number(value: float) -> str:
    """A number for a message, whole ones in full; one with thousands of digits cannot be told as anything else."""
    if isinstance(value, int):
        return str(value) if abs(value) < 10**20 else "with more than 20 digits"
    return f"{value:g}"


def _spoken(name: str) -> str:
    """A field's name at the beginning of a sentence."""
    return f"The {name.removesuffix('_ms').removesuffix('_s').replace('_', ' ')}"


_COMPOUND: dict[type, str] = {list: "a list", dict: "an object"}
"""Of JSON: they can be too deep to be shown."""
_KINDS = {Path: "a path", str: "text", float: "a number", int: "a whole number", bool: "true or false"}
