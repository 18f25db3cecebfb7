# SPDX-License-Identifier: Apache-2.0
"""Published checkpoints to safetensors, whichever of the two networks they hold."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .files.writing import check_ending, check_not_read, check_writable
from .networks.checkpoints.formats import RENDERER
from .networks.checkpoints.generator import load_generator, save_generator
from .networks.checkpoints.published import recognised
from .networks.checkpoints.state import existing_weights
from .networks.config import GeneratorConfig
from .photoreal.neural.networks.checkpoint import load_renderer, save_renderer
from .photoreal.neural.networks.config import RendererConfig

if TYPE_CHECKING:
    from torch import nn

_ENDING = ".safetensors"


@dataclass(frozen=True)
class ImportReport:
    """kind: "generator" or "renderer". tensors: how many the checkpoint has. parameters: numbers that were trained."""

    kind: str
    config: GeneratorConfig | RendererConfig
    tensors: int
    parameters: int
    output: Path

    def __str__(self) -> str:
        sizes = ", ".join(f"{name} {value}" for name, value in asdict(self.config).items() if isinstance(value, int))
        return f"{self.kind}, {self.parameters / 1e6:.2f} M parameters in {self.tensors} tensors ({sizes})"


def import_checkpoint(source: Path, output: Path | None = None) -> ImportReport:
    """Read a generator's or renderer's checkpoint of any width, and write it as float32 safetensors.

    source: published (`model_state_dict` or `net_G_ema`), or safetensors of the same tensors. output: None for the
    source's name with .safetensors, beside it. Equal sources make equal files.
    Raises WeightsError, OutputError, or MissingPackageError without torch.
    """
    if output is not None:
        check_ending(Path(output), _ENDING)
    source = existing_weights(Path(source))
    output = Path(output) if output is not None else source.with_suffix(_ENDING)
    check_not_read(output, [source])
    check_writable(output)
    kind, metadata = recognised(source)
    if kind is RENDERER:
        module, config = load_renderer(source)
        save_renderer(output, module, config, metadata, half=False)
    else:
        module, config = load_generator(source)
        save_generator(output, module, config, metadata, half=False)
    return _report(module, config, output)


def _report(module: "nn.Module", config: GeneratorConfig | RendererConfig, output: Path) -> ImportReport:
    return ImportReport(
        kind="renderer" if isinstance(config, RendererConfig) else "generator",
        config=config,
        tensors=len(module.state_dict()),
        parameters=sum(parameter.numel() for parameter in module.parameters()),
        output=output,
    )
