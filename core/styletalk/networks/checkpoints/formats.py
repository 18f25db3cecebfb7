# SPDX-License-Identifier: Apache-2.0
"""The two kinds of checkpoints that are read, told apart by their key and by the names of their tensors."""

from collections.abc import Iterable
from dataclasses import dataclass

_SEVERAL_GPUS = "module."
_NAMES_SHOWN = 3


@dataclass(frozen=True)
class Kind:
    """name: for programs. title: for messages. key: of the state dict in a published file. parts: how the names of its
    tensors begin."""

    name: str
    title: str
    key: str
    parts: tuple[str, ...]


GENERATOR = Kind(
    "generator", "StyleTalk generator", "model_state_dict",
    ("content_encoder.", "style_encoder.", "decoder.upper_", "decoder.lower_"),
)  # fmt: skip
RENDERER = Kind("renderer", "photoreal renderer", "net_G_ema", ("mapping_net.", "warpping_net.", "editing_net."))
KINDS = (GENERATOR, RENDERER)


def plain_name(name: object) -> str:
    """A tensor's name without the prefix of models saved from several GPUs."""
    return str(name).removeprefix(_SEVERAL_GPUS)


def kind_of_names(names: Iterable[object]) -> Kind | None:
    """The kind that has tensors of these names; None for another model's."""
    plain = [plain_name(name) for name in names]
    return next((kind for kind in KINDS if any(name.startswith(kind.parts) for name in plain)), None)


def first_names(names: Iterable[object]) -> str:
    """The first few of many names, and how many more there are, for a message."""
    names = [str(name) for name in names]
    more = f" and {len(names) - _NAMES_SHOWN} more" if len(names) > _NAMES_SHOWN else ""
    return ", ".join(names[:_NAMES_SHOWN]) + more
