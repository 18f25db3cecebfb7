# SPDX-License-Identifier: Apache-2.0
"""Discriminators whose training is finished, out of the state files in a run folder, without gradients."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from styletalk.errors import WeightsError
from styletalk.files.json_text import read_json
from styletalk.files.reading import explaining
from styletalk.files.torch_file import read_torch
from styletalk.networks.config import GeneratorConfig

from ..config_file import config_from_json
from ..datasets.errors import TrainingDataError
from .lip_sync import LipSyncDiscriminator, SyncConfig
from .mouth import load_mouth

CONFIG_FILE = "config.json"
"""The configuration of a run, in its folder."""


def read_state(path: Path) -> dict[str, Any] | None:
    """A stage's state, on the CPU; None where there is none. Raises TrainingDataError."""
    if not path.is_file():
        return None
    with explaining(lambda _: TrainingDataError(not_a_state(path))):
        state = read_torch(path)
    if not isinstance(state, dict) or not {"networks", "standing"} <= state.keys():
        raise TrainingDataError(not_a_state(path))
    return state


def not_a_state(path: Path) -> str:
    """What is said of a file that is not a stage's state."""
    return f"{path} is not the state of this training. Delete it to train that part again."


def frozen(name: str, network: torch.nn.Module, folder: Path, device: torch.device) -> torch.nn.Module:
    """The network of a finished stage of a run. Raises TrainingDataError where it is not there."""
    state = read_state(folder / f"{name}.pt")

    def other(_: str) -> TrainingDataError:
        return TrainingDataError(
            f"The {name} discriminator in {folder} is of another configuration or other styles. Train it again."
        )

    with explaining(other):
        if state is None or not state["standing"]["finished"]:
            raise TrainingDataError(
                f"The {name} discriminator is not trained. Run --stage {name} first, or set weights.{name} to 0."
            )
        network.load_state_dict(state["networks"][name]["network"])
    return network.to(device).eval().requires_grad_(False)


def sync_discriminator(config: SyncConfig, generator: GeneratorConfig) -> LipSyncDiscriminator:
    """A new one, with the mouth of the configured face. Raises FaceModelError."""
    return LipSyncDiscriminator(config, generator, load_mouth(config.face, config.mouth_points))


def load_sync_discriminator(weights: Path) -> LipSyncDiscriminator:
    """The lip-sync discriminator in sync.pt of a run, sized by the config.json beside it. Raises WeightsError."""
    config = weights.parent / CONFIG_FILE
    try:
        state = read_state(weights)
    except TrainingDataError as error:
        raise WeightsError(f"{weights} is not the state of a training. Give sync.pt of a run.") from error
    if state is None or not config.is_file():
        raise WeightsError(f"{weights} is not sync.pt of a training run with its {CONFIG_FILE} beside it.")
    with explaining(
        lambda _: WeightsError(f"{weights} does not fit the configuration beside it. Train the stage again.")
    ):
        network = sync_discriminator(*_sizes(config))
        network.load_state_dict(state["networks"]["sync"]["network"])
    return network.eval().requires_grad_(False)


def _sizes(path: Path) -> tuple[SyncConfig, GeneratorConfig]:
    """What a run's configuration says of its lip-sync discriminator and its generator. Raises TrainingDataError."""
    with explaining(lambda reason: TrainingDataError(f"{path} is not the configuration of a run ({reason}).")):
        fields = read_json(path)
        sync, generator = json.dumps(fields.get("sync", {})), json.dumps(fields.get("generator", {}))
    sizes = config_from_json(SyncConfig, sync)
    face = str(path.parent / sizes.face) if sizes.face else ""
    return replace(sizes, face=face), config_from_json(GeneratorConfig, generator)
