# SPDX-License-Identifier: Apache-2.0
"""A checkpoint's tensors, whichever format it has: safetensors, or the published `.pth` and `.pt`, a state dict under a
key. Nothing is unpickled.

Torch is imported where a published file is read, so that the NumPy engine can do without it.
"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import WeightsError
from ...files.reading import UnusableContent, explaining
from ...files.tensors import is_safetensors, read_tensors
from ...files.torch_file import import_torch, read_torch
from .formats import GENERATOR, KINDS, Kind, first_names, kind_of_names, plain_name
from .state import check_kind

_LFS_POINTER = b"version https://git-lfs"


def read_checkpoint(path: Path, kind: Kind = GENERATOR) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """The tensors of either format as float32, told apart by content, and the metadata of safetensors.

    Raises WeightsError where it is cut off or of another model, MissingPackageError without torch.
    """
    with explaining(partial(no_checkpoint, path)):
        if is_safetensors(path):
            tensors, metadata = read_tensors(path)
            check_kind(tensors, kind, str(path))
            return tensors, metadata
        content = _published(path)
        found = _kind_of_content(content, path, kind)
        if found is not kind:
            raise WeightsError(f"{path} is a {found.title}'s checkpoint. Give a {kind.title}'s, with {kind.key}.")
        return _arrays(content[kind.key], path, kind), {}


def recognised(path: Path) -> tuple[Kind, dict[str, str]]:
    """Which network's checkpoint this is, and what safetensors say beside it. Raises as `read_checkpoint`."""
    with explaining(partial(no_checkpoint, path)):
        if not is_safetensors(path):
            return _kind_of_content(_published(path), path, GENERATOR), {}
        tensors, metadata = read_tensors(path)
    kind = kind_of_names(tensors)
    if kind is None:
        raise WeightsError(
            f"{path} is another model's checkpoint: its tensors are {first_names(tensors) or 'none'}. "
            "Give a StyleTalk generator's or a photoreal renderer's."
        )
    return kind, metadata


def _published(path: Path) -> Any:
    with path.open("rb") as stream:
        pointer = stream.read(len(_LFS_POINTER)) == _LFS_POINTER
    if pointer:
        raise WeightsError(f"{path} is a Git LFS pointer, not the weights. Fetch them with `git lfs pull`.")
    return read_torch(path)


def no_checkpoint(path: Path, reason: str) -> WeightsError:
    """What is said of a file whose content cannot be used."""
    return WeightsError(
        f"{path} is not a checkpoint that can be read ({reason}). Download it again, or give a StyleTalk .safetensors."
    )


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
    for name, value in state.items():
        if value.numel() * value.element_size() > value.untyped_storage().nbytes():
            raise UnusableContent(f"the tensor {name} claims more numbers than there are")
    return {plain_name(name): value.detach().float().cpu().numpy() for name, value in state.items()}
