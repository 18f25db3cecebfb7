# SPDX-License-Identifier: Apache-2.0
"""The flags of an AnimationRequest, made from its fields: the same for `styletalk animate` and for headless."""

import argparse
import dataclasses
from collections.abc import Collection
from pathlib import Path
from typing import Any

from ..request import AnimationRequest, Option, option_of, value_type

GROUPS = ("the line", "the networks")


SPEECH_FIELDS = ("transcript", "phonemes", "recogniser", "language")
"""What decides how a sound becomes phonemes."""


def add_request_options(parser: argparse.ArgumentParser, names: Collection[str] | None = None) -> None:
    """One flag for each field of `names`, by default for all but the sound, under the heading of its group."""
    groups = {title: parser.add_argument_group(title) for title in GROUPS}
    for field in dataclasses.fields(AnimationRequest):
        option = option_of(field)
        if option is not None and (names is None or field.name in names):
            groups[option.group].add_argument(_flag(field, option), dest=field.name, **_arguments(field, option))


def request_from_options(options: argparse.Namespace, audio: Path) -> AnimationRequest:
    """The request that the flags ask for; what has no flag has its default.

    Raises RequestError, and TranscriptError where --text cannot be read.
    """
    names = [field.name for field in dataclasses.fields(AnimationRequest) if option_of(field) is not None]
    values = {name: getattr(options, name) for name in names if hasattr(options, name)}
    if values.get("transcript") is not None:
        from ..speech.text.transcript_file import read_transcript

        values["transcript"] = read_transcript(Path(values["transcript"]))
    return AnimationRequest(audio=audio, **values)


def _flag(field: "dataclasses.Field[Any]", option: Option) -> str:
    name = field.name.replace("_", "-")
    return option.flag or (f"--no-{name}" if field.default is True else f"--{name}")


def _arguments(field: "dataclasses.Field[Any]", option: Option) -> dict[str, Any]:
    """What argparse is told of a flag."""
    if value_type(field) is bool:
        return {"action": "store_false" if field.default is True else "store_true", "help": option.help}
    shown = {"metavar": option.metavar} if option.metavar else {}
    choices = {"choices": option.choices} if option.choices and not option.metavar else {}
    return {"type": value_type(field), "default": field.default, "help": option.help, **shown, **choices}
