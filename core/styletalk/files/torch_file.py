# SPDX-License-Identifier: Apache-2.0
"""The one reader of what `torch.save` writes: published checkpoints, and the states of trainings.

Torch is imported when a file is read. Nothing is unpickled but tensors, plain values and NumPy's numbers.
"""

import pickle
import pickletools
import warnings
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import numpy as np

from ..errors import MissingPackageError
from .limits import MAX_NAME, MAX_WEIGHTS_BYTES
from .npz import opened_zip
from .reading import UnusableContent, opened

_ZIP = b"PK"
_OLD_FORMAT = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
"""The first bytes of files by torch before version 1.6: a pickle of its magic number."""
_OLD_PICKLES = 5
"""Magic number, version, system, content, the keys of the storages; the storages follow."""
_NUMBERS = "?bBhHiIlLqQefd"
"""NumPy's codes for booleans, integers and floating point; objects are not among them."""


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


def read_torch(path: Path) -> Any:
    """The tensors and plain values of a file, on the CPU.

    Raises UnusableContent for anything else, MissingPackageError without torch, OSError.
    """
    torch = import_torch()
    with opened(path, MAX_WEIGHTS_BYTES) as (stream, size):
        start = stream.read(len(_OLD_FORMAT))
        try:
            _check_names(stream, size, start.startswith(_ZIP))
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of pickles that are refused anyway
                return _with_numbers(torch, path)
        except UnusableContent:
            raise
        except Exception as error:  # torch raises many types, and of its own, for bytes that are none of its own
            raise UnusableContent(_reason(start, error)) from error


def _check_names(stream: IO[bytes], size: int, is_zip: bool) -> None:
    """Refuse what makes torch take memory or time: packed storages, and names that its own sentences are searched for.

    Raises UnusableContent, and what zipfile and pickletools raise for damaged files.
    """
    if is_zip:
        with opened_zip(stream, size, size) as stored:  # PyTorch packs nothing
            entries = [name for name in stored.namelist() if name.endswith("data.pkl")]
            pickles = [stored.read(name) for name in entries]
    else:
        stream.seek(0)
        pickles = [stream] * _OLD_PICKLES
    for each in pickles:
        for _, argument, _ in pickletools.genops(each):
            if isinstance(argument, str) and len(argument) > MAX_NAME:
                raise UnusableContent("it holds a name that is too long")


def _with_numbers(torch: Any, path: Path) -> Any:
    """Tensors and plain values; and NumPy's numbers, which training programs often save beside them (a best loss).

    Raises what torch.load raises; torch before 2.6 has no way to let NumPy's numbers in.
    """
    try:
        return _loaded(torch, path)
    except pickle.UnpicklingError:
        with suppress(Exception), torch.serialization.safe_globals(_numpy_numbers()):
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


def _reason(start: bytes, error: Exception) -> str:
    objects = isinstance(error, pickle.UnpicklingError)
    if start.startswith(_ZIP) and objects:
        return "it holds Python objects beside tensors, which could run programs, or is damaged"
    if start.startswith(_OLD_FORMAT) and not objects:
        return "it is cut off or damaged"
    return "it was not written by PyTorch, or is damaged"
