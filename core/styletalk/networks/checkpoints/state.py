# SPDX-License-Identifier: Apache-2.0
"""Checks of every checkpoint, whichever network it is of, and the metadata beside its tensors."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import WeightsError
from ...files.limits import MAX_WEIGHTS_BYTES
from ...files.reading import existing_file
from .formats import Kind, first_names, kind_of_names

CONFIG_KEY = "config"
"""Where the config stands in the safetensors metadata."""

MAX_ABS_WEIGHT = 1e4
"""Of a trained network they stay below a hundred."""

Shape = tuple[int, ...]
Shapes = Mapping[str, Shape]


def existing_weights(path: Path) -> Path:
    """The path, if a file with content lies there. Raises WeightsError."""
    existing_file(path, "weights file", WeightsError)
    size = path.stat().st_size
    if not 0 < size <= MAX_WEIGHTS_BYTES:
        raise WeightsError(f"{path} is {'too large for weights' if size else 'empty'}. Download it again.")
    return path


def of_file(path: Path, error: WeightsError) -> WeightsError:
    """The error with the file's name put before its sentence."""
    sentence = str(error)
    return WeightsError(f"{path}: {sentence[:1].lower()}{sentence[1:]}")


def shapes_of(tensors: Mapping[str, Any]) -> dict[str, Shape]:
    """Name -> shape."""
    return {name: tuple(tensor.shape) for name, tensor in tensors.items()}


def check_kind(names: Mapping[str, Any], kind: Kind, file: str) -> None:
    """Raises WeightsError where tensors by these names are another model's."""
    found = kind_of_names(names)
    if names and found is not kind:
        what = f"a {found.title}'s" if found else first_names(names)
        raise WeightsError(f"{file} is not a {kind.title}: its tensors are {what}. Give another checkpoint.")


def compare_shapes(shapes: Shapes, expected: Shapes, file: str, kind: Kind) -> None:
    """Raises WeightsError, naming the first tensors that are missing, unexpected, or of another shape."""
    complaints = (
        ("lacks", [name for name in expected if name not in shapes]),
        ("has the unexpected", [name for name in shapes if name not in expected]),
        ("does not fit its config in", [
            f"{name} {list(shapes[name])} instead of {list(expected[name])}"
            for name in expected if name in shapes and shapes[name] != expected[name]
        ]),
    )  # fmt: skip
    found = [f"{verb} {first_names(names)}" for verb, names in complaints if names]
    if found:
        raise WeightsError(f"{file} {' and '.join(found)}: not a {kind.title}, or damaged. Download it again.")


def shape_of_rank(shapes: Shapes, name: str, rank: int, kind: Kind) -> Shape:
    """The shape of a tensor that decides about the config. Raises WeightsError where it is missing or of other rank."""
    if len(shapes.get(name, ())) != rank:
        found = f"has the shape {list(shapes[name])}" if name in shapes else "is missing"
        raise WeightsError(f"This is not a {kind.title}, or it is damaged: the tensor {name} {found}.")
    return shapes[name]


def check_finite(tensors: Mapping[str, np.ndarray], path: Path) -> None:
    """Raises WeightsError, naming the first tensor that holds NaN, infinity, or numbers of which networks make them."""
    for name, tensor in tensors.items():
        if tensor.size and not np.abs(tensor).max() <= MAX_ABS_WEIGHT:
            wrong = "out of range" if np.isfinite(tensor).all() else "not finite"
            raise WeightsError(
                f"{path} holds numbers that are {wrong}, in {name}. Download it again, or train with a lower rate."
            )


def halved(tensors: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The tensors in float16. What overflows becomes infinite, for `check_finite` to find."""
    with np.errstate(over="ignore"):
        return {name: tensor.astype(np.float16) for name, tensor in tensors.items()}


def metadata_strings(extra: Mapping[str, Any] | None, config: str) -> dict[str, str]:
    """The safetensors metadata: strings as they are, other values as JSON, and the config."""
    strings = {key: value if isinstance(value, str) else json.dumps(value) for key, value in (extra or {}).items()}
    return {**strings, CONFIG_KEY: config}
