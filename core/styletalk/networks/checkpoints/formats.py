# SPDX-License-Identifier: Apache-2.0
"""The two kinds of checkpoints that are read, and how they are told apart: by key and by the names of their tensors."""

from collections.abc import Iterable
from dataclasses import dataclass

_SEVERAL_GPUS = "module."
"""Stands before each name where a model was saved from several GPUs."""


@dataclass(frozen=True)
class Kind:
    """name: for programs. title: for people. key: under which a published file holds the state dict. parts: how the
    names of its tensors begin, and no other model's as far as we know."""

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
    """A tensor's name without what saving from several GPUs puts before it."""
    return str(name).removeprefix(_SEVERAL_GPUS)


def kind_of_names(names: Iterable[object]) -> Kind | None:
    """Whose tensors these are; None for another model's."""
    plain = [plain_name(name) for name in names]
    return next((kind for kind in KINDS if any(name.startswith(kind.parts) for name in plain)), None)
