# SPDX-License-Identifier: Apache-2.0
"""The published checkpoint format: a `.pth` or `.pt` with a state dict under a key. Nothing is unpickled.

Torch is imported when a file is read, so that the NumPy engine can do without it.
"""

import pickle
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import MissingPackageError, WeightsError
from .formats import GENERATOR, KINDS, Kind, first_names, plain_name
from .state import check_kind

_UNREADABLE = (pickle.UnpicklingError, RuntimeError, EOFError, OSError,
               ValueError, KeyError, AttributeError, TypeError, IndexError)  # fmt: skip
"""What torch.load raises for files that are cut off, damaged, or not checkpoints at all."""
_NUMBERS = "?bBhHiIlLqQefd"
"""NumPy's codes for booleans, integers and floating point; objects are not among them."""
_OLD_FORMAT = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
"""The first bytes of files by torch before version 1.6: a pickle of its magic number."""


def read_published(path: Path, kind: Kind = GENERATOR) -> dict[str, np.ndarray]:
    """The tensors under the kind's key, as float32.

    Raises WeightsError where it is cut off or of another model, MissingPackageError without torch.
    """
    content = _unpickled_safely(path)
    found = _kind_of_content(content, path, kind)
    if found is not kind:
        raise WeightsError(f"{path} is a {found.title}'s checkpoint. Give a {kind.title}'s, with {kind.key}.")
    return _arrays(content[kind.key], path, kind)


def published_kind(path: Path) -> Kind:
    """Which network's checkpoint this is, by its key. Raises as `read_published`."""
    return _kind_of_content(_unpickled_safely(path), path, GENERATOR)


def _unpickled_safely(path: Path) -> Any:
    with path.open("rb") as stream:
        start = stream.read(64)
    if start.startswith(b"version https://git-lfs"):
        raise WeightsError(f"{path} is a Git LFS pointer, not the weights. Fetch them with `git lfs pull`.")
    torch = import_torch()
    try:
        return _with_numbers(torch, path)
    except _UNREADABLE as error:
        raise WeightsError(_not_weights(path, start, error)) from error


def _with_numbers(torch: Any, path: Path) -> Any:
    """Tensors and plain values; and NumPy's numbers, which training programs often save beside them (a best loss).

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
    objects = isinstance(error, pickle.UnpicklingError)
    cut_off = start.startswith(b"PK") and not zipfile.is_zipfile(path)
    if cut_off or (start.startswith(_OLD_FORMAT) and not objects):
        return f"{path} is cut off or damaged. Download it again."
    if start.startswith(b"PK") and objects:
        return f"{path} holds Python objects beside tensors, which could run programs. Save its state dict alone."
    return f"{path} is not a checkpoint. Give a StyleTalk .safetensors, or the published .pth or .pt."


def _kind_of_content(content: Any, path: Path, preferred: Kind) -> Kind:
    for kind in (preferred, *KINDS):
        if isinstance(content, Mapping) and isinstance(content.get(kind.key), Mapping):
            return kind
    keys = " or ".join(f"{kind.key} ({kind.title})" for kind in KINDS)
    raise WeightsError(f"{path} has no state dict under {keys}. Give a published StyleTalk checkpoint.")


def _arrays(state: Mapping[Any, Any], path: Path, kind: Kind) -> dict[str, np.ndarray]:
    """The state dict as float32, whatever precision it was saved in."""
    torch = import_torch()
    check_kind(state, kind, str(path))
    unfit = [name for name, value in state.items() if not (torch.is_tensor(value) and value.is_floating_point())]
    if unfit:
        what = f"values that are not floating-point tensors ({first_names(unfit)})"
        raise WeightsError(f"{path} is not a {kind.title}: it holds {what}. Give another checkpoint.")
    return {plain_name(name): value.detach().float().cpu().numpy() for name, value in state.items()}


def import_torch() -> Any:
    """The torch package. Raises MissingPackageError with the command that installs it."""
    try:
        import torch
    except ImportError as error:
        raise MissingPackageError(
            "This needs PyTorch. Install it with `pip install torch`; a .pth checkpoint can also be converted "
            "elsewhere, with `styletalk import-checkpoint`."
        ) from error
    return torch
