# SPDX-License-Identifier: Apache-2.0
"""Published checkpoints to safetensors, whichever of the two networks they hold."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import WeightsError
from .networks.checkpoint import load_generator, save_generator
from .networks.config import GeneratorConfig
from .networks.foreign import first_names, keys_wanted
from .networks.kinds import RENDERER, Kind, kind_of_names
from .networks.published import published_kind
from .networks.state import existing_file
from .networks.weights_file import is_safetensors, read_tensors
from .render.network.checkpoint import load_renderer, save_renderer
from .render.network.config import RendererConfig

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class ImportReport:
    """kind: "generator" or "renderer". tensors: how many the checkpoint has. parameters: numbers that were trained."""

    kind: str
    config: GeneratorConfig | RendererConfig
    tensors: int
    parameters: int
    output: Path

    def __str__(self) -> str:
        millions = f"{self.parameters / 1e6:.2f} M"
        return f"the {self.kind}, {millions} parameters in {self.tensors} tensors, {self.config}"


def import_checkpoint(source: Path, output: Path | None = None) -> ImportReport:
    """Read a generator's or renderer's checkpoint of any width, and write it as float32 safetensors.

    source: published (`model_state_dict` or `net_G_ema`), or safetensors of the same tensors. output: None for the
    source's name with .safetensors, beside it. Equal sources make equal files.
    Raises WeightsError with what the file seems to be, OutputError, or MissingPackageError without torch.
    """
    source = existing_file(Path(source))
    output = Path(output) if output is not None else source.with_suffix(".safetensors")
    if output.exists() and output.samefile(source):
        raise WeightsError(f"{source} is safetensors already, and would be overwritten. Give another file to write.")
    if _kind(source) is RENDERER:
        module, config = load_renderer(source)
        save_renderer(output, module, config, half=False)
    else:
        module, config = load_generator(source)
        save_generator(output, module, config, half=False)
    return _report(module, config, output)


def _kind(source: Path) -> Kind:
    if not is_safetensors(source):
        return published_kind(source)
    tensors, _ = read_tensors(source)
    kind = kind_of_names(tensors)
    if kind is None:
        raise WeightsError(
            f"{source} is another model's safetensors: it holds {first_names(tensors) or 'nothing'}, "
            f"and no tensors of {keys_wanted()}."
        )
    return kind


def _report(module: "nn.Module", config: GeneratorConfig | RendererConfig, output: Path) -> ImportReport:
    return ImportReport(
        kind="renderer" if isinstance(config, RendererConfig) else "generator",
        config=config,
        tensors=len(module.state_dict()),
        parameters=sum(parameter.numel() for parameter in module.parameters()),
        output=output,
    )
