# SPDX-License-Identifier: Apache-2.0
"""The published checkpoint format: a `.pth` whose `model_state_dict` holds the tensors. Nothing is unpickled.

Torch is imported when a file is read, so that the NumPy engine can do without it.
"""

import pickle
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import MissingPackageError, WeightsError

_UNREADABLE = (pickle.UnpicklingError, RuntimeError, EOFError, OSError,
               ValueError, KeyError, AttributeError, TypeError, IndexError)  # fmt: skip
"""What torch.load raises for files that are cut off, damaged, or not checkpoints at all."""


def read_published(path: Path) -> dict[str, np.ndarray]:
    """The tensors under `model_state_dict` of a .pth, as float32.

    Raises WeightsError where it is cut off or of another model, MissingPackageError without torch.
    """
    state = _state_dict(_unpickled_safely(path), path)
    torch = import_torch()
    if not all(isinstance(value, torch.Tensor) for value in state.values()):
        raise WeightsError(
            f"{path} holds other things than tensors in its state dict: it is not a StyleTalk generator."
        )
    # A model saved from several GPUs has "module." before each name.
    return {name.removeprefix("module."): value.detach().float().cpu().numpy() for name, value in state.items()}


def _unpickled_safely(path: Path) -> Any:
    torch = import_torch()
    with path.open("rb") as stream:
        start = stream.read(64)
    if start.startswith(b"version https://git-lfs"):
        raise WeightsError(f"{path} is only a Git LFS pointer: the weights themselves were not downloaded. Fetch them.")
    try:
        with path.open("rb") as stream:  # a stream, because torch reads a file named .safetensors in another way
            return torch.load(stream, map_location="cpu", weights_only=True)
    except _UNREADABLE as error:
        raise WeightsError(_not_weights(path, start)) from error


def _not_weights(path: Path, start: bytes) -> str:
    if start.startswith(b"PK"):
        return (
            f"{path} cannot be read: it is cut off, damaged, or holds Python objects beside tensors. Download it again."
        )
    return f"{path} is not a checkpoint: give a StyleTalk .safetensors or the published .pth."


def _state_dict(content: Any, path: Path) -> dict[str, Any]:
    if not isinstance(content, dict):
        raise WeightsError(
            f"{path} holds a {type(content).__name__} where a StyleTalk checkpoint has model_state_dict."
        )
    if any(str(key).startswith("net_G") for key in content):
        raise WeightsError(
            f"{path} seems to be the renderer's checkpoint (net_G_ema): "
            "give the StyleTalk generator's, with model_state_dict."
        )
    if isinstance(content.get("model_state_dict"), dict):
        return {str(name): value for name, value in content["model_state_dict"].items()}
    names = ", ".join(str(key) for key in list(content)[:3]) or "nothing"
    raise WeightsError(f"{path} is another model's checkpoint: it holds {names}, and no model_state_dict.")


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
