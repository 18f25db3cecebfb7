# SPDX-License-Identifier: Apache-2.0
"""Weights in and out: our safetensors, and the published `.pth`. Nothing is unpickled.

Torch is imported only where a `.pth` is read or a module is built, so that the NumPy engine can load without it.
"""

import dataclasses
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import WeightsError
from ...files.json_text import read_json
from ...files.reading import BLOCK_BYTES, explaining
from ...files.shipped import reading_shipped
from ...files.tensors import write_tensors
from ...files.torch_file import import_torch
from ..config import GeneratorConfig
from ..positional import sinusoid_table
from .layout import POSITION_TABLES, check_shapes, config_from_shapes, expected_shapes
from .published import no_checkpoint, read_checkpoint
from .state import CONFIG_KEY, check_finite, existing_weights, halved, metadata_strings, of_file, shapes_of

if TYPE_CHECKING:
    from ..modules.generator import StyleTalkGenerator

DEFAULT_WEIGHTS = Path(__file__).parents[1] / "weights" / "default.safetensors"
_HASH_LENGTH = 16


@dataclass(frozen=True)
class Weights:
    """A checked checkpoint: every tensor of the published state dict as float32, its config and its metadata."""

    tensors: dict[str, np.ndarray]
    config: GeneratorConfig
    metadata: dict[str, str]


def weights_hash(path: Path) -> str:
    """The first 16 hex digits of the file's sha256: the key of cached style codes. Raises WeightsError."""
    digest, path = hashlib.sha256(), existing_weights(Path(path))
    with explaining(partial(no_checkpoint, path)), path.open("rb") as stream:
        while block := stream.read(BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()[:_HASH_LENGTH]


def read_weights(path: Path, nhead: int | None = None) -> Weights:
    """Read either format, told apart by content, and check every name, shape and number.

    nhead: attention heads, which do not follow from shapes. Where None: the safetensors' config; else `nhead` in a
    `config.json` beside the file, if its d_model fits; else the rule of layout.config_from_shapes.
    Raises WeightsError, or MissingPackageError where a .pth is read without torch.
    """
    path = Path(path)
    if path == DEFAULT_WEIGHTS:
        with reading_shipped(path, WeightsError):
            return _read(path, nhead)
    return _read(path, nhead)


def _read(path: Path, nhead: int | None) -> Weights:
    path = existing_weights(path)
    with explaining(partial(no_checkpoint, path)):
        tensors, metadata = read_checkpoint(path)
        config = _config(path, tensors, metadata, nhead)
        shapes = shapes_of(tensors)
        computed = {name for name in POSITION_TABLES if name not in tensors and CONFIG_KEY in metadata}
        tables = {name: expected_shapes(config)[name] for name in computed}
        check_shapes(shapes | tables, config, str(path))
        check_finite(tensors, path)
        for name, (_, rows, width) in tables.items():  # once the file is known to fit its config
            tensors[name] = sinusoid_table(rows, width)[None]
    return Weights(tensors, config, metadata)


def load_generator(path: Path, nhead: int | None = None) -> "tuple[StyleTalkGenerator, GeneratorConfig]":
    """The generator as a torch module in evaluation mode (float32, CPU), and its config. See `read_weights`."""
    torch = import_torch()
    from ..modules.generator import StyleTalkGenerator

    weights = read_weights(path, nhead)
    module = StyleTalkGenerator(weights.config)
    module.load_state_dict({name: torch.from_numpy(tensor) for name, tensor in weights.tensors.items()})
    return module.eval(), weights.config


def save_generator(
    path: Path,
    module: "StyleTalkGenerator",
    config: GeneratorConfig,
    extra_metadata: Mapping[str, Any] | None = None,
    half: bool = True,
) -> None:
    """Write safetensors, whole or not at all: the state dict, the config in the metadata.

    Position tables are left out where they are the sinusoids that reading computes again.

    extra_metadata: further metadata (training data, licence, …); values that are not strings are stored as JSON.
    half: float16 on disk; False keeps float32, for an import that must lose nothing.
    Raises WeightsError where the weights do not fit `config` or hold NaN, OutputError where the disk refuses.
    """
    state = {name: tensor.detach().float().cpu().numpy() for name, tensor in module.state_dict().items()}
    check_shapes(shapes_of(state), config, "This module")
    kept = {name: tensor for name, tensor in state.items() if not _is_sinusoid(name, tensor)}
    if half:
        kept = halved(kept)
    check_finite(kept, Path(path))
    write_tensors(Path(path), kept, metadata_strings(extra_metadata, config.to_json()))


def _is_sinusoid(name: str, tensor: np.ndarray) -> bool:
    """Whether this is a position table as `sinusoid_table` computes it."""
    return name in POSITION_TABLES and np.array_equal(tensor[0], sinusoid_table(*tensor.shape[1:]))


def _config(
    path: Path, tensors: Mapping[str, np.ndarray], metadata: Mapping[str, str], nhead: int | None
) -> GeneratorConfig:
    try:
        if CONFIG_KEY in metadata:
            config = GeneratorConfig.from_json(metadata[CONFIG_KEY])
            return dataclasses.replace(config, nhead=nhead or config.nhead)
        shapes = shapes_of(tensors)
        return config_from_shapes(shapes, nhead or _heads_beside(path, shapes))
    except WeightsError as error:
        raise of_file(path, error) from error


def _heads_beside(path: Path, shapes: Mapping[str, tuple[int, ...]]) -> int | None:
    """`nhead` in a config.json beside a published checkpoint, where its d_model is this model's."""
    try:
        config = read_json(path.parent / "config.json")
        config = config.get("styletalk", config)
        (width,) = shapes["content_encoder.increase_embed_dim.bias"]
        return config["nhead"] if config["d_model"] == width and isinstance(config["nhead"], int) else None
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        return None
