# SPDX-License-Identifier: Apache-2.0
"""The published checkpoint format: a `.pth` or `.pt` with a state dict under a key. Nothing is unpickled.

Torch is imported when a file is read, so that the NumPy engine can do without it.
"""

import pickle
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import MissingPackageError, WeightsError
from .formats import GENERATOR, KINDS, Kind, kind_of_names, plain_name
from .sniff import content_seems, file_seems, first_names, is_whole_archive, keys_shown, keys_wanted

_UNREADABLE = (pickle.UnpicklingError, RuntimeError, EOFError, OSError,
               ValueError, KeyError, AttributeError, TypeError, IndexError)  # fmt: skip
"""What torch.load raises for files that are cut off, damaged, or not checkpoints at all."""
_NUMBERS = "?bBhHiIlLqQefd"
"""NumPy's codes for truth values, whole numbers and floating point; objects are not among them."""
_OLD_FORMAT = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
"""How files begin that torch wrote before version 1.6: a pickle of its magic number."""


def read_published(path: Path, kind: Kind = GENERATOR) -> dict[str, np.ndarray]:
    """The tensors under the kind's key, as float32.

    Raises WeightsError where it is cut off or of another model, MissingPackageError without torch.
    """
    content = _unpickled_safely(path)
    found = _kind_of_content(content, path, kind)
    if found is not kind:
        raise WeightsError(
            f"{path} seems to be the {found.name}'s checkpoint ({found.key}): give the {kind.title}'s, with {kind.key}."
        )
    return _arrays(content[kind.key], path, kind)


def published_kind(path: Path) -> Kind:
    """Which network's checkpoint this is, by its key. Raises as `read_published`, saying what it seems to be."""
    return _kind_of_content(_unpickled_safely(path), path, GENERATOR)


def _unpickled_safely(path: Path) -> Any:
    with path.open("rb") as stream:
        start = stream.read(64)
    if start.startswith(b"version https://git-lfs"):
        raise WeightsError(f"{path} is only a Git LFS pointer: the weights themselves were not downloaded. Fetch them.")
    seems = file_seems(path)
    if seems:
        raise WeightsError(f"{path} is not a checkpoint: it seems to be {seems}.")
    torch = import_torch()
    try:
        return _with_numbers(torch, path)
    except _UNREADABLE as error:
        raise WeightsError(_not_weights(path, start, error)) from error


def _with_numbers(torch: Any, path: Path) -> Any:
    """Tensors and plain values; and NumPy's numbers, which training programs like to leave beside them (a best loss).

    Raises what torch.load raises; torch before 2.6 has no way to let NumPy's numbers in.
    """
    try:
        return _loaded(torch, path)
    except pickle.UnpicklingError:
        with suppress(*_UNREADABLE), torch.serialization.safe_globals(_numpy_numbers()):
            return _loaded(torch, path)
        raise


def _loaded(torch: Any, path: Path) -> Any:
    with path.open("rb") as stream:  # a stream, because torch reads a file named .safetensors in another way
        return torch.load(stream, map_location="cpu", weights_only=True)


def _numpy_numbers() -> list[Any]:
    """What a pickle of a NumPy number names: what makes it, under its names in NumPy 1 and 2, and its type."""
    scalar = np.float64(0).__reduce__()[0]
    names = [f"numpy.{core}.multiarray.scalar" for core in ("core", "_core")]
    return [*((scalar, name) for name in names), np.dtype, *{type(np.dtype(code)) for code in _NUMBERS}]


def _not_weights(path: Path, start: bytes, error: Exception) -> str:
    if start.startswith(_OLD_FORMAT) and not isinstance(error, pickle.UnpicklingError):
        return f"{path} is cut off or damaged. Download it again."
    if not start.startswith(b"PK"):
        return f"{path} is not a checkpoint: give a StyleTalk .safetensors or the published .pth or .pt."
    if not is_whole_archive(path):
        return f"{path} is cut off or damaged. Download it again."
    if isinstance(error, pickle.UnpicklingError):
        return f"{path} holds Python objects beside tensors, which are not read because they could run programs."
    return f"{path} cannot be read: it is damaged. Download it again."


def _kind_of_content(content: Any, path: Path, preferred: Kind) -> Kind:
    wanted = keys_wanted()
    if not isinstance(content, Mapping):
        raise WeightsError(f"{path} holds a {type(content).__name__} where a StyleTalk checkpoint has {wanted}.")
    for kind in (preferred, *KINDS):
        if isinstance(content.get(kind.key), Mapping):
            return kind
    for kind in KINDS:
        if kind.key in content:
            held = "nothing" if content[kind.key] is None else f"a {type(content[kind.key]).__name__}"
            raise WeightsError(f"{path} holds {held} under {kind.key}, where the tensors of a {kind.title} belong.")
    raise WeightsError(
        f"{path} is another model's checkpoint: it holds {keys_shown(content)}, and no {wanted}."
        + content_seems(content)
    )


def _arrays(state: Mapping[Any, Any], path: Path, kind: Kind) -> dict[str, np.ndarray]:
    """The state dict as float32, whatever precision it was saved in."""
    torch = import_torch()
    strange = [str(name) for name, value in state.items() if not isinstance(value, torch.Tensor)]
    if strange:
        raise WeightsError(
            f"{path} holds other things than tensors in its state dict ({first_names(strange)}): "
            f"it is not a {kind.title}."
        )
    if state and kind_of_names(state) is not kind:
        raise WeightsError(
            f"{path} is not a {kind.title}: under {kind.key} it holds {first_names(map(str, state))}."
            + content_seems(state)
        )
    whole = [str(name) for name, value in state.items() if not value.is_floating_point()]
    if whole:
        raise WeightsError(f"{path} holds tensors that are not floating point ({first_names(whole)}): weights are.")
    return {plain_name(name): value.detach().float().cpu().numpy() for name, value in state.items()}


def import_torch() -> Any:
    """The torch package. Raises MissingPackageError with the command that installs it."""
    try:
        import torch
    except ImportError as error:
        raise MissingPackageError(
            "This needs PyTorch, which is not installed here. Run `pip install torch`; for a .pth checkpoint you can "
            "also run `styletalk import-checkpoint` where PyTorch is, and bring the .safetensors here."
        ) from error
    return torch
