# SPDX-License-Identifier: Apache-2.0
"""The renderer's weights in and out: our safetensors, and the published `.pt`. Nothing is unpickled.

Torch is imported when a renderer is loaded.
"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ....errors import WeightsError
from ....files.reading import explaining
from ....files.tensors import write_tensors
from ....files.torch_file import import_torch
from ....networks.checkpoints.formats import RENDERER
from ....networks.checkpoints.published import no_checkpoint, read_checkpoint
from ....networks.checkpoints.state import (
    CONFIG_KEY,
    Shape,
    check_finite,
    compare_shapes,
    existing_weights,
    halved,
    metadata_strings,
    of_file,
    shapes_of,
)
from .config import RendererConfig
from .layout import config_from_shapes
from .spectral import without_spectral_norm

if TYPE_CHECKING:
    from .renderer import PhotorealRenderer


def load_renderer(path: Path) -> "tuple[PhotorealRenderer, RendererConfig]":
    """The renderer as a torch module in evaluation mode (float32, CPU), and its config.

    Reads either format, told apart by content, with every name, shape and number checked. Spectral norm is undone.
    Raises WeightsError; MissingPackageError without torch.
    """
    path, torch = existing_weights(Path(path)), import_torch()
    with explaining(partial(no_checkpoint, path)):
        tensors, metadata = read_checkpoint(path, RENDERER)
        tensors = without_spectral_norm(tensors, str(path))
        config = _config(path, shapes_of(tensors), metadata)
        module = _unfilled(config)
        compare_shapes(shapes_of(tensors), shapes_of(module.state_dict()), str(path), RENDERER)
        check_finite(tensors, path)
    module.load_state_dict({name: torch.from_numpy(tensor) for name, tensor in tensors.items()}, assign=True)
    return module.eval(), config


def save_renderer(
    path: Path,
    module: "PhotorealRenderer",
    config: RendererConfig,
    extra_metadata: Mapping[str, Any] | None = None,
    half: bool = False,
) -> None:
    """Write safetensors, whole or not at all: the state dict, and the config in the metadata.

    extra_metadata: what else to say; values that are not strings are stored as JSON. half: float16 on disk.
    Raises WeightsError where the weights do not fit `config` or hold NaN, OutputError where the disk refuses.
    """
    state = {name: tensor.detach().float().cpu().numpy() for name, tensor in module.state_dict().items()}
    compare_shapes(shapes_of(state), shapes_of(_unfilled(config).state_dict()), "This module", RENDERER)
    kept = halved(state) if half else state
    check_finite(kept, Path(path))
    write_tensors(Path(path), kept, metadata_strings(extra_metadata, config.to_json()))


def _config(path: Path, shapes: Mapping[str, Shape], metadata: Mapping[str, str]) -> RendererConfig:
    try:
        return RendererConfig.from_json(metadata[CONFIG_KEY]) if CONFIG_KEY in metadata else config_from_shapes(shapes)
    except WeightsError as error:
        raise of_file(path, error) from error


def _unfilled(config: RendererConfig) -> "PhotorealRenderer":
    """A module whose tensors have shapes and no memory yet."""
    torch = import_torch()
    from .renderer import PhotorealRenderer

    with torch.device("meta"):
        return PhotorealRenderer(config)
