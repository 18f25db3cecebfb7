# SPDX-License-Identifier: Apache-2.0
"""Discriminators whose training is finished, out of the state files in a run folder, without gradients."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from styletalk.errors import WeightsError
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
    try:
        state = torch.load(path, weights_only=True, map_location="cpu")
    except Exception as error:  # torch raises many types for bytes that are none of its own
        raise TrainingDataError(not_a_state(path)) from error
    if not isinstance(state, dict) or not {"networks", "standing"} <= state.keys():
        raise TrainingDataError(not_a_state(path))
    return state


def not_a_state(path: Path) -> str:
    """What is said of a file that is not a stage's state."""
    return f"{path} is not the state of this training. Delete it to train that part again."


def frozen(name: str, network: torch.nn.Module, folder: Path, device: torch.device) -> torch.nn.Module:
    """The network of a finished stage of a run. Raises TrainingDataError where it is not there."""
    state = read_state(folder / f"{name}.pt")
    if state is None or not state["standing"]["finished"]:
        raise TrainingDataError(
            f"The {name} discriminator is not trained. Run --stage {name} first, or set weights.{name} to 0."
        )
    try:
        network.load_state_dict(state["networks"][name]["network"])
    except (KeyError, TypeError, RuntimeError) as error:
        raise TrainingDataError(
            f"The {name} discriminator in {folder} is of another configuration or other styles. Train it again."
        ) from error
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
    try:
        network = sync_discriminator(*_sizes(config))
        network.load_state_dict(state["networks"]["sync"]["network"])
    except (KeyError, RuntimeError) as error:
        raise WeightsError(f"{weights} does not fit the configuration beside it. Train the stage again.") from error
    return network.eval().requires_grad_(False)


def _sizes(path: Path) -> tuple[SyncConfig, GeneratorConfig]:
    """What a run's configuration says of its lip-sync discriminator and its generator. Raises TrainingDataError."""
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
        sync, generator = json.dumps(fields.get("sync", {})), json.dumps(fields.get("generator", {}))
    except (OSError, ValueError, AttributeError) as error:
        raise TrainingDataError(f"{path} is not the configuration of a run ({error}).") from error
    sizes = config_from_json(SyncConfig, sync)
    face = str(path.parent / sizes.face) if sizes.face else ""
    return replace(sizes, face=face), config_from_json(GeneratorConfig, generator)
