# SPDX-License-Identifier: Apache-2.0
"""Networks that take sound, as networks in the published form: they do what the others do without sound.

python -m styletalk_research.training.distillation.audio_input WITH_SOUND.safetensors OUT.safetensors
"""

import argparse
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from styletalk.networks.checkpoints.generator import load_generator, read_weights, save_generator
from styletalk.networks.modules.generator import StyleTalkGenerator

from ...datasets.errors import TrainingDataError
from .config import TrainingConfig


def with_audio_input(columns: int, state: Mapping[str, Tensor], prefix: str = "") -> dict[str, Tensor]:
    """The state of a network as one that takes `columns` of audio features: to new ones it gives no weight yet."""
    if not columns:
        return without_audio_input(state, prefix)
    first = f"{prefix}content_encoder.prosody_embed.0.weight"
    if first not in state or state[first].shape[1] >= columns:
        return dict(state)
    return dict(state) | {first: torch.nn.functional.pad(state[first], (0, columns - state[first].shape[1]))}


def without_audio_input(state: Mapping[str, Tensor], prefix: str = "") -> dict[str, Tensor]:
    """The state of a network that takes sound as one of audio_dim 0. prefix: before the generator's names.

    What the audio input adds to every token in silence goes into the tokens' own bias.
    """
    audio, ground = f"{prefix}content_encoder.prosody_embed.", f"{prefix}content_encoder.increase_embed_dim.bias"
    if f"{audio}0.weight" not in state:
        return dict(state)
    silence = state[f"{audio}2.weight"] @ torch.relu(state[f"{audio}0.bias"]) + state[f"{audio}2.bias"]
    kept = {name: tensor for name, tensor in state.items() if not name.startswith(audio)}
    return kept | {ground: state[ground] + silence}


@torch.no_grad()
def strip_audio_input(weights: Path, output: Path) -> Path:
    """Write the weights of a file without their audio input. Raises WeightsError, TrainingDataError, OutputError."""
    generator, sizes = load_generator(weights)
    stored = read_weights(weights).metadata
    if not sizes.audio_dim or "training" not in stored:
        raise TrainingDataError(f"{weights} holds no trained weights that take sound. Give such a file.")
    sizes = replace(sizes, audio_dim=0)
    stripped = StyleTalkGenerator(sizes)
    stripped.load_state_dict(without_audio_input(generator.state_dict()))
    training = replace(TrainingConfig.from_json(stored["training"]), generator=sizes)
    save_generator(output, stripped, sizes, {"training": training.to_json(), "steps": stored.get("steps", "")})
    return output


def main(arguments: list[str] | None = None) -> int:
    """The command line of this module."""
    parser = argparse.ArgumentParser(
        prog="python -m styletalk_research.training.distillation.audio_input", description=__doc__
    )
    parser.add_argument("weights", type=Path, help="that take sound")
    parser.add_argument("output", type=Path)
    options = parser.parse_args(arguments)
    strip_audio_input(options.weights, options.output)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
