# SPDX-License-Identifier: Apache-2.0
"""What the configs of all networks share: fields read from JSON, and upper limits of their counts."""

import dataclasses
import reprlib
from collections.abc import Mapping
from typing import Any

from ..errors import WeightsError
from ..files.json_text import parse_json
from ..files.reading import explaining


def config_fields(config_class: type, text: str, what: str = "model config") -> dict[str, Any]:
    """The fields of a config dataclass that a JSON object names.

    Raises WeightsError for anything else, such as a field that the class does not have; `what` names the config.
    """
    with explaining(lambda reason: WeightsError(f"The {what} cannot be read ({reason}). Download the weights again.")):
        fields = parse_json(text)
    if not isinstance(fields, dict):
        raise WeightsError(f"The {what} is not a JSON object. Download the weights again.")
    fields = {_FORMER_NAMES.get(str(name), str(name)): value for name, value in fields.items()}
    unknown = sorted(set(fields) - {field.name for field in dataclasses.fields(config_class)})
    if unknown:
        raise WeightsError(
            f"The {what} has unknown fields: {', '.join(unknown[:5])}. Install the version that made it."
        )
    return fields


_FORMER_NAMES = {"prosody_dim": "audio_dim"}
"""What fields are called in files that older versions wrote."""


def check_counts(config: object, limits: Mapping[str, int], what: str = "model config") -> None:
    """Raises WeightsError where a field named in `limits` is not a whole number from 1 to its limit."""
    for name, limit in limits.items():
        value = getattr(config, name)
        if type(value) is not int or not 1 <= value <= limit:
            raise WeightsError(
                f"The {what} has {name} = {reprlib.repr(value)}; it must be a whole number in 1..{limit}."
            )
